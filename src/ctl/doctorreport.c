/* SPDX-License-Identifier: ISC */
/* What doctor found, for people. */
#include <string.h>

#include "base/text.h"
#include "ctl/doctorreport.h"

#define COLUMNS   80
#define INDENT    "  "
#define DEEPER    "      "
#define RED       "\033[1;31m"
#define YELLOW    "\033[1;33m"
#define NO_COLOUR "\033[0m"

/* Words over lines, each line indented. */
static void
put_wrapped(struct buf *out, const char *indent, const char *text)
{
	size_t column = 0, len;
	struct buf plain = { 0 };
	const char *s;

	text_escape(&plain, text, strlen(text));
	for (s = buf_str(&plain); *s != '\0'; s += len) {
		s += strspn(s, " ");
		len = strcspn(s, " ");
		if (len == 0)
			break;
		if (column > 0 && column + 1 + len > COLUMNS) {
			buf_putc(out, '\n');
			column = 0;
		}
		buf_puts(out, column == 0 ? indent : " ");
		column += (column == 0 ? strlen(indent) : 1) + len;
		buf_put(out, s, len);
	}
	buf_putc(out, '\n');
	buf_clear(&plain);
}

static void
put_subject(struct buf *out, const struct doctor_facts *f)
{
	const struct doctor_daemon *d = &f->daemon;
	const struct doctor_postfix *p = &f->postfix;
	struct buf line = { 0 };

	if (p->is_there)
		buf_printf(&line, "Postfix %s in %s; ", p->version,
		    doctor_value(f, NULL, "config_directory"));
	else
		buf_puts(&line, "no Postfix; ");
	if (d->api == DOCTOR_API_UP)
		buf_printf(&line, "postfix-mta-sts %s runs.",
		    d->version != NULL ? d->version : "");
	else
		buf_puts(&line, "postfix-mta-sts cannot be asked.");
	put_wrapped(out, "", line.data);
	buf_clear(&line);
}

static void
put_finding(
    struct buf *out, const struct doctor_finding *finding, bool has_colour)
{
	bool is_critical = finding->severity == DOCTOR_CRITICAL;
	size_t i;

	buf_printf(out, "\n%s%s%s  %s\n",
	    !has_colour     ? "" :
		is_critical ? RED :
			      YELLOW,
	    is_critical ? "CRITICAL" : "WARNING", has_colour ? NO_COLOUR : "",
	    finding->rule->code);
	put_wrapped(out, INDENT, finding->message);
	for (i = 0; i < finding->fix.count; i++) {
		buf_puts(out, DEEPER);
		text_escape(
		    out, finding->fix.item[i], strlen(finding->fix.item[i]));
		buf_putc(out, '\n');
	}
}

static bool
is_skipped(const struct doctor_report *report, size_t i)
{
	return report->result[i].skipped != NULL &&
	    report->result[i].worst == DOCTOR_OK;
}

/* The rules that were left out for the same reason as rule i, once. */
static void
put_skipped(struct buf *out, const struct doctor_report *report, size_t i)
{
	const char *why = report->result[i].skipped;
	struct buf line = { 0 };
	size_t j;

	for (j = 0; j < doctor_rules_count; j++) {
		if (!is_skipped(report, j) ||
		    strcmp(report->result[j].skipped, why) != 0)
			continue;
		if (j < i) {
			buf_clear(&line);
			return;
		}
		buf_printf(&line, "%s%s", line.len > 0 ? ", " : "",
		    doctor_rules[j].code);
	}
	buf_puts(out, INDENT);
	buf_puts(out, why);
	buf_puts(out, ":\n");
	put_wrapped(out, DEEPER, line.data);
	buf_clear(&line);
}

static void
put_unread(struct buf *out, const struct doctor_facts *f)
{
	const struct doctor_texts *unread = &f->postfix.unread;
	struct buf line = { 0 };
	size_t i;

	for (i = 0; i < unread->count; i++) {
		buf_reset(&line);
		buf_printf(&line,
		    "%s: its next-hops cannot be listed, and were not asked "
		    "for.",
		    unread->item[i]);
		put_wrapped(out, INDENT, line.data);
	}
	if (f->hops_left > 0) {
		buf_reset(&line);
		buf_printf(&line, "%zu more next-hops were not asked for.",
		    f->hops_left);
		put_wrapped(out, INDENT, line.data);
	}
	buf_clear(&line);
}

static void
put_summary(struct buf *out, const struct doctor_report *report)
{
	size_t critical = 0, ok = 0, skipped = 0, i;
	struct buf line = { 0 };

	for (i = 0; i < report->count; i++)
		critical += report->item[i].severity == DOCTOR_CRITICAL;
	for (i = 0; i < doctor_rules_count; i++) {
		if (report->result[i].worst != DOCTOR_OK)
			continue;
		if (is_skipped(report, i))
			skipped++;
		else
			ok++;
	}
	if (report->count == 0)
		buf_puts(&line, "Nothing is wrong");
	else
		buf_printf(&line, "%zu critical, %zu warning%s", critical,
		    report->count - critical,
		    report->count - critical == 1 ? "" : "s");
	buf_printf(&line, "; %zu checks are fine", ok);
	if (skipped > 0)
		buf_printf(&line, ", %zu could not be made:", skipped);
	else
		buf_putc(&line, '.');
	buf_putc(out, '\n');
	put_wrapped(out, "", line.data);
	buf_clear(&line);
}

void
doctor_report_text(struct buf *out, const struct doctor_facts *f,
    const struct doctor_report *report, bool has_colour)
{
	size_t i;

	put_subject(out, f);
	for (i = 0; i < report->count; i++)
		put_finding(out, &report->item[i], has_colour);
	put_summary(out, report);
	for (i = 0; i < doctor_rules_count; i++) {
		if (is_skipped(report, i))
			put_skipped(out, report, i);
	}
	put_unread(out, f);
}
