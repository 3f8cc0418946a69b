/* SPDX-License-Identifier: ISC */
/*
 * The servers are asked in turn, round and round. A try that took too long is
 * left behind but not forgotten: a good answer that comes late still counts.
 *
 * A round in which every server spoke, and none could say, is repeated once;
 * only silence is worth going round until the deadline. A round in which
 * every server refused the connection ends the look-up at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/dnsfailover.h"
#include "net/dnsmsg.h"

#define FIRST_TRY_MS  1000
#define LATER_TRY_MS  2000
#define ROUNDS_SPOKEN 2

/*
 * As long as any server was heard so recently, silence is the name's fault. It
 * must have been heard after the first try, too: what comes before may have
 * been the last words of a server that then fell silent for everybody.
 */
#define HEARD_RECENTLY_MS 4000

#define DETAIL_BYTES 256

struct dnstry {
	LIST_ENTRY(dnstry) entry;
	struct dnsfailover *lookup;
	struct dnsserver *server;
	struct dnsserver_query *query;
};

struct dnsfailover {
	struct dnsset *set;
	struct dnsfailover_question question;
	int64_t began_ms;
	dnsfailover_cb *cb;
	void *arg;
	LIST_HEAD(, dnstry) tries; /* not yet answered */
	struct dnstry *current; /* the one we wait for */
	struct loop_timer *try_timer;
	struct loop_timer *deadline;
	size_t next; /* index of the server asked next */
	size_t tried; /* servers, in this round */
	unsigned int rounds; /* completed */
	bool round_has_silence, round_has_speech;
	bool has_speech; /* some answer, good for nothing */
	bool has_fault; /* of ours */
	int rcode; /* of the last answer, or -1 */
	char detail[DETAIL_BYTES]; /* of the last failure */
};

static const char *
rcode_name(int rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
		"NXRRSET", "NOTAUTH", "NOTZONE" };

	if (rcode < 0 || (size_t)rcode >= sizeof(names) / sizeof(names[0]))
		return "unknown RCODE";
	return names[rcode];
}

static void
free_try(struct dnstry *t)
{
	dnsserver_forget(t->query);
	LIST_REMOVE(t, entry);
	free(t);
}

static void
free_lookup(struct dnsfailover *l)
{
	while (!LIST_EMPTY(&l->tries))
		free_try(LIST_FIRST(&l->tries));
	loop_timer_free(l->try_timer);
	loop_timer_free(l->deadline);
	dnsset_unref(l->set);
	free(l);
}

/* The end: the look-up is gone when the callback begins. */
static void
finish(struct dnsfailover *l, struct dns_answer *a)
{
	dnsfailover_cb *cb = l->cb;
	void *arg = l->arg;
	char detail[DETAIL_BYTES];

	memcpy(detail, l->detail, sizeof(detail));
	a->detail = detail;
	free_lookup(l);
	cb(a, arg);
}

static void
fail(struct dnsfailover *l, enum dns_status status)
{
	struct dns_answer a = {
		.status = status, .rcode = l->rcode, .owner = l->question.name
	};

	/* A fault of ours is never the domain's, whoever else spoke. */
	if (l->has_fault && status != DNS_BAD_NAME)
		a.status = DNS_LOCAL;
	finish(l, &a);
}

static void
succeed(struct dnsfailover *l, const struct dnsserver *server,
    const struct dnsmsg *m)
{
	struct dns_answer a = *dnsmsg_answer(m);
	size_t i;

	for (i = 0; i < l->set->count; i++)
		if (l->set->server[i] == server)
			l->set->good = i;
	a.is_believed = dnsserver_is_trusted(server);
	a.ad = a.ad && a.is_believed;
	snprintf(l->detail, sizeof(l->detail), "%s from %s",
	    rcode_name(a.rcode), dnsserver_text(server));
	finish(l, &a);
}

static void on_result(const struct dnschannel_result *, void *);

static void
ask(struct dnsfailover *l)
{
	struct dnstry *t = xcalloc(1, sizeof(*t));

	t->lookup = l;
	t->server = l->set->server[l->next];
	l->next = (l->next + 1) % l->set->count;
	LIST_INSERT_HEAD(&l->tries, t, entry);
	l->current = t;
	t->query = dnsserver_ask(
	    t->server, l->question.name, l->question.type, on_result, t);
	loop_timer_set(
	    l->try_timer, l->rounds == 0 ? FIRST_TRY_MS : LATER_TRY_MS);
}

