/* SPDX-License-Identifier: ISC */
/*
 * A host's dialogue runs at its first address, and at a second one when the
 * first is not reached. What was seen is spooled: a run over many domains
 * remembers all of their hosts, and its memory only where each is found.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "check/mxlook.h"
#include "check/probing.h"
#include "check/spool.h"
#include "net/smtp.h"

#define SMTP_PORT   25
#define DIALOGUE_MS 10000
#define ANOTHER_MS  5000 /* left for a second address, at least */

struct mxlook_host;

struct mxlook_wait {
	LIST_ENTRY(mxlook_wait) entry;
	struct mxlook_host *host;
	struct loop_defer *known; /* set: the host was looked at before */
	loop_cb *begun; /* NULL: it was called */
	mxlook_cb *cb;
	void *arg;
};

struct mxlook_host {
	RB_ENTRY(mxlook_host) entry;
	struct mxlook *look;
	const char *name;
	char *copy; /* the name, ours */
	LIST_HEAD(, mxlook_wait) waits;
	/* once it was looked at */
	bool is_known;
	struct spool_place place;
	/* before that */
	char *helo;
	char *address[MXLOOK_ADDRESSES];
	size_t count, next;
	struct polite_turn *turn;
	int64_t started_ms;
	struct smtp *smtp;
};

RB_HEAD(mxlook_hosts, mxlook_host);

struct mxlook {
	struct loop *loop;
	const struct config *config;
	struct fetcher *fetcher;
	struct polite *polite;
	struct spool *spool; /* NULL: nothing can be kept */
	struct mxlook_hosts hosts;
};

static int
compare(const struct mxlook_host *a, const struct mxlook_host *b)
{
	return strcmp(a->name, b->name);
}

RB_PROTOTYPE(mxlook_hosts, mxlook_host, entry, compare)
RB_GENERATE(mxlook_hosts, mxlook_host, entry, compare)

struct mxlook *
mxlook_new(struct loop *loop, const struct config *config,
    struct fetcher *fetcher, struct polite *polite)
{
	struct mxlook *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->config = config;
	l->fetcher = fetcher;
	l->polite = polite;
	l->spool = spool_new();
	RB_INIT(&l->hosts);
	return l;
}

/* All that only the dialogue needs. */
static void
end_dialogue(struct mxlook_host *h)
{
	size_t i;

	smtp_cancel(h->smtp);
	h->smtp = NULL;
	polite_give_back(h->turn);
	h->turn = NULL;
	for (i = 0; i < h->count; i++)
		free(h->address[i]);
	h->count = 0;
	free(h->helo);
	h->helo = NULL;
}

static void
host_free(struct mxlook_host *h)
{
	end_dialogue(h);
	RB_REMOVE(mxlook_hosts, &h->look->hosts, h);
	free(h->copy);
	free(h);
}

void
mxlook_free(struct mxlook *l)
{
	struct mxlook_host *h;

	if (l == NULL)
		return;
	while ((h = RB_MIN(mxlook_hosts, &l->hosts)) != NULL)
		host_free(h);
	spool_free(l->spool);
	free(l);
}

/* ---- from what was seen to evidence */

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

