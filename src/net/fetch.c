/* SPDX-License-Identifier: ISC */
/*
 * The life of a fetch: it waits in one of two queues, looks addresses up,
 * transfers, and is delivered from the loop. Its clock starts when it leaves
 * the queue.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/domain.h"
#include "base/xmalloc.h"
#include "net/address.h"
#include "net/fetch.h"
#include "net/fetcher.h"
#include "net/hostaddr.h"
#include "net/proxy.h"
#include "net/transfer.h"

#define HOST_PREFIX "mta-sts."
#define HTTP_PORT   80
#define POLICY_PATH "/.well-known/mta-sts.txt"

struct fetch {
	TAILQ_ENTRY(fetch) entry; /* in a queue, while not started */
	struct fetcher *fetcher;
	enum fetch_priority priority;
	bool is_started;
	int64_t started_ms;
	struct loop_timer *timer; /* while addresses are looked up */
	struct hostaddr *lookup;
	struct transfer *transfer;
	struct loop_defer *delivery; /* set: it has ended */
	struct proxy proxy;
	bool has_proxy;
	unsigned int missing; /* families never tried */
	struct transfer_result result;
	fetch_cb *cb;
	void *arg;
	enum transfer_kind kind;
	bool is_watched;
	uint16_t port;
	int64_t timeout_ms;
	char *path, *address; /* address NULL: the host's */
	char host[sizeof(HOST_PREFIX) + DOMAIN_MAX];
};

static void look_up(struct fetch *, unsigned int families);

static void
fetch_free(struct fetch *f)
{
	f->fetcher->count--;
	hostaddr_cancel(f->lookup);
	transfer_cancel(f->transfer);
	loop_defer_cancel(f->delivery);
	loop_timer_free(f->timer);
	free(f->result.body);
	fetchseen_free(f->result.seen);
	free(f->path);
	free(f->address);
	free(f);
}

static int64_t
elapsed_ms(const struct fetch *f)
{
	return clock_ms() - f->started_ms;
}

static int64_t
left_ms(const struct fetch *f)
{
	return f->timeout_ms - elapsed_ms(f);
}

static void start_soon(struct fetcher *);

static void
on_delivery(void *arg)
{
	struct fetch *f = arg;
	struct fetcher *fetcher = f->fetcher;
	struct transfer_result end = f->result;
	struct fetch_result result = {
		.reason = end.outcome.reason,
		.detail = end.outcome.detail,
		.http_status = end.http_status,
		.body = end.body,
		.body_len = end.body_len,
		.milliseconds = (int)elapsed_ms(f),
		.seen = end.seen,
	};
	fetch_cb *cb = f->cb;
	void *cb_arg = f->arg;

	f->delivery = NULL;
	f->result.body = NULL;
	f->result.seen = NULL;
	fetch_free(f);
	fetcher->running--;
	start_soon(fetcher);
	cb(&result, cb_arg);
	free(end.body);
	fetchseen_free(end.seen);
}

/* Deliver from the loop: the callback may free all of us. */
static void
finish(struct fetch *f)
{
	loop_timer_stop(f->timer);
	f->delivery = loop_defer(f->fetcher->loop, LOOP_NORMAL, on_delivery, f);
}

static void
fail(struct fetch *f, enum sts_reason reason, const char *detail)
{
	f->result.outcome.reason = reason;
	strlcpy(
	    f->result.outcome.detail, detail, sizeof(f->result.outcome.detail));
	finish(f);
}

static void
on_transfer(const struct transfer_result *result, void *arg)
{
	struct fetch *f = arg;
	unsigned int missing = f->missing;

	f->transfer = NULL;
	fetchseen_free(f->result.seen);
	f->result = *result;
	/*
	 * The family that was late with its addresses may be the one that
	 * works here: no reason to go without the policy.
	 */
	if (!result->is_connected && missing != 0 && !f->has_proxy &&
	    result->outcome.reason != STS_REASON_LOCAL && left_ms(f) > 0) {
		f->missing = 0;
		look_up(f, missing);
		return;
	}
	finish(f);
}

