/* SPDX-License-Identifier: ISC */
/*
 * The first line is a domain, the rest a policy file. Whatever a domain's
 * owner writes, Postfix gets printable ASCII with balanced braces, one match=
 * and no attribute but ours, and never more than it takes.
 */
#include <string.h>

#include "base/domain.h"
#include "fuzz.h"
#include "postfix/answer.h"
#include "postfix/netstring.h"

static const char *const attributes[] = { "match=", "servername=hostname",
	"policy_type=sts",
	"policy_domain=", "policy_string=", "mx_host_pattern=" };

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

/* As Postfix reads it: blanks divide, braces hold together. */
static void
check_words(const char *text, size_t len, size_t seen[ATTRIBUTES])
{
	size_t at = 0, end, i, depth;

	while (at < len) {
		for (end = at, depth = 0;
		     end < len && (depth > 0 || text[end] != ' '); end++) {
			depth += text[end] == '{';
			HOLDS(text[end] != '}' || depth > 0);
			depth -= text[end] == '}';
			HOLDS(depth <= 1);
		}
		HOLDS(depth == 0);
		if (text[at] == '{') {
			HOLDS(text[end - 1] == '}');
			at++;
		}
		for (i = 0; i < ATTRIBUTES; i++)
			if (strncmp(text + at, attributes[i],
				strlen(attributes[i])) == 0)
				break;
		HOLDS(i < ATTRIBUTES);
		seen[i]++;
		at = end + 1;
	}
}

static void
check(const struct buf *b, enum answer_profile profile, bool is_shortened)
{
	size_t seen[ATTRIBUTES] = { 0 }, level;
	bool is_may = strncmp(b->data, "may ", 4) == 0;

	HOLDS(b->len <= NETSTRING_REPLY_MAX_BYTES - 3);
	HOLDS(fuzz_is_printable(b->data, b->len));
	HOLDS(is_may || strncmp(b->data, "secure ", 7) == 0);
	level = is_may ? 4 : 7;
	check_words(b->data + level, b->len - level, seen);
	HOLDS(seen[0] == !is_may);
	HOLDS(seen[1] == (!is_may && profile != ANSWER_POSTFIX_2_10));
	HOLDS(seen[2] <= 1 && seen[3] == seen[2]);
	HOLDS(seen[2] == 0 || profile == ANSWER_POSTFIX_3_10);
	HOLDS((seen[2] == 0) == (seen[4] == 0));
	HOLDS((seen[2] == 0) == (seen[5] == 0));
	HOLDS(!is_shortened || seen[4] <= 1);
}

static void
write_all(const char *domain, const struct sts_policy *policy)
{
	enum answer_profile profile;
	struct buf b = { 0 };
	unsigned int i;

	for (i = 0; i < 6; i++) {
		profile = (enum answer_profile)(i / 2);
		buf_reset(&b);
		switch (answer_write(&b, profile, domain, policy, i % 2 == 1)) {
		case ANSWER_NOTFOUND:
			HOLDS(b.len == 0);
			HOLDS(policy->mode != STS_MODE_ENFORCE);
			break;
		case ANSWER_FULL:
			check(&b, profile, false);
			break;
		case ANSWER_SHORTENED:
		case ANSWER_MX_NOT_ENFORCED:
			check(&b, profile, true);
			break;
		}
	}
	buf_clear(&b);
}

void
fuzz_answer(const char *data, size_t len)
{
	struct sts_policy_file file = { .max_age_published = 0 };
	char domain[DOMAIN_MAX + 1] = "example.com";
	struct fuzz_part part = { "", 0 };

	(void)fuzz_next(&data, &len, '\n', &part);
	(void)domain_to_ascii(part.data, part.len, domain);
	if (sts_policy_parse(data, len, &file, NULL) == 0)
		write_all(domain, &file.policy);
	sts_policy_file_clear(&file);
}
