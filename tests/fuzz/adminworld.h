/* SPDX-License-Identifier: ISC */
/*
 * What stands behind the handlers of the administration API, in place of
 * net/httpd, the cache, the resolver and the jobs: a few policies, and what
 * the handlers asked of it.
 */
#ifndef FUZZ_ADMINWORLD_H
#define FUZZ_ADMINWORLD_H

#include "daemon/adminjob.h"

#define ADMINWORLD_POLICIES 4

struct adminworld_policy {
	const char *domain; /* sorted */
	enum sts_mode mode;
	unsigned int failures;
};
extern const struct adminworld_policy adminworld_policy[ADMINWORLD_POLICIES];

/* A request; reply and status are filled when it is replied to. */
struct httpd_exchange {
	struct httptarget *target;
	const char *body;
	size_t body_len;
	struct loop *loop; /* is stopped then */
	unsigned int replies;
	int status;
	const char *type;
	struct buf reply;
};

/* What was asked for since the last request. */
struct adminworld_asked {
	size_t puts, removes;
	enum adminjob_what job;
	size_t names; /* of it */
	bool has_job;
};
extern struct adminworld_asked adminworld_asked;

void adminworld_reset(void);

/* One for the whole process. */
struct loop *adminworld_loop(void);

#endif
