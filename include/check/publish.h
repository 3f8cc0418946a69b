/* SPDX-License-Identifier: ISC */
/*
 * Everything that a domain has to publish, as texts ready to paste: records,
 * the policy file, what a web server needs to serve it. Each is read by our own
 * parsers before it is given away. Pure.
 */
#ifndef CHECK_PUBLISH_H
#define CHECK_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "check/grade.h"

/* What --generate was asked for. */
struct publish_options {
	bool has_mode; /* else testing */
	enum sts_mode mode;
	int64_t max_age; /* 0: a day in testing and none, else a week */
	const char *id; /* NULL: the time of the evidence */
	const char *rua; /* NULL: mailto:tls-reports@D */
};

/* Is it an id, a destination that can work? */
bool publish_is_id(const char *);
bool publish_is_rua(const char *);

/*
 * A new policy for the live MX hosts: a known provider's own patterns, else the
 * hosts by name. False, nothing put: no MX host is known, or none that a policy
 * can name.
 */
bool publish_policy(
    struct buf *, const struct check_facts *, const struct publish_options *);

/* The records as a zone file has them, with a line end each. False: it would
 * not be valid. */
bool publish_txt(struct buf *, const char *domain, const char *id);
bool publish_tlsrpt(struct buf *, const char *domain, const char *rua);
void publish_host(struct buf *, const char *domain);

/* Configuration that serves /srv/mta-sts/D/.well-known/mta-sts.txt. */
struct publish_server {
	const char *name; /* "nginx" */
	const char *file; /* its usual name */
	void (*put)(struct buf *, const char *domain);
};
#define PUBLISH_ROOT    "/srv/mta-sts/%s"
#define PUBLISH_SERVERS 3
extern const struct publish_server publish_servers[PUBLISH_SERVERS];

/* All of it, in the order to publish. False: as publish_policy(). */
bool publish_all(
    struct buf *, const struct check_facts *, const struct publish_options *);

/* ---- the files of a fix, for --fix */

struct publish_file {
	const char *name; /* begins with its place in the order */
	struct buf text;
};
#define PUBLISH_FILES_MAX 8

/*
 * What puts right what the report found, in the order to publish; the first is
 * README.txt. Returns how many, 0: nothing that records and files could mend
 * (why is then set, a constant).
 */
size_t publish_fix(const struct check_report *,
    struct publish_file file[PUBLISH_FILES_MAX], const char **why);

#endif
