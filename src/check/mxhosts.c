/* SPDX-License-Identifier: ISC */
/* Shared by the rules on MX hosts; see the header. */
#include <string.h>
#include <strings.h>

#include <openssl/x509_vfy.h>

#include "check/mxhosts.h"
#include "check/ruletool.h"
#include "sts/mxmatch.h"

#define LIST_SHOWN_MAX 5

bool
mxhosts_is_mode(const struct check_facts *facts, enum sts_mode mode)
{
	return facts->has_mode && facts->mode == mode;
}

enum check_severity
mxhosts_severity(const struct check_facts *facts)
{
	return mxhosts_is_mode(facts, STS_MODE_ENFORCE) ? CHECK_CRITICAL :
							  CHECK_WARNING;
}

enum check_priority
mxhosts_priority(const struct check_facts *facts)
{
	if (mxhosts_is_mode(facts, STS_MODE_ENFORCE))
		return CHECK_HIGH;
	return mxhosts_is_mode(facts, STS_MODE_TESTING) ? CHECK_MEDIUM :
							  CHECK_LOW;
}

bool
mxhosts_is_unknown(const struct check_facts *facts)
{
	return !check_is_answered(&facts->evidence->mx);
}

bool
mxhosts_is_used(const struct check_facts *facts, const char *pattern)
{
	const char *host;
	size_t i;

	for (i = 0; i < facts->hosts; i++) {
		host = facts->host[i].mx->host;
		if (sts_mx_match(pattern, strlen(pattern), host, strlen(host)))
			return true;
	}
	return false;
}

void
mxhosts_put(struct mxhosts_list *list, const char *host)
{
	if (list->count++ >= LIST_SHOWN_MAX)
		return;
	if (list->count > 1)
		buf_puts(&list->text, ", ");
	buf_puts(&list->text, host);
}

const char *
mxhosts_text(struct mxhosts_list *list)
{
	if (list->count > LIST_SHOWN_MAX)
		buf_printf(
		    &list->text, " and %zu more", list->count - LIST_SHOWN_MAX);
	return buf_str(&list->text);
}

void
mxhosts_clear(struct mxhosts_list *list)
{
	buf_clear(&list->text);
	list->count = 0;
}

/* "SSLv3", "TLSv1", "TLSv1.1"; what is new has more. */
static bool
is_old(const char *version)
{
	return version != NULL &&
	    (strncmp(version, "SSL", 3) == 0 || strcmp(version, "TLSv1") == 0 ||
		strcmp(version, "TLSv1.0") == 0 ||
		strcmp(version, "TLSv1.1") == 0);
}

bool
mxhosts_is_old_tls(const struct ev_tls *tls)
{
	return tls->is_done && is_old(tls->version);
}

bool
mxhosts_is_smtp_bad(const struct ev_mx *mx)
{
	return mx->end == EV_SMTP_NO_STARTTLS ||
	    mx->end == EV_SMTP_STARTTLS_FAILED ||
	    (mx->tls.is_done &&
		(mx->tls.verify_error != X509_V_OK || !mx->tls.is_name_ok)) ||
	    mxhosts_is_old_tls(&mx->tls);
}

static void
put_names(struct buf *why, const struct ev_cert *cert)
{
	struct mxhosts_list names = { 0 };
	char cn[DOMAIN_MAX + 1];
	size_t i;

	for (i = 0; i < cert->san_count; i++)
		mxhosts_put(&names, cert->san[i]);
	if (names.count > 0)
		buf_printf(why, "it is for %s", mxhosts_text(&names));
	else if (mxcert_cn(cert, cn))
		buf_printf(why,
		    "it names %s only in its CN, which RFC 8461 does not count "
		    "(Postfix delivers, the RFC forbids)",
		    cn);
	else
		buf_puts(why, "it holds no DNS name");
	mxhosts_clear(&names);
}

