/* SPDX-License-Identifier: ISC */
/*
 * A paragraph a next-hop: how much waits, Postfix's reason, what Postfix is
 * told now, what the domain shows now, and the way out that follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/xmalloc.h"
#include "check/queuecmd.h"
#include "check/report.h"

/* What stands between the mail and its way. */
enum block {
	BLOCK_NOTHING,
	BLOCK_MAP, /* the policy map does not answer */
	BLOCK_DOMAIN, /* the domain's policy, which its hosts do not meet */
	BLOCK_COPY, /* a policy that is no longer published, or not so */
	BLOCK_UNSEEN, /* a policy; whether it is met is not known from here */
	BLOCK_LEVEL, /* main.cf's own level */
	BLOCK_DANE
};

static const char *const words[] = {
	[BLOCK_NOTHING] = "nothing",
	[BLOCK_MAP] = "policy-map",
	[BLOCK_DOMAIN] = "domain",
	[BLOCK_COPY] = "kept-policy",
	[BLOCK_UNSEEN] = "unseen",
	[BLOCK_LEVEL] = "main.cf",
	[BLOCK_DANE] = "dane",
};

static bool
begins(const char *text, const char *with)
{
	return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static bool
is_strict(const char *level)
{
	static const char *const levels[] = { "encrypt", "verify", "secure",
		"fingerprint", "dane-only" };
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(level, levels[i]) == 0)
			return true;
	return false;
}

static enum block
find_block(const struct queue *q, const struct queue_hop *hop,
    const struct check_report *r)
{
	if (hop->failure != NULL)
		return BLOCK_MAP;
	if (begins(hop->reply, "dane"))
		return BLOCK_DANE;
	if (hop->reply == NULL || begins(hop->reply, "may"))
		return hop->reply == NULL && is_strict(q->level) ?
		    BLOCK_LEVEL :
		    BLOCK_NOTHING;
	switch (r->status) {
	case CHECK_BROKEN:
	case CHECK_PARTIAL:
		return BLOCK_DOMAIN;
	case CHECK_ENFORCING:
		return r->is_starred ? BLOCK_UNSEEN : BLOCK_NOTHING;
	case CHECK_UNKNOWN:
		return BLOCK_UNSEEN;
	case CHECK_NO_DOMAIN:
	case CHECK_NULL_MX:
	case CHECK_MISPLACED:
	case CHECK_NOT_DEPLOYED:
	case CHECK_UNUSABLE:
	case CHECK_LEAVING:
	case CHECK_READY:
	case CHECK_TESTING:
		break;
	}
	return BLOCK_COPY;
}

static void
put_skip(struct buf *out, const char *domain)
{
	buf_printf(out,
	    "To deliver all the same, without MTA-STS: \"%s skip\" into the "
	    "overrides, reload the daemon, then postqueue -f.",
	    domain);
}

static void
put_way_out(struct buf *out, enum block block, const struct queue *q,
    const struct queue_hop *hop)
{
	const char *d = hop->domain;

	switch (block) {
	case BLOCK_NOTHING:
		buf_puts(out,
		    "Nothing stands in the way now: postqueue -f tries again "
		    "at once.");
		break;
	case BLOCK_MAP:
		buf_puts(out,
		    "Postfix gets no answer from its policy map: "
		    "postfix-mta-sts-ctl doctor says why. Once the daemon "
		    "answers, postqueue -f.");
		break;
	case BLOCK_DOMAIN:
		buf_puts(out,
		    "The owner has to repair it (tell postmaster, by another "
		    "way); the mail waits and is tried again until then. ");
		put_skip(out, d);
		break;
	case BLOCK_COPY:
		buf_printf(out,
		    "Postfix goes by a copy that lives until its max_age is "
		    "over. postfix-mta-sts-ctl refresh %s fetches a new one. ",
		    d);
		put_skip(out, d);
		break;
	case BLOCK_UNSEEN:
		buf_puts(out,
		    "Whether the MX hosts meet the policy could not be seen "
		    "from here; postqueue -f tries again. ");
		put_skip(out, d);
		break;
	case BLOCK_LEVEL:
		buf_printf(out,
		    "No policy does this: main.cf's smtp_tls_security_level "
		    "= %s does.",
		    q->level);
		break;
	case BLOCK_DANE:
		buf_puts(out,
		    "The domain's TLSA records decide, not its MTA-STS "
		    "policy: its owner has to repair them or the "
		    "certificate.");
		break;
	}
}

/* ---- text */

static void
put_line(struct buf *out, const char *name, const char *text)
{
	struct buf line = { 0 };

	buf_printf(&line, "%-9s %s", name, text);
	report_wrap(out, buf_str(&line), 2);
	buf_clear(&line);
}

