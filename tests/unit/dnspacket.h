/* SPDX-License-Identifier: ISC */
/* Writes DNS messages by hand: right ones and wrong ones. */
#ifndef TESTS_DNSPACKET_H
#define TESTS_DNSPACKET_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PACKET_BYTES 65535

enum packet_section {
	PACKET_QUESTION,
	PACKET_ANSWER,
	PACKET_AUTHORITY
};

enum {
	PACKET_QR = 0x8000,
	PACKET_TC = 0x0200,
	PACKET_RD = 0x0100,
	PACKET_RA = 0x0080,
	PACKET_AD = 0x0020
};

struct packet {
	size_t len;
	size_t rdata; /* where the open record's begins */
	uint8_t bytes[PACKET_BYTES];
};

static inline void
packet_put(struct packet *p, const void *bytes, size_t len)
{
	assert(p->len + len <= PACKET_BYTES);
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static inline void
packet_put16(struct packet *p, unsigned int n)
{
	uint8_t b[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	packet_put(p, b, sizeof(b));
}

static inline void
packet_put32(struct packet *p, uint32_t n)
{
	packet_put16(p, n >> 16);
	packet_put16(p, n & 0xffff);
}

/* Labels of a name; "" and "." are the root. */
static inline void
packet_put_name(struct packet *p, const char *name)
{
	while (*name != '\0' && *name != '.') {
		uint8_t n = (uint8_t)strcspn(name, ".");

		packet_put(p, &n, 1);
		packet_put(p, name, n);
		name += n;
		if (*name == '.')
			name++;
	}
	packet_put(p, "", 1);
}

static inline void
packet_count(struct packet *p, enum packet_section section)
{
	uint8_t *at = p->bytes + 4 + 2 * (size_t)section;
	unsigned int n = ((unsigned int)at[0] << 8 | at[1]) + 1;

	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static inline void
packet_start(struct packet *p, unsigned int id, unsigned int flags,
    const char *name, unsigned int type)
{
	p->len = 0;
	packet_put16(p, id);
	packet_put16(p, flags);
	packet_put32(p, 0);
	packet_put32(p, 0);
	packet_put_name(p, name);
	packet_put16(p, type);
	packet_put16(p, 1);
	packet_count(p, PACKET_QUESTION);
}

/* Type, class, TTL and an open RDLENGTH, behind an owner already put. */
static inline void
packet_open(struct packet *p, enum packet_section section, unsigned int type,
    uint32_t ttl)
{
	packet_put16(p, type);
	packet_put16(p, 1);
	packet_put32(p, ttl);
	packet_put16(p, 0);
	p->rdata = p->len;
	packet_count(p, section);
}

static inline void
packet_begin(struct packet *p, enum packet_section section, const char *owner,
    unsigned int type, uint32_t ttl)
{
	packet_put_name(p, owner);
	packet_open(p, section, type, ttl);
}

static inline void
packet_end(struct packet *p)
{
	size_t len = p->len - p->rdata;

	p->bytes[p->rdata - 2] = (uint8_t)(len >> 8);
	p->bytes[p->rdata - 1] = (uint8_t)len;
}

static inline void
packet_cname(
    struct packet *p, const char *owner, const char *target, uint32_t ttl)
{
	packet_begin(p, PACKET_ANSWER, owner, 5, ttl);
	packet_put_name(p, target);
	packet_end(p);
}

static inline void
packet_a(struct packet *p, const char *owner, uint32_t address, uint32_t ttl)
{
	packet_begin(p, PACKET_ANSWER, owner, 1, ttl);
	packet_put32(p, address);
	packet_end(p);
}

/* One string. */
static inline void
packet_txt(struct packet *p, const char *owner, const char *text, uint32_t ttl)
{
	uint8_t n = (uint8_t)strlen(text);

	packet_begin(p, PACKET_ANSWER, owner, 16, ttl);
	packet_put(p, &n, 1);
	packet_put(p, text, n);
	packet_end(p);
}

static inline void
packet_mx(struct packet *p, const char *owner, unsigned int preference,
    const char *host, uint32_t ttl)
{
	packet_begin(p, PACKET_ANSWER, owner, 15, ttl);
	packet_put16(p, preference);
	packet_put_name(p, host);
	packet_end(p);
}

static inline void
packet_soa(struct packet *p, const char *owner, uint32_t ttl, uint32_t minimum)
{
	packet_begin(p, PACKET_AUTHORITY, owner, 6, ttl);
	packet_put_name(p, "ns.example.com");
	packet_put_name(p, "hostmaster.example.com");
	packet_put32(p, 1);
	packet_put32(p, 2);
	packet_put32(p, 3);
	packet_put32(p, 4);
	packet_put32(p, minimum);
	packet_end(p);
}

#endif
