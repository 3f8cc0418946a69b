/* SPDX-License-Identifier: ISC */
/*
 * Evidence by hand: a domain with everything right, and the tools to break
 * one thing of it at a time. Nothing is looked up; the clock is WORLD_NOW.
 */
#ifndef TESTS_CHECK_WORLD_H
#define TESTS_CHECK_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/xmalloc.h"
#include "check/evidence.h"

#define WORLD_NOW    INT64_C(1780000000) /* 2026-05-28T20:26:40Z */
#define WORLD_DAY_S  INT64_C(86400)
#define WORLD_DOMAIN "good.example"
#define WORLD_ID     "20260501T120000Z"
#define WORLD_TXT    "v=STSv1; id=" WORLD_ID
#define WORLD_RUA    "v=TLSRPTv1; rua=mailto:tls-reports@" WORLD_DOMAIN
#define WORLD_URL    "https://mta-sts." WORLD_DOMAIN "/.well-known/mta-sts.txt"
#define WORLD_POLICY             \
	"version: STSv1\n"       \
	"mode: enforce\n"        \
	"mx: mx1.good.example\n" \
	"mx: mx2.good.example\n" \
	"max_age: 604800\n"

/* Replace a text; NULL: none. */
static inline void
world_set(char **field, const char *text)
{
	char *copy = text == NULL ? NULL : xstrdup(text);

	free(*field);
	*field = copy;
}

static inline void
world_bytes(struct ev_bytes *bytes, const void *data, size_t len)
{
	char *copy = xmemdup(data, len);

	free(bytes->data);
	bytes->data = copy;
	bytes->len = len;
}

/* A look-up that ended so; it has no records (yet). */
static inline void
world_dns(struct ev_dns *dns, const char *name, enum dns_type type,
    enum dns_status status)
{
	static const char *const details[] = {
		[DNS_OK] = "answered by 192.0.2.53",
		[DNS_NODATA] = "no such record from 192.0.2.53",
		[DNS_NXDOMAIN] = "NXDOMAIN from 192.0.2.53",
		[DNS_FAILED] = "SERVFAIL from 192.0.2.53",
		[DNS_TIMEOUT] = "no answer in 5 s",
		[DNS_NO_SERVER] = "no name server answers",
		[DNS_LOCAL] = "socket: Too many open files",
		[DNS_BAD_NAME] = "a label over 63 characters",
	};

	ev_dns_clear(dns);
	dns->is_asked = true;
	dns->type = type;
	dns->status = status;
	dns->has_ttl = status <= DNS_NXDOMAIN;
	dns->ttl = dns->has_ttl ? 3600 : 0;
	world_set(&dns->name, name);
	world_set(&dns->owner, name);
	world_set(&dns->detail, details[status]);
}

/* One record more; the look-up is DNS_OK then. */
static inline struct ev_rr *
world_rr_bytes(struct ev_dns *dns, const void *data, size_t len)
{
	struct ev_rr *rr;

	dns->rr = xreallocarray(dns->rr, dns->count + 1, sizeof(*dns->rr));
	rr = &dns->rr[dns->count++];
	*rr = (struct ev_rr){ 0 };
	world_bytes(&rr->text, data, len);
	dns->status = DNS_OK;
	return rr;
}

static inline struct ev_rr *
world_rr(struct ev_dns *dns, const char *text)
{
	return world_rr_bytes(dns, text, strlen(text));
}

/* A look-up with one record. */
static inline void
world_dns_one(
    struct ev_dns *dns, const char *name, enum dns_type type, const char *text)
{
	world_dns(dns, name, type, DNS_OK);
	world_rr(dns, text);
}

static inline void
world_zone_txt(struct evidence *e, const char *text)
{
	size_t i;

	world_dns_one(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, text);
	for (i = 0; i < e->servers; i++)
		world_dns_one(
		    &e->server[i].txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, text);
}

/* No TXT record of ours, with the resolver and at the zone's servers. */
static inline void
world_no_txt(struct evidence *e)
{
	size_t i;

	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_NXDOMAIN);
	for (i = 0; i < e->servers; i++)
		world_dns(&e->server[i].txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT,
		    DNS_NXDOMAIN);
}

/* Set a header; value NULL takes it away. */
static inline void
world_header(struct ev_fetch *fetch, const char *name, const char *value)
{
	struct ev_header *h;
	size_t i, to = 0;

	for (i = 0; i < fetch->header_count; i++) {
		h = &fetch->header[i];
		if (strcmp(h->name.data, name) == 0) {
			free(h->name.data);
			free(h->value.data);
		} else {
			fetch->header[to++] = *h;
		}
	}
	fetch->header_count = to;
	if (value == NULL)
		return;
	fetch->header =
	    xreallocarray(fetch->header, to + 1, sizeof(*fetch->header));
	h = &fetch->header[fetch->header_count++];
	*h = (struct ev_header){ 0 };
	world_bytes(&h->name, name, strlen(name));
	world_bytes(&h->value, value, strlen(value));
}

