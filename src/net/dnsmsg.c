/* SPDX-License-Identifier: ISC */
/*
 * An answer is read twice over: once for each owner of the CNAME chain, once
 * for the SOA of a negative one. A message with one bad record is no answer:
 * half of an RRset must not pass for the whole.
 */
#include <arpa/nameser.h>
#include <ctype.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xmalloc.h"
#include "net/dnsmsg.h"

/* Escaped (\DDD), as libresolv writes names. */
#define NAME_BYTES          NS_MAXDNAME
#define SOA_NUMBERS_BYTES   20
#define SOA_MINIMUM_OFFSET  16
#define MX_PREFERENCE_BYTES 2
#define TLSA_FIXED_BYTES    3

struct dnsmsg {
	struct dns_answer answer;
	char *owner;
	struct dns_rr rr[DNSMSG_RECORDS_MAX];
	char *owned[DNSMSG_RECORDS_MAX]; /* what the records point to */
	size_t owned_count;
};

/* What the answer section holds for one owner. */
struct scan {
	char target[NAME_BYTES]; /* of its CNAME */
	bool has_cname;
	uint32_t cname_ttl;
};

static char *
own(struct dnsmsg *m, char *memory)
{
	m->owned[m->owned_count++] = memory;
	return memory;
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

/* The root is "" and not ".": no name ends with a dot. */
static void
tidy_name(char *name)
{
	if (strcmp(name, ".") == 0)
		*name = '\0';
	lower(name);
}

/* A name that fills rdata from offset on to its end. */
static bool
read_name(ns_msg *h, const ns_rr *rr, size_t offset, char out[NAME_BYTES])
{
	const uint8_t *end = ns_rr_rdata(*rr) + ns_rr_rdlen(*rr);
	int n;

	if (offset >= ns_rr_rdlen(*rr))
		return false;
	n = ns_name_uncompress(ns_msg_base(*h), ns_msg_end(*h),
	    ns_rr_rdata(*rr) + offset, out, NAME_BYTES);
	if (n < 0 || ns_rr_rdata(*rr) + offset + n != end)
		return false;
	tidy_name(out);
	return true;
}

/* RFC 2181 section 8: a TTL with the top bit set is zero. */
static uint32_t
rr_ttl(const ns_rr *rr)
{
	return ns_rr_ttl(*rr) > INT32_MAX ? 0 : ns_rr_ttl(*rr);
}

static void
lower_ttl(struct dns_answer *a, uint32_t ttl)
{
	if (!a->has_ttl || ttl < a->ttl)
		a->ttl = ttl;
	a->has_ttl = true;
}

/* RFC 8461 section 3.1: the strings of one record are joined as they are. */
static bool
read_txt(struct dnsmsg *m, const ns_rr *rr, struct dns_rr *out)
{
	const uint8_t *p = ns_rr_rdata(*rr);
	size_t left = ns_rr_rdlen(*rr), len = 0;
	char *text;

	if (left == 0)
		return false;
	text = xmalloc(left);
	while (left > 0) {
		size_t n = *p;

		if (n >= left) {
			free(text);
			return false;
		}
		memcpy(text + len, p + 1, n);
		len += n;
		p += n + 1;
		left -= n + 1;
	}
	text[len] = '\0';
	out->txt.data = own(m, text);
	out->txt.len = len;
	return true;
}

static bool
read_mx(struct dnsmsg *m, ns_msg *h, const ns_rr *rr, struct dns_rr *out)
{
	char host[NAME_BYTES];

	if (!read_name(h, rr, MX_PREFERENCE_BYTES, host))
		return false;
	out->mx.preference = (uint16_t)ns_get16(ns_rr_rdata(*rr));
	out->mx.host = own(m, xstrdup(host));
	return true;
}

static bool
read_tlsa(struct dnsmsg *m, const ns_rr *rr, struct dns_rr *out)
{
	const uint8_t *p = ns_rr_rdata(*rr);
	size_t len = ns_rr_rdlen(*rr);

	if (len < TLSA_FIXED_BYTES)
		return false;
	out->tlsa.usage = p[0];
	out->tlsa.selector = p[1];
	out->tlsa.matching = p[2];
	out->tlsa.len = len - TLSA_FIXED_BYTES;
	out->tlsa.data = (const uint8_t *)own(
	    m, xmemdup(p + TLSA_FIXED_BYTES, out->tlsa.len));
	return true;
}

static bool
read_target(struct dnsmsg *m, ns_msg *h, const ns_rr *rr, struct dns_rr *out)
{
	char name[NAME_BYTES];

	if (!read_name(h, rr, 0, name))
		return false;
	out->name = own(m, xstrdup(name));
	return true;
}

static bool
read_bytes(const ns_rr *rr, void *out, size_t len)
{
	if (ns_rr_rdlen(*rr) != len)
		return false;
	memcpy(out, ns_rr_rdata(*rr), len);
	return true;
}

static bool
read_rdata(struct dnsmsg *m, ns_msg *h, const ns_rr *rr, struct dns_rr *out)
{
	switch ((enum dns_type)ns_rr_type(*rr)) {
	case DNS_A:
		return read_bytes(rr, &out->a, sizeof(out->a));
	case DNS_AAAA:
		return read_bytes(rr, &out->aaaa, sizeof(out->aaaa));
	case DNS_TXT:
		return read_txt(m, rr, out);
	case DNS_MX:
		return read_mx(m, h, rr, out);
	case DNS_TLSA:
		return read_tlsa(m, rr, out);
	case DNS_NS:
	case DNS_CNAME:
		return read_target(m, h, rr, out);
	case DNS_SOA:
		return true; /* its existence is all that is asked for */
	}
	return false;
}

static bool
take_record(struct dnsmsg *m, ns_msg *h, const ns_rr *rr)
{
	struct dns_answer *a = &m->answer;

	if (a->count < DNSMSG_RECORDS_MAX) {
		if (!read_rdata(m, h, rr, &m->rr[a->count]))
			return false;
		a->count++;
	}
	lower_ttl(a, rr_ttl(rr));
	return true;
}

/* Records of `type` at `owner`, and its CNAME; false when bytes are bad. */
static bool
scan_owner(struct dnsmsg *m, ns_msg *h, const char *owner, enum dns_type type,
    struct scan *s)
{
	ns_rr rr;
	int i;

	s->has_cname = false;
	for (i = 0; i < ns_msg_count(*h, ns_s_an); i++) {
		if (ns_parserr(h, ns_s_an, i, &rr) == -1)
			return false;
		if (ns_rr_class(rr) != ns_c_in ||
		    strcasecmp(ns_rr_name(rr), owner) != 0)
			continue;
		if ((unsigned int)ns_rr_type(rr) == (unsigned int)type) {
			if (!take_record(m, h, &rr))
				return false;
		} else if (ns_rr_type(rr) == ns_t_cname && !s->has_cname) {
			if (!read_name(h, &rr, 0, s->target))
				return false;
			s->has_cname = true;
			s->cname_ttl = rr_ttl(&rr);
		}
	}
	return true;
}

/* Is name equal to zone, or below it? */
static bool
is_within(const char *name, const char *zone)
{
	size_t n = strlen(name), z = strlen(zone);

	if (z == 0 || strcmp(zone, ".") == 0)
		return true;
	if (z > n || strcasecmp(name + n - z, zone) != 0)
		return false;
	return z == n || name[n - z - 1] == '.';
}

/* RFC 2308 section 5: the lesser of the SOA's own TTL and its MINIMUM. */
static bool
read_negative_ttl(struct dnsmsg *m, ns_msg *h)
{
	const uint8_t *p, *end;
	uint32_t minimum;
	ns_rr rr;
	int i, n, k;

	for (i = 0; i < ns_msg_count(*h, ns_s_ns); i++) {
		if (ns_parserr(h, ns_s_ns, i, &rr) == -1)
			return false;
		if (ns_rr_type(rr) != ns_t_soa || ns_rr_class(rr) != ns_c_in ||
		    !is_within(m->owner, ns_rr_name(rr)))
			continue;
		p = ns_rr_rdata(rr);
		end = p + ns_rr_rdlen(rr);
		for (k = 0; k < 2; k++) {
			n = dn_skipname(p, end);
			if (n < 0)
				return false;
			p += n;
		}
		if (end - p != SOA_NUMBERS_BYTES)
			return false;
		minimum = (uint32_t)ns_get32(p + SOA_MINIMUM_OFFSET);
		lower_ttl(&m->answer, rr_ttl(&rr));
		lower_ttl(&m->answer, minimum > INT32_MAX ? 0 : minimum);
		return true;
	}
	return true;
}

/* Follow the chain to its end and take what is there. */
static bool
read_answer(struct dnsmsg *m, ns_msg *h, enum dns_type type)
{
	struct dns_answer *a = &m->answer;
	struct scan s;
	bool is_good;

	while ((is_good = scan_owner(m, h, m->owner, type, &s)) &&
	    a->count == 0 && s.has_cname) {
		if (a->cnames == DNSMSG_CNAMES_MAX) {
			a->status = DNS_FAILED;
			return true;
		}
		a->cnames++;
		lower_ttl(a, s.cname_ttl);
		free(m->owner);
		m->owner = xstrdup(s.target);
	}
	if (!is_good)
		return false;
	if (a->rcode == ns_r_nxdomain)
		a->status = DNS_NXDOMAIN;
	else
		a->status = a->count > 0 ? DNS_OK : DNS_NODATA;
	if (a->status == DNS_OK)
		return true;
	a->count = 0;
	return read_negative_ttl(m, h);
}

/* Is it a response to this very question? */
static bool
is_answer_to(ns_msg *h, const char *name, enum dns_type type)
{
	size_t len = strlen(name);
	ns_rr question;

	if (!ns_msg_getflag(*h, ns_f_qr) ||
	    ns_msg_getflag(*h, ns_f_opcode) != ns_o_query ||
	    ns_msg_count(*h, ns_s_qd) != 1 ||
	    ns_parserr(h, ns_s_qd, 0, &question) == -1)
		return false;
	if (len > 0 && name[len - 1] == '.')
		len--;
	return (unsigned int)ns_rr_type(question) == (unsigned int)type &&
	    ns_rr_class(question) == ns_c_in &&
	    strlen(ns_rr_name(question)) == len &&
	    strncasecmp(ns_rr_name(question), name, len) == 0;
}

struct dnsmsg *
dnsmsg_read(
    const uint8_t *bytes, size_t len, const char *name, enum dns_type type)
{
	struct dnsmsg *m;
	size_t name_len = strlen(name);
	ns_msg h;

	if (len > NS_MAXMSG || ns_initparse(bytes, (int)len, &h) == -1 ||
	    !is_answer_to(&h, name, type))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->answer.rcode = ns_msg_getflag(h, ns_f_rcode);
	m->answer.ad = ns_msg_getflag(h, ns_f_ad) != 0;
	m->answer.rr = m->rr;
	if (name_len > 0 && name[name_len - 1] == '.')
		name_len--;
	m->owner = xmemdup(name, name_len);
	lower(m->owner);
	if (m->answer.rcode != ns_r_noerror &&
	    m->answer.rcode != ns_r_nxdomain) {
		m->answer.status = DNS_FAILED;
	} else if (ns_msg_getflag(h, ns_f_tc) || !read_answer(m, &h, type)) {
		/* Cut off or mangled: nobody may build on a part of it. */
		dnsmsg_free(m);
		return NULL;
	}
	m->answer.owner = m->owner;
	return m;
}

const struct dns_answer *
dnsmsg_answer(const struct dnsmsg *m)
{
	return &m->answer;
}

void
dnsmsg_free(struct dnsmsg *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->owned_count; i++)
		free(m->owned[i]);
	free(m->owner);
	free(m);
}
