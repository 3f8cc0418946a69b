/* SPDX-License-Identifier: ISC */
/*
 * The queries of one name server: which channel they go to, and which are
 * sent again because c-ares, and not the server, ended them. Results are
 * handed on from deferred calls, so nobody runs inside c-ares and channels
 * can be freed at any time.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/dnsserver.h"

/*
 * No channel is for ever: a TCP connection may hang, and what c-ares 1.18
 * concludes from one FORMERR it never takes back.
 */
#define CHANNEL_LIFE_MS  (10 * 60 * 1000)
#define CHANNEL_QUIET_MS (10 * 1000)

/* How long a server that refused EDNS is asked without. */
#define NO_EDNS_MS (10 * 60 * 1000)

#define IS_TRUNCATED(bytes) (((bytes)[2] & 2) != 0)
#define RCODE(bytes)        ((bytes)[3] & 15)
#define RCODE_FORMERR       1

enum transport {
	UDP,
	TCP,
	TRANSPORTS
};

struct old_channel {
	SLIST_ENTRY(old_channel) entry;
	struct dnschannel *channel;
};

struct dnsserver {
	struct loop *loop;
	struct resolvconf_address address;
	int64_t keep_ms;
	bool is_trusted;
	struct dnschannel *channel[TRANSPORTS]; /* in use, or NULL */
	SLIST_HEAD(, old_channel) old; /* finish what was asked of them */
	size_t queries;
	int64_t no_edns_until_ms;
	int64_t heard_ms;
};

struct dnsserver_query {
	struct dnsserver *server;
	struct dnschannel_query *sent; /* NULL: it has ended */
	const char *name;
	enum dns_type type;
	dnschannel_cb *cb;
	void *arg;
	struct loop_defer *defer;
	struct dnschannel_result result;
	char *bytes; /* copy of the answer's */
	enum transport transport;
	bool has_edns;
	bool is_resent;
};

struct dnsserver *
dnsserver_new(struct loop *loop, const struct resolvconf_address *address,
    int64_t keep_ms, bool is_trusted)
{
	struct dnsserver *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->address = *address;
	s->keep_ms = keep_ms;
	s->is_trusted = is_trusted;
	s->no_edns_until_ms = INT64_MIN;
	s->heard_ms = INT64_MIN;
	SLIST_INIT(&s->old);
	return s;
}

/* Drop the old channels that have nothing left to do (or all of them). */
static void
reap(struct dnsserver *s, bool is_all)
{
	struct old_channel *old, *next;

	SLIST_FOREACH_SAFE(old, &s->old, entry, next)
	{
		if (!is_all && !dnschannel_is_idle(old->channel))
			continue;
		SLIST_REMOVE(&s->old, old, old_channel, entry);
		dnschannel_free(old->channel);
		free(old);
	}
}

static void
retire(struct dnsserver *s, enum transport transport)
{
	struct old_channel *old;

	if (s->channel[transport] == NULL)
		return;
	old = xcalloc(1, sizeof(*old));
	old->channel = s->channel[transport];
	SLIST_INSERT_HEAD(&s->old, old, entry);
	s->channel[transport] = NULL;
}

void
dnsserver_free(struct dnsserver *s)
{
	if (s == NULL)
		return;
	assert(s->queries == 0);
	retire(s, UDP);
	retire(s, TCP);
	reap(s, true);
	free(s);
}

/* The channel to use now; NULL when there can be none. */
static struct dnschannel *
get_channel(struct dnsserver *s, enum transport transport)
{
	struct dnschannel_settings settings = { .keep_ms = s->keep_ms,
		.is_tcp = transport == TCP,
		.has_edns = clock_ms() >= s->no_edns_until_ms,
		.heard_ms = &s->heard_ms };
	struct dnschannel **ch = &s->channel[transport];

	if (*ch != NULL &&
	    (dnschannel_age_ms(*ch) > CHANNEL_LIFE_MS ||
		dnschannel_quiet_ms(*ch) > CHANNEL_QUIET_MS ||
		dnschannel_has_edns(*ch) != settings.has_edns))
		retire(s, transport);
	reap(s, false);
	if (*ch == NULL)
		*ch = dnschannel_new(s->loop, &s->address, &settings);
	return *ch;
}

