/* SPDX-License-Identifier: ISC */
/*
 * Everything is asked at once; what follows from an answer is asked when it
 * comes. The probe ends when nothing is under way, or when its time is over:
 * then what has not been answered stays as if it had not been asked.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <idn2.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "check/probe.h"
#include "check/probing.h"

/* The root servers A: somewhere in the world. */
#define SOMEWHERE_V4 "198.41.0.4"
#define SOMEWHERE_V6 "2001:503:ba3e::2:30"

struct probe_shared *
probe_shared_new(
    struct loop *loop, const struct config *config, struct fetcher *fetcher)
{
	struct probe_shared *s = xcalloc(1, sizeof(*s));

	s->polite = polite_new(loop);
	s->mxlook = mxlook_new(loop, config, fetcher, s->polite);
	return s;
}

void
probe_shared_free(struct probe_shared *s)
{
	if (s == NULL)
		return;
	mxlook_free(s->mxlook);
	polite_free(s->polite);
	free(s);
}

static void
probe_free(struct probe *p)
{
	size_t i;

	probe_ask_cancel(p);
	probe_get_cancel(p);
	probe_call_cancel(p);
	for (i = 0; i < EVIDENCE_NS_MAX; i++) {
		ev_dns_clear(&p->ns_a[i]);
		ev_dns_clear(&p->ns_aaaa[i]);
	}
	loop_timer_free(p->limit);
	loop_defer_cancel(p->ending);
	evidence_free(p->e);
	probe_shared_free(p->own);
	free(p);
}

void
probe_wait_begin(struct probe *p)
{
	if (p->waits++ == 0)
		p->waiting_ms = clock_ms();
}

void
probe_wait_end(struct probe *p)
{
	if (--p->waits == 0)
		p->waited_ms += clock_ms() - p->waiting_ms;
}

int64_t
probe_left_ms(const struct probe *p)
{
	int64_t now = clock_ms(), left;

	left = p->limit_ms + p->waited_ms - (now - p->started_ms);
	if (p->waits > 0)
		left += now - p->waiting_ms;

	return left > 0 ? left : 0;
}

static bool
has_way_to_any(const struct ev_dns *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (probe_has_way(d->rr[i].text.data))
			return true;
	return false;
}

/* To the world, or at least to what was to be reached. */
static void
look_for_ways(struct evidence *e)
{
	size_t i;

	e->has_ipv4 = probe_has_way(SOMEWHERE_V4) || has_way_to_any(&e->host_a);
	e->has_ipv6 =
	    probe_has_way(SOMEWHERE_V6) || has_way_to_any(&e->host_aaaa);
	for (i = 0; i < e->mx_count; i++) {
		e->has_ipv4 = e->has_ipv4 || has_way_to_any(&e->host_mx[i].a);
		e->has_ipv6 =
		    e->has_ipv6 || has_way_to_any(&e->host_mx[i].aaaa);
	}
}

static void
on_end(void *arg)
{
	struct probe *p = arg;
	struct evidence *e = p->e;
	probe_cb *cb = p->cb;
	void *cb_arg = p->arg;

	p->ending = NULL;
	e->ms = clock_ms() - p->started_ms;
	e->fetch.tls.is_old_asked = p->is_old_asked;
	e->fetch.tls.is_old_offered = p->is_old_offered;
	look_for_ways(e);
	p->e = NULL;
	probe_free(p);
	cb(e, cb_arg);
}

/* From the loop: the callback may free dns and fetcher. */
void
probe_settle(struct probe *p)
{
	if (p->ending == NULL && LIST_EMPTY(&p->asks) && LIST_EMPTY(&p->gets) &&
	    LIST_EMPTY(&p->calls))
		p->ending = loop_defer(p->loop, LOOP_NORMAL, on_end, p);
}

static void
on_limit(void *arg)
{
	struct probe *p = arg;
	int64_t left = probe_left_ms(p);

	if (left > 0) {
		loop_timer_set(p->limit, left);
		return;
	}
	p->e->is_timed_out = p->ending == NULL;
	probe_ask_cancel(p);
	probe_get_cancel(p);
	probe_call_cancel(p);
	probe_settle(p);
}

/* The other form of a name with A-labels; NULL: there is none. */
static char *
to_unicode(const char *domain)
{
	char *out = NULL, *unicode = NULL;

	if (strstr(domain, "xn--") != NULL &&
	    idn2_to_unicode_8z8z(domain, &out, 0) == IDN2_OK &&
	    strcmp(out, domain) != 0)
		unicode = xstrdup(out);
	idn2_free(out);
	return unicode;
}

static struct evidence *
begin_evidence(struct probe *p, const char *input)
{
	struct evidence *e = evidence_new();
	struct buf servers = { 0 };
	char host[256] = "";

	e->input = xstrdup(input);
	e->time = clock_now();
	gethostname(host, sizeof(host) - 1);
	e->host = xstrdup(host);
	e->is_validating = dns_describe(p->dns, &servers);
	e->resolver = xstrdup(buf_str(&servers));
	buf_clear(&servers);
	e->version = xstrdup(VERSION);
	e->is_smtp_skipped = !p->has_smtp;
	return e;
}

/* NULL: it is what was given that is checked. */
static char *
note_of(const char *folded, const char *mx)
{
	struct buf note = { 0 };
	char *text;

	if (folded == NULL && mx == NULL)
		return NULL;
	if (folded != NULL)
		buf_puts(&note, folded);
	if (mx != NULL)
		buf_printf(&note, "%sthe MX hosts are supposed to be %s",
		    folded != NULL ? "; " : "", mx);
	text = xstrdup(note.data);
	buf_clear(&note);
	return text;
}

struct probe *
probe_start(struct loop *loop, const struct config *config, struct dns *dns,
    struct fetcher *fetcher, const struct probe_options *options,
    const char *input, probe_cb *cb, void *arg)
{
	char domain[DOMAIN_MAX + 1];
	const char *note;
	struct probe *p;

	if (!probe_fold(input, domain, &note))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->loop = loop;
	p->config = config;
	p->dns = dns;
	p->fetcher = fetcher;
	if (options->shared == NULL)
		p->own = probe_shared_new(loop, config, fetcher);
	p->shared = p->own != NULL ? p->own : options->shared;
	p->has_smtp = options->has_smtp;
	p->mx = options->mx;
	p->limit_ms = options->time_limit * 1000;
	p->started_ms = clock_ms();
	p->cb = cb;
	p->arg = arg;
	p->e = begin_evidence(p, input);
	strlcpy(p->e->domain, domain, sizeof(p->e->domain));
	p->e->unicode = to_unicode(domain);
	p->e->note = note_of(note, options->mx);
	p->e->is_supposed = options->mx != NULL;
	if (options->helo != NULL && options->helo[0] != '\0')
		strlcpy(p->helo, options->helo, sizeof(p->helo));
	else
		strlcpy(p->helo, p->e->host, sizeof(p->helo));
	LIST_INIT(&p->asks);
	LIST_INIT(&p->gets);
	LIST_INIT(&p->calls);
	p->limit = loop_timer_new(loop, on_limit, p);
	loop_timer_set(p->limit, p->limit_ms);
	probe_records(p);
	probe_servers(p);
	probe_policy(p);
	probe_mx(p);
	probe_tlsrpt(p);
	return p;
}

void
probe_cancel(struct probe *p)
{
	if (p != NULL)
		probe_free(p);
}
