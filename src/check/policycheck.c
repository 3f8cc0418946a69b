/* SPDX-License-Identifier: ISC */
/*
 * The rules are those of --check, on evidence in which the file is as if it
 * were served. Of the rules only those are asked that a file and the records
 * given can answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/compare.h"
#include "check/policytrial.h"
#include "check/report.h"
#include "check/ruletool.h"

#define NO_DOMAIN "your-domain.example"

enum need {
	NEED_FILE,
	NEED_DOMAIN,
	NEED_TXT,
	NEED_TLS_RPT
};

/* Besides all of the stage syntax. */
static const struct {
	const char *code;
	enum need need;
} asked[] = {
	{ "too_large", NEED_FILE },
	{ "empty_body", NEED_FILE },
	{ "html_body", NEED_FILE },
	{ "mode_none", NEED_FILE },
	{ "max_age_short", NEED_FILE },
	{ "max_age_long", NEED_FILE },
	{ "mx_none_match", NEED_DOMAIN },
	{ "mx_partial_match", NEED_DOMAIN },
	{ "mx_stale_pattern", NEED_DOMAIN },
	{ "mx_wide", NEED_DOMAIN },
	{ "missing_record", NEED_TXT },
	{ "bad_version", NEED_TXT },
	{ "bad_id", NEED_TXT },
	{ "txt_syntax", NEED_TXT },
	{ "txt_space", NEED_TXT },
	{ "txt_duplicate", NEED_TXT },
	{ "tls_rpt_missing", NEED_TLS_RPT },
	{ "tls_rpt_syntax", NEED_TLS_RPT },
	{ "tls_rpt_rua", NEED_TLS_RPT },
};

/* ---- evidence */

static void
set_record(struct ev_dns *dns, const char *text)
{
	struct ev_rr *rr;

	ev_dns_clear(dns);
	dns->is_asked = true;
	dns->type = DNS_TXT;
	dns->status = DNS_OK;
	dns->rr = xcalloc(1, sizeof(*dns->rr));
	dns->count = 1;
	rr = &dns->rr[0];
	rr->text.data = xstrdup(text);
	rr->text.len = strlen(text);
}

static void
set_file(struct ev_fetch *fetch, const char *body, size_t len)
{
	size_t kept = len < EVIDENCE_BODY_MAX ? len : EVIDENCE_BODY_MAX;

	ev_fetch_clear(fetch);
	fetch->is_asked = fetch->has_length = fetch->is_closed_cleanly = true;
	fetch->status = 200;
	fetch->reason =
	    len > STS_POLICY_MAX_BYTES ? STS_REASON_TOO_LARGE : STS_REASON_OK;
	fetch->body.data = xmemdup(body, kept);
	fetch->body.len = kept;
	fetch->is_body_cut = kept < len;
}

static struct evidence *
suppose(const struct policycheck *p)
{
	struct evidence *e = NULL;
	struct buf text = { 0 };
	char error[256];

	if (p->live != NULL) {
		evidence_save(&text, p->live->evidence);
		e = evidence_load(text.data, text.len, error, sizeof(error));
		buf_clear(&text);
	}
	if (e == NULL) {
		e = evidence_new();
		strlcpy(e->domain, NO_DOMAIN, sizeof(e->domain));
	}
	set_file(&e->fetch, p->body, p->len);
	if (p->txt != NULL)
		set_record(&e->txt, p->txt);
	if (p->tls_rpt != NULL) {
		set_record(&e->tlsrpt, p->tls_rpt);
		/* Those looked up belong to another record. */
		while (e->ruas > 0) {
			e->ruas--;
			ev_dns_clear(&e->rua_mx[e->ruas]);
			ev_dns_clear(&e->rua_a[e->ruas]);
		}
	}
	return e;
}

/* ---- findings */

static bool
is_asked(const struct trial *t, const struct check_rule *rule)
{
	size_t i;

	if (rule->stage == CHECK_SYNTAX)
		return true;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (strcmp(asked[i].code, rule->code) != 0)
			continue;
		switch (asked[i].need) {
		case NEED_FILE:
			return true;
		case NEED_DOMAIN:
			return t->p->live != NULL;
		case NEED_TXT:
			return t->p->txt != NULL;
		case NEED_TLS_RPT:
			return t->p->tls_rpt != NULL;
		}
	}
	return false;
}

static void
raise(struct trial *t, int status)
{
	if (t->status < status)
		t->status = status;
}

static void
put_finding(struct trial *t, const struct check_finding *f)
{
	static const char *const words[] = { "info", "WARNING", "CRITICAL" };
	struct buf line = { 0 };

	buf_printf(&line, "%s %s", words[f->severity], f->rule->code);
	if (f->line > 0)
		buf_printf(&line, ", line %zu", f->line);
	buf_printf(&line, ": %s", f->message);
	report_wrap(t->out, line.data, 0);
	buf_clear(&line);
	raise(t, (int)f->severity);
}

