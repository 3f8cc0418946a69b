/* SPDX-License-Identifier: ISC */
/* Certificates and addresses, as evidence keeps them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/xmalloc.h"
#include "check/probing.h"
#include "net/address.h"

#define NAME_MAX_BYTES 1024
#define DISCARD_PORT   9

static bool
parse_address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(out, &in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(out, &in6, sizeof(in6));
	else
		return false;
	return true;
}

bool
probe_address(const struct config *config, const char *text, uint16_t port,
    struct sockaddr_storage *out)
{
	struct sockaddr_storage address = { 0 };

	if (!parse_address(text, port, &address) ||
	    !address_is_allowed(
		(struct sockaddr *)&address, &config->allow_networks))
		return false;
	*out = address;
	return true;
}

/* Connecting over UDP only looks for a route. */
bool
probe_has_way(const char *text)
{
	struct sockaddr_storage address = { 0 };
	bool has_way;
	int fd;

	if (!parse_address(text, DISCARD_PORT, &address))
		return false;
	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	has_way = connect(fd, (struct sockaddr *)&address,
		      address.ss_family == AF_INET ?
			  sizeof(struct sockaddr_in) :
			  sizeof(struct sockaddr_in6)) == 0;
	close(fd);
	return has_way;
}

static char *
name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *text;
	long len = 0;

	/* As the bytes are: whoever prints them escapes them. */
	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0,
		XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_get_mem_data(bio, &data);
	if (len < 0)
		len = 0;
	if (len > NAME_MAX_BYTES)
		len = NAME_MAX_BYTES;
	text = xmemdup(data, (size_t)len);
	BIO_free(bio);
	return text;
}

static int64_t
time_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* A NUL must not end a name unseen. */
static char *
dns_name(const ASN1_STRING *s)
{
	size_t i, len = (size_t)ASN1_STRING_length(s);
	char *name = xmemdup(ASN1_STRING_get0_data(s), len);

	for (i = 0; i < len; i++)
		if (name[i] == '\0')
			name[i] = '?';
	return name;
}

static void
set_san(struct ev_cert *out, const X509 *cert)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int i;

	for (i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS || out->san_count == EVIDENCE_SAN_MAX)
			continue;
		out->san = xreallocarray(
		    out->san, out->san_count + 1, sizeof(*out->san));
		out->san[out->san_count++] = dns_name(name->d.dNSName);
	}
	GENERAL_NAMES_free(names);
}

static bool
set_der(struct ev_bytes *out, const X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	bool is_good = len > 0 && len <= EVIDENCE_BYTES_MAX;

	if (is_good) {
		out->data = xmemdup(der, (size_t)len);
		out->len = (size_t)len;
	}
	OPENSSL_free(der);
	return is_good;
}

void
ev_tls_set_chain(struct ev_tls *tls, const STACK_OF(X509) * chain)
{
	int i, count = chain != NULL ? sk_X509_num(chain) : 0;

	if (count > EVIDENCE_CERT_MAX)
		count = EVIDENCE_CERT_MAX;
	if (count <= 0)
		return;
	tls->cert = xcalloc((size_t)count, sizeof(*tls->cert));
	for (i = 0; i < count; i++) {
		const X509 *cert = sk_X509_value(chain, i);
		struct ev_cert *out = &tls->cert[tls->cert_count];

		if (!set_der(&out->der, cert))
			break;
		out->subject = name_text(X509_get_subject_name(cert));
		out->issuer = name_text(X509_get_issuer_name(cert));
		out->not_before = time_of(X509_get0_notBefore(cert));
		out->not_after = time_of(X509_get0_notAfter(cert));
		set_san(out, cert);
		tls->cert_count++;
	}
	ERR_clear_error();
}
