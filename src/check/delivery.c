/* SPDX-License-Identifier: ISC */
/*
 * Postfix's own rules, which are not quite the RFC's: before 3.10 any MX host
 * will do whose certificate is good for a name of match=; from 3.10 on hosts
 * outside the patterns are skipped, and the certificate must name the host.
 * In both a certificate without any DNS name counts by its CN.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/delivery.h"
#include "check/mxhosts.h"
#include "check/ruletool.h"

/* As the daemon would say it; OK: it has a policy to apply, or knows none. */
static const char *
temp_reason(const struct check_facts *facts)
{
	const struct evidence *e = facts->evidence;

	if (!e->txt.is_asked)
		return NULL;
	if (e->txt.status == DNS_NO_SERVER)
		return "no name server answers";
	if (e->txt.status == DNS_LOCAL)
		return "out of local resources, try again later";
	if (!facts->has_txt || facts->txt != STS_TXT_VALID ||
	    !e->fetch.is_asked)
		return NULL;
	if (e->fetch.reason == STS_REASON_NO_SERVER)
		return "no name server answers";
	return sts_reason_is_ours(e->fetch.reason) ?
	    "out of local resources, try again later" :
	    NULL;
}

static bool
has_policy(const struct check_facts *facts)
{
	return facts->has_txt && facts->txt == STS_TXT_VALID &&
	    facts->evidence->fetch.reason == STS_REASON_OK && facts->is_valid;
}

/* True when Postfix is told to enforce. */
static bool
put_reply(struct buf *out, enum answer_profile profile,
    const struct check_facts *facts)
{
	const char *temp = temp_reason(facts);

	if (temp != NULL) {
		buf_printf(out, "TEMP %s", temp);
		return false;
	}
	buf_puts(out, "OK ");
	if (has_policy(facts) &&
	    answer_write(out, profile, facts->evidence->domain,
		&facts->file.policy, false) != ANSWER_NOTFOUND)
		return true;
	buf_reset(out);
	buf_puts(out, "NOTFOUND ");
	return false;
}

static void
set_why(struct check_delivery *d, const char *why)
{
	d->why = why != NULL ? xstrdup(why) : NULL;
}

static void
set_delivers(struct check_delivery *d, const char *why)
{
	d->does = CHECK_DELIVERS;
	set_why(d, why);
}

static void
set_defers(struct check_delivery *d, const char *why)
{
	d->does = CHECK_DEFERS;
	set_why(d, why);
}

static void
set_unknown(struct check_delivery *d, const char *why)
{
	d->does = CHECK_NOT_KNOWN;
	set_why(d, why);
}

/* Why SMTP cannot tell; NULL: it can. */
static const char *
unseen(const struct ev_mx *mx)
{
	switch (mx->end) {
	case EV_SMTP_NOT_PROBED:
		return "it was not asked";
	case EV_SMTP_REFUSED_ADDRESS:
		return "its address is private or reserved: it was not asked";
	case EV_SMTP_UNREACHABLE:
		return "it cannot be reached on port 25 from here";
	case EV_SMTP_TURNED_AWAY:
		return "it turned this host away";
	case EV_SMTP_NO_STARTTLS:
	case EV_SMTP_STARTTLS_FAILED:
	case EV_SMTP_DONE:
		break;
	}
	return NULL;
}

/* Does the leaf name the host for Postfix, by DNS name or, alone, CN? */
static bool
is_host_named(const struct ev_mx *mx)
{
	return mx->tls.is_name_ok ||
	    mxcert_postfix_match(&mx->tls.cert[0], mx->host);
}

/* Before 3.10: any name of match=, on any MX host. */
static bool
is_any_named(const struct check_facts *facts, const struct ev_mx *mx)
{
	const struct sts_mxlist *list = &facts->file.policy.mx;
	const char *p = NULL;

	while ((p = sts_mxlist_next(list, p)) != NULL) {
		if (mxcert_postfix_match(
			&mx->tls.cert[0], p[0] == '*' ? p + 1 : p))
			return true;
	}
	return false;
}