static void
put_chain(struct buf *why, const struct ev_tls *tls)
{
	if (tls->verify_error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		buf_puts(why, "it is self-signed");
	else if (tls->cert_count == 1 &&
	    (tls->verify_error ==
		    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		tls->verify_error ==
		    X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
		buf_puts(why, "the intermediate certificate is not sent along");
	else
		buf_printf(why, "its chain does not verify: %s",
		    X509_verify_cert_error_string(tls->verify_error));
}

enum mxcert_fault
mxcert_fault(const struct ev_tls *tls, int64_t now, struct buf *why)
{
	const struct ev_cert *leaf = tls->cert_count > 0 ? tls->cert : NULL;
	struct buf unused = { 0 }, *out = why != NULL ? why : &unused;
	enum mxcert_fault fault = MXCERT_GOOD;

	if (leaf == NULL) {
		fault = MXCERT_CHAIN;
		buf_puts(out, "no certificate is shown");
	} else if (leaf->not_after < now) {
		fault = MXCERT_EXPIRED;
		buf_printf(out, "it expired on %s", CHECK_DAY(leaf->not_after));
	} else if (leaf->not_before > now) {
		fault = MXCERT_EXPIRED;
		buf_printf(out, "it is not valid before %s",
		    CHECK_DAY(leaf->not_before));
	} else if (tls->verify_error == X509_V_ERR_CERT_HAS_EXPIRED ||
	    tls->verify_error == X509_V_ERR_CERT_NOT_YET_VALID) {
		fault = MXCERT_EXPIRED;
		buf_printf(out, "a certificate above it: %s",
		    X509_verify_cert_error_string(tls->verify_error));
	} else if (tls->verify_error != X509_V_OK &&
	    tls->verify_error != X509_V_ERR_HOSTNAME_MISMATCH) {
		fault = MXCERT_CHAIN;
		put_chain(out, tls);
	} else if (!tls->is_name_ok) {
		fault = MXCERT_NAME;
		put_names(out, leaf);
	}
	buf_clear(&unused);
	return fault;
}

/* subject is one line, RFC 2253: "CN=a,O=b"; escapes are never in a name. */
bool
mxcert_cn(const struct ev_cert *cert, char name[DOMAIN_MAX + 1])
{
	const char *at = cert->subject, *next;
	size_t len, skip;

	for (; at != NULL && *at != '\0'; at = next) {
		for (len = 0;
		     at[len] != '\0' && at[len] != ',' && at[len] != '+';
		     len++) {
			if (at[len] == '\\' && at[len + 1] != '\0')
				len++;
		}
		next = at[len] != '\0' ? at + len + 1 : at + len;
		if (len <= 3 || strncasecmp(at, "CN=", 3) != 0)
			continue;
		skip = strncmp(at + 3, "*.", 2) == 0 ? 5 : 3;
		if (len - 3 > DOMAIN_MAX ||
		    !domain_is_valid(at + skip, len - skip))
			continue;
		memcpy(name, at + 3, len - 3);
		name[len - 3] = '\0';
		return true;
	}
	return false;
}

/* One name of a certificate against one of match=. */
static bool
is_match(const char *id, const char *name)
{
	const char *parent;
	size_t id_len = strlen(id), name_len = strlen(name);

	if (name[0] == '.')
		return id_len > name_len &&
		    strcasecmp(id + id_len - name_len, name) == 0;
	if (strcasecmp(id, name) == 0)
		return true;
	parent = strchr(name, '.');
	return strncmp(id, "*.", 2) == 0 && parent != NULL &&
	    strcasecmp(id + 1, parent) == 0;
}

bool
mxcert_postfix_match(const struct ev_cert *cert, const char *name)
{
	char cn[DOMAIN_MAX + 1];
	size_t i;

	for (i = 0; i < cert->san_count; i++) {
		if (is_match(cert->san[i], name))
			return true;
	}
	return cert->san_count == 0 && mxcert_cn(cert, cn) &&
	    is_match(cn, name);
}
