/* SPDX-License-Identifier: ISC */
/*
 * The order in which a new policy comes into force, with real dates: the record
 * of before lives for its TTL, the policy of before for its max_age.
 */
#include <string.h>

#include "check/fixes.h"
#include "check/memory.h"
#include "check/policytrial.h"
#include "check/report.h"
#include "check/ruletool.h"

void
trial_title(struct trial *t, const char *title)
{
	buf_printf(t->out, "\n%s\n", title);
}

void
trial_line(struct trial *t, const char *text)
{
	struct buf safe = { 0 };

	report_escape_text(&safe, text);
	report_wrap(t->out, buf_str(&safe), 2);
	buf_clear(&safe);
}

/* Until when a copy of what is live, or was, may live. */
static int64_t
last_copy(const struct check_facts *live)
{
	size_t sight[MEMORY_SIGHTS_MAX];
	int64_t until[MEMORY_SIGHTS_MAX], end = 0;

	if (memory_held(live, sight, until) > 0)
		end = until[0];
	if (live->is_valid && live->evidence->fetch.reason == STS_REASON_OK &&
	    live->now + (int64_t)live->file.policy.max_age > end)
		end = live->now + (int64_t)live->file.policy.max_age;
	return end;
}

/* The record given, when it makes senders fetch the file. */
static bool
has_new_record(const struct trial *t)
{
	return t->p->txt != NULL && t->facts->txt == STS_TXT_VALID &&
	    strcmp(t->facts->id, t->p->live->id) != 0;
}

static void
put_first_steps(struct trial *t)
{
	struct buf line = { 0 };

	buf_puts(&line, "1. Now: serve the file at ");
	fix_policy_url(&line, t->facts);
	trial_line(t, line.data);
	buf_reset(&line);
	buf_printf(&line,
	    "2. When every address of mta-sts.%s serves it: publish",
	    t->e->domain);
	if (has_new_record(t))
		buf_puts(&line, " the record:");
	else
		buf_puts(&line, " a record with a new id:");
	trial_line(t, line.data);
	buf_putc(t->out, '\n');
	if (has_new_record(t))
		fix_txt(t->out, t->facts, false);
	else
		fix_txt(t->out, t->p->live, true);
	buf_putc(t->out, '\n');
	buf_clear(&line);
}

static void
put_dates(struct trial *t)
{
	const struct check_facts *live = t->p->live;
	const struct ev_dns *txt = &live->evidence->txt;
	int64_t ttl = txt->has_ttl ? (int64_t)txt->ttl : 3600;
	int64_t end = last_copy(live);
	struct buf line = { 0 };

	buf_printf(&line,
	    "3. %s, if you publish it now: every resolver has given up the "
	    "record of before (TTL %s), so every sender that delivers sees "
	    "the new id and fetches the file.",
	    CHECK_TIME(live->now + ttl), CHECK_DURATION(ttl));
	trial_line(t, line.data);
	buf_reset(&line);
	if (end > 0)
		buf_printf(&line,
		    "4. %s: the last old copy dies, also with senders that "
		    "cannot see the record or the file. Until then hosts that "
		    "the old policy names have to go on taking mail.",
		    CHECK_TIME(end));
	else
		buf_puts(&line,
		    "4. No sender holds an older policy, as far as is known.");
	trial_line(t, line.data);
	buf_clear(&line);
}

/* What the new mode makes possible, and when. */
static void
put_after(struct trial *t)
{
	const struct check_facts *live = t->p->live;
	int64_t end = last_copy(live), tested;
	struct buf line = { 0 };

	tested = live->now + live->options->testing_days * CHECK_DAY_S;
	switch (t->facts->mode) {
	case STS_MODE_TESTING:
		buf_printf(&line,
		    "5. Not before %s, and without failures in the reports: "
		    "enforce.",
		    CHECK_DAY(tested));
		break;
	case STS_MODE_NONE:
		buf_printf(&line, "5. %s: record and file may go.",
		    CHECK_TIME(end > live->now ? end : live->now));
		break;
	case STS_MODE_ENFORCE:
		buf_puts(
		    &line, "5. In trouble: mode testing, and another new id.");
		break;
	}
	trial_line(t, line.data);
	buf_clear(&line);
}

void
trial_steps(struct trial *t)
{
	if (!t->facts->is_valid || t->status == 2)
		return;
	trial_title(t, "STEPS");
	put_first_steps(t);
	put_dates(t);
	put_after(t);
}