/* The current try is over: the next server, or the end. */
static void
go_on(struct dnsfailover *l)
{
	l->current = NULL;
	loop_timer_stop(l->try_timer);
	if (++l->tried < l->set->count) {
		ask(l);
		return;
	}
	l->rounds++;
	if (!l->round_has_silence && !l->round_has_speech) {
		fail(l, DNS_NO_SERVER);
		return;
	}
	if (!l->round_has_silence && l->rounds >= ROUNDS_SPOKEN) {
		fail(l, DNS_FAILED);
		return;
	}
	l->tried = 0;
	l->round_has_silence = l->round_has_speech = false;
	ask(l);
}

static void
on_try_timer(void *arg)
{
	struct dnsfailover *l = arg;

	l->round_has_silence = true;
	go_on(l);
}

static void
on_deadline(void *arg)
{
	struct dnsfailover *l = arg;
	int64_t since = clock_ms() - HEARD_RECENTLY_MS;

	if (l->began_ms + FIRST_TRY_MS < since)
		since = l->began_ms + FIRST_TRY_MS;
	if (l->has_speech) {
		fail(l, DNS_FAILED);
		return;
	}
	snprintf(l->detail, sizeof(l->detail), "no answer in %lld s",
	    (long long)(l->question.deadline_ms / 1000));
	fail(l, dnsset_heard_ms(l->set) >= since ? DNS_TIMEOUT : DNS_NO_SERVER);
}

/* Read an answer; true when it ended the look-up. */
static bool
take_answer(struct dnsfailover *l, const struct dnsserver *server,
    const struct dnschannel_result *r)
{
	struct dnsmsg *m =
	    dnsmsg_read(r->bytes, r->len, l->question.name, l->question.type);
	const struct dns_answer *a;

	if (m == NULL) {
		snprintf(l->detail, sizeof(l->detail), "garbage from %s",
		    dnsserver_text(server));
		return false;
	}
	a = dnsmsg_answer(m);
	if (a->status != DNS_FAILED) {
		succeed(l, server, m);
		dnsmsg_free(m);
		return true;
	}
	l->rcode = a->rcode;
	if (a->cnames > 0)
		snprintf(l->detail, sizeof(l->detail),
		    "a loop or too many CNAMEs from %s",
		    dnsserver_text(server));
	else
		snprintf(l->detail, sizeof(l->detail), "%s from %s",
		    rcode_name(a->rcode), dnsserver_text(server));
	dnsmsg_free(m);
	return false;
}

/* A try that gave nothing to use; true when the server spoke at all. */
static bool
note_failure(struct dnsfailover *l, const struct dnsserver *server,
    const struct dnschannel_result *r)
{
	const char *text = dnsserver_text(server);

	switch (r->status) {
	case DNSCHANNEL_ANSWER:
		return true; /* take_answer() has said why */
	case DNSCHANNEL_BROKEN:
		snprintf(l->detail, sizeof(l->detail),
		    "no whole answer from %s", text);
		return true;
	case DNSCHANNEL_LOCAL:
	case DNSCHANNEL_REFUSED:
		l->has_fault |= r->status == DNSCHANNEL_LOCAL;
		snprintf(l->detail, sizeof(l->detail), "%s: %s", text,
		    strerror(r->error));
		return false;
	case DNSCHANNEL_SILENT:
	case DNSCHANNEL_BAD_NAME:
		return false;
	}
	return false;
}

static void
on_result(const struct dnschannel_result *r, void *arg)
{
	struct dnstry *t = arg;
	struct dnsfailover *l = t->lookup;
	struct dnsserver *server = t->server;
	bool is_current = t == l->current;

	t->query = NULL;
	free_try(t);
	if (r->status == DNSCHANNEL_BAD_NAME) {
		snprintf(l->detail, sizeof(l->detail), "cannot be asked for");
		fail(l, DNS_BAD_NAME);
		return;
	}
	if (r->status == DNSCHANNEL_ANSWER && take_answer(l, server, r))
		return;
	if (note_failure(l, server, r)) {
		l->has_speech = true;
		l->round_has_speech |= is_current;
	}
	if (is_current)
		go_on(l);
}

struct dnsfailover *
dnsfailover_start(struct loop *loop, struct dnsset *set,
    const struct dnsfailover_question *question, dnsfailover_cb *cb, void *arg)
{
	struct dnsfailover *l = xcalloc(1, sizeof(*l));

	l->set = set;
	l->question = *question;
	l->cb = cb;
	l->arg = arg;
	l->rcode = -1;
	l->next = set->good;
	l->began_ms = clock_ms();
	LIST_INIT(&l->tries);
	l->try_timer = loop_timer_new(loop, on_try_timer, l);
	l->deadline = loop_timer_new(loop, on_deadline, l);
	loop_timer_set(l->deadline, question->deadline_ms);
	ask(l);
	return l;
}

void
dnsfailover_cancel(struct dnsfailover *l)
{
	free_lookup(l);
}