static inline void
world_fetch_body(struct ev_fetch *fetch, const void *body, size_t len)
{
	char length[32];

	snprintf(length, sizeof(length), "%zu", len);
	world_bytes(&fetch->body, body, len);
	world_header(fetch, "Content-Length", length);
}

/* The policy file, at every address of the host. */
static inline void
world_body_bytes(struct evidence *e, const void *body, size_t len)
{
	size_t i;

	world_fetch_body(&e->fetch, body, len);
	for (i = 0; i < e->eachs; i++)
		world_fetch_body(&e->each[i], body, len);
}

static inline void
world_body(struct evidence *e, const char *body)
{
	world_body_bytes(e, body, strlen(body));
}

static inline void
world_cert_der(struct ev_bytes *der, const char *host, int64_t until)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	unsigned char *bytes = NULL;
	int len;

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_set_version(cert, 2);
	ASN1_TIME_set(
	    X509_getm_notBefore(cert), (time_t)(until - 90 * WORLD_DAY_S));
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)until);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)host, -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)"Test CA", -1, -1, 0);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	len = i2d_X509(cert, &bytes);
	if (len > 0)
		world_bytes(der, bytes, (size_t)len);
	OPENSSL_free(bytes);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* A finished handshake: leaf for host and an intermediate, all good. */
static inline void
world_tls(struct ev_tls *tls, const char *host, int64_t until)
{
	struct ev_cert *cert;
	char subject[DOMAIN_MAX + 8];

	ev_tls_clear(tls);
	tls->is_tried = tls->is_done = tls->is_name_ok = true;
	tls->is_old_asked = true;
	world_set(&tls->version, "TLSv1.3");
	tls->cert = xcalloc(2, sizeof(*tls->cert));
	tls->cert_count = 2;
	cert = &tls->cert[0];
	snprintf(subject, sizeof(subject), "CN=%s", host);
	world_set(&cert->subject, subject);
	world_set(&cert->issuer, "CN=Test CA,O=Test");
	cert->san = xcalloc(1, sizeof(*cert->san));
	cert->san_count = 1;
	world_set(&cert->san[0], host);
	cert->not_before = until - 90 * WORLD_DAY_S;
	cert->not_after = until;
	world_cert_der(&cert->der, host, until);
	cert = &tls->cert[1];
	world_set(&cert->subject, "CN=Test CA,O=Test");
	world_set(&cert->issuer, "CN=Test Root,O=Test");
	cert->not_before = WORLD_NOW - 1000 * WORLD_DAY_S;
	cert->not_after = WORLD_NOW + 1000 * WORLD_DAY_S;
	world_cert_der(&cert->der, "ca.test", cert->not_after);
}

/* A fetch that ended well. */
static inline void
world_fetch(struct ev_fetch *fetch, const char *url, const char *address,
    const char *body)
{
	ev_fetch_clear(fetch);
	fetch->is_asked = fetch->has_length = fetch->is_closed_cleanly = true;
	world_set(&fetch->url, url);
	world_set(&fetch->address, address);
	world_set(&fetch->detail, "");
	fetch->reason = STS_REASON_OK;
	fetch->tries = 1;
	fetch->status = 200;
	fetch->ms = 120;
	world_header(fetch, "Content-Type", "text/plain");
	world_fetch_body(fetch, body, strlen(body));
	world_tls(
	    &fetch->tls, "mta-sts." WORLD_DOMAIN, WORLD_NOW + 60 * WORLD_DAY_S);
}

/* A fetch that failed before any answer: no status, no header, no body. */
static inline void
world_fetch_failed(
    struct ev_fetch *fetch, enum sts_reason reason, const char *detail)
{
	ev_fetch_clear(fetch);
	fetch->is_asked = true;
	fetch->reason = reason;
	fetch->tries = 2;
	world_set(&fetch->url, WORLD_URL);
	world_set(&fetch->address, "192.0.2.80");
	world_set(&fetch->detail, detail);
}

/* An answer the daemon refuses; headers, body and certificate stay. */
static inline void
world_refused(
    struct evidence *e, enum sts_reason reason, long status, const char *detail)
{
	e->fetch.reason = reason;
	e->fetch.status = status;
	world_set(&e->fetch.detail, detail);
}

