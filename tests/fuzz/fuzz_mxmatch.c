/* SPDX-License-Identifier: ISC */
/*
 * A pattern, a line end, a host name. What matches is equal, label for label,
 * but for one whole label under a "*": never across a dot.
 */
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "fuzz.h"
#include "sts/mxmatch.h"

static size_t
labels(const char *name)
{
	size_t n = 1;

	for (; *name != '\0'; name++)
		n += *name == '.';
	return n;
}

void
fuzz_mxmatch(const char *data, size_t len)
{
	struct fuzz_part p = { "", 0 }, h = { "", 0 };
	char host[DOMAIN_MAX + 1], pattern[DOMAIN_MAX + 3];
	bool is_match;

	(void)fuzz_next(&data, &len, '\n', &p);
	(void)fuzz_next(&data, &len, '\n', &h);
	is_match = sts_mx_match(p.data, p.len, h.data, h.len);
	/* A name matches itself. */
	if (domain_is_valid(p.data, p.len))
		HOLDS(sts_mx_match(p.data, p.len, p.data, p.len));
	if (!is_match)
		return;
	HOLDS(domain_to_ascii(h.data, h.len, host) > 0);
	HOLDS(p.len < sizeof(pattern) && memchr(p.data, '\0', p.len) == NULL);
	memcpy(pattern, p.data, p.len);
	pattern[p.len] = '\0';
	HOLDS(labels(pattern) == labels(host));
	if (pattern[0] == '*') {
		HOLDS(pattern[1] == '.' && strchr(pattern + 1, '*') == NULL);
		HOLDS(strcasecmp(pattern + 1, strchr(host, '.')) == 0);
	} else {
		HOLDS(strcasecmp(pattern, host) == 0);
	}
}
