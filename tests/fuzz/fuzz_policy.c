/* SPDX-License-Identifier: ISC */
/* What is accepted, written again from what was understood, is the same. */
#include <string.h>

#include "fuzz.h"
#include "sts/mxvalue.h"
#include "sts/policy.h"

static void
put_list(struct buf *b, const struct sts_mxlist *mx)
{
	const char *p = NULL;
	size_t count = 0, len = 0;

	while ((p = sts_mxlist_next(mx, p)) != NULL) {
		HOLDS(sts_mxvalue_fault(p, strlen(p)) == NULL);
		HOLDS(fuzz_is_printable(p, strlen(p)));
		buf_printf(b, "mx: %s\r\n", p);
		count++;
		len += strlen(p) + 1;
	}
	HOLDS(count == mx->count && len == mx->len);
}

static bool
is_same(const struct sts_mxlist *a, const struct sts_mxlist *b)
{
	return a->count == b->count && a->len == b->len &&
	    (a->len == 0 || memcmp(a->names, b->names, a->len) == 0);
}

static void
check_diags(const struct sts_diags *diags, size_t len)
{
	size_t i;

	HOLDS(diags->count <= STS_DIAGS_MAX);
	for (i = 0; i < diags->count; i++) {
		HOLDS(diags->diag[i].offset <= len);
		HOLDS(diags->diag[i].len <= len - diags->diag[i].offset);
		HOLDS(diags->diag[i].code < STS_DIAG_COUNT);
	}
}

static void
write_again(const struct sts_policy_file *file)
{
	const struct sts_policy *p = &file->policy;
	struct sts_policy_file again = { .max_age_published = 0 };
	struct buf b = { 0 };

	HOLDS(p->max_age <= STS_MAX_AGE_MAX_S);
	HOLDS(p->max_age == file->max_age_published ||
	    (p->max_age == STS_MAX_AGE_MAX_S &&
		file->max_age_published > STS_MAX_AGE_MAX_S));
	HOLDS(p->mode == STS_MODE_NONE || p->mx.count > 0);
	buf_printf(&b, "version: STSv1\r\nmode: %s\r\nmax_age: %ju\r\n",
	    sts_mode_word(p->mode), (uintmax_t)file->max_age_published);
	put_list(&b, &p->mx);
	put_list(&b, &file->mx_left_out);
	if (b.len <= STS_POLICY_MAX_BYTES) {
		HOLDS(sts_policy_parse(b.data, b.len, &again, NULL) == 0);
		HOLDS(again.policy.mode == p->mode);
		HOLDS(again.policy.max_age == p->max_age);
		HOLDS(again.max_age_published == file->max_age_published);
		HOLDS(is_same(&again.policy.mx, &p->mx));
		HOLDS(is_same(&again.mx_left_out, &file->mx_left_out));
		sts_policy_file_clear(&again);
	}
	buf_clear(&b);
}

void
fuzz_policy(const char *data, size_t len)
{
	struct sts_policy_file file = { .max_age_published = 0 };
	static struct sts_diags diags;

	diags = (struct sts_diags){ .count = 0 };
	if (sts_policy_parse(data, len, &file, &diags) == 0) {
		HOLDS(diags.fatal == 0 && len <= STS_POLICY_MAX_BYTES);
		HOLDS(file.policy.text_len == len);
		write_again(&file);
	} else {
		HOLDS(diags.fatal > 0);
	}
	check_diags(&diags, len);
	sts_policy_file_clear(&file);
}
