/* SPDX-License-Identifier: ISC */
/*
 * A line of an import. What is taken is a policy that lives now, for at most
 * its max_age; written as a line of export it is taken again, the same.
 */
#include <string.h>

#include "cache/record.h"
#include "fuzz.h"

#define NOW INT64_C(1790000000)

static const struct refresh_settings settings = { .txt_check_min = 60,
	.txt_check_max = 86400,
	.negative_min = 60,
	.negative_max = 3600,
	.refresh_interval = 86400,
	.refresh_min = 300,
	.fetch_timeout = 60 };
static const struct record_reading reading = { &settings, NOW, 4711 };

static void
check(const struct record *r)
{
	const struct entry *e = &r->entry;
	size_t len = strlen(r->domain);

	HOLDS(len > 0 && len <= RECORD_DOMAIN_MAX);
	HOLDS(domain_is_valid(r->domain, len));
	HOLDS(e->state.fetched > 0 && e->state.fetched <= NOW);
	HOLDS(e->state.expires > NOW);
	HOLDS(e->state.expires <= e->state.fetched + e->state.max_age);
	HOLDS(e->state.max_age <= STS_MAX_AGE_MAX_S);
	HOLDS(e->state.mode == e->policy.mode);
	HOLDS(e->policy.mode == STS_MODE_NONE || e->policy.mx.count > 0);
	HOLDS(strlen(e->state.id) <= STS_ID_MAX);
}

void
fuzz_record(const char *data, size_t len)
{
	static struct record one, two;
	struct buf error = { 0 }, line = { 0 }, again = { 0 };

	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	switch (record_parse_line(data, len, &reading, &one, &error)) {
	case RECORD_EXPIRED:
		break;
	case RECORD_BAD:
		HOLDS(error.len > 0);
		break;
	case RECORD_OK:
		check(&one);
		record_put_line(&line, one.domain, &one.entry);
		HOLDS(line.len <= RECORD_LINE_MAX_BYTES);
		HOLDS(memchr(line.data, '\n', line.len) ==
		    line.data + line.len - 1);
		HOLDS(record_parse_line(line.data, line.len, &reading, &two,
			  &error) == RECORD_OK);
		HOLDS(strcmp(one.domain, two.domain) == 0);
		HOLDS(one.entry.state.expires == two.entry.state.expires);
		/* The first day of all is as good as no day: it is today. */
		if (one.entry.used_day == 0)
			break;
		record_put_line(&again, two.domain, &two.entry);
		HOLDS(line.len == again.len &&
		    memcmp(line.data, again.data, line.len) == 0);
		break;
	}
	record_clear(&one);
	record_clear(&two);
	buf_clear(&error);
	buf_clear(&line);
	buf_clear(&again);
}