static void
transfer(struct fetch *f, const char *list)
{
	struct transfer_request request = {
		.kind = f->kind,
		.is_watched = f->is_watched,
		.port = f->port,
		.path = f->path,
		.host = f->host,
		.list = list,
		.proxy = f->has_proxy ? &f->proxy : NULL,
		.timeout_ms = left_ms(f),
	};

	/* From here libcurl keeps the time: 0 would mean no limit to it. */
	loop_timer_stop(f->timer);
	if (request.timeout_ms < 1)
		request.timeout_ms = 1;
	f->transfer =
	    transfer_start(f->fetcher->pool, &request, on_transfer, f);
	if (f->transfer == NULL)
		fail(f, STS_REASON_LOCAL, "libcurl has no memory");
}

static void
on_addresses(const struct hostaddr_result *result, void *arg)
{
	struct fetch *f = arg;
	char detail[OUTCOME_DETAIL_BYTES];

	f->lookup = NULL;
	if (result->reason == STS_REASON_OK) {
		f->missing |= result->missing;
		transfer(f, result->list);
		return;
	}
	/* A second look-up, for the family that was late: the first stands. */
	if (f->result.outcome.reason != STS_REASON_OK) {
		finish(f);
		return;
	}
	if (!f->has_proxy) {
		fail(f, result->reason, result->detail);
		return;
	}
	/* No domain is to blame for the proxy's name. */
	snprintf(detail, sizeof(detail), "proxy %s: %s", f->proxy.host,
	    result->detail);
	fail(f,
	    result->reason == STS_REASON_NO_SERVER ? STS_REASON_NO_SERVER :
						     STS_REASON_LOCAL,
	    detail);
}

static void
on_lookup_timeout(void *arg)
{
	struct fetch *f = arg;
	bool is_started = hostaddr_is_started(f->lookup);
	char detail[64];

	hostaddr_cancel(f->lookup);
	f->lookup = NULL;
	if (f->result.outcome.reason != STS_REASON_OK) {
		finish(f);
		return;
	}
	snprintf(detail, sizeof(detail), "%s in %.1f s",
	    is_started ? "no address" : "no turn for a look-up",
	    (double)elapsed_ms(f) / 1000);
	/* Our own queue of look-ups is no fault of the domain. */
	if (!is_started)
		fail(f, STS_REASON_BUSY, detail);
	else
		fail(f, f->has_proxy ? STS_REASON_LOCAL : STS_REASON_TIMEOUT,
		    detail);
}

static void
look_up(struct fetch *f, unsigned int families)
{
	struct hostaddr_query query = {
		.name = f->has_proxy ? f->proxy.host : f->host,
		.families = families,
		.priority =
		    f->priority == FETCH_QUERY ? DNS_QUERY : DNS_BACKGROUND,
		/* The proxy is the admin's word, wherever it lives. */
		.allow =
		    f->has_proxy ? NULL : &f->fetcher->config->allow_networks,
	};

	loop_timer_set(f->timer, left_ms(f));
	f->lookup = hostaddr_lookup(
	    f->fetcher->loop, f->fetcher->dns, &query, on_addresses, f);
}

/* The one address that was given. */
static void
go_to(struct fetch *f)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	bool is_v6 = inet_pton(AF_INET6, f->address, &in6.sin6_addr) == 1;
	const struct sockaddr *sa =
	    is_v6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	char list[INET6_ADDRSTRLEN + 2];

	if (!is_v6 && inet_pton(AF_INET, f->address, &in.sin_addr) != 1)
		fail(f, STS_REASON_LOCAL, "not an address");
	else if (!address_is_allowed(sa, &f->fetcher->config->allow_networks))
		fail(f, STS_REASON_REFUSED_ADDRESS, f->address);
	else {
		snprintf(list, sizeof(list), is_v6 ? "[%s]" : "%s", f->address);
		transfer(f, list);
	}
}

