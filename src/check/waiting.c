/* SPDX-License-Identifier: ISC */
/*
 * This host's resolver may hold the old record for its TTL; the zone's servers
 * have the new one at once. When all of them give the same, theirs is judged.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "check/report.h"
#include "check/ruletool.h"
#include "check/waiting.h"
#include "sts/txt.h"

#define EXIT_GONE    0
#define EXIT_THERE   2
#define EXIT_UNKNOWN 3

/* A look asks every server and address: not too often. */
#define REST_MIN_MS INT64_C(1000)
#define REST_MAX_MS INT64_C(30000)
#define REST_PARTS  40 /* of the time given */

#define LOOK_MIN_S 5

/* The id that a server gives; false: no valid record. */
static bool
id_of(const struct ev_dns *txt, char id[STS_ID_MAX + 1])
{
	struct sts_record record[EVIDENCE_TXT_MAX];
	size_t i, n = txt->count;

	if (!check_has_records(txt))
		return false;
	if (n > EVIDENCE_TXT_MAX)
		n = EVIDENCE_TXT_MAX;
	for (i = 0; i < n; i++)
		record[i] = (struct sts_record){ txt->rr[i].text.data,
			txt->rr[i].text.len };
	return sts_txt_parse(record, n, id, NULL) == STS_TXT_VALID;
}

static void
miss(struct buf *missing, const char *what)
{
	buf_puts(missing, "  ");
	report_escape_text(missing, what);
	buf_putc(missing, '\n');
}

/* The id all of the zone's servers shall give: the one asked for, or that of
 * the first. */
static void
look_at_servers(const struct evidence *e, const char *want, struct buf *missing)
{
	char id[STS_ID_MAX + 1], first[STS_ID_MAX + 1] = "";
	const struct ev_ns *ns;
	struct buf line = { 0 };
	size_t i;
	bool has_id;

	if (want != NULL)
		strlcpy(first, want, sizeof(first));
	for (i = 0; i < e->servers; i++) {
		ns = &e->server[i];
		has_id = id_of(&ns->txt, id);
		if (has_id && first[0] == '\0')
			strlcpy(first, id, sizeof(first));
		if (has_id && strcmp(id, first) == 0)
			continue;
		buf_reset(&line);
		buf_printf(&line, "name server %s (%s): ", ns->host,
		    ns->address != NULL ? ns->address : "no address");
		if (has_id)
			buf_printf(&line, "id %s, not %s", id, first);
		else if (check_is_answered(&ns->txt))
			buf_puts(&line, "no valid record");
		else
			buf_puts(&line, "no answer");
		miss(missing, line.data);
	}
	if (e->servers == 0 && want != NULL &&
	    (!id_of(&e->txt, id) || strcmp(id, want) != 0))
		miss(missing, "the resolver does not give that id");
	buf_clear(&line);
}

static bool
is_same_body(const struct ev_fetch *a, const struct ev_fetch *b)
{
	return a->body.len == b->body.len &&
	    (a->body.len == 0 ||
		memcmp(a->body.data, b->body.data, a->body.len) == 0);
}

static void
look_at_addresses(const struct evidence *e, struct buf *missing)
{
	const struct ev_fetch *one;
	struct buf line = { 0 };
	size_t i;

	for (i = 0; i < e->eachs; i++) {
		one = &e->each[i];
		if (one->reason == STS_REASON_OK &&
		    is_same_body(one, &e->fetch))
			continue;
		buf_reset(&line);
		buf_printf(&line, "mta-sts.%s at %s: ", e->domain,
		    one->address != NULL ? one->address : "?");
		if (one->reason != STS_REASON_OK)
			buf_printf(&line, "%s (%s)",
			    sts_reason_word(one->reason),
			    one->detail != NULL ? one->detail : "");
		else
			buf_puts(&line, "another file than elsewhere");
		miss(missing, line.data);
	}
	buf_clear(&line);
}

/* Is a mail host among them? */
static bool
look_at_findings(const struct check_findings *all, struct buf *missing)
{
	struct buf line = { 0 };
	bool has_smtp = false;
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (all->item[i].severity != CHECK_CRITICAL)
			continue;
		buf_reset(&line);
		buf_printf(&line, "%s: %s", all->item[i].rule->code,
		    all->item[i].message);
		miss(missing, line.data);
		has_smtp |= all->item[i].rule->stage == CHECK_SMTP;
	}
	buf_clear(&line);
	return has_smtp;
}

