/* SPDX-License-Identifier: ISC */
/*
 * Who asked for what: the known verdict when there is one, otherwise a place
 * among those who wait for the look-ups, as daemon/resolver has it for
 * policies.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/danetable.h"

#define TABLE_MAX_BYTES 8388608
#define JOBS_MAX        512
#define WAITS_MAX       8192

/* One in ten domains that enforce signs: this is no accident. */
#define UNSIGNED_MAX 100

static const char busy[] = "busy";
static const char too_slow[] = "its look-ups take too long";

struct danes {
	struct loop *loop;
	const struct config *config;
	struct dane_parts parts;
	struct danetable *table;
	size_t jobs;
	size_t waits;
	uint64_t by_verdict[STS_DANE_ALL + 1];
	bool is_doubted; /* and that was logged */
	unsigned int unsigned_count; /* verdicts, before a signed answer */
	struct buf detail; /* of the answer being given */
};

struct danes *
danes_new(struct loop *loop, const struct config *config,
    const struct dane_parts *parts)
{
	struct danes *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->config = config;
	s->parts = *parts;
	s->table = danetable_new(TABLE_MAX_BYTES);
	return s;
}

static void
forget_waits(struct dane *d)
{
	struct dane_wait *wait;

	while ((wait = LIST_FIRST(&d->waits)) != NULL)
		dane_cancel(wait);
}

static void
end_job(struct dane *d)
{
	loop_timer_free(d->deadline);
	d->deadline = NULL;
	d->job = NULL;
	d->danes->jobs--;
}

void
danes_free(struct danes *s)
{
	struct dane *d;

	if (s == NULL)
		return;
	/* Those with a job are found one by one: they were asked for last. */
	while (s->jobs > 0 && (d = danetable_busy(s->table)) != NULL) {
		forget_waits(d);
		danejob_free(d->job);
		end_job(d);
	}
	danetable_free(s->table);
	buf_clear(&s->detail);
	free(s);
}

/* What is known of it goes into an answer. */
static void
fill_answer(const struct dane *d, struct dane_answer *answer)
{
	*answer = (struct dane_answer){
		.verdict = sts_dane_is_fresh(&d->verdict.state, clock_now()) ?
		    d->verdict.state.verdict :
		    STS_DANE_UNKNOWN,
		.detail = d->detail != NULL ? d->detail : too_slow,
	};
}

/* Words for Postfix that outlive what they are of. */
static void
keep_detail(struct buf *text, struct dane_answer *answer)
{
	buf_reset(text);
	buf_printf(text, "whether DANE applies is unknown: %s", answer->detail);
	answer->detail = buf_str(text);
}

static void
settle(struct dane *d, struct dane_answer *answer)
{
	struct buf text = { 0 };
	struct dane_waits told = LIST_HEAD_INITIALIZER(told);
	struct dane_wait *wait;
	dane_cb *cb;
	void *arg;

	keep_detail(&text, answer);
	/* Those who are told may ask again, and wait again. */
	LIST_SWAP(&told, &d->waits, dane_wait, entry);
	while ((wait = LIST_FIRST(&told)) != NULL) {
		cb = wait->cb;
		arg = wait->arg;
		dane_cancel(wait);
		cb(answer, arg);
	}
	buf_clear(&text);
}

/* Into the record on disk, unless that is another by then. */
static void
store(struct danes *s, const char *domain)
{
	struct buf bytes = { 0 };
	struct entry entry;

	if (cache_get(s->parts.cache, domain, strlen(domain), &entry) ==
	    CACHE_HIT) {
		danes_fill(s, domain, &entry, &bytes);
		cache_amend(s->parts.cache, domain, &entry);
	}
	buf_clear(&bytes);
}

/* A name server that does not validate makes every verdict "none". */
static void
watch_signed(struct danes *s, const struct danejob_result *result)
{
	if (result->has_signed)
		s->unsigned_count = UNSIGNED_MAX;
	else if (s->unsigned_count < UNSIGNED_MAX &&
	    ++s->unsigned_count == UNSIGNED_MAX)
		dane_log_unsigned(s->parts.dns, UNSIGNED_MAX);
}

