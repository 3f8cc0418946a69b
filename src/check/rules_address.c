/* SPDX-License-Identifier: ISC */
/* Do all addresses of mta-sts.D serve the same? Senders take any of them. */
#include <string.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

static bool
is_same_bytes(const struct ev_bytes *a, const struct ev_bytes *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* From here there may be no way to it. */
static bool
is_reachable(const struct check_facts *f, const struct ev_fetch *fetch)
{
	bool is_ipv6 =
	    fetch->address != NULL && strchr(fetch->address, ':') != NULL;

	return is_ipv6 ? f->evidence->has_ipv6 : f->evidence->has_ipv4;
}

/* NULL: it serves what first serves. */
static const char *
difference(const struct ev_fetch *first, const struct ev_fetch *other)
{
	if ((first->reason == STS_REASON_OK) !=
	    (other->reason == STS_REASON_OK))
		return "fails";
	if (first->reason != STS_REASON_OK)
		return NULL;
	if (!is_same_bytes(&first->body, &other->body))
		return "serves another file";
	if (first->tls.cert_count > 0 && other->tls.cert_count > 0 &&
	    !is_same_bytes(&first->tls.cert[0].der, &other->tls.cert[0].der))
		return "has another certificate";
	return NULL;
}

static void
add_difference(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, const struct ev_fetch *one,
    const struct ev_fetch *other, const char *what)
{
	struct check_finding *finding;
	struct buf host = { 0 }, option = { 0 }, url = { 0 };
	const char *address = other->address != NULL ? other->address : "?";

	buf_printf(&host, "mta-sts.%s", f->evidence->domain);
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "%s, an address of %s, %s%s%s; %s does not. Senders take any of "
	    "them.",
	    CHECK_CLIP_TEXT(address), buf_str(&host), what,
	    other->reason != STS_REASON_OK ? ": " : "",
	    other->reason != STS_REASON_OK ? CHECK_CLIP_TEXT(other->detail) :
					     "",
	    CHECK_CLIP_TEXT(one->address));
	check_set_evidence(finding, address, strlen(address));
	check_set(&finding->fix,
	    "Serve the same file with the same certificate at every address "
	    "of %s, or take %s out of its records.",
	    buf_str(&host), CHECK_CLIP_TEXT(address));
	buf_printf(&option,
	    strchr(address, ':') != NULL ? "%s:443:[%s]" : "%s:443:%s",
	    buf_str(&host), address);
	buf_puts(&url, "curl -sSi --resolve ");
	check_quote(&url, option.data, option.len);
	buf_putc(&url, ' ');
	fix_policy_url(&url, f);
	check_set(&finding->see, "%s", buf_str(&url));
	buf_clear(&host);
	buf_clear(&option);
	buf_clear(&url);
}

/* The first one that is fine, else the first. */
static const struct ev_fetch *
find_model(const struct check_facts *f)
{
	const struct evidence *e = f->evidence;
	const struct ev_fetch *model = NULL;
	size_t i;

	for (i = 0; i < e->eachs; i++) {
		if (!e->each[i].is_asked || !is_reachable(f, &e->each[i]))
			continue;
		if (e->each[i].reason == STS_REASON_OK)
			return &e->each[i];
		if (model == NULL && !sts_reason_is_ours(e->each[i].reason))
			model = &e->each[i];
	}
	return model;
}

static enum check_result
run_address_differs(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct evidence *e = f->evidence;
	const struct ev_fetch *model, *other;
	const char *what, *unknown = NULL;
	size_t i, before = findings->count;

	if (!f->is_attempted || e->eachs < 2)
		return CHECK_SKIPPED;
	model = find_model(f);
	for (i = 0; i < e->eachs; i++) {
		other = &e->each[i];
		if (!other->is_asked || !is_reachable(f, other) ||
		    sts_reason_is_ours(other->reason)) {
			unknown =
			    other->address != NULL ? other->address : "one";
			continue;
		}
		what = other != model ? difference(model, other) : NULL;
		if (what != NULL)
			add_difference(f, rule, findings, model, other, what);
	}
	if (findings->count > before)
		return CHECK_WARN;
	if (unknown != NULL)
		return check_unproven(findings, rule, STS_REASON_OK,
		    "whether all addresses of mta-sts.%s serve the same: %s "
		    "could not be tried from here.",
		    e->domain, CHECK_CLIP_TEXT(unknown));
	return CHECK_PASS;
}

const struct check_rule check_rule_address_differs = { "address_differs",
	CHECK_FETCH, "", "all addresses of mta-sts serve the same",
	run_address_differs };