static void
put_told(struct buf *out, const struct queue_hop *hop)
{
	if (hop->failure != NULL)
		put_line(out, "Map:", hop->failure);
	else
		put_line(out, "Map:",
		    hop->reply != NULL ? hop->reply : "no policy (NOTFOUND)");
}

static void
put_seen(struct buf *out, const struct check_report *r)
{
	const struct check_finding *worst = report_worst(r);
	struct buf line = { 0 };

	buf_printf(&line, "grade %s, %s", report_grade(r),
	    check_status_word(r->status));
	if (worst != NULL && worst->severity != CHECK_INFO)
		buf_printf(
		    &line, "; %s: %s", worst->rule->code, worst->message);
	put_line(out, "Domain:", buf_str(&line));
	buf_clear(&line);
}

static void
put_text(struct buf *out, const struct queue *q, const struct queue_hop *hop,
    const struct check_report *r, enum block block)
{
	struct buf line = { 0 };

	report_escape_text(out, hop->nexthop);
	buf_printf(out, ": mail to %zu recipient%s waits, the oldest since ",
	    hop->recipients, hop->recipients == 1 ? "" : "s");
	report_time(out, hop->oldest);
	buf_putc(out, '\n');
	put_line(out, "Reason:", hop->reason);
	put_told(out, hop);
	put_seen(out, r);
	put_way_out(&line, block, q, hop);
	put_line(out, "Way out:", buf_str(&line));
	buf_clear(&line);
}

/* ---- json */

static json_t *
text_or_null(const char *text)
{
	struct buf shown = { 0 };
	json_t *value;

	if (text == NULL)
		return json_null();
	report_escape_text(&shown, text);
	value = json_string(buf_str(&shown));
	buf_clear(&shown);
	return value;
}

static void
put_json(struct buf *out, const struct queue *q, const struct queue_hop *hop,
    const struct check_report *r, enum block block)
{
	const struct check_finding *worst = report_worst(r);
	struct buf way = { 0 };
	json_t *value;
	char *text;

	put_way_out(&way, block, q, hop);
	json_set_alloc_funcs(xmalloc, free);
	value = json_pack(
	    "{s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:s, s:s, s:o, s:s, s:s}",
	    "nexthop", text_or_null(hop->nexthop), "domain", hop->domain,
	    "recipients", (json_int_t)hop->recipients, "oldest",
	    (json_int_t)hop->oldest, "reason", text_or_null(hop->reason),
	    "reply", text_or_null(hop->reply), "failure",
	    text_or_null(hop->failure), "grade", report_grade(r), "status",
	    check_status_word(r->status), "finding",
	    text_or_null(worst != NULL ? worst->rule->code : NULL), "block",
	    words[block], "way_out", buf_str(&way));
	text = json_dumps(value, JSON_INDENT(2));
	buf_puts(out, text);
	free(text);
	json_decref(value);
	buf_clear(&way);
}

static void
begin_json(struct buf *out, size_t count, const struct report_options *options)
{
	(void)count;
	(void)options;
	buf_puts(out, "[\n");
}

static void
end_json(struct buf *out, size_t count, const struct report_options *options)
{
	(void)count;
	(void)options;
	buf_puts(out, "\n]\n");
}

static void
put_nothing(struct buf *out, size_t count, const struct report_options *options)
{
	(void)out;
	(void)count;
	(void)options;
}

static const struct check_format formats[] = {
	{ .name = "text",
	    .begin = put_nothing,
	    .end = put_nothing,
	    .between = "\n" },
	{ .name = "json",
	    .begin = begin_json,
	    .end = end_json,
	    .between = ",\n" },
};

const struct check_format *
queuecmd_format(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

int
queuecmd_judge(const struct check_cliopts *o, const struct evidence *e,
    bool is_first, struct buf *out, struct check_summary *summary, size_t row)
{
	const struct queue_hop *hop = queue_find(o->queue, e->domain);
	struct check_facts *facts = check_facts_new(e, &o->check);
	struct check_findings *findings = check_run(facts);
	struct check_report *r = check_grade(facts, findings);
	enum block block = find_block(o->queue, hop, r);
	int status = block == BLOCK_NOTHING ? 1 : 2;

	if (!is_first)
		buf_puts(out, o->format->between);
	if (strcmp(o->format->name, "json") == 0)
		put_json(out, o->queue, hop, r, block);
	else
		put_text(out, o->queue, hop, r, block);
	check_summary_add(summary, row, r, status);
	check_report_free(r);
	check_findings_free(findings);
	check_facts_free(facts);
	return status;
}

void
queuecmd_say_others(const struct queue *q)
{
	if (q->hops == 0)
		fprintf(stderr,
		    "postfix-mta-sts: no mail in the queue waits for TLS\n");
	if (q->others > 0)
		fprintf(stderr,
		    "postfix-mta-sts: %zu recipient%s more: their mail waits "
		    "for other reasons than TLS\n",
		    q->others, q->others == 1 ? "" : "s");
}
