/* SPDX-License-Identifier: ISC */
/* Records, each ended by a NUL. A valid one has an id, and means only that. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "sts/txt.h"

#define RECORDS_MAX 8

void
fuzz_txt(const char *data, size_t len)
{
	char id[STS_ID_MAX + 1] = "untouched", again[STS_ID_MAX + 1];
	char text[STS_ID_MAX + 32];
	struct sts_record record[RECORDS_MAX], plain;
	struct sts_diags diags = { .count = 0 };
	struct fuzz_part part;
	size_t n = 0, i;
	enum sts_txt_status status;

	while (n < RECORDS_MAX && fuzz_next(&data, &len, '\0', &part))
		record[n++] = (struct sts_record){ part.data, part.len };
	status = sts_txt_parse(record, n, id, &diags);
	HOLDS(status == sts_txt_parse(record, n, again, NULL) ||
	    status != STS_TXT_VALID);
	HOLDS(diags.count <= STS_DIAGS_MAX);
	for (i = 0; i < diags.count; i++) {
		const struct sts_diag *d = &diags.diag[i];

		HOLDS(d->line >= 1 && d->line <= n);
		HOLDS(d->offset + d->len <= record[d->line - 1].len);
	}
	if (status != STS_TXT_VALID) {
		HOLDS(strcmp(id, "untouched") == 0);
		return;
	}
	HOLDS(diags.fatal == 0);
	HOLDS(id[0] != '\0' && strlen(id) <= STS_ID_MAX);
	for (i = 0; id[i] != '\0'; i++)
		HOLDS(isalnum((unsigned char)id[i]));
	snprintf(text, sizeof(text), "v=STSv1; id=%s;", id);
	plain = (struct sts_record){ text, strlen(text) };
	HOLDS(sts_txt_parse(&plain, 1, again, NULL) == STS_TXT_VALID);
	HOLDS(strcmp(id, again) == 0);
	/* A second one like it makes both void. */
	record[0] = record[1] = plain;
	HOLDS(sts_txt_parse(record, 2, again, NULL) == STS_TXT_MULTIPLE);
}