static void
copy_records(struct ev_dns *to, const struct ev_dns *from)
{
	size_t i;

	ev_dns_clear(to);
	*to = (struct ev_dns){ .is_asked = from->is_asked,
		.type = from->type,
		.status = from->status,
		.has_ttl = from->has_ttl,
		.ttl = from->ttl,
		.count = from->count };
	to->name = xstrdup(from->name);
	to->owner = xstrdup(from->name);
	to->detail = xstrdup("answered by the zone's own servers");
	to->rr = xcalloc(from->count + 1, sizeof(*to->rr));
	for (i = 0; i < from->count; i++) {
		to->rr[i].text.len = from->rr[i].text.len;
		to->rr[i].text.data =
		    xmemdup(from->rr[i].text.data, from->rr[i].text.len);
	}
}

/* Do all of the zone's servers give one valid record? Then it counts. */
static void
take_servers_word(struct evidence *e)
{
	char id[STS_ID_MAX + 1] = "", first[STS_ID_MAX + 1] = "";
	size_t i;

	for (i = 0; i < e->servers; i++) {
		if (!id_of(&e->server[i].txt, i == 0 ? first : id) ||
		    (i > 0 && strcmp(id, first) != 0))
			return;
	}
	if (e->servers > 0)
		copy_records(&e->txt, &e->server[0].txt);
}

/* What a look came to. */
struct looked {
	struct buf missing;
	bool is_known;
	bool has_smtp; /* mail hosts are at fault */
};

/* One look; the report into out. */
static void
look_once(const struct check_cliopts *o, struct evidence *e, struct buf *out,
    struct looked *l)
{
	struct check_findings *findings;
	struct check_report *report;
	struct check_facts *facts;
	struct buf *missing = &l->missing;

	buf_reset(missing);
	take_servers_word(e);
	facts = check_facts_new(e, &o->check);
	findings = check_run(facts);
	report = check_grade(facts, findings);
	l->is_known = report->status != CHECK_UNKNOWN;
	look_at_servers(e, o->publish.id, missing);
	look_at_addresses(e, missing);
	l->has_smtp = look_at_findings(findings, missing);
	if (!l->is_known)
		miss(missing, report->gate != NULL ? report->gate : "unknown");
	buf_reset(out);
	o->format->begin(out, 1, &o->report);
	o->format->one(out, report, true, &o->report);
	o->format->end(out, 1, &o->report);
	check_report_free(report);
	check_findings_free(findings);
	check_facts_free(facts);
}

static void
tell(const struct buf *missing, struct buf *told)
{
	if (missing->len == 0 || strcmp(buf_str(missing), buf_str(told)) == 0)
		return;
	buf_reset(told);
	buf_put(told, missing->data, missing->len);
	fprintf(
	    stderr, "postfix-mta-sts: still missing:\n%s", buf_str(missing));
}

static int64_t
rest_ms(const struct check_cliopts *o)
{
	int64_t ms = o->wait_s * 1000 / REST_PARTS;

	if (ms < REST_MIN_MS)
		return REST_MIN_MS;
	return ms > REST_MAX_MS ? REST_MAX_MS : ms;
}

static int
status_of(const struct looked *l)
{
	if (!l->is_known)
		return EXIT_UNKNOWN;
	return l->missing.len == 0 ? EXIT_GONE : EXIT_THERE;
}

int
waiting_run(const struct check_cliopts *o, struct look *look, struct buf *out)
{
	int64_t end = clock_ms() + o->wait_s * 1000, left_s, rest;
	struct probe_options probe = o->probe;
	struct looked l = { 0 };
	struct buf told = { 0 };
	int status = EXIT_UNKNOWN;
	struct evidence *e;

	while ((e = look_at(look, &probe, o->domain[0])) != NULL) {
		look_once(o, e, out, &l);
		evidence_free(e);
		status = status_of(&l);
		tell(&l.missing, &told);
		/* Mail hosts are not asked in vain, and half as often. */
		probe.has_smtp = probe.has_smtp && l.has_smtp;
		rest = rest_ms(o) * (l.has_smtp ? 2 : 1);
		if (status == EXIT_GONE || clock_ms() + rest >= end)
			break;
		look_rest(look, rest);
		left_s = (end - clock_ms()) / 1000;
		if (left_s < probe.time_limit)
			probe.time_limit =
			    left_s > LOOK_MIN_S ? left_s : LOOK_MIN_S;
	}
	buf_clear(&l.missing);
	buf_clear(&told);
	return status;
}
