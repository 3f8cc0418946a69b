/* SPDX-License-Identifier: ISC */
/*
 * All that was seen of a domain, as it was seen: look-ups, the fetch, the
 * certificates, the SMTP dialogues. Collected once (check/probe), saved and
 * read again (evidence_save, evidence_load), judged by check/rules. No I/O.
 *
 * Unknown is not absent: is_asked and the statuses tell them apart. Texts are
 * as they came, any bytes; whoever prints them escapes them. Times are seconds
 * since the epoch.
 */
#ifndef CHECK_EVIDENCE_H
#define CHECK_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/domain.h"
#include "net/dns.h"
#include "sts/reason.h"

#define EVIDENCE_FORMAT      1
#define EVIDENCE_MX_MAX      100 /* kept; */
#define EVIDENCE_SMTP_MAX    10 /* ... and of them probed */
#define EVIDENCE_NS_MAX      8
#define EVIDENCE_ADDRESS_MAX 4
#define EVIDENCE_RUA_MAX     8
#define EVIDENCE_TXT_MAX     64 /* records of a look-up */
#define EVIDENCE_HEADER_MAX  256
#define EVIDENCE_CERT_MAX    10 /* of a chain */
#define EVIDENCE_SAN_MAX     256 /* of a certificate */
#define EVIDENCE_BODY_MAX    66560 /* bytes kept: enough to see too_large */
#define EVIDENCE_BYTES_MAX   65536 /* of any other text */
#define EVIDENCE_FILE_MAX    (16 * 1024 * 1024) /* bytes that are read back */

/* Bytes with a NUL after them; may hold NULs. */
struct ev_bytes {
	char *data;
	size_t len;
};

/* One DNS look-up. */
struct ev_dns {
	bool is_asked;
	char *name;
	enum dns_type type;
	enum dns_status status;
	bool ad;
	bool has_ttl;
	uint32_t ttl;
	unsigned int cnames;
	char *owner; /* at the end of the chain */
	char *detail;
	bool is_cut; /* there were more records (MX: of less preference) */
	size_t count;
	struct ev_rr {
		/* TXT: the bytes; A, AAAA, MX, NS, CNAME: as text */
		struct ev_bytes text;
		uint16_t preference; /* MX */
		uint8_t usage, selector, matching; /* TLSA; text: the data */
	} * rr;
};

/* A certificate, leaf first in its chain. */
struct ev_cert {
	char *subject; /* one line, RFC 2253 */
	char *issuer;
	char **san; /* DNS names only, as in the certificate */
	size_t san_count;
	int64_t not_before, not_after;
	struct ev_bytes der;
};

/* What a TLS server showed, also when it was refused. */
struct ev_tls {
	bool is_tried; /* a handshake was begun */
	bool is_done; /* and finished (verification apart) */
	char *version; /* "TLSv1.3"; NULL: none */
	char *error; /* of the handshake; NULL: none */
	struct ev_cert *cert;
	size_t cert_count;
	int verify_error; /* X509_V_*; 0: the chain is good */
	int verify_depth;
	bool is_name_ok; /* a DNS-ID of the leaf is the host asked for */
	bool is_old_offered; /* 1.0 or 1.1 too, when that was asked */
	bool is_old_asked;
};

struct ev_header {
	struct ev_bytes name, value;
};

/* One HTTP fetch. */
struct ev_fetch {
	bool is_asked;
	char *url;
	char *address; /* connected to, or tried last; NULL: none */
	enum sts_reason reason; /* OK: status 200, text/plain, whole; all else
				   as the daemon would refuse it */
	char *detail;
	unsigned int tries;
	long status; /* 0: none was read */
	struct ev_header *header;
	size_t header_count;
	struct ev_bytes body; /* at most EVIDENCE_BODY_MAX */
	bool is_body_cut; /* there was more */
	bool has_length; /* Content-Length or chunks */
	bool is_closed_cleanly; /* close_notify */
	int64_t ms;
	struct ev_tls tls;
};

enum ev_smtp_end {
	EV_SMTP_NOT_PROBED, /* --no-smtp, over the limit, odd name */
	EV_SMTP_REFUSED_ADDRESS,
	EV_SMTP_UNREACHABLE, /* no address, no connection, silence */
	EV_SMTP_TURNED_AWAY, /* banner or EHLO answered 4xx, 5xx */
	EV_SMTP_NO_STARTTLS,
	EV_SMTP_STARTTLS_FAILED, /* refused, or the handshake failed */
	EV_SMTP_DONE /* EHLO over TLS was answered */
};

