/* SPDX-License-Identifier: ISC */
/*
 * The order of steps: the policy file first, then the record with a new id
 * (RFC 8461 section 8.1), for the id sends senders to the file.
 */
#include <string.h>

#include "base/xmalloc.h"
#include "check/fixes.h"
#include "check/ruletool.h"

bool
fix_policy_starter(struct buf *b, const struct check_facts *f)
{
	static const struct fix_policy want = { .has_mode = true,
		.mode = STS_MODE_TESTING,
		.max_age = FIX_STARTER_AGE_S };
	struct check_facts bare = *f;

	bare.has_body = false;
	return fix_policy_file(b, &bare, &want);
}

static char *
take(struct buf *b)
{
	char *text = xstrdup(buf_str(b));

	buf_clear(b);
	return text;
}

static void
put_intro(struct buf *b, const char *intro)
{
	if (intro != NULL)
		buf_printf(b, "%s\n\n", intro);
}

static void
put_file_step(struct buf *b, const struct check_facts *f,
    const struct buf *file, bool is_known)
{
	buf_puts(b, "1. Serve this file at ");
	fix_policy_url(b, f);
	if (is_known) {
		buf_puts(b, " (as text/plain):\n\n");
		buf_put(b, file->data, file->len);
		return;
	}
	buf_puts(b,
	    " (as text/plain), with a line \"mx: HOST\" for each of "
	    "your MX hosts, which are not known here, below \"mode\":\n\n"
	    "version: STSv1\nmode: testing\nmax_age: 86400\n");
}

static void
put_record_step(struct buf *b, const struct check_facts *f)
{
	buf_puts(b,
	    "\n2. Then, and only then, publish this record, which has a "
	    "new id:\n\n");
	fix_txt(b, f, true);
}

void
fix_set_record(const struct check_facts *f, struct check_finding *finding,
    bool is_new_id, const char *words)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s\n\n", words);
	fix_txt(&b, f, is_new_id);
	check_set(&finding->fix, "%s", buf_str(&b));
	buf_clear(&b);
}

char *
fix_steps(const struct check_facts *f, const struct fix_policy *want,
    const char *intro)
{
	struct buf b = { 0 }, file = { 0 };
	bool is_known = fix_policy_file(&file, f, want);

	put_intro(&b, intro);
	put_file_step(&b, f, &file, is_known);
	put_record_step(&b, f);
	buf_clear(&file);
	return take(&b);
}

char *
fix_steps_starter(const struct check_facts *f, const char *intro)
{
	struct buf b = { 0 }, file = { 0 };
	bool is_known = fix_policy_starter(&file, f);

	put_intro(&b, intro);
	put_file_step(&b, f, &file, is_known);
	put_record_step(&b, f);
	if (f->has_tlsrpt && f->tlsrpt == STS_TXT_NONE) {
		buf_puts(&b,
		    "\n3. Ask senders for reports with this record (the "
		    "mailbox must exist and be read):\n\n");
		fix_tlsrpt(&b, f);
	}
	buf_clear(&file);
	return take(&b);
}
