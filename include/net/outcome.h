/* SPDX-License-Identifier: ISC */
/*
 * From what was seen of a transfer to the reason it failed for, and a line a
 * person can act on. Pure.
 */
#ifndef NET_OUTCOME_H
#define NET_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "net/httphead.h"
#include "net/trust.h"
#include "sts/reason.h"

#define OUTCOME_DETAIL_BYTES 512

struct outcome {
	enum sts_reason reason;
	char detail[OUTCOME_DETAIL_BYTES];
};

/* What was seen. */
struct outcome_evidence {
	CURLcode code;
	const char *error; /* libcurl's own words */
	const char *list; /* the addresses that were tried */
	long os_errno; /* of the last failed connect, or 0 */
	int socket_errno; /* of the last failed socket(), or 0 */
	bool is_connected; /* TCP */
	bool is_refused; /* the socket check refused an address */
	bool has_proxy;
	long proxy_status; /* answer to CONNECT, or 0 */
	long milliseconds;
	size_t body_bytes;
	const struct httphead *head;
	const struct trust_check *tls;
	/* What our own callbacks stopped it for, else OK. */
	const struct outcome *verdict;
};

void outcome_judge(const struct outcome_evidence *, struct outcome *);

#endif
