/* SPDX-License-Identifier: ISC */
/* TXT records to publish: what is right in the one there is stays. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check/fixes.h"
#include "check/ruletool.h"

#define TXT_MAX_BYTES 255 /* one string of a TXT record */

void
fix_id(const struct check_facts *f, char id[FIX_ID_SIZE])
{
	time_t when = (time_t)(f->now > 0 ? f->now : 0);
	struct tm tm = { 0 };

	gmtime_r(&when, &tm);
	if (strftime(id, FIX_ID_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
		snprintf(id, FIX_ID_SIZE, "1");
}

void
fix_policy_url(struct buf *b, const struct check_facts *f)
{
	buf_printf(b, "https://mta-sts.%s/.well-known/mta-sts.txt",
	    f->evidence->domain);
}

/* Would the record be valid with that field, and none but an id besides? */
static bool
is_good_field(struct check_slice field, const char *prefix)
{
	struct buf b = { 0 };
	struct sts_record record;
	char id[STS_ID_MAX + 1];
	bool is_good;

	buf_puts(&b, prefix);
	buf_put(&b, field.at, field.len);
	record = (struct sts_record){ .data = b.data, .len = b.len };
	is_good = b.len <= TXT_MAX_BYTES &&
	    sts_txt_parse(&record, 1, id, NULL) == STS_TXT_VALID;
	buf_clear(&b);
	return is_good;
}

static bool
is_id_field(struct check_slice field)
{
	return field.len >= 3 && memcmp(field.at, "id=", 3) == 0;
}

/* The fields of the record there is: its id into id, extensions into more. */
static void
read_record(
    const struct check_facts *f, struct check_slice *id, struct buf *more)
{
	const char *p, *end, *stop;
	struct check_slice field;

	if (f->record == NULL || f->is_try)
		return;
	stop = f->record->data + f->record->len;
	p = memchr(f->record->data, ';', f->record->len);
	for (; p != NULL && p < stop; p = end) {
		p++;
		end = memchr(p, ';', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		field = check_trim(p, (size_t)(end - p));
		if (is_id_field(field)) {
			if (id->len == 0 && is_good_field(field, "v=STSv1; "))
				*id = field;
		} else if (field.len > 0 &&
		    is_good_field(field, "v=STSv1; id=1; ")) {
			buf_puts(more, "; ");
			buf_put(more, field.at, field.len);
		}
	}
}

void
fix_txt(struct buf *b, const struct check_facts *f, bool is_new_id)
{
	struct buf text = { 0 }, more = { 0 };
	struct check_slice old = { 0 };
	char id[FIX_ID_SIZE];
	size_t i;

	fix_id(f, id);
	read_record(f, &old, &more);
	buf_puts(&text, "v=STSv1; ");
	if (old.len > 0 && !is_new_id)
		buf_put(&text, old.at, old.len);
	else
		buf_printf(&text, "id=%s", id);
	if (text.len + more.len <= TXT_MAX_BYTES)
		buf_put(&text, more.data, more.len);
	buf_printf(b, "_mta-sts.%s. IN TXT \"", f->evidence->domain);
	for (i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			buf_putc(b, '\\');
		buf_putc(b, text.data[i]);
	}
	buf_puts(b, "\"\n");
	buf_clear(&text);
	buf_clear(&more);
}

void
fix_tlsrpt(struct buf *b, const struct check_facts *f)
{
	buf_printf(b,
	    "_smtp._tls.%s. IN TXT \"v=TLSRPTv1; "
	    "rua=mailto:tls-reports@%s\"\n",
	    f->evidence->domain, f->evidence->domain);
}
