/* SPDX-License-Identifier: ISC */
/*
 * One after the other, little-endian:
 *
 *   port (2), flags (1), hosts (1), checked (8), next check (8), failures (4),
 *   length of what follows (2), hosts
 */
#include <endian.h>
#include <string.h>

#include "cache/verdict.h"

#define HEAD_BYTES     26
#define FLAG_BRACKETS  0x04u
#define VERDICT_MASK   0x03u
#define FLAGS_UNKNOWN  0xf8u
#define HOST_MAX_BYTES 255 /* with its NUL */

const char *
verdict_host_next(
    const struct verdict_hosts *hosts, const char *host, enum sts_dane_use *use)
{
	const char *p = host == NULL ? hosts->bytes : host + strlen(host) + 1;

	if (hosts->len == 0 || p == hosts->bytes + hosts->len)
		return NULL;
	*use = (enum sts_dane_use)p[0];
	return p + 1;
}

void
verdict_host_put(struct buf *b, const char *host, enum sts_dane_use use)
{
	buf_putc(b, (char)use);
	buf_put(b, host, strlen(host) + 1);
}

static void
put_number(struct buf *b, uint64_t v, size_t bytes)
{
	v = htole64(v);
	buf_put(b, &v, bytes);
}

static uint64_t
take_number(const unsigned char **p, size_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, *p, bytes);
	*p += bytes;
	return le64toh(v);
}

void
verdict_encode(struct buf *b, const struct verdict *v)
{
	put_number(b, v->port, 2);
	put_number(b,
	    (unsigned int)v->state.verdict |
		(v->is_bracketed ? FLAG_BRACKETS : 0),
	    1);
	put_number(b, v->hosts.count, 1);
	put_number(b, (uint64_t)v->state.checked, 8);
	put_number(b, (uint64_t)v->state.next_check, 8);
	put_number(b, v->state.failures, 4);
	put_number(b, v->hosts.len, 2);
	buf_put(b, v->hosts.bytes, v->hosts.len);
}

/* Are there `count` hosts in these bytes, and nothing else? */
static bool
is_hosts(const struct verdict_hosts *hosts)
{
	const char *p = hosts->bytes, *end = p + hosts->len, *nul;
	size_t n = 0;

	for (; p < end; p = nul + 1, n++) {
		if ((unsigned char)*p++ >= STS_DANE_USE_COUNT || p == end)
			return false;
		nul = memchr(p, '\0', (size_t)(end - p));
		if (nul == NULL || nul == p || nul - p >= HOST_MAX_BYTES)
			return false;
	}
	return n == hosts->count && n <= VERDICT_HOSTS_MAX;
}

size_t
verdicts_decode(const void *bytes, size_t len, struct verdict out[VERDICTS_MAX])
{
	const unsigned char *p = bytes;
	struct verdict v;
	unsigned int flags;
	size_t n;

	for (n = 0; len > 0; n++) {
		if (n == VERDICTS_MAX || len < HEAD_BYTES)
			return 0;
		v.port = (uint16_t)take_number(&p, 2);
		flags = (unsigned int)take_number(&p, 1);
		v.is_bracketed = (flags & FLAG_BRACKETS) != 0;
		v.state.verdict = (enum sts_dane_verdict)(flags & VERDICT_MASK);
		v.hosts.count = (size_t)take_number(&p, 1);
		v.state.checked = (int64_t)take_number(&p, 8);
		v.state.next_check = (int64_t)take_number(&p, 8);
		v.state.failures = (uint32_t)take_number(&p, 4);
		v.hosts.len = (size_t)take_number(&p, 2);
		v.hosts.bytes = (const char *)p;
		len -= HEAD_BYTES;
		if (v.port == 0 || (flags & FLAGS_UNKNOWN) != 0 ||
		    v.hosts.len > len || !is_hosts(&v.hosts))
			return 0;
		p += v.hosts.len;
		len -= v.hosts.len;
		out[n] = v;
	}
	return n;
}
