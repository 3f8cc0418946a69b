/* SPDX-License-Identifier: ISC */
/*
 * Verdicts on DANE as a record carries them: what is taken has hosts that end
 * where they say, and is written again as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "cache/verdict.h"
#include "fuzz.h"

static void
check_hosts(const struct verdict_hosts *hosts)
{
	const char *host = NULL;
	enum sts_dane_use use;
	size_t count = 0, len = 0;

	while ((host = verdict_host_next(hosts, host, &use)) != NULL) {
		HOLDS(use < STS_DANE_USE_COUNT);
		HOLDS(*host != '\0');
		count++;
		len += strlen(host) + 2;
	}
	HOLDS(count == hosts->count && len == hosts->len);
	HOLDS(count <= VERDICT_HOSTS_MAX);
}

void
fuzz_verdict(const char *data, size_t len)
{
	struct verdict v[VERDICTS_MAX];
	struct buf again = { 0 };
	char *copy = fuzz_copy(data, len);
	size_t i, n = verdicts_decode(copy, len, v);

	HOLDS(n <= VERDICTS_MAX);
	for (i = 0; i < n; i++) {
		HOLDS(v[i].port != 0);
		HOLDS(v[i].state.verdict <= STS_DANE_ALL);
		check_hosts(&v[i].hosts);
		verdict_encode(&again, &v[i]);
	}
	HOLDS(n == 0 || again.len == len);
	HOLDS(n == 0 || memcmp(again.data, copy, len) == 0);
	buf_clear(&again);
	free(copy);
}