static void
on_verdict(const struct danejob_result *result, void *arg)
{
	struct dane *d = arg;
	struct danes *s = d->danes;
	struct sts_dane_state *state = &d->verdict.state;
	struct dane_answer answer;

	end_job(d);
	s->by_verdict[result->verdict]++;
	sts_dane_on_verdict(state, result->verdict, result->ttl,
	    result->is_partial, clock_now());
	if (state->verdict == result->verdict) {
		danetable_keep(s->table, d, &result->hosts, result->detail);
		if (state->verdict != STS_DANE_UNKNOWN)
			store(s, d->domain);
	}
	if (result->has_doubt != s->is_doubted) {
		s->is_doubted = result->has_doubt;
		dane_log_doubt(s->parts.dns, s->is_doubted);
	}
	watch_signed(s, result);
	dane_log_verdict(d, result);
	fill_answer(d, &answer);
	settle(d, &answer);
}

/* Milliseconds that those who wait still have. */
static int64_t
time_left(const struct dane *d)
{
	const struct config *config = d->danes->config;
	int64_t wait = sts_dane_is_fresh(&d->verdict.state, clock_now()) ?
	    config->revalidate_wait :
	    config->query_timeout;

	return d->started_ms + wait * 1000 - clock_ms();
}

/* A host that is used makes the verdict, whatever the others are yet to say. */
static void
on_so_far(const struct danejob_result *result, void *arg)
{
	struct dane_answer *answer = arg;

	if (result->verdict != STS_DANE_UNKNOWN)
		answer->verdict = result->verdict;
}

/* What those are told who have waited long enough. */
static void
answer_late(const struct dane *d, struct dane_answer *answer)
{
	fill_answer(d, answer);
	answer->detail = too_slow;
	if (answer->verdict == STS_DANE_UNKNOWN)
		danejob_so_far(d->job, on_so_far, answer);
}

static void
on_deadline(void *arg)
{
	struct dane *d = arg;
	struct dane_answer answer;
	int64_t left = time_left(d);

	if (LIST_EMPTY(&d->waits))
		return;
	/* The verdict has grown too old while they waited. */
	if (left > 0) {
		loop_timer_set(d->deadline, left);
		return;
	}
	answer_late(d, &answer);
	dane_log_deadline(d, answer.verdict);
	settle(d, &answer);
}

/* See to it that its look-ups are under way; false: there are too many. */
static bool
work_on(struct dane *d, bool is_behind)
{
	struct danes *s = d->danes;
	const struct danejob_question question = {
		.domain = d->domain,
		.port = d->verdict.port,
		.is_bracketed = d->verdict.is_bracketed,
		.is_behind = is_behind,
	};

	if (d->job != NULL) {
		if (!is_behind)
			danejob_hurry(d->job);
		return true;
	}
	/* The background has half the room. */
	if (s->jobs >= (is_behind ? JOBS_MAX / 2 : JOBS_MAX))
		return false;
	s->jobs++;
	d->started_ms = clock_ms();
	d->deadline = loop_timer_new(s->loop, on_deadline, d);
	d->job = danejob_start(s->parts.dns, &question, on_verdict, d);
	return true;
}

static struct dane_wait *
join(struct dane *d, const struct dane_query *query, int64_t left)
{
	struct dane_wait *wait = xcalloc(1, sizeof(*wait));

	wait->danes = d->danes;
	wait->cb = query->cb;
	wait->arg = query->arg;
	LIST_INSERT_HEAD(&d->waits, wait, entry);
	d->danes->waits++;
	if (!loop_timer_is_set(d->deadline))
		loop_timer_set(d->deadline, left);
	return wait;
}

/* Wait for the look-ups, if there is room and time for that. */
static bool
wait_for(struct dane *d, const struct dane_query *query,
    struct dane_answer *answer, struct dane_wait **wait)
{
	int64_t left;

	if (d->danes->waits >= WAITS_MAX || !work_on(d, false)) {
		fill_answer(d, answer);
		answer->detail = busy;
		keep_detail(&d->danes->detail, answer);
		return true;
	}
	left = time_left(d);
	if (left <= 0) {
		answer_late(d, answer);
		keep_detail(&d->danes->detail, answer);
		return true;
	}
	*wait = join(d, query, left);
	return false;
}

