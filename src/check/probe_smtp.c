/* SPDX-License-Identifier: ISC */
/* Which MX hosts are talked to, and what is waited for. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/domain.h"
#include "base/xmalloc.h"
#include "check/probing.h"

#define SMTP_PORT  25
#define NO_ADDRESS "no address"
#define REFUSED    "an address we do not connect to"
#define NO_WAY     "no way leads there from here"

struct probe_call {
	LIST_ENTRY(probe_call) entry;
	struct probe *probe;
	struct ev_mx *mx;
	struct mxlook_wait *wait;
	bool is_waiting; /* for its turn */
};

static void
call_free(struct probe_call *c)
{
	mxlook_cancel(c->wait);
	if (c->is_waiting)
		probe_wait_end(c->probe);
	LIST_REMOVE(c, entry);
	free(c);
}

static void
on_begun(void *arg)
{
	struct probe_call *c = arg;

	c->is_waiting = false;
	probe_wait_end(c->probe);
}

static void
on_seen(struct ev_mx *seen, void *arg)
{
	struct probe_call *c = arg;
	struct probe *p = c->probe;
	struct ev_mx *mx = c->mx;

	c->wait = NULL;
	call_free(c);
	mx->end = seen->end;
	mx->address = seen->address;
	mx->detail = seen->detail;
	mx->banner = seen->banner;
	mx->ehlo = seen->ehlo;
	mx->ms = seen->ms;
	mx->tls = seen->tls;
	seen->address = seen->detail = NULL;
	seen->banner = seen->ehlo = (struct ev_bytes){ 0 };
	seen->tls = (struct ev_tls){ 0 };
	probe_settle(p);
}

/* The first of a family that may be tried; says why not, if none. */
static const char *
pick(const struct probe *p, const struct ev_dns *d, bool *is_refused)
{
	struct sockaddr_storage address;
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (!probe_address(
			p->config, d->rr[i].text.data, SMTP_PORT, &address))
			*is_refused = true;
		else if (probe_has_way(d->rr[i].text.data))
			return d->rr[i].text.data;
	}
	return NULL;
}

/* A name no mail should go to by; NULL: it is fine. */
static const char *
oddity(const struct ev_mx *mx)
{
	struct in_addr in;

	if (inet_pton(AF_INET, mx->host, &in) == 1)
		return "an address in place of a name";
	if (!domain_is_valid(mx->host, strlen(mx->host)))
		return "not a host name";
	/* RFC 5321 section 5.1, RFC 2181 section 10.3. */
	if (!mx->is_implicit &&
	    (mx->cname.count > 0 || mx->a.cnames > 0 || mx->aaaa.cnames > 0))
		return "an alias (CNAME)";
	return NULL;
}

static void
leave(struct ev_mx *mx, enum ev_smtp_end end, const char *why)
{
	mx->end = end;
	mx->detail = xstrdup(why);
}

static void
call(struct probe *p, struct ev_mx *mx, struct mxlook_question *q)
{
	struct probe_call *c = xcalloc(1, sizeof(*c));

	q->host = mx->host;
	q->helo = p->helo;
	c->probe = p;
	c->mx = mx;
	c->is_waiting = true;
	probe_wait_begin(p);
	LIST_INSERT_HEAD(&p->calls, c, entry);
	c->wait = mxlook_ask(p->shared->mxlook, q, on_begun, on_seen, c);
}

void
probe_call(struct probe *p, struct ev_mx *mx)
{
	const struct ev_dns *family[] = { &mx->a, &mx->aaaa };
	const char *odd = oddity(mx), *address;
	struct mxlook_question q = { .count = 0 };
	bool is_refused = false;
	size_t i;

	if (odd != NULL) {
		leave(mx, EV_SMTP_NOT_PROBED, odd);
		return;
	}
	for (i = 0; i < MXLOOK_ADDRESSES; i++) {
		address = pick(p, family[i], &is_refused);
		if (address != NULL)
			q.address[q.count++] = address;
	}
	if (q.count > 0)
		call(p, mx, &q);
	else if (mx->a.count + mx->aaaa.count == 0)
		leave(mx, EV_SMTP_UNREACHABLE, NO_ADDRESS);
	else if (is_refused)
		leave(mx, EV_SMTP_REFUSED_ADDRESS, REFUSED);
	else
		leave(mx, EV_SMTP_UNREACHABLE, NO_WAY);
}

void
probe_call_cancel(struct probe *p)
{
	while (!LIST_EMPTY(&p->calls))
		call_free(LIST_FIRST(&p->calls));
}
