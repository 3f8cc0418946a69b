/* SPDX-License-Identifier: ISC */
/* Records as in fuzz_txt.c. Destinations are within them, and read again. */
#include <string.h>

#include "fuzz.h"
#include "sts/tlsrpt.h"

#define RECORDS_MAX 8

void
fuzz_tlsrpt(const char *data, size_t len)
{
	static struct sts_diags diags;
	static struct sts_tlsrpt out, again;
	struct sts_record record[RECORDS_MAX], plain;
	struct buf b = { 0 };
	struct fuzz_part part;
	size_t n = 0, i, usable = 0;

	while (n < RECORDS_MAX && fuzz_next(&data, &len, '\0', &part))
		record[n++] = (struct sts_record){ part.data, part.len };
	diags = (struct sts_diags){ .count = 0 };
	out.count = STS_RUA_MAX + 1;
	if (sts_tlsrpt_parse(record, n, &out, &diags) != STS_TXT_VALID) {
		HOLDS(out.count == STS_RUA_MAX + 1);
		return;
	}
	HOLDS(out.count > 0 && out.count <= STS_RUA_MAX);
	buf_puts(&b, "v=TLSRPTv1; rua=");
	for (i = 0; i < out.count; i++) {
		const struct sts_rua *rua = &out.rua[i];

		HOLDS(rua->len > 0);
		HOLDS(!rua->is_usable || fuzz_is_printable(rua->uri, rua->len));
		usable += rua->is_usable;
		if (i > 0)
			buf_putc(&b, ',');
		buf_put(&b, rua->uri, rua->len);
	}
	HOLDS(usable > 0);
	plain = (struct sts_record){ b.data, b.len };
	HOLDS(sts_tlsrpt_parse(&plain, 1, &again, NULL) == STS_TXT_VALID);
	HOLDS(again.count == out.count);
	for (i = 0; i < out.count; i++)
		HOLDS(again.rua[i].is_usable == out.rua[i].is_usable &&
		    again.rua[i].len == out.rua[i].len);
	buf_clear(&b);
}
