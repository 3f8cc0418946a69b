/* SPDX-License-Identifier: ISC */
/* Two look-ups and a timer that says how long the slower one may take. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/address.h"
#include "net/hostaddr.h"

#define SLOWER_FAMILY_MS 250

/* IPv6 first, as RFC 6724 would sort them: libcurl tries both anyway. */
enum {
	V6,
	V4,
	FAMILIES
};

/* One family: asked, then answered. */
struct half {
	struct hostaddr *owner;
	struct dns_lookup *lookup; /* NULL: answered or never asked */
	bool is_answered;
	enum dns_status status;
	char error[96];
	char list[HOSTADDR_FAMILY_MAX * (INET6_ADDRSTRLEN + 3)];
	size_t usable;
};

struct hostaddr {
	struct loop_timer *timer;
	struct half half[FAMILIES];
	const struct config_list *allow;
	char refused[HOSTADDR_DETAIL_BYTES - 32]; /* comma separated */
	hostaddr_cb *cb;
	void *arg;
};

static const enum dns_type types[FAMILIES] = { DNS_AAAA, DNS_A };
static const unsigned int bits[FAMILIES] = { HOSTADDR_V6, HOSTADDR_V4 };

void
hostaddr_cancel(struct hostaddr *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < FAMILIES; i++)
		if (h->half[i].lookup != NULL)
			dns_cancel(h->half[i].lookup);
	loop_timer_free(h->timer);
	free(h);
}

bool
hostaddr_is_started(const struct hostaddr *h)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++)
		if (h->half[i].is_answered ||
		    (h->half[i].lookup != NULL &&
			dns_is_started(h->half[i].lookup)))
			return true;
	return false;
}

static void
join(char *list, size_t size, const char *item)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", used > 0 ? "," : "", item);
}

static void
take_address(struct hostaddr *h, struct half *half, const struct dns_rr *rr)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *sa;
	char text[INET6_ADDRSTRLEN + 2];

	if (half == &h->half[V4]) {
		in.sin_addr = rr->a;
		sa = (const struct sockaddr *)&in;
		inet_ntop(AF_INET, &rr->a, text, sizeof(text));
	} else {
		in6.sin6_addr = rr->aaaa;
		sa = (const struct sockaddr *)&in6;
		text[0] = '[';
		inet_ntop(AF_INET6, &rr->aaaa, text + 1, INET6_ADDRSTRLEN);
		strlcat(text, "]", sizeof(text));
	}
	if (h->allow != NULL && !address_is_allowed(sa, h->allow))
		join(h->refused, sizeof(h->refused), text);
	else if (half->usable < HOSTADDR_FAMILY_MAX) {
		join(half->list, sizeof(half->list), text);
		half->usable++;
	}
}

static void
explain(const struct dns_answer *answer, char *text, size_t size)
{
	const char *word = "";

	switch (answer->status) {
	case DNS_OK:
		break;
	case DNS_NODATA:
		word = "NODATA";
		break;
	case DNS_NXDOMAIN:
		word = "NXDOMAIN";
		break;
	case DNS_BAD_NAME:
		word = "not a DNS name";
		break;
	case DNS_FAILED:
		word = answer->detail != NULL ? answer->detail : "SERVFAIL";
		break;
	case DNS_TIMEOUT:
		word = answer->detail != NULL ? answer->detail : "no answer";
		break;
	case DNS_NO_SERVER:
		word = answer->detail != NULL ? answer->detail :
						"no name server answers";
		break;
	case DNS_LOCAL:
		word = answer->detail != NULL ? answer->detail :
						"descriptors or memory";
		break;
	}
	snprintf(text, size, "%s", word);
}

static bool
has_status(const struct hostaddr *h, enum dns_status status)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++)
		if (h->half[i].is_answered && h->half[i].status == status)
			return true;
	return false;
}

/* No usable address: whose fault? */
static enum sts_reason
judge(const struct hostaddr *h, char *detail, size_t size)
{
	const struct half *v6 = &h->half[V6];
	const struct half *v4 = &h->half[V4];

	if (h->refused[0] != '\0') {
		snprintf(detail, size, "all addresses refused: %s", h->refused);
		return STS_REASON_REFUSED_ADDRESS;
	}
	if (v6->is_answered && v4->is_answered &&
	    strcmp(v6->error, v4->error) != 0)
		snprintf(detail, size, "no address: A %s, AAAA %s", v4->error,
		    v6->error);
	else
		snprintf(detail, size, "no address: %s",
		    v4->is_answered ? v4->error : v6->error);
	if (has_status(h, DNS_LOCAL))
		return STS_REASON_LOCAL;
	if (has_status(h, DNS_NO_SERVER))
		return STS_REASON_NO_SERVER;
	return STS_REASON_DNS;
}

static void
deliver(struct hostaddr *h)
{
	char list[HOSTADDR_LIST_BYTES] = "";
	char detail[HOSTADDR_DETAIL_BYTES] = "";
	struct hostaddr_result result = { .list = list, .detail = detail };
	hostaddr_cb *cb = h->cb;
	void *arg = h->arg;
	size_t i;

	for (i = 0; i < FAMILIES; i++) {
		if (h->half[i].usable > 0)
			join(list, sizeof(list), h->half[i].list);
		if (h->half[i].lookup != NULL)
			result.missing |= bits[i];
	}
	if (list[0] == '\0')
		result.reason = judge(h, detail, sizeof(detail));
	hostaddr_cancel(h);
	cb(&result, arg);
}

static void
on_slower_family(void *arg)
{
	deliver(arg);
}

static void
on_answer(const struct dns_answer *answer, void *arg)
{
	struct half *half = arg;
	struct hostaddr *h = half->owner;
	size_t i;

	half->lookup = NULL;
	half->is_answered = true;
	half->status = answer->status;
	explain(answer, half->error, sizeof(half->error));
	if (answer->status == DNS_OK)
		for (i = 0; i < answer->count; i++)
			take_address(h, half, &answer->rr[i]);
	if (h->half[V6].lookup == NULL && h->half[V4].lookup == NULL)
		deliver(h);
	else if (half->usable > 0)
		loop_timer_set(h->timer, SLOWER_FAMILY_MS);
}

struct hostaddr *
hostaddr_lookup(struct loop *loop, struct dns *dns,
    const struct hostaddr_query *query, hostaddr_cb *cb, void *arg)
{
	struct hostaddr *h = xcalloc(1, sizeof(*h));
	size_t i;

	h->timer = loop_timer_new(loop, on_slower_family, h);
	h->allow = query->allow;
	h->cb = cb;
	h->arg = arg;
	for (i = 0; i < FAMILIES; i++) {
		h->half[i].owner = h;
		if (query->families & bits[i])
			h->half[i].lookup = dns_lookup(dns, query->name,
			    types[i], query->priority, on_answer, &h->half[i]);
	}
	return h;
}