/* Of a destination nobody has looked up there is nothing to say. */
static bool
is_aside(const struct check_finding *f)
{
	return f->severity == CHECK_INFO && f->rule->stage == CHECK_TLS_RPT;
}

static void
put_findings(struct trial *t)
{
	struct check_findings *all = check_run(t->facts);
	size_t i, n = 0;

	buf_putc(t->out, '\n');
	for (i = 0; i < all->count; i++) {
		if (!is_asked(t, all->item[i].rule) || is_aside(&all->item[i]))
			continue;
		put_finding(t, &all->item[i]);
		n++;
	}
	if (n == 0)
		buf_puts(t->out, "Nothing is wrong with it.\n");
	check_findings_free(all);
}

/* ---- what it is, and how it differs */

static void
put_head(struct trial *t)
{
	const struct check_facts *f = t->facts;
	const struct sts_policy *policy = &f->file.policy;
	struct buf line = { 0 };
	const char *p = NULL;

	report_escape_text(&line, t->p->name);
	if (!f->is_valid || t->p->len > STS_POLICY_MAX_BYTES) {
		buf_puts(&line, ": no valid policy: senders would refuse it.");
		raise(t, 2);
	} else {
		buf_printf(&line, ": a valid policy: mode %s, max_age %lu (%s)",
		    sts_mode_word(policy->mode), (unsigned long)policy->max_age,
		    CHECK_DURATION((int64_t)policy->max_age));
		while ((p = sts_mxlist_next(&policy->mx, p)) != NULL)
			buf_printf(&line, ", mx %s", p);
		buf_putc(&line, '.');
	}
	report_wrap(t->out, line.data, 0);
	buf_clear(&line);
}

static void
put_coverage(struct trial *t)
{
	const struct check_facts *f = t->facts;
	struct buf line = { 0 };
	size_t i;

	if (!f->is_valid || f->mode == STS_MODE_NONE)
		return;
	trial_title(t, "MX HOSTS");
	if (f->hosts == 0)
		trial_line(t, "none are known");
	for (i = 0; i < f->hosts; i++) {
		buf_reset(&line);
		buf_printf(&line, "%s: ", f->host[i].mx->host);
		if (f->host[i].is_covered)
			buf_printf(&line, "by mx %s", f->host[i].pattern);
		else
			buf_puts(&line, "NOT COVERED");
		trial_line(t, line.data);
	}
	buf_clear(&line);
}

/* What else is out there. */
static void
put_remembered(struct trial *t)
{
	const struct check_facts *live = t->p->live;
	size_t held[MEMORY_SIGHTS_MAX], n, i;
	int64_t until[MEMORY_SIGHTS_MAX];
	const struct memory_sight *s;
	struct buf line = { 0 };

	n = memory_held(live, held, until);
	for (i = 0; i < n; i++) {
		s = &live->memory->sight[held[i]];
		buf_reset(&line);
		buf_printf(&line,
		    "Until %s senders may still hold: id %s, %s, max_age %lld",
		    CHECK_TIME(until[i]), s->id[0] != '\0' ? s->id : "none",
		    sts_mode_word(s->mode), (long long)s->max_age);
		trial_line(t, line.data);
	}
	buf_clear(&line);
}

static void
put_difference(struct trial *t)
{
	const struct check_facts *live = t->p->live;
	struct check_changes c = { 0 };
	struct buf line = { 0 };
	size_t i;

	trial_title(t, "DIFFERENCE FROM WHAT IS LIVE");
	if (!live->has_body)
		trial_line(t, "No policy file is live.");
	else
		check_compare_files(
		    &c, &live->evidence->fetch.body, &t->e->fetch.body);
	if (live->has_body && c.count == 0)
		trial_line(t, "None: the same file.");
	for (i = 0; i < c.count; i++) {
		buf_reset(&line);
		if (c.item[i].before != NULL && c.item[i].after != NULL)
			buf_puts(&line, c.item[i].after);
		else
			buf_printf(&line, "%c %s",
			    c.item[i].before != NULL ? '-' : '+',
			    c.item[i].before != NULL ? c.item[i].before :
						       c.item[i].after);
		trial_line(t, line.data);
		free(c.item[i].before);
		free(c.item[i].after);
	}
	if (t->p->txt != NULL && c.count > 0 && live->id[0] != '\0' &&
	    strcmp(live->id, t->facts->id) == 0) {
		trial_line(t,
		    "WARNING: the id of the record is the one that is live: "
		    "senders would not see that the file is new.");
		raise(t, 1);
	}
	put_remembered(t);
	free(c.item);
	buf_clear(&line);
}

int
policycheck_put(struct buf *out, const struct policycheck *p)
{
	struct trial t = { .p = p, .out = out };

	t.e = suppose(p);
	t.facts =
	    check_facts_new(t.e, p->live != NULL ? p->live->options : NULL);
	put_head(&t);
	put_findings(&t);
	if (p->live != NULL) {
		put_coverage(&t);
		put_difference(&t);
		trial_steps(&t);
	}
	check_facts_free(t.facts);
	evidence_free(t.e);
	return t.status;
}
