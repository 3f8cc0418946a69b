/* SPDX-License-Identifier: ISC */
/*
 * Where facts come from. Each fills its part, blocks as long as it must, and
 * changes nothing. What cannot be seen stays "not known".
 */
#ifndef CTL_DOCTORLOOK_H
#define CTL_DOCTORLOOK_H

#include "base/buf.h"
#include "ctl/doctorfacts.h"
#include "ctl/options.h"

/* A question for the socketmap: NOTFOUND, without any look-up. */
#define DOCTOR_HARMLESS "[127.0.0.1]"

/* postconf: parameters, services, the user. conf NULL: Postfix's own. */
void doctor_look_postfix(struct doctor_facts *, const char *conf);

/* The daemon's configuration, then what it says at its admin socket. */
void doctor_look_daemon(struct doctor_facts *, const struct ctl_options *);

/* Each socketmap of smtp_tls_policy_maps: the way to it, its answer. */
void doctor_look_sockets(struct doctor_facts *);

/* Certificates, the cache's folder, this system. */
void doctor_look_host(struct doctor_facts *);

/* The way out, by a look-up and a fetch of domain's policy. */
void doctor_look_net(
    struct doctor_facts *, const struct config *, const char *domain);

/* Which next-hops main.cf names, and what the socketmap says of each. */
void doctor_look_hops(struct doctor_facts *);
/* Then: the MX hosts of those that have a policy. */
void doctor_look_mx(struct doctor_facts *, const struct config *);
/* Then: whether those hosts keep it, by a dialogue up to STARTTLS. */
void doctor_look_smtp(struct doctor_facts *, const struct config *);

/* Pure parts. */

/* Text of "postconf": "name = value" lines. */
void doctor_read_params(struct doctor_params *, const char *text);
/* "3.7.11", "3.12-20260821"; what is not there is 0. */
void doctor_read_version(const char *text, int number[3]);
/* "postconf -M" and "postconf -P"; is_chrooted_by_default: of "-". */
void doctor_read_services(
    struct doctor_facts *, const char *text, bool is_chrooted_by_default);
void doctor_read_options(struct doctor_facts *, const char *text);
/* Answers of the admin socket; false: they are not understood. */
bool doctor_read_health(struct doctor_facts *, const char *, size_t len);
bool doctor_read_status(struct doctor_facts *, const char *, size_t len);
bool doctor_read_config(struct doctor_facts *, const char *, size_t len);
/* Keys smtp(8) would ask for, of a list of next-hops. */
void doctor_read_hops(struct doctor_facts *, const char *list, const char *from,
    const char *client);
/* Date: of an HTTP answer, in seconds since the epoch; -1: there is none. */
int64_t doctor_read_date(const char *head);

#endif
