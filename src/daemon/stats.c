/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "daemon/stats.h"

static_assert(STATS_KINDS <= UINT8_MAX, "daemon/hot keeps a kind in a byte");

const int64_t stats_cached_ns[STATS_BOUNDS] = { 500, 1000, 2000, 5000, 10000,
	20000, 50000, 100000, 500000, 1000000, 10000000 };
const int64_t stats_waited_ms[STATS_BOUNDS] = { 5, 10, 25, 50, 100, 250, 500,
	1000, 2500, 5000, 10000 };

static const struct {
	const char *outcome, *reason;
} answers[] = {
	[STATS_OK] = { "ok", "" },
	[STATS_DANE] = { "ok", "dane" },
	[STATS_DANE_UNKNOWN] = { "temp", "dane" },
	[STATS_KEY] = { "notfound", "key" },
	[STATS_OVERRIDE] = { "notfound", "override" },
	[STATS_TESTING] = { "notfound", "testing" },
	[STATS_MODE_NONE] = { "notfound", "none" },
	[STATS_DANE_TESTING] = { "notfound", "dane" },
};

const char *
stats_answer_outcome(unsigned int answer)
{
	if (answer < STATS_REASON)
		return answers[answer].outcome;
	return sts_reason_is_ours((enum sts_reason)(answer - STATS_REASON)) ?
	    "temp" :
	    "notfound";
}

const char *
stats_answer_reason(unsigned int answer)
{
	enum sts_reason reason;

	if (answer < STATS_REASON)
		return answers[answer].reason;
	reason = (enum sts_reason)(answer - STATS_REASON);
	/* Its policy has expired, and nothing else failed. */
	return reason == STS_REASON_OK ? "expired" : sts_reason_word(reason);
}

int64_t
stats_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void
stats_measure(struct stats_histogram *h, const int64_t *bounds, int64_t value)
{
	size_t i;

	for (i = 0; i < STATS_BOUNDS && value > bounds[i]; i++)
		;
	h->bucket[i]++;
	h->count++;
	h->sum += (uint64_t)value;
}

struct stats *
stats_new(void)
{
	return xcalloc(1, sizeof(struct stats));
}

void
stats_free(struct stats *s)
{
	free(s);
}

struct stats *
stats_unread(void)
{
	static struct stats unread;

	return &unread;
}

/* As in the log; what does not fit is cut. */
static void
put_text(char *to, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *text != '\0' && n + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c <= 0x7e) {
			to[n++] = (char)c;
			continue;
		}
		to[n++] = '\\';
		to[n++] = 'x';
		to[n++] = hex[c >> 4];
		to[n++] = hex[c & 15];
	}
	to[n] = '\0';
}

/* Fields beside domain and reason are the text: "name=value ...". */
static void
put_fields(struct stats_error *e, const struct log_line *line)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < line->field_count; i++) {
		const struct log_field *f = &line->field[i];

		if (f->value == NULL)
			continue;
		if (strcmp(f->name, "domain") == 0)
			put_text(e->domain, sizeof(e->domain), f->value);
		else if (strcmp(f->name, "reason") == 0)
			put_text(e->reason, sizeof(e->reason), f->value);
		else
			buf_printf(&text, "%s%s=%s", text.len > 0 ? " " : "",
			    f->name, f->value);
	}
	put_text(e->text, sizeof(e->text), buf_str(&text));
	buf_clear(&text);
}

void
stats_on_log(const struct log_line *line, void *arg)
{
	struct stats *s = arg;
	struct stats_error *e;

	if (line->level > LOG_LEVEL_WARNING)
		return;
	e = &s->error[s->errors++ % STATS_LAST];
	*e = (struct stats_error){ .time = clock_now(), .event = line->event };
	if (line->message != NULL)
		put_text(e->text, sizeof(e->text), line->message);
	else
		put_fields(e, line);
}

void
stats_add_slow(struct stats *s, const struct stats_slow *new)
{
	struct stats_slow *to = &s->slow[0];
	size_t i;

	for (i = 0; i < STATS_LAST; i++) {
		struct stats_slow *old = &s->slow[i];

		if (new->time - old->time >= STATS_SLOW_S)
			old->ms = -1; /* or free */
		if (old->ms < to->ms)
			to = old;
	}
	if (to->ms < new->ms)
		*to = *new;
}

void
stats_add_fetch(struct stats *s, const char *domain, enum sts_reason reason,
    const char *detail)
{
	struct stats_fetch *f = &s->fetch[s->fetches++ % STATS_LAST];

	s->fetched[reason]++;
	f->time = clock_now();
	f->reason = reason;
	(void)strlcpy(f->domain, domain, sizeof(f->domain));
	put_text(f->detail, sizeof(f->detail), detail);
}

static struct stats_failing *
find_failing(struct stats *s, const char *domain)
{
	size_t i;

	for (i = 0; i < s->failing_count; i++)
		if (strcmp(s->failing[i].domain, domain) == 0)
			return &s->failing[i];
	return NULL;
}

void
stats_failing_add(struct stats *s, const struct stats_failing *new)
{
	struct stats_failing *to = find_failing(s, new->domain);
	size_t i;

	if (to == NULL && s->failing_count < STATS_FAILING)
		to = &s->failing[s->failing_count++];
	if (to == NULL) {
		/* In the place of the one with most time left. */
		to = &s->failing[0];
		for (i = 1; i < STATS_FAILING; i++)
			if (s->failing[i].expires > to->expires)
				to = &s->failing[i];
		if (to->expires <= new->expires)
			return;
	}
	*to = *new;
}

void
stats_failing_remove(struct stats *s, const char *domain)
{
	struct stats_failing *failing = find_failing(s, domain);

	if (failing != NULL)
		*failing = s->failing[--s->failing_count];
}