static void send_query(struct dnsserver_query *);

/*
 * Sent again: a query whose answer was too long for UDP; one whose OPT the
 * server does not know; one that was lost with a TCP connection (others use
 * it too); one that c-ares gave up before we did (1.34 waits as long as it
 * thinks fit).
 */
static bool
resend(struct dnsserver_query *q)
{
	const struct dnschannel_result *r = &q->result;

	if (r->status == DNSCHANNEL_ANSWER && q->transport == UDP &&
	    IS_TRUNCATED(r->bytes)) {
		q->transport = TCP;
	} else if (r->status == DNSCHANNEL_ANSWER && q->has_edns &&
	    RCODE(r->bytes) == RCODE_FORMERR) {
		q->server->no_edns_until_ms = clock_ms() + NO_EDNS_MS;
	} else if (r->status == DNSCHANNEL_BROKEN && !q->is_resent) {
		q->is_resent = true;
	} else if (r->status != DNSCHANNEL_SILENT) {
		return false;
	}
	free(q->bytes);
	q->bytes = NULL;
	send_query(q);
	return true;
}

static void
on_deferred(void *arg)
{
	struct dnsserver_query *q = arg;
	struct dnschannel_result result;
	dnschannel_cb *cb = q->cb;
	void *cb_arg = q->arg;
	char *bytes;

	q->defer = NULL;
	if (resend(q))
		return;
	result = q->result;
	bytes = q->bytes;
	q->server->queries--;
	free(q);
	cb(&result, cb_arg);
	free(bytes);
}

static void
end_query(struct dnsserver_query *q, const struct dnschannel_result *r)
{
	q->sent = NULL;
	q->result = *r;
	if (r->bytes != NULL) {
		q->bytes = xmemdup(r->bytes, r->len);
		q->result.bytes = (const uint8_t *)q->bytes;
	}
	q->defer = loop_defer(q->server->loop, LOOP_NORMAL, on_deferred, q);
}

static void
on_channel(const struct dnschannel_result *r, void *arg)
{
	end_query(arg, r);
}

static void
send_query(struct dnsserver_query *q)
{
	struct dnschannel_result none = { .status = DNSCHANNEL_LOCAL,
		.error = ENOMEM };
	struct dnschannel *ch = get_channel(q->server, q->transport);

	if (ch == NULL) {
		end_query(q, &none);
		return;
	}
	q->has_edns = dnschannel_has_edns(ch);
	q->sent = dnschannel_send(ch, q->name, q->type, on_channel, q);
}

struct dnsserver_query *
dnsserver_ask(struct dnsserver *s, const char *name, enum dns_type type,
    dnschannel_cb *cb, void *arg)
{
	struct dnsserver_query *q = xcalloc(1, sizeof(*q));

	q->server = s;
	q->name = name;
	q->type = type;
	q->cb = cb;
	q->arg = arg;
	s->queries++;
	send_query(q);
	return q;
}

void
dnsserver_forget(struct dnsserver_query *q)
{
	if (q == NULL)
		return;
	if (q->sent != NULL)
		dnschannel_forget(q->sent);
	loop_defer_cancel(q->defer);
	q->server->queries--;
	free(q->bytes);
	free(q);
}

const char *
dnsserver_text(const struct dnsserver *s)
{
	return s->address.text;
}

bool
dnsserver_is_trusted(const struct dnsserver *s)
{
	return s->is_trusted;
}

int64_t
dnsserver_heard_ms(const struct dnsserver *s)
{
	return s->heard_ms;
}