static char *
copy_text(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
set_bytes(struct ev_bytes *out, const char *data, size_t len)
{
	out->data = xmemdup(data, len);
	out->len = len;
}

static void
set_result(struct ev_mx *mx, const char *address, const struct smtp_result *r)
{
	struct ev_tls *tls = &mx->tls;

	mx->end = end_of(r->end);
	mx->address = copy_text(address);
	mx->detail = copy_text(r->detail);
	set_bytes(&mx->banner, r->banner, r->banner_len);
	set_bytes(&mx->ehlo, r->ehlo, r->ehlo_len);
	mx->ms = r->ms;
	tls->is_done = r->tls_version != NULL;
	tls->is_tried = tls->is_done || r->tls_error != NULL;
	tls->version = copy_text(r->tls_version);
	tls->error = copy_text(r->tls_error);
	ev_tls_set_chain(tls, r->chain);
	tls->verify_error = r->verify_error;
	tls->verify_depth = r->verify_depth;
	tls->is_name_ok = r->is_name_ok;
}

/* ---- who waits */

static void
wait_free(struct mxlook_wait *w)
{
	loop_defer_cancel(w->known);
	LIST_REMOVE(w, entry);
	free(w);
}

static void
tell(struct mxlook_wait *w, struct ev_mx *seen)
{
	loop_cb *begun = w->begun;
	mxlook_cb *cb = w->cb;
	void *arg = w->arg;

	wait_free(w);
	if (begun != NULL)
		begun(arg);
	cb(seen, arg);
}

static void
tell_begun(struct mxlook_host *h)
{
	struct mxlook_wait *w;
	loop_cb *begun;

	LIST_FOREACH(w, &h->waits, entry)
	{
		begun = w->begun;
		w->begun = NULL;
		if (begun != NULL)
			begun(w->arg);
	}
}

void
mxlook_cancel(struct mxlook_wait *w)
{
	if (w != NULL)
		wait_free(w);
}

/* ---- the dialogue */

/* It is what we have written; if the disk has lost it, it is lost. */
static void
tell_copy(struct mxlook_wait *w, const struct buf *text)
{
	struct ev_mx seen = { 0 };

	if (!ev_mx_load(buf_str(text), text->len, &seen)) {
		seen.end = EV_SMTP_UNREACHABLE;
		seen.detail = xstrdup("what was seen of it could not be kept");
	}
	tell(w, &seen);
	ev_mx_clear(&seen);
}

/* What cannot be kept is looked at again when it is asked for again. */
static void
finish(struct mxlook_host *h, struct ev_mx *seen)
{
	struct spool *spool = h->look->spool;
	struct mxlook_wait *w;
	struct buf text = { 0 };

	end_dialogue(h);
	ev_mx_save(&text, seen);
	h->is_known =
	    spool != NULL && spool_put(spool, text.data, text.len, &h->place);
	while ((w = LIST_FIRST(&h->waits)) != NULL) {
		if (LIST_NEXT(w, entry) != NULL)
			tell_copy(w, &text);
		else
			tell(w, seen);
	}
	buf_clear(&text);
	if (!h->is_known)
		host_free(h);
}

static void dial(struct mxlook_host *);

static int64_t
left_ms(const struct mxlook_host *h)
{
	return DIALOGUE_MS - (clock_ms() - h->started_ms);
}

static void
on_smtp(const struct smtp_result *r, void *arg)
{
	struct mxlook_host *h = arg;
	struct ev_mx seen = { 0 };

	h->smtp = NULL;
	if (r->end == SMTP_UNREACHABLE && h->next < h->count &&
	    left_ms(h) >= ANOTHER_MS) {
		dial(h);
		return;
	}
	seen.host = xstrdup(h->name);
	set_result(&seen, h->address[h->next - 1], r);
	finish(h, &seen);
	ev_mx_clear(&seen);
}

static void
dial(struct mxlook_host *h)
{
	struct mxlook *l = h->look;
	struct sockaddr_storage address = { 0 };
	struct smtp_request request = { .host = h->name,
		.address = (struct sockaddr *)&address,
		.helo = h->helo,
		.timeout_ms = left_ms(h),
		.trust = fetcher_trust(l->fetcher),
		.allow = &l->config->allow_networks };

	/* It was parsed when it was taken up. */
	probe_address(l->config, h->address[h->next++], SMTP_PORT, &address);
	h->smtp = smtp_probe(l->loop, &request, on_smtp, h);
}

static void
on_turn(void *arg)
{
	struct mxlook_host *h = arg;

	h->started_ms = clock_ms();
	tell_begun(h);
	dial(h);
}

static struct mxlook_host *
begin(struct mxlook *l, const struct mxlook_question *q)
{
	struct mxlook_host *h = xcalloc(1, sizeof(*h));
	size_t i;

	h->look = l;
	h->name = h->copy = xstrdup(q->host);
	h->helo = xstrdup(q->helo);
	for (i = 0; i < q->count; i++)
		h->address[h->count++] = xstrdup(q->address[i]);
	LIST_INIT(&h->waits);
	RB_INSERT(mxlook_hosts, &l->hosts, h);
	h->turn = polite_take(l->polite, q->address, q->count, on_turn, h);
	return h;
}

static void
on_known(void *arg)
{
	struct mxlook_wait *w = arg;
	struct mxlook_host *h = w->host;
	struct buf text = { 0 };

	w->known = NULL;
	if (!spool_get(h->look->spool, &h->place, &text))
		buf_reset(&text);
	tell_copy(w, &text);
	buf_clear(&text);
}

struct mxlook_wait *
mxlook_ask(struct mxlook *l, const struct mxlook_question *q, loop_cb *begun,
    mxlook_cb *cb, void *arg)
{
	struct mxlook_wait *w = xcalloc(1, sizeof(*w));
	struct mxlook_host key = { .name = q->host };

	w->host = RB_FIND(mxlook_hosts, &l->hosts, &key);
	if (w->host == NULL)
		w->host = begin(l, q);
	w->begun = begun;
	w->cb = cb;
	w->arg = arg;
	LIST_INSERT_HEAD(&w->host->waits, w, entry);
	if (w->host->is_known)
		w->known = loop_defer(l->loop, LOOP_NORMAL, on_known, w);
	return w;
}