static struct dane *
add(struct danes *s, const char *domain, uint16_t port, bool is_bracketed)
{
	struct dane *d = danetable_add(s->table, domain, port, is_bracketed);

	d->danes = s;
	return d;
}

bool
danes_recall(struct danes *s, const struct dane_query *query)
{
	struct verdict kept[VERDICTS_MAX];
	struct entry entry;
	struct dane *d;
	size_t i, n = 0;

	if (danetable_find(s->table, query->domain, query->port,
		query->is_bracketed) != NULL)
		return false;
	if (cache_get(s->parts.cache, query->domain, strlen(query->domain),
		&entry) == CACHE_HIT)
		n = verdicts_decode(entry.dane, entry.dane_len, kept);
	/* All of them, or the record would lose the others when written. */
	for (i = 0; i < n; i++) {
		if (danetable_find(s->table, query->domain, kept[i].port,
			kept[i].is_bracketed) != NULL)
			continue;
		d = add(s, query->domain, kept[i].port, kept[i].is_bracketed);
		d->verdict.state = kept[i].state;
		sts_dane_on_load(&d->verdict.state, clock_now());
		danetable_keep(s->table, d, &kept[i].hosts, NULL);
	}
	if (danetable_find(s->table, query->domain, query->port,
		query->is_bracketed) == NULL)
		add(s, query->domain, query->port, query->is_bracketed);
	return true;
}

bool
danes_ask(struct danes *s, const struct dane_query *query,
    struct dane_answer *answer, struct dane_wait **wait)
{
	struct dane *d = danetable_find(
	    s->table, query->domain, query->port, query->is_bracketed);

	if (d == NULL)
		d = add(s, query->domain, query->port, query->is_bracketed);
	switch (sts_dane_on_query(&d->verdict.state, clock_now())) {
	case STS_DANE_ANSWER:
		fill_answer(d, answer);
		if (answer->verdict == STS_DANE_UNKNOWN)
			keep_detail(&s->detail, answer);
		else
			answer->until =
			    sts_dane_answer_until(&d->verdict.state);
		return true;
	case STS_DANE_ANSWER_CHECK:
		work_on(d, true);
		fill_answer(d, answer);
		return true;
	case STS_DANE_WAIT_BRIEFLY:
	case STS_DANE_WAIT:
		break;
	}
	return wait_for(d, query, answer, wait);
}

void
dane_cancel(struct dane_wait *wait)
{
	if (wait == NULL)
		return;
	LIST_REMOVE(wait, entry);
	wait->danes->waits--;
	free(wait);
}

void
danes_fill(
    struct danes *s, const char *domain, struct entry *entry, struct buf *bytes)
{
	struct dane *d = danetable_first(s->table, domain);
	size_t n = 0;

	buf_reset(bytes);
	if (d == NULL && s->config->dane)
		return; /* nobody has asked since the start: as it was */
	for (; d != NULL && n < VERDICTS_MAX && s->config->dane;
	     d = danetable_next(d)) {
		if (!sts_dane_is_fresh(&d->verdict.state, clock_now()))
			continue;
		verdict_encode(bytes, &d->verdict);
		n++;
	}
	entry->dane = bytes->data;
	entry->dane_len = bytes->len;
}

size_t
danes_list(struct danes *s, const char *domain, const struct entry *entry,
    struct verdict out[VERDICTS_MAX])
{
	struct dane *d = danetable_first(s->table, domain);
	size_t n = 0;

	if (d == NULL && entry != NULL)
		return verdicts_decode(entry->dane, entry->dane_len, out);
	for (; d != NULL && n < VERDICTS_MAX; d = danetable_next(d))
		if (d->verdict.state.checked != 0)
			out[n++] = d->verdict;
	return n;
}

void
danes_forget(struct danes *s, const char *domain)
{
	struct dane *d = danetable_first(s->table, domain);

	for (; d != NULL; d = danetable_next(d))
		d->verdict.state = (struct sts_dane_state){ 0 };
}

void
danes_count(const struct danes *s, struct dane_counts *counts)
{
	memcpy(counts->by_verdict, s->by_verdict, sizeof(counts->by_verdict));
	counts->jobs = s->jobs;
	counts->kept = danetable_count(s->table);
	counts->is_doubted = s->is_doubted;
}
