/* SPDX-License-Identifier: ISC */
/*
 * The store is ours because parsing the CA file costs 22 ms a connection when
 * libcurl does it. The verify callback is the only place that knows why a
 * chain failed.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "net/trust.h"

#define SYSTEM_CA_FILE     "/etc/ssl/certs/ca-certificates.crt"
#define RECORD_HEAD_BYTES  5
#define CERTIFICATE_IS_FOR "certificate is for "
#define DATE_BYTES         32

struct trust {
	X509_STORE *store;
	size_t certificates;
	int64_t loaded;
};

static size_t
count_certificates(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
	size_t n = 0;
	int i;

	for (i = 0; i < sk_X509_OBJECT_num(objects); i++)
		n += X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) ==
		    X509_LU_X509;
	return n;
}

static bool
has_certificate(X509_STORE *store)
{
	return count_certificates(store) > 0;
}

static void
add_file(X509_STORE *store, const char *file)
{
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

	if (lookup != NULL)
		X509_load_cert_crl_file(lookup, file, X509_FILETYPE_PEM);
}

/* All of it now: OpenSSL would read single files during a handshake. */
static void
add_directory(X509_STORE *store, const char *path)
{
	DIR *dir = opendir(path);
	char file[PATH_MAX];
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		int n =
		    snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);

		if (n > 0 && (size_t)n < sizeof(file) &&
		    entry->d_name[0] != '.')
			add_file(store, file);
	}
	closedir(dir);
}

static const char *
name_of(const char *file)
{
	return file[0] != '\0' ? file : "the system's trust store";
}

static X509_STORE *
load_store(const char *file)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL) {
		log_error("trust-store", "OpenSSL has no memory");
		return NULL;
	}
	if (file[0] != '\0')
		add_file(store, file);
	else {
		add_file(store, SYSTEM_CA_FILE);
		if (!has_certificate(store))
			add_file(store, X509_get_default_cert_file());
		if (!has_certificate(store))
			add_directory(store, X509_get_default_cert_dir());
	}
	ERR_clear_error();
	if (!has_certificate(store)) {
		log_error("trust-store", "tls_ca_file: no certificate in %s",
		    name_of(file));
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

static void
take(struct trust *trust, X509_STORE *store)
{
	trust->store = store;
	trust->certificates = count_certificates(store);
	trust->loaded = clock_now();
}

struct trust *
trust_new(const char *file)
{
	X509_STORE *store = load_store(file);
	struct trust *trust;

	if (store == NULL)
		return NULL;
	trust = xcalloc(1, sizeof(*trust));
	take(trust, store);
	return trust;
}

void
trust_free(struct trust *trust)
{
	if (trust == NULL)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

/* A file that was cut off between two certificates is a good one. */
static void
tell_change(size_t now, size_t before, const char *file)
{
	if (now < before)
		log_warning("trust-store", "%s: %zu certificates, %zu before",
		    name_of(file), now, before);
	else if (now > before)
		log_info("trust-store", "%s: %zu certificates, %zu before",
		    name_of(file), now, before);
}

/* Connections under way hold the old store for themselves. */
int
trust_reload(struct trust *trust, const char *file)
{
	X509_STORE *store = load_store(file);
	size_t before = trust->certificates;

	if (store == NULL)
		return -1;
	X509_STORE_free(trust->store);
	take(trust, store);
	tell_change(trust->certificates, before, file);
	return 0;
}

size_t
trust_count(const struct trust *trust, int64_t *loaded)
{
	*loaded = trust->loaded;
	return trust->certificates;
}

X509_STORE *
trust_store(const struct trust *trust)
{
	return trust->store;
}

static void
format_date(const ASN1_TIME *time, char date[DATE_BYTES])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    strftime(date, DATE_BYTES, "%Y-%m-%d", &tm) == 0)
		snprintf(date, DATE_BYTES, "(unreadable date)");
}

