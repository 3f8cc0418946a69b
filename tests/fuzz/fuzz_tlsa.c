/* SPDX-License-Identifier: ISC */
/*
 * What was looked up of a next-hop, host by host. Unsigned MX records never
 * lead to DANE; nor does anything but a usable TLSA below a signed address;
 * and a TLSA look-up that fails never passes for "no DANE".
 */
#include <stdlib.h>

#include "fuzz.h"
#include "sts/dane.h"

#define HOSTS_MAX 16

static struct sts_dane_look
look_of(unsigned int byte)
{
	return (struct sts_dane_look){ (enum sts_dane_status)(byte & 3),
		(byte & 4) != 0 };
}

static void
check_record(const char *data, size_t len)
{
	struct sts_tlsa r = { 0 };
	char *copy;

	r.usage = (uint8_t)fuzz_byte(&data, &len);
	r.selector = (uint8_t)fuzz_byte(&data, &len);
	r.matching = (uint8_t)fuzz_byte(&data, &len);
	copy = fuzz_copy(data, len);
	r.data = (const uint8_t *)copy;
	r.len = len;
	if (sts_tlsa_is_usable(&r)) {
		HOLDS(r.usage == 2 || r.usage == 3);
		HOLDS(r.selector <= 1 && r.matching <= 2 && len > 0);
		HOLDS(r.matching != 1 || len == 32);
		HOLDS(r.matching != 2 || len == 64);
	}
	free(copy);
}

void
fuzz_tlsa(const char *data, size_t len)
{
	struct sts_dane_host host[HOSTS_MAX];
	struct sts_dane_seen seen = { .host = host };
	size_t used = 0, failed = 0, i;
	unsigned int byte;

	check_record(data, len);
	byte = fuzz_byte(&data, &len);
	seen.has_mx = (byte & 8) != 0;
	seen.mx = look_of(byte);
	while (seen.hosts < HOSTS_MAX && len >= 3) {
		struct sts_dane_host *h = &host[seen.hosts++];

		h->a = look_of(fuzz_byte(&data, &len));
		h->aaaa = look_of(fuzz_byte(&data, &len));
		byte = fuzz_byte(&data, &len);
		h->tlsa = look_of(byte);
		h->has_usable = (byte & 8) != 0;
	}
	for (i = 0; i < seen.hosts; i++) {
		enum sts_dane_use use = sts_dane_use(&host[i]);

		HOLDS(use < STS_DANE_USE_COUNT);
		if (use == STS_DANE_USED)
			HOLDS(sts_dane_asks_tlsa(&host[i]) &&
			    host[i].has_usable && host[i].tlsa.is_signed &&
			    host[i].tlsa.status == STS_DANE_FOUND);
		used += use == STS_DANE_USED;
		failed += sts_dane_asks_tlsa(&host[i]) &&
		    (host[i].tlsa.status == STS_DANE_FAILED ||
			host[i].tlsa.status == STS_DANE_OPEN);
	}
	switch (sts_dane_judge(&seen)) {
	case STS_DANE_UNKNOWN:
		break;
	case STS_DANE_NONE:
		HOLDS(used == 0 || (seen.has_mx && !seen.mx.is_signed));
		HOLDS(failed == 0 || (seen.has_mx && !seen.mx.is_signed));
		break;
	case STS_DANE_SOME:
	case STS_DANE_ALL:
		HOLDS(used > 0);
		HOLDS(!seen.has_mx || seen.mx.is_signed);
		HOLDS(!seen.has_mx || seen.mx.status == STS_DANE_FOUND ||
		    seen.mx.status == STS_DANE_ABSENT);
		break;
	}
}