/* One MX host. */
struct ev_mx {
	char *host; /* as published, lower case, no final dot */
	uint16_t preference;
	bool is_implicit; /* no MX record: the domain itself */
	struct ev_dns a, aaaa, cname, tlsa; /* tlsa: at _25._tcp.host */
	enum ev_smtp_end end;
	char *address; /* connected to */
	char *detail;
	struct ev_bytes banner; /* first line */
	struct ev_bytes ehlo; /* all lines, before STARTTLS */
	int64_t ms;
	struct ev_tls tls;
};

/* A name server of the zone, asked for the record itself. */
struct ev_ns {
	char *host;
	char *address;
	struct ev_dns txt;
};

struct evidence {
	char domain[DOMAIN_MAX + 1]; /* A-labels */
	char *input; /* what the user gave */
	char *unicode; /* U-labels; NULL: the same */
	char *note; /* how input was folded to it; NULL: it was not */
	int64_t time; /* when it was collected */
	int64_t ms; /* and how long that took */
	char *host; /* this host's name */
	char *resolver; /* "192.0.2.1", and more, comma-separated */
	char *version; /* ours */
	bool is_validating; /* AD is believed */
	bool has_ipv4, has_ipv6; /* a way out */
	bool is_smtp_skipped; /* --no-smtp */
	bool is_timed_out; /* the time for the whole was over */
	bool is_supposed; /* --mx: the MX hosts are not those that are
			     published */

	struct ev_dns soa; /* of the domain: does it exist? */
	struct ev_dns txt; /* _mta-sts.D */
	struct ev_dns spf; /* TXT at D */
	struct ev_dns dmarc; /* TXT at _dmarc.D */
	/* looked at when txt has no record of ours */
	struct ev_dns underscore; /* _mta_sts.D */
	struct ev_dns bare; /* TXT at mta-sts.D */
	struct ev_dns twice; /* _mta-sts.D.D */
	struct ev_dns www; /* _mta-sts.www.D */
	struct ev_dns parent; /* _mta-sts. of the parent; count 0: no parent */
	struct ev_dns ns; /* of the zone */
	struct ev_ns server[EVIDENCE_NS_MAX];
	size_t servers;

	struct ev_dns host_a, host_aaaa, host_cname; /* mta-sts.D */
	struct ev_fetch fetch;
	struct ev_fetch each[EVIDENCE_ADDRESS_MAX]; /* by address */
	size_t eachs;
	/* asked when the fetch ends with 404, or not at all */
	struct ev_fetch apex, www_url, short_url; /* https://D/..., ... */
	struct ev_fetch plain; /* http, content ignored */

	struct ev_dns mx;
	struct ev_mx *host_mx; /* in order of preference */
	size_t mx_count;
	bool is_null_mx;

	struct ev_dns tlsrpt; /* _smtp._tls.D */
	struct ev_dns tlsrpt_old; /* _smtp-tlsrpt.D */
	struct ev_dns rua_mx[EVIDENCE_RUA_MAX]; /* MX of mailto: domains, */
	struct ev_dns rua_a[EVIDENCE_RUA_MAX]; /* ... or else their A */
	size_t ruas;
};

struct evidence *evidence_new(void);
void evidence_free(struct evidence *);

/* Free what a part holds and zero it (probe and load use them). */
void ev_dns_clear(struct ev_dns *);
void ev_tls_clear(struct ev_tls *);
void ev_fetch_clear(struct ev_fetch *);
void ev_mx_clear(struct ev_mx *);

/* Copy an answer of net/dns. */
void ev_dns_set(struct ev_dns *, const char *name, enum dns_type,
    const struct dns_answer *);

/* The first header of that name (any case), or NULL. */
const struct ev_bytes *
ev_header_find(const struct ev_fetch *, const char *name);

/* JSON, one object (jansson); bytes that are not UTF-8 text as base64. */
void evidence_save(struct buf *, const struct evidence *);

/* One MX host alone, for ourselves: as above, without blanks. */
void ev_mx_save(struct buf *, const struct ev_mx *);

/* Into a zeroed struct; false: not such an object, the struct is as it was. */
bool ev_mx_load(const char *, size_t len, struct ev_mx *);

/* NULL: not such an object; error then says why. */
struct evidence *
evidence_load(const char *, size_t len, char *error, size_t error_size);

#endif
