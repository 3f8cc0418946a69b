/* SPDX-License-Identifier: ISC */
/*
 * What this host's Postfix will be told, to the byte, and what would come of
 * it at each MX host.
 */
#include <string.h>

#include "check/reporttext.h"

#define PROFILES        3
#define REPLY_MAX_BYTES 2000 /* shown without -v */

static const char *const versions[PROFILES] = {
	[ANSWER_POSTFIX_2_10] = "2.10",
	[ANSWER_POSTFIX_3_4] = "3.4",
	[ANSWER_POSTFIX_3_10] = "3.10",
};

static const char *const ranges[PROFILES] = {
	[ANSWER_POSTFIX_2_10] = "Postfix 2.10 to 3.3",
	[ANSWER_POSTFIX_3_4] = "Postfix 3.4 to 3.9",
	[ANSWER_POSTFIX_3_10] = "Postfix 3.10 and later",
};

static void
put_reply(struct buf *out, const struct check_postfix *postfix,
    const struct report_options *options)
{
	size_t len = strlen(postfix->reply);
	size_t max = options->is_verbose ? len : REPLY_MAX_BYTES;

	buf_printf(out, "  %s (%s):\n    ",
	    answer_profile_name(postfix->profile), ranges[postfix->profile]);
	/* NOTFOUND ends with a blank, on the wire */
	if (len > 0 && postfix->reply[len - 1] == ' ')
		len--;
	report_escape_cut(out, postfix->reply, len, max);
	if (len > max)
		buf_printf(out, " (%zu bytes in all; -v shows them)", len);
	buf_putc(out, '\n');
}

static bool
is_same(const struct check_delivery *a, const struct check_delivery *b)
{
	if (a->does != b->does)
		return false;
	if (a->why == NULL || b->why == NULL)
		return a->why == b->why;
	return strcmp(a->why, b->why) == 0;
}

static const char *
does_word(const struct check_delivery *delivery)
{
	switch (delivery->does) {
	case CHECK_DELIVERS:
		return "delivers";
	case CHECK_DEFERS:
		return "does not deliver";
	case CHECK_NOT_KNOWN:
		return "not known";
	}
	return "";
}

/* What those profiles do, which are named unless all do the same. */
static void
put_delivery(struct buf *out, const char *host,
    const struct check_delivery *delivery, const bool of[PROFILES], bool is_all)
{
	struct buf line = { 0 };
	const char *between = " (Postfix ";
	size_t i;

	report_escape_text(&line, host);
	buf_printf(&line, ": %s", does_word(delivery));
	for (i = 0; i < PROFILES && !is_all; i++) {
		if (!of[i])
			continue;
		buf_printf(&line, "%s%s", between, versions[i]);
		between = ", ";
	}
	if (!is_all)
		buf_putc(&line, ')');
	if (delivery->why != NULL) {
		buf_puts(&line, delivery->does == CHECK_DELIVERS ? ", " : ": ");
		report_escape_text(&line, delivery->why);
	}
	report_wrap(out, line.data, 2);
	buf_clear(&line);
}

/* One host; the profiles that do the same share a line. */
static void
put_host(struct buf *out, const struct check_report *report, size_t host)
{
	const struct check_postfix *postfix = report->postfix;
	bool is_put[PROFILES] = { false };
	size_t i, j, n;

	for (i = 0; i < PROFILES; i++) {
		bool of[PROFILES] = { false };

		if (is_put[i] || postfix[i].host == NULL)
			continue;
		for (j = i, n = 0; j < PROFILES; j++) {
			of[j] = postfix[j].host != NULL && !is_put[j] &&
			    is_same(
				&postfix[i].host[host], &postfix[j].host[host]);
			is_put[j] |= of[j];
			n += of[j];
		}
		put_delivery(out, report->facts->host[host].mx->host,
		    &postfix[i].host[host], of, n == PROFILES);
	}
}

void
report_text_postfix(struct buf *out, const struct check_report *report,
    const struct report_options *options)
{
	size_t i;

	report_heading(out, "WHAT THIS POSTFIX WILL BE TOLD", options);
	for (i = 0; i < PROFILES; i++) {
		if (report->postfix[i].reply != NULL)
			put_reply(out, &report->postfix[i], options);
	}
	if (report->facts->hosts > 0)
		buf_putc(out, '\n');
	for (i = 0; i < report->facts->hosts; i++)
		put_host(out, report, i);
}
