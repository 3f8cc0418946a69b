/* SPDX-License-Identifier: ISC */
/* A file that is taken answers any name; one that is not says where. */
#include <string.h>

#include "fuzz.h"
#include "sts/mxvalue.h"
#include "sts/override.h"

static void
check(const struct sts_overrides *set, const char *domain, size_t len)
{
	struct sts_mxlist mx = { NULL, 0, 0 };
	const char *p = NULL;
	size_t count = 0;

	switch (sts_overrides_find(set, domain, len, &mx)) {
	case STS_OVERRIDE_NONE:
	case STS_OVERRIDE_SKIP:
	case STS_OVERRIDE_TESTING:
		HOLDS(mx.count == 0);
		break;
	case STS_OVERRIDE_ENFORCE:
		HOLDS(mx.count > 0 && mx.len <= STS_OVERRIDE_MX_MAX_BYTES);
		while ((p = sts_mxlist_next(&mx, p)) != NULL) {
			HOLDS(sts_mxvalue_fault(p, strlen(p)) == NULL);
			count++;
		}
		HOLDS(count == mx.count);
		break;
	}
}

void
fuzz_overrides(const char *data, size_t len)
{
	struct buf error = { 0 };
	struct sts_overrides *set;
	struct fuzz_part word;

	set = sts_overrides_parse("overrides", data, len, &error);
	if (set == NULL) {
		HOLDS(strncmp(buf_str(&error), "overrides:", 10) == 0);
		buf_clear(&error);
		return;
	}
	HOLDS(error.len == 0);
	check(set, "example.com", 11);
	while (fuzz_next(&data, &len, '\n', &word)) {
		const char *space = memchr(word.data, ' ', word.len);

		if (space != NULL)
			word.len = (size_t)(space - word.data);
		if (word.len > 0 && word.len < 200)
			check(set, word.data, word.len);
	}
	sts_overrides_free(set);
}
