/* SPDX-License-Identifier: ISC */
/* The SMTP dialogues under way: one a host, at its first address. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/domain.h"
#include "base/xmalloc.h"
#include "check/probing.h"

#define SMTP_PORT   25
#define DIALOGUE_MS 10000
#define ANOTHER_MS  5000 /* left for a second address, at least */
#define ADDRESSES   2 /* of a host that are tried */
#define NO_ADDRESS  "no address"
#define REFUSED     "an address we do not connect to"
#define NO_WAY      "no way leads there from here"

struct probe_call {
	LIST_ENTRY(probe_call) entry;
	struct probe *probe;
	struct smtp *smtp;
	struct ev_mx *mx;
	const char *address[ADDRESSES]; /* lent by mx */
	size_t count, next;
	int64_t started_ms;
};

static void
call_free(struct probe_call *c)
{
	smtp_cancel(c->smtp);
	LIST_REMOVE(c, entry);
	free(c);
}

static enum ev_smtp_end
end_of(enum smtp_end end)
{
	switch (end) {
	case SMTP_REFUSED_ADDRESS:
		return EV_SMTP_REFUSED_ADDRESS;
	case SMTP_UNREACHABLE:
		return EV_SMTP_UNREACHABLE;
	case SMTP_TURNED_AWAY:
		return EV_SMTP_TURNED_AWAY;
	case SMTP_NO_STARTTLS:
		return EV_SMTP_NO_STARTTLS;
	case SMTP_STARTTLS_FAILED:
		return EV_SMTP_STARTTLS_FAILED;
	case SMTP_DONE:
		return EV_SMTP_DONE;
	}
	return EV_SMTP_NOT_PROBED;
}

static void
set_text(char **out, const char *text)
{
	free(*out);
	*out = text != NULL ? xstrdup(text) : NULL;
}

static void
set_bytes(struct ev_bytes *out, const char *data, size_t len)
{
	free(out->data);
	out->data = xmemdup(data, len);
	out->len = len;
}

static void
set_result(struct ev_mx *mx, const char *address, const struct smtp_result *r)
{
	struct ev_tls *tls = &mx->tls;

	mx->end = end_of(r->end);
	set_text(&mx->address, address);
	set_text(&mx->detail, r->detail);
	set_bytes(&mx->banner, r->banner, r->banner_len);
	set_bytes(&mx->ehlo, r->ehlo, r->ehlo_len);
	mx->ms = r->ms;
	ev_tls_clear(tls);
	tls->is_done = r->tls_version != NULL;
	tls->is_tried = tls->is_done || r->tls_error != NULL;
	set_text(&tls->version, r->tls_version);
	set_text(&tls->error, r->tls_error);
	ev_tls_set_chain(tls, r->chain);
	tls->verify_error = r->verify_error;
	tls->verify_depth = r->verify_depth;
	tls->is_name_ok = r->is_name_ok;
}

static int64_t
left_ms(const struct probe_call *c)
{
	return DIALOGUE_MS - (clock_ms() - c->started_ms);
}

static void dial(struct probe_call *);

static void
on_smtp(const struct smtp_result *r, void *arg)
{
	struct probe_call *c = arg;
	struct probe *p = c->probe;

	c->smtp = NULL;
	set_result(c->mx, c->address[c->next - 1], r);
	if (r->end == SMTP_UNREACHABLE && c->next < c->count &&
	    left_ms(c) >= ANOTHER_MS) {
		dial(c);
		return;
	}
	call_free(c);
	probe_settle(p);
}

static void
dial(struct probe_call *c)
{
	struct probe *p = c->probe;
	struct sockaddr_storage address = { 0 };
	struct smtp_request request = { .host = c->mx->host,
		.address = (struct sockaddr *)&address,
		.helo = p->helo,
		.timeout_ms = left_ms(c),
		.trust = fetcher_trust(p->fetcher),
		.allow = &p->config->allow_networks };

	/* It was parsed when it was taken up. */
	probe_address(p, c->address[c->next++], SMTP_PORT, &address);
	c->smtp = smtp_probe(p->loop, &request, on_smtp, c);
}

/* The first of a family that may be tried; says why not, if none. */
static const char *
pick(const struct probe *p, const struct ev_dns *d, bool *is_refused)
{
	struct sockaddr_storage address;
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (!probe_address(p, d->rr[i].text.data, SMTP_PORT, &address))
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
	set_text(&mx->detail, why);
}

void
probe_call(struct probe *p, struct ev_mx *mx)
{
	const struct ev_dns *family[ADDRESSES] = { &mx->a, &mx->aaaa };
	const char *odd = oddity(mx), *address;
	bool is_refused = false;
	struct probe_call *c;
	size_t i;

	if (odd != NULL) {
		leave(mx, EV_SMTP_NOT_PROBED, odd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->probe = p;
	c->mx = mx;
	c->started_ms = clock_ms();
	for (i = 0; i < ADDRESSES; i++) {
		address = pick(p, family[i], &is_refused);
		if (address != NULL)
			c->address[c->count++] = address;
	}
	LIST_INSERT_HEAD(&p->calls, c, entry);
	if (c->count > 0) {
		dial(c);
		return;
	}
	call_free(c);
	if (mx->a.count + mx->aaaa.count == 0)
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