/* One MX host more, that can be delivered to. */
static inline struct ev_mx *
world_mx(struct evidence *e, const char *host, uint16_t preference)
{
	struct ev_mx *mx;

	world_rr(&e->mx, host)->preference = preference;
	e->host_mx =
	    xreallocarray(e->host_mx, e->mx_count + 1, sizeof(*e->host_mx));
	mx = &e->host_mx[e->mx_count++];
	*mx = (struct ev_mx){ .preference = preference, .end = EV_SMTP_DONE };
	world_set(&mx->host, host);
	world_dns_one(&mx->a, host, DNS_A, "192.0.2.25");
	world_dns(&mx->aaaa, host, DNS_AAAA, DNS_NODATA);
	world_dns(&mx->cname, host, DNS_CNAME, DNS_NODATA);
	world_set(&mx->address, "192.0.2.25");
	world_set(&mx->detail, "");
	world_bytes(&mx->banner, "220 ready", 9);
	world_bytes(&mx->ehlo, "250-hello\r\n250 STARTTLS", 23);
	mx->ms = 80;
	world_tls(&mx->tls, host, WORLD_NOW + 60 * WORLD_DAY_S);
	mx->tls.is_old_asked = false;
	return mx;
}

/* Take all MX hosts and records away. */
static inline void
world_no_mx(struct evidence *e)
{
	size_t i;

	for (i = 0; i < e->mx_count; i++)
		ev_mx_clear(&e->host_mx[i]);
	free(e->host_mx);
	e->host_mx = NULL;
	e->mx_count = 0;
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_NODATA);
}

/* The destinations' domain takes mail. */
static inline void
world_tlsrpt(struct evidence *e, const char *text)
{
	world_dns_one(&e->tlsrpt, "_smtp._tls." WORLD_DOMAIN, DNS_TXT, text);
	world_dns_one(&e->rua_mx[0], WORLD_DOMAIN, DNS_MX, "mx1." WORLD_DOMAIN);
	e->ruas = 1;
}

static inline void
world_zone(struct evidence *e)
{
	static const char *const hosts[] = { "ns1.good.example",
		"ns2.good.example" };
	size_t i;

	world_dns_one(&e->soa, WORLD_DOMAIN, DNS_SOA, "ns1.good.example");
	world_dns_one(&e->spf, WORLD_DOMAIN, DNS_TXT, "v=spf1 mx -all");
	world_dns_one(
	    &e->dmarc, "_dmarc." WORLD_DOMAIN, DNS_TXT, "v=DMARC1; p=reject");
	world_dns(&e->ns, WORLD_DOMAIN, DNS_NS, DNS_OK);
	for (i = 0; i < 2; i++) {
		world_rr(&e->ns, hosts[i]);
		world_set(&e->server[i].host, hosts[i]);
		world_set(
		    &e->server[i].address, i == 0 ? "192.0.2.1" : "192.0.2.2");
	}
	e->servers = 2;
	world_zone_txt(e, WORLD_TXT);
	world_dns_one(&e->host_a, "mta-sts." WORLD_DOMAIN, DNS_A, "192.0.2.80");
	world_dns_one(
	    &e->host_aaaa, "mta-sts." WORLD_DOMAIN, DNS_AAAA, "2001:db8::80");
	world_dns(
	    &e->host_cname, "mta-sts." WORLD_DOMAIN, DNS_CNAME, DNS_NODATA);
}

/*
 * good.example: enforce, 604800, two MX hosts with valid certificates,
 * TLS-RPT; no validating resolver. Free it with evidence_free().
 */
static inline struct evidence *
world_good(void)
{
	struct evidence *e = evidence_new();
	size_t i;

	snprintf(e->domain, sizeof(e->domain), "%s", WORLD_DOMAIN);
	world_set(&e->input, WORLD_DOMAIN);
	e->time = WORLD_NOW;
	e->ms = 900;
	world_set(&e->host, "here.test");
	world_set(&e->resolver, "192.0.2.53");
	world_set(&e->version, "0");
	e->has_ipv4 = e->has_ipv6 = true;
	world_zone(e);
	world_fetch(&e->fetch, WORLD_URL, "192.0.2.80", WORLD_POLICY);
	world_fetch(&e->each[0], WORLD_URL, "192.0.2.80", WORLD_POLICY);
	world_fetch(&e->each[1], WORLD_URL, "2001:db8::80", WORLD_POLICY);
	e->eachs = 2;
	for (i = 0; i < e->eachs; i++)
		world_bytes(&e->each[i].tls.cert[0].der,
		    e->fetch.tls.cert[0].der.data,
		    e->fetch.tls.cert[0].der.len);
	world_dns(&e->mx, WORLD_DOMAIN, DNS_MX, DNS_OK);
	world_mx(e, "mx1." WORLD_DOMAIN, 10);
	world_mx(e, "mx2." WORLD_DOMAIN, 20);
	world_tlsrpt(e, WORLD_RUA);
	world_dns(&e->tlsrpt_old, "_smtp-tlsrpt." WORLD_DOMAIN, DNS_TXT,
	    DNS_NXDOMAIN);
	return e;
}

#endif