static void
start(struct fetch *f)
{
	const char *proxy = f->fetcher->config->proxy;

	f->is_started = true;
	f->started_ms = clock_ms();
	f->has_proxy = proxy[0] != '\0';
	if (f->has_proxy && !proxy_parse(proxy, &f->proxy))
		fail(f, STS_REASON_LOCAL, "proxy: no http URL");
	else if (f->has_proxy && f->proxy.is_address)
		transfer(f, f->proxy.host);
	/* RFC 6761 6.3: no name server is asked for it. */
	else if (f->has_proxy && strcmp(f->proxy.host, "localhost") == 0)
		transfer(f, "[::1],127.0.0.1");
	else if (f->address != NULL)
		go_to(f);
	else
		look_up(f, HOSTADDR_BOTH);
}

static struct fetch *
next_in_queue(struct fetcher *fetcher)
{
	struct fetch *f = NULL;
	size_t i;

	for (i = 0; f == NULL && i < FETCH_PRIORITIES; i++)
		f = TAILQ_FIRST(&fetcher->queue[i]);
	return f;
}

static void
on_start(void *arg)
{
	struct fetcher *fetcher = arg;
	struct fetch *f;

	fetcher->starting = NULL;
	while (fetcher->running < fetcher->config->fetch_parallel &&
	    (f = next_in_queue(fetcher)) != NULL) {
		TAILQ_REMOVE(&fetcher->queue[f->priority], f, entry);
		fetcher->running++;
		start(f);
	}
}

static void
start_soon(struct fetcher *fetcher)
{
	if (fetcher->starting == NULL && next_in_queue(fetcher) != NULL)
		fetcher->starting =
		    loop_defer(fetcher->loop, LOOP_NORMAL, on_start, fetcher);
}

void
fetcher_reload(struct fetcher *fetcher)
{
	start_soon(fetcher);
}

static struct fetch *
fetch_new(struct fetcher *fetcher, enum fetch_priority priority, fetch_cb *cb,
    void *arg)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->fetcher = fetcher;
	f->priority = priority;
	f->port = (uint16_t)fetcher->config->policy_port;
	f->timeout_ms = fetcher->config->fetch_timeout * 1000;
	f->cb = cb;
	f->arg = arg;
	f->timer = loop_timer_new(fetcher->loop, on_lookup_timeout, f);
	TAILQ_INSERT_TAIL(&fetcher->queue[priority], f, entry);
	fetcher->count++;
	start_soon(fetcher);
	return f;
}

struct fetch *
fetch_policy(struct fetcher *fetcher, const char *domain,
    enum fetch_priority priority, fetch_cb *cb, void *arg)
{
	struct fetch *f = fetch_new(fetcher, priority, cb, arg);

	assert(strlen(domain) <= DOMAIN_MAX);
	f->kind = TRANSFER_HTTPS;
	f->path = xstrdup(POLICY_PATH);
	snprintf(f->host, sizeof(f->host), HOST_PREFIX "%s", domain);
	return f;
}

struct fetch *
fetch_look(struct fetcher *fetcher, const struct fetch_target *target,
    fetch_cb *cb, void *arg)
{
	struct fetch *f = fetch_new(fetcher, FETCH_QUERY, cb, arg);
	size_t len;

	switch (target->kind) {
	case FETCH_HTTPS:
		f->kind = TRANSFER_HTTPS;
		break;
	case FETCH_HTTP:
		f->kind = TRANSFER_HTTP;
		f->port = HTTP_PORT;
		break;
	case FETCH_OLD_TLS:
		f->kind = TRANSFER_OLD_TLS;
		break;
	}
	if (target->port != 0)
		f->port = target->port;
	if (target->timeout_ms > 0 && target->timeout_ms < f->timeout_ms)
		f->timeout_ms = target->timeout_ms;
	f->is_watched = true;
	f->path = xstrdup(target->path);
	if (target->address != NULL)
		f->address = xstrdup(target->address);
	len = strlcpy(f->host, target->host, sizeof(f->host));
	assert(len < sizeof(f->host));
	return f;
}

void
fetch_cancel(struct fetch *f)
{
	struct fetcher *fetcher;

	if (f == NULL)
		return;
	fetcher = f->fetcher;
	if (f->is_started)
		fetcher->running--;
	else
		TAILQ_REMOVE(&fetcher->queue[f->priority], f, entry);
	fetch_free(f);
	start_soon(fetcher);
}

bool
fetch_is_started(const struct fetch *f)
{
	return f->is_started;
}
