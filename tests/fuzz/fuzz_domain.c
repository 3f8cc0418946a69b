/* SPDX-License-Identifier: ISC */
/* What comes out is a name, and comes out again as it is. */
#include <ctype.h>
#include <string.h>

#include "base/domain.h"
#include "fuzz.h"

void
fuzz_domain(const char *data, size_t len)
{
	char name[DOMAIN_MAX + 1], again[DOMAIN_MAX + 1];
	size_t n = domain_to_ascii(data, len, name), i;

	/* Pure ASCII is never changed but for its case and a final dot. */
	if (domain_is_valid(data, len))
		HOLDS(n == len);
	if (n == 0)
		return;
	HOLDS(strlen(name) == n && domain_is_valid(name, n));
	for (i = 0; i < n; i++)
		HOLDS(!isupper((unsigned char)name[i]));
	HOLDS(domain_to_ascii(name, n, again) == n);
	HOLDS(strcmp(name, again) == 0);
}