static void
format_issuer(X509 *cert, char *text, size_t size)
{
	X509_NAME_oneline(X509_get_issuer_name(cert), text, (int)size);
}

/* Names are the peer's bytes: bounded here, escaped by the log. */
static void
add_name(char *detail, size_t size, const char *name, int len)
{
	size_t used = strlen(detail);

	snprintf(detail + used, size - used, "%s%.*s",
	    detail[used - 1] == ' ' ? "" : ", ", len, name);
}

static void
add_alt_name(char *detail, size_t size, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];

	if (name->type == GEN_DNS)
		add_name(detail, size,
		    (const char *)ASN1_STRING_get0_data(name->d.dNSName),
		    ASN1_STRING_length(name->d.dNSName));
	else if (name->type == GEN_IPADD) {
		int len = ASN1_STRING_length(name->d.iPAddress);

		if ((len == 4 || len == 16) &&
		    inet_ntop(len == 4 ? AF_INET : AF_INET6,
			ASN1_STRING_get0_data(name->d.iPAddress), text,
			sizeof(text)) != NULL)
			add_name(detail, size, text, (int)strlen(text));
	}
}

/* "certificate is for a.example, b.example", or only its common name. */
static void
format_names(X509 *cert, char *detail, size_t size)
{
	GENERAL_NAMES *names;
	char cn[128] = "";
	int i;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	if (names != NULL && sk_GENERAL_NAME_num(names) > 0) {
		snprintf(detail, size, CERTIFICATE_IS_FOR);
		for (i = 0; i < sk_GENERAL_NAME_num(names); i++)
			add_alt_name(
			    detail, size, sk_GENERAL_NAME_value(names, i));
	} else {
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
		    NID_commonName, cn, (int)sizeof(cn));
		snprintf(detail, size,
		    "certificate has no subjectAltName, only the common name "
		    "\"%s\"",
		    cn);
	}
	GENERAL_NAMES_free(names);
	if (strcmp(detail, CERTIFICATE_IS_FOR) == 0)
		snprintf(detail, size, "certificate names no host");
}

static enum sts_reason
explain_date(X509 *cert, int error, int depth, char *detail)
{
	char date[DATE_BYTES];
	const char *what = depth == 0 ? "certificate" : "CA certificate";

	if (error == X509_V_ERR_CERT_HAS_EXPIRED) {
		format_date(X509_get0_notAfter(cert), date);
		snprintf(
		    detail, TRUST_DETAIL_BYTES, "%s expired %s", what, date);
	} else {
		format_date(X509_get0_notBefore(cert), date);
		snprintf(detail, TRUST_DETAIL_BYTES,
		    "%s is not valid before %s", what, date);
	}
	return STS_REASON_TLS_EXPIRED;
}

static enum sts_reason
explain_chain(X509_STORE_CTX *ctx, X509 *cert, int error, char *detail)
{
	int sent = sk_X509_num(X509_STORE_CTX_get0_untrusted(ctx));
	char issuer[128] = "";

	if (cert != NULL)
		format_issuer(cert, issuer, sizeof(issuer));
	if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		snprintf(detail, TRUST_DETAIL_BYTES, "self-signed certificate");
	else if (error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)
		snprintf(detail, TRUST_DETAIL_BYTES,
		    "root certificate is not trusted: %s", issuer);
	else if (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
		/* Only the leaf came: most often the admin forgot the rest. */
		snprintf(detail, TRUST_DETAIL_BYTES, "%s: %s",
		    sent <= 1 ? "intermediate certificate missing" :
				"issuer is not known",
		    issuer);
	else
		snprintf(detail, TRUST_DETAIL_BYTES, "%s",
		    X509_verify_cert_error_string(error));
	return STS_REASON_TLS_CHAIN;
}

/* For those who look; whatever is wrong with it. */
static void
note_chain(struct fetchseen_tls *seen, X509_STORE_CTX *ctx)
{
	const char *host =
	    X509_VERIFY_PARAM_get0_host(X509_STORE_CTX_get0_param(ctx), 0);
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);

	if (seen->chain == NULL && sent != NULL) {
		seen->chain = X509_chain_up_ref(sent);
		seen->is_name_ok = host != NULL &&
		    X509_check_host(X509_STORE_CTX_get0_cert(ctx), host, 0,
			TRUST_HOST_FLAGS, NULL) == 1;
	}
}

