/* SPDX-License-Identifier: ISC */
/*
 * The checklist that an auditor goes through by hand. What only the owner can
 * say is not ticked for them.
 */
#include <string.h>

#include "check/markup.h"
#include "check/report_markdown.h"

enum mark {
	MARK_NO,
	MARK_YES,
	MARK_UNKNOWN, /* could not be seen */
	MARK_ASK
};

static void
put_step(struct buf *b, unsigned int number, enum mark mark, const char *what)
{
	static const char *const marks[] = {
		[MARK_NO] = "- [ ] \xe2\x9c\x97",
		[MARK_YES] = "- [x]",
		[MARK_UNKNOWN] = "- [ ] not known:",
		[MARK_ASK] = "- [ ] ask the owner:",
	};

	buf_printf(b, "%s %u. %s", marks[mark], number, what);
}

static bool
has_finding(const struct check_report *r, const char *code)
{
	size_t i;

	for (i = 0; i < r->findings->count; i++)
		if (strcmp(r->findings->item[i].rule->code, code) == 0)
			return true;
	return false;
}

static bool
has_finding_of(const struct check_report *r, const char *const *codes)
{
	for (; *codes != NULL; codes++)
		if (has_finding(r, *codes))
			return true;
	return false;
}

static enum mark
mark_of(bool is_good)
{
	return is_good ? MARK_YES : MARK_NO;
}

static void
put_record_steps(struct buf *b, const struct check_report *r)
{
	const struct check_facts *f = r->facts;
	const struct ev_dns *txt = &f->evidence->txt;
	enum mark seen = f->has_txt ? MARK_NO : MARK_UNKNOWN;
	bool is_ours = f->has_txt && f->txt != STS_TXT_NONE;

	put_step(b, 1, is_ours ? MARK_YES : seen, "Query the TXT record: ");
	if (is_ours)
		markup_md_code(b, txt->rr[0].text.data, txt->rr[0].text.len);
	else
		buf_puts(b, f->has_txt ? "none" : "the look-up failed");
	buf_putc(b, '\n');
	put_step(b, 2, is_ours && f->txt != STS_TXT_MULTIPLE ? MARK_YES : seen,
	    f->txt == STS_TXT_MULTIPLE && f->has_txt ?
		"`v=STSv1`, once: there are several\n" :
		"`v=STSv1`\n");
	put_step(b, 3, f->id[0] != '\0' ? MARK_YES : seen, "`id`");
	if (f->id[0] != '\0')
		buf_printf(b, ": `%s`", f->id);
	buf_putc(b, '\n');
}

static void
put_policy_steps(struct buf *b, const struct check_report *r)
{
	const struct check_facts *f = r->facts;
	const struct ev_fetch *fetch = &f->evidence->fetch;
	bool is_fetched = fetch->is_asked &&
	    (fetch->reason == STS_REASON_OK ||
		fetch->reason == STS_REASON_SYNTAX);
	enum mark body = f->has_body ? MARK_NO : MARK_UNKNOWN;

	put_step(b, 4,
	    is_fetched          ? MARK_YES :
		fetch->is_asked ? MARK_NO :
				  MARK_UNKNOWN,
	    "Fetch the policy file over HTTPS: ");
	buf_printf(b, "%s\n",
	    fetch->is_asked ? sts_reason_word(fetch->reason) : "not asked");
	put_step(b, 5,
	    f->has_body && !has_finding(r, "policy_version") ? MARK_YES : body,
	    "`version: STSv1`\n");
	put_step(b, 6, f->has_mode ? MARK_YES : body, "`mode`");
	if (f->has_mode)
		buf_printf(b, ": %s", sts_mode_word(f->mode));
	buf_putc(b, '\n');
}

static enum mark
mark_mx(const struct check_report *r)
{
	static const char *const codes[] = { "mx_none_match",
		"mx_partial_match", NULL };
	const struct check_facts *f = r->facts;

	if (!f->is_valid || f->hosts == 0)
		return f->has_body ? MARK_NO : MARK_UNKNOWN;
	return mark_of(!has_finding_of(r, codes) || f->mode == STS_MODE_NONE);
}

static void
put_coverage_steps(struct buf *b, const struct check_report *r)
{
	static const char *const codes[] = { "policy_max_age", "max_age_range",
		"max_age_short", "max_age_long", NULL };
	const struct check_facts *f = r->facts;
	size_t i, covered = 0;

	for (i = 0; i < f->hosts; i++)
		covered += f->host[i].is_covered;
	put_step(b, 7, mark_mx(r), "`mx` entries match the MX records");
	buf_printf(b, ": %zu of %zu hosts\n", covered, f->hosts);
	put_step(b, 8,
	    has_finding_of(r, codes) ? MARK_NO :
		f->is_valid          ? MARK_ASK :
				       MARK_UNKNOWN,
	    "`max_age` is intentional");
	if (f->is_valid) {
		buf_puts(b, ": ");
		markup_span(b, f->file.max_age_published);
	}
	buf_putc(b, '\n');
}

static void
put_report_step(struct buf *b, const struct check_report *r)
{
	const struct check_facts *f = r->facts;
	size_t i;

	put_step(b, 9,
	    !f->has_tlsrpt ? MARK_UNKNOWN : mark_of(f->tlsrpt == STS_TXT_VALID),
	    "TLS-RPT record and reporting address");
	if (f->has_tlsrpt && f->tlsrpt == STS_TXT_VALID) {
		for (i = 0; i < f->rua.count; i++) {
			buf_puts(b, i == 0 ? ": " : ", ");
			markup_md_code(b, f->rua.rua[i].uri, f->rua.rua[i].len);
		}
		buf_puts(b, "; ask the owner who reads it");
	}
	buf_putc(b, '\n');
}

void
markdown_checklist(struct buf *b, const struct check_report *r)
{
	buf_puts(b, "## Checklist\n\n");
	put_record_steps(b, r);
	put_policy_steps(b, r);
	put_coverage_steps(b, r);
	put_report_step(b, r);
	put_step(b, 10, MARK_ASK, "Who owns this. Mail provider: ");
	markup_md_text(
	    b, r->mail_provider != NULL ? r->mail_provider : "not recognised");
	buf_puts(b, "; DNS host: ");
	markup_md_text(b, r->dns_host != NULL ? r->dns_host : "not recognised");
	if (r->next_action != NULL) {
		buf_puts(b, "; next action: ");
		markup_md_text(b, r->next_action);
	}
	buf_puts(b, "\n\n");
}

void
markdown_limits(struct buf *b, const struct check_report *r)
{
	struct buf text = { 0 };

	report_limits(&text, r);
	markup_md(b, text.data, text.len);
	buf_puts(b, "\n");
	buf_clear(&text);
}
