/* SPDX-License-Identifier: ISC */
/* The fetches under way, and what they showed as evidence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/probing.h"

#define AGAIN_MS  5000
#define STATUS_OK 200

struct probe_get {
	LIST_ENTRY(probe_get) entry;
	struct probe *probe;
	struct fetch *fetch; /* NULL: waits for its turn, or to try again */
	struct polite_turn *turn;
	bool is_waiting; /* for it */
	struct loop_timer *again;
	struct ev_fetch *out; /* NULL: of the handshake only */
	unsigned int tries;
	bool is_twice;
	char *host, *path, *address;
	struct fetch_target target; /* of these */
	probe_then *then;
	void *item;
};

static void
get_free(struct probe_get *g)
{
	fetch_cancel(g->fetch);
	polite_give_back(g->turn);
	if (g->is_waiting)
		probe_wait_end(g->probe);
	loop_timer_free(g->again);
	LIST_REMOVE(g, entry);
	free(g->host);
	free(g->path);
	free(g->address);
	free(g);
}

/* ---- from what was seen to evidence */

static void
set_bytes(struct ev_bytes *out, const char *data, size_t len)
{
	out->data = xmemdup(data, len);
	out->len = len;
}

/* RFC 9112 5.2: a line that begins with a blank goes on with the last one. */
static void
fold_line(struct ev_fetch *out, const char *line, size_t len)
{
	struct ev_bytes *value;

	if (out->header_count == 0)
		return;
	value = &out->header[out->header_count - 1].value;
	value->data = xreallocarray(value->data, value->len + len + 1, 1);
	memcpy(value->data + value->len, line, len);
	value->len += len;
	value->data[value->len] = '\0';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
set_header(struct ev_fetch *out, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *value;
	struct ev_header *h;

	if (is_blank(line[0])) {
		fold_line(out, line, len);
		return;
	}
	if (colon == NULL || out->header_count == EVIDENCE_HEADER_MAX)
		return;
	for (value = colon + 1; value < line + len && is_blank(*value);)
		value++;
	out->header = xreallocarray(
	    out->header, out->header_count + 1, sizeof(*out->header));
	h = &out->header[out->header_count++];
	set_bytes(&h->name, line, (size_t)(colon - line));
	set_bytes(&h->value, value, (size_t)(line + len - value));
}

static void
set_headers(struct ev_fetch *out, const struct buf *head)
{
	const char *line = buf_str(head), *end = line + head->len, *next;
	size_t len;

	while (line < end) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next != NULL ? next + 1 : end;
		len = (size_t)(next - line);
		while (len > 0 &&
		    (line[len - 1] == '\n' || line[len - 1] == '\r' ||
			is_blank(line[len - 1])))
			len--;
		if (len > 0 && strncmp(line, "HTTP/", 5) != 0)
			set_header(out, line, len);
		line = next;
	}
}

static void
set_tls(
    struct ev_tls *out, const struct fetchseen_tls *seen, const char *detail)
{
	out->is_tried = seen->is_tried;
	out->is_done = seen->is_done;
	if (seen->version[0] != '\0')
		out->version = xstrdup(seen->version);
	if (seen->is_tried && !seen->is_done)
		out->error = xstrdup(detail);
	ev_tls_set_chain(out, seen->chain);
	out->verify_error = seen->verify_error;
	out->verify_depth = seen->verify_depth;
	out->is_name_ok = seen->is_name_ok;
}

static void
set_seen(struct ev_fetch *out, const struct fetchseen *seen)
{
	if (seen->address[0] != '\0')
		out->address = xstrdup(seen->address);
	set_headers(out, &seen->head);
	/* An empty file is not the same as none. */
	if (seen->body.len > 0 || out->status == STATUS_OK)
		set_bytes(&out->body, buf_str(&seen->body), seen->body.len);
	out->is_body_cut = seen->is_body_cut;
	out->has_length = seen->has_length;
	out->is_closed_cleanly = seen->is_closed;
	set_tls(&out->tls, &seen->tls, out->detail);
}

