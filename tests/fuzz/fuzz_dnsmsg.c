/* SPDX-License-Identifier: ISC */
/* The first byte chooses the type and the name, the rest is the answer. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/dnsmsg.h"

#define NAME_BYTES 1025 /* NS_MAXDNAME */

static const enum dns_type types[] = { DNS_TXT, DNS_A, DNS_AAAA, DNS_MX,
	DNS_TLSA, DNS_NS, DNS_CNAME, DNS_SOA };
static const char *const names[] = { "_mta-sts.example.com",
	"mta-sts.example.com", "example.com", "www.example.com" };

static void
check_name(const char *name)
{
	size_t i, len = strnlen(name, NAME_BYTES);

	HOLDS(len < NAME_BYTES);
	for (i = 0; i < len; i++)
		HOLDS(!isupper((unsigned char)name[i]));
	HOLDS(len == 0 || name[len - 1] != '.' ||
	    (len > 1 && name[len - 2] == '\\'));
}

/* Touch all of it: ASan has the last word. */
static void
check_record(const struct dns_rr *rr, enum dns_type type)
{
	size_t sum = 0, i;

	if (type == DNS_TXT) {
		HOLDS(rr->txt.len <= 65535);
		for (i = 0; i < rr->txt.len; i++)
			sum += (unsigned char)rr->txt.data[i];
	} else if (type == DNS_MX) {
		check_name(rr->mx.host);
	} else if (type == DNS_TLSA) {
		HOLDS(rr->tlsa.len <= 65535);
		for (i = 0; i < rr->tlsa.len; i++)
			sum += rr->tlsa.data[i];
	} else if (type == DNS_NS || type == DNS_CNAME) {
		check_name(rr->name);
	}
	HOLDS(sum <= (size_t)65535 * 255);
}

void
fuzz_dnsmsg(const char *data, size_t len)
{
	unsigned int how = fuzz_byte(&data, &len);
	enum dns_type type = types[how % 8];
	const struct dns_answer *a;
	struct dnsmsg *m;
	char *copy;
	size_t i;

	copy = fuzz_copy(data, len);
	m = dnsmsg_read((const uint8_t *)copy, len, names[how / 8 % 4], type);
	if (m != NULL) {
		a = dnsmsg_answer(m);
		HOLDS(len >= 12);
		HOLDS(
		    (a->status == DNS_OK) == (a->count > 0) || type == DNS_SOA);
		HOLDS(a->status == DNS_OK || a->status == DNS_NODATA ||
		    a->status == DNS_NXDOMAIN || a->status == DNS_FAILED);
		HOLDS(a->count <= DNSMSG_RECORDS_MAX);
		HOLDS(a->cnames <= DNSMSG_CNAMES_MAX);
		HOLDS(a->ttl <= INT32_MAX);
		HOLDS(!a->ad || (copy[3] & 0x20) != 0);
		HOLDS(a->rcode == (copy[3] & 0xf));
		HOLDS(a->status != DNS_OK || a->rcode == 0);
		check_name(a->owner);
		for (i = 0; i < a->count; i++)
			check_record(&a->rr[i], type);
	}
	dnsmsg_free(m);
	free(copy);
}