static void
note_fault(struct fetchseen_tls *seen, X509_STORE_CTX *ctx, int error)
{
	if (seen->verify_error != X509_V_OK ||
	    error == X509_V_ERR_HOSTNAME_MISMATCH)
		return;
	seen->verify_error = error;
	seen->verify_depth = X509_STORE_CTX_get_error_depth(ctx);
}

static void
explain(struct trust_check *check, X509_STORE_CTX *ctx, int error)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		check->reason = explain_date(cert, error,
		    X509_STORE_CTX_get_error_depth(ctx), check->detail);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		format_names(leaf, check->detail, sizeof(check->detail));
		check->reason = STS_REASON_TLS_NAME;
		break;
	case X509_V_ERR_OUT_OF_MEM:
		snprintf(check->detail, sizeof(check->detail),
		    "OpenSSL has no memory");
		check->reason = STS_REASON_LOCAL;
		break;
	default:
		check->reason = explain_chain(ctx, cert, error, check->detail);
	}
}

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct trust_check *check = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int error = X509_STORE_CTX_get_error(ctx);

	if (check->seen != NULL)
		note_chain(check->seen, ctx);
	if (ok)
		return 1;
	if (check->reason == STS_REASON_OK)
		explain(check, ctx, error);
	if (check->seen == NULL || error == X509_V_ERR_OUT_OF_MEM)
		return 0;
	note_fault(check->seen, ctx, error);
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static void
on_info(const SSL *ssl, int where, int ret)
{
	struct trust_check *check = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int alert = ret & 0xff;

	if (where == SSL_CB_HANDSHAKE_DONE && !check->is_established) {
		check->is_established = true;
		check->received = 0;
		if (check->seen != NULL) {
			check->seen->is_done = true;
			strlcpy(check->seen->version, SSL_get_version(ssl),
			    sizeof(check->seen->version));
		}
	} else if (where == SSL_CB_READ_ALERT) {
		if (alert == SSL3_AD_CLOSE_NOTIFY)
			check->is_closed = true;
		else
			check->alert_read = alert;
	} else if (where == SSL_CB_WRITE_ALERT && alert != SSL3_AD_CLOSE_NOTIFY)
		check->alert_sent = alert;
}

/* The head of each record says how long the record is. */
static void
on_record(int is_sent, int version, int type, const void *bytes, size_t len,
    SSL *ssl, void *arg)
{
	struct trust_check *check = arg;
	const unsigned char *head = bytes;

	(void)version;
	(void)ssl;
	if (!is_sent && type == SSL3_RT_HEADER && len == RECORD_HEAD_BYTES)
		check->received += (size_t)head[3] << 8 | head[4];
}

int
trust_attach(const struct trust *trust, SSL_CTX *ctx, const char *host,
    struct trust_check *check)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	*check = (struct trust_check){ .seen = check->seen };
	if (check->seen != NULL)
		check->seen->is_tried = true;
	SSL_CTX_set1_cert_store(ctx, trust->store);
	X509_VERIFY_PARAM_set_hostflags(param, TRUST_HOST_FLAGS);
	if (X509_VERIFY_PARAM_set1_host(param, host, 0) != 1 ||
	    SSL_CTX_set_app_data(ctx, check) != 1)
		return -1;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_msg_callback(ctx, on_record);
	SSL_CTX_set_msg_callback_arg(ctx, check);
	return 0;
}