static void
set_fetch(const struct probe_get *g, const struct fetch_result *result)
{
	struct ev_fetch *out = g->out;
	char url[2 * PROBE_NAME_BYTES];

	snprintf(url, sizeof(url), "%s://%s%s",
	    g->target.kind == FETCH_HTTP ? "http" : "https", g->host, g->path);
	ev_fetch_clear(out);
	out->is_asked = true;
	out->url = xstrdup(url);
	out->reason = result->reason;
	out->detail = xstrdup(result->detail);
	out->tries = g->tries;
	out->status = result->http_status;
	out->ms = result->milliseconds;
	if (result->seen != NULL)
		set_seen(out, result->seen);
	if (out->address == NULL && g->address != NULL)
		out->address = xstrdup(g->address);
}

/* A host that did not come so far says nothing about its old versions. */
static void
set_old_tls(struct probe *p, const struct fetch_result *result)
{
	if (result->seen == NULL || !result->seen->tls.is_tried ||
	    result->reason == STS_REASON_TIMEOUT)
		return;
	p->is_old_asked = true;
	p->is_old_offered = result->seen->tls.is_done;
}

/* ---- their life */

/* What may be otherwise in a moment. */
static bool
may_pass(enum sts_reason reason)
{
	return reason == STS_REASON_CONNECT || reason == STS_REASON_TIMEOUT ||
	    reason == STS_REASON_RESET || reason == STS_REASON_HEADER_FLOOD;
}

static void
on_fetched(const struct fetch_result *result, void *arg)
{
	struct probe_get *g = arg;
	struct probe *p = g->probe;
	probe_then *then = g->then;
	void *item = g->item;

	g->fetch = NULL;
	polite_give_back(g->turn);
	g->turn = NULL;
	g->tries++;
	if (g->out == NULL)
		set_old_tls(p, result);
	else
		set_fetch(g, result);
	if (g->is_twice && g->tries == 1 && may_pass(result->reason)) {
		loop_timer_set(g->again, AGAIN_MS);
		return;
	}
	get_free(g);
	if (then != NULL)
		then(p, item);
	probe_settle(p);
}

static void
on_turn(void *arg)
{
	struct probe_get *g = arg;

	g->is_waiting = false;
	probe_wait_end(g->probe);
	g->fetch = fetch_look(g->probe->fetcher, &g->target, on_fetched, g);
}

/* Where it may go: the policy host's addresses, as far as they are known. */
static size_t
places(const struct probe_get *g, const char *place[POLITE_ADDRESSES_MAX])
{
	const struct evidence *e = g->probe->e;
	const struct ev_dns *family[] = { &e->host_a, &e->host_aaaa };
	size_t i, k, n = 0;

	if (g->address != NULL || e->host_a.name == NULL ||
	    strcmp(e->host_a.name, g->host) != 0) {
		place[0] = g->address != NULL ? g->address : g->host;
		return 1;
	}
	for (i = 0; i < 2; i++)
		for (k = 0; k < family[i]->count && n < POLITE_ADDRESSES_MAX;
		     k++)
			place[n++] = family[i]->rr[k].text.data;
	return n;
}

static void
begin(void *arg)
{
	struct probe_get *g = arg;
	const char *place[POLITE_ADDRESSES_MAX];
	size_t count = places(g, place);

	g->is_waiting = true;
	probe_wait_begin(g->probe);
	g->turn =
	    polite_take(g->probe->shared->polite, place, count, on_turn, g);
}

void
probe_get(struct probe *p, struct ev_fetch *out, const struct probe_page *page,
    probe_then *then, void *item)
{
	struct probe_get *g = xcalloc(1, sizeof(*g));

	g->probe = p;
	g->out = out;
	g->is_twice = page->is_twice;
	g->host = xstrdup(page->host);
	g->path = xstrdup(page->path);
	g->address = page->address != NULL ? xstrdup(page->address) : NULL;
	g->target = (struct fetch_target){ .kind = page->kind,
		.host = g->host,
		.path = g->path,
		.address = g->address,
		.timeout_ms = page->timeout_ms };
	g->then = then;
	g->item = item;
	g->again = loop_timer_new(p->loop, begin, g);
	LIST_INSERT_HEAD(&p->gets, g, entry);
	begin(g);
}

void
probe_get_cancel(struct probe *p)
{
	while (!LIST_EMPTY(&p->gets))
		get_free(LIST_FIRST(&p->gets));
}