/* The certificate is good but for its names. */
static void
judge_name(struct check_delivery *d, enum answer_profile profile,
    const struct check_facts *facts, const struct check_host *host)
{
	const struct ev_mx *mx = host->mx;
	bool is_named = profile == ANSWER_POSTFIX_3_10 ?
	    is_host_named(mx) :
	    is_any_named(facts, mx);

	if (!is_named)
		set_defers(d,
		    profile == ANSWER_POSTFIX_3_10 ?
			"its certificate does not name it" :
			"its certificate names no host of the policy");
	else if (mx->tls.cert[0].san_count == 0)
		set_delivers(
		    d, "by the CN alone: Postfix delivers, the RFC forbids");
	else if (!host->is_covered)
		set_delivers(d,
		    "outside the policy's patterns: Postfix before 3.10 looks "
		    "at the certificate only, the RFC forbids");
	else if (!mx->tls.is_name_ok)
		set_delivers(d,
		    "its certificate names another host of the policy: "
		    "Postfix before 3.10 delivers, the RFC forbids");
	else
		set_delivers(d, NULL);
}

static void
judge_secure(struct check_delivery *d, enum answer_profile profile,
    const struct check_facts *facts, const struct check_host *host)
{
	const struct ev_mx *mx = host->mx;
	enum mxcert_fault fault;
	struct buf why = { 0 };

	if (profile == ANSWER_POSTFIX_3_10 && !host->is_covered) {
		set_defers(
		    d, "outside the policy's patterns: Postfix skips it");
		return;
	}
	if (unseen(mx) != NULL) {
		set_unknown(d, unseen(mx));
		return;
	}
	if (mx->end == EV_SMTP_NO_STARTTLS) {
		set_defers(d, "it does not offer STARTTLS");
		return;
	}
	if (mx->end == EV_SMTP_STARTTLS_FAILED || !mx->tls.is_done) {
		set_defers(d, "TLS does not come about");
		return;
	}
	buf_puts(&why, "its certificate is not valid: ");
	fault = mxcert_fault(&mx->tls, facts->now, &why);
	if (fault == MXCERT_EXPIRED || fault == MXCERT_CHAIN) {
		set_defers(d, buf_str(&why));
	} else if (mxhosts_is_old_tls(&mx->tls)) {
		set_unknown(d,
		    "below TLS 1.2: OpenSSL's settings on the host decide, "
		    "the RFC forbids");
	} else {
		judge_name(d, profile, facts, host);
	}
	buf_clear(&why);
}

/* main.cf's own level, "may" for most: a server that answers gets mail. */
static void
judge_plain(struct check_delivery *d, const struct check_facts *facts,
    const struct check_host *host)
{
	if (unseen(host->mx) != NULL)
		set_unknown(d, unseen(host->mx));
	else
		set_delivers(d,
		    has_policy(facts) ?
			NULL :
			"at main.cf's own level: there is no policy to "
			"enforce");
}

void
delivery_fill(struct check_postfix *postfix, enum answer_profile profile,
    const struct check_facts *facts)
{
	struct buf reply = { 0 };
	bool is_secure = put_reply(&reply, profile, facts);
	bool is_temp = strncmp(buf_str(&reply), "TEMP", 4) == 0;
	struct check_delivery *d;
	size_t i;

	postfix->profile = profile;
	postfix->reply = xstrdup(buf_str(&reply));
	postfix->host = xcalloc(
	    facts->hosts > 0 ? facts->hosts : 1, sizeof(*postfix->host));
	for (i = 0; i < facts->hosts; i++) {
		d = &postfix->host[i];
		if (is_temp)
			set_defers(d, "the daemon could not look");
		else if (is_secure)
			judge_secure(d, profile, facts, &facts->host[i]);
		else
			judge_plain(d, facts, &facts->host[i]);
	}
	buf_clear(&reply);
}

void
delivery_clear(struct check_postfix *postfix, size_t hosts)
{
	size_t i;

	free(postfix->reply);
	for (i = 0; postfix->host != NULL && i < hosts; i++)
		free(postfix->host[i].why);
	free(postfix->host);
	*postfix = (struct check_postfix){ 0 };
}
