/* SPDX-License-Identifier: ISC */
/*
 * What mta-sts.D answers: status, headers, length, body (RFC 8461 sections
 * 3.2 and 3.3), at each of its addresses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/fixes.h"
#include "check/ruletable.h"
#include "check/ruletool.h"

#define BODY_LARGE_BYTES 10000

static bool
has_answer(const struct check_facts *f)
{
	return f->is_attempted && f->evidence->fetch.is_asked &&
	    f->evidence->fetch.status != 0;
}

static bool
is_200(const struct check_facts *f)
{
	return has_answer(f) && f->evidence->fetch.status == 200;
}

/* A fault of the answer; reason, evidence and a way to see it. */
static struct check_finding *
add_fault(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, enum sts_reason reason,
    const char *message)
{
	struct check_finding *finding;
	struct buf url = { 0 };

	finding = check_add(findings, rule, CHECK_CRITICAL,
	    check_critical_priority(f, rule), "%s", message);
	finding->reason = reason;
	fix_policy_url(&url, f);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
	return finding;
}

static void
fix_file(const struct check_facts *f, struct check_finding *finding)
{
	static const struct fix_policy as_it_is = { 0 };

	free(finding->fix);
	finding->fix = fix_steps(f, &as_it_is, NULL);
}

static const char *
status_words(long status)
{
	if (status == 401 || status == 403)
		return "a login or a wall against bots stands before the "
		       "policy";
	if (status == 404 || status == 410)
		return "there is a TXT record without a policy";
	if (status == 429)
		return "the web server turns frequent visitors away";
	if (status >= 500)
		return "the web server fails";
	if (status / 100 == 2)
		return "only status 200 makes a policy valid";
	return "senders need status 200";
}

static enum check_result
run_http_status(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	char text[160];

	if (!has_answer(f))
		return CHECK_SKIPPED;
	if (fetch->status == 200 || fetch->status / 100 == 3)
		return CHECK_PASS;
	snprintf(text, sizeof(text),
	    "The policy's URL answers with status %ld: %s.", fetch->status,
	    status_words(fetch->status));
	finding = add_fault(f, rule, findings, STS_REASON_HTTP_STATUS, text);
	if (fetch->status == 404 || fetch->status == 410)
		fix_file(f, finding);
	else
		check_set(&finding->fix,
		    "Serve https://mta-sts.%s/.well-known/mta-sts.txt to "
		    "everyone with status 200: no login, no challenge, no "
		    "limit by country or program.",
		    f->evidence->domain);
	return CHECK_FAIL;
}

static enum check_result
run_redirect(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	const struct ev_bytes *target;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!has_answer(f))
		return CHECK_SKIPPED;
	if (fetch->status / 100 != 3)
		return CHECK_PASS;
	target = ev_header_find(fetch, "Location");
	buf_printf(&text,
	    "The policy's URL answers with a redirect (status %ld) %s%s, "
	    "which senders must not follow.",
	    fetch->status, target != NULL ? "to " : "without a target",
	    target != NULL ? CHECK_CLIP(target->data, target->len) : "");
	finding =
	    add_fault(f, rule, findings, STS_REASON_REDIRECT, buf_str(&text));
	buf_clear(&text);
	if (target != NULL)
		check_set_evidence(finding, target->data, target->len);
	check_set(&finding->fix,
	    "Serve the file itself, with status 200, at "
	    "https://mta-sts.%s/.well-known/mta-sts.txt: take this name out "
	    "of the web server's redirect rules.",
	    f->evidence->domain);
	return CHECK_FAIL;
}

static size_t
count_headers(const struct ev_fetch *fetch, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < fetch->header_count; i++)
		if (fetch->header[i].name.len == strlen(name) &&
		    strncasecmp(
			fetch->header[i].name.data, name, strlen(name)) == 0)
			n++;
	return n;
}

static bool
slice_is(struct check_slice s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

/* "text/plain", whatever its parameters. */
static bool
is_plain(const struct ev_bytes *type)
{
	static const char plain[] = "text/plain";
	struct check_slice s = check_trim(type->data, type->len);
	size_t len = sizeof(plain) - 1;

	return s.len >= len && strncasecmp(s.at, plain, len) == 0 &&
	    (s.len == len || strchr("; \t", s.at[len]) != NULL) &&
	    (s.len == len || s.at[len] != '\0');
}

/* A charset but UTF-8 and US-ASCII, which is what a policy may be in. */
static bool
find_odd_charset(const struct ev_bytes *type, struct check_slice *out)
{
	static const char name[] = "charset=";
	const char *p, *stop = type->data + type->len;
	struct check_slice value;

	for (p = type->data; p + sizeof(name) - 1 <= stop; p++)
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			break;
	if (p + sizeof(name) - 1 > stop)
		return false;
	p += sizeof(name) - 1;
	value.at = p;
	while (p < stop && *p != ';')
		p++;
	value = check_trim(value.at, (size_t)(p - value.at));
	if (value.len >= 2 && value.at[0] == '"' &&
	    value.at[value.len - 1] == '"') {
		value.at++;
		value.len -= 2;
	}
	*out = value;
	return !slice_is(value, "utf-8") && !slice_is(value, "us-ascii");
}

static enum check_result
add_charset(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings, const struct ev_bytes *type)
{
	struct check_finding *finding;
	struct check_slice charset;
	struct buf url = { 0 };

	if (!find_odd_charset(type, &charset))
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The Content-Type names the charset \"%s\"; senders read the "
	    "policy as UTF-8 all the same.",
	    CHECK_CLIP(charset.at, charset.len));
	check_set_evidence(finding, type->data, type->len);
	check_set(&finding->fix, "Content-Type: text/plain; charset=utf-8");
	fix_policy_url(&url, f);
	check_see_curl(finding, buf_str(&url));
	buf_clear(&url);
	return CHECK_PASS;
}

static enum check_result
run_content_type(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	const struct ev_bytes *type;
	struct check_finding *finding;
	struct buf text = { 0 };
	size_t n;

	if (!is_200(f))
		return CHECK_SKIPPED;
	type = ev_header_find(fetch, "Content-Type");
	n = count_headers(fetch, "Content-Type");
	if (n == 1 && is_plain(type) && fetch->reason != STS_REASON_MEDIA_TYPE)
		return add_charset(f, rule, findings, type);
	buf_puts(&text, "The policy is served ");
	if (n == 0)
		buf_puts(&text, "without a Content-Type");
	else if (n > 1)
		buf_printf(&text, "with %zu Content-Type headers", n);
	else
		buf_printf(
		    &text, "as \"%s\"", CHECK_CLIP(type->data, type->len));
	buf_puts(&text, ": senders want text/plain, once.");
	finding =
	    add_fault(f, rule, findings, STS_REASON_MEDIA_TYPE, buf_str(&text));
	buf_clear(&text);
	if (type != NULL)
		check_set_evidence(finding, type->data, type->len);
	check_set(&finding->fix,
	    "Let the web server send this header for the file:\n\n"
	    "Content-Type: text/plain\n\n"
	    "nginx: default_type text/plain;   Apache: ForceType text/plain");
	return CHECK_FAIL;
}

/* The first of these headers that names any other coding; NULL: none. */
static const struct ev_bytes *
find_coding(const struct ev_fetch *fetch, const char *name, const char *allowed)
{
	const struct ev_header *h;
	struct check_slice value;
	size_t i;

	for (i = 0; i < fetch->header_count; i++) {
		h = &fetch->header[i];
		if (h->name.len != strlen(name) ||
		    strncasecmp(h->name.data, name, h->name.len) != 0)
			continue;
		value = check_trim(h->value.data, h->value.len);
		if (!slice_is(value, "identity") && !slice_is(value, allowed))
			return &h->value;
	}
	return NULL;
}

static enum check_result
run_content_encoding(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	const struct ev_bytes *coding;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!is_200(f))
		return CHECK_SKIPPED;
	coding = find_coding(fetch, "Content-Encoding", "identity");
	if (coding == NULL)
		coding = find_coding(fetch, "Transfer-Encoding", "chunked");
	if (coding == NULL && fetch->reason != STS_REASON_ENCODING)
		return CHECK_PASS;
	buf_printf(&text,
	    "The policy is sent encoded (%s) though nobody asked for it: "
	    "senders cannot read it.",
	    coding != NULL ? CHECK_CLIP(coding->data, coding->len) :
			     CHECK_CLIP_TEXT(fetch->detail));
	finding =
	    add_fault(f, rule, findings, STS_REASON_ENCODING, buf_str(&text));
	buf_clear(&text);
	if (coding != NULL)
		check_set_evidence(finding, coding->data, coding->len);
	check_set(&finding->fix,
	    "Serve this file as it is: no compression where the client sends "
	    "no Accept-Encoding.\n\nnginx: gzip off;   "
	    "Apache: SetEnv no-gzip 1");
	return CHECK_FAIL;
}

static enum check_result
run_no_length(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;

	if (!is_200(f) || fetch->reason == STS_REASON_TRUNCATED)
		return CHECK_SKIPPED;
	if (fetch->has_length || !fetch->is_closed_cleanly)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_WARNING, CHECK_LOW,
	    "The answer has no Content-Length and is not chunked: only the "
	    "end of the connection ends it. It is taken here, but some "
	    "senders refuse it.");
	check_set(&finding->fix,
	    "Let the web server send a Content-Length: %zu bytes now.",
	    fetch->body.len);
	return CHECK_WARN;
}

static enum check_result
run_truncated(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!f->is_attempted || !fetch->is_asked)
		return CHECK_SKIPPED;
	if (fetch->reason != STS_REASON_TRUNCATED)
		return has_answer(f) ? CHECK_PASS : CHECK_SKIPPED;
	buf_printf(&text,
	    "The answer is cut short (%s): senders cannot know what is "
	    "missing.",
	    CHECK_CLIP_TEXT(fetch->detail));
	finding =
	    add_fault(f, rule, findings, STS_REASON_TRUNCATED, buf_str(&text));
	buf_clear(&text);
	check_set(&finding->fix,
	    "Serve the file whole: the Content-Length must be its size, and "
	    "the server must close TLS with close_notify. Look at proxies and "
	    "caches before the web server.");
	return CHECK_FAIL;
}

static enum check_result
run_too_large(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_fetch *fetch = &f->evidence->fetch;
	struct check_finding *finding;
	struct buf text = { 0 };

	if (!is_200(f))
		return CHECK_SKIPPED;
	if (fetch->reason == STS_REASON_TOO_LARGE || fetch->is_body_cut ||
	    fetch->body.len > STS_POLICY_MAX_BYTES) {
		buf_printf(&text,
		    "The policy is larger than 65,536 bytes (%s): senders "
		    "give up on it.",
		    fetch->reason == STS_REASON_TOO_LARGE ?
			CHECK_CLIP_TEXT(fetch->detail) :
			"more than that was sent");
		finding = add_fault(
		    f, rule, findings, STS_REASON_TOO_LARGE, buf_str(&text));
		buf_clear(&text);
		fix_file(f, finding);
		return CHECK_FAIL;
	}
	if (fetch->body.len <= BODY_LARGE_BYTES)
		return CHECK_PASS;
	finding = check_add(findings, rule, CHECK_INFO, CHECK_NORMAL,
	    "The policy has %zu bytes; the limit that RFC 8461 suggests to "
	    "senders is 65,536.",
	    fetch->body.len);
	check_set(&finding->fix,
	    "Put one wildcard (\"mx: *.DOMAIN\") in place of many hosts of a "
	    "domain.");
	return CHECK_PASS;
}

static enum check_result
run_empty_body(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	struct check_finding *finding;
	size_t i;

	if (!f->is_attempted || !f->has_body)
		return CHECK_SKIPPED;
	for (i = 0; i < f->policy_diags.count; i++)
		if (f->policy_diags.diag[i].code == STS_DIAG_EMPTY_BODY)
			break;
	if (i == f->policy_diags.count)
		return CHECK_PASS;
	finding = add_fault(f, rule, findings, STS_REASON_SYNTAX,
	    "The policy file is empty: status 200, and nothing in it.");
	fix_file(f, finding);
	return CHECK_FAIL;
}

static enum check_result
run_html_body(const struct check_facts *f, const struct check_rule *rule,
    struct check_findings *findings)
{
	const struct ev_bytes *body = &f->evidence->fetch.body;
	struct check_finding *finding;
	struct check_clip clip;
	struct buf text = { 0 };

	if (!f->is_attempted || !f->has_body)
		return CHECK_SKIPPED;
	if (!f->is_html)
		return CHECK_PASS;
	buf_printf(&text,
	    "A web page is served in place of the policy; it begins \"%s\".",
	    check_clip(&clip, body->data, body->len, 60));
	finding =
	    add_fault(f, rule, findings, STS_REASON_SYNTAX, buf_str(&text));
	buf_clear(&text);
	check_set_evidence(finding, body->data, body->len);
	fix_file(f, finding);
	return CHECK_FAIL;
}

#define FETCH_RULE(name, section, line)                                   \
	const struct check_rule check_rule_##name = { #name, CHECK_FETCH, \
		section, line, run_##name }

FETCH_RULE(http_status, "RFC 8461 3.3", "the policy's URL answers with 200");
FETCH_RULE(redirect, "RFC 8461 3.3", "no redirect");
FETCH_RULE(content_type, "RFC 8461 3.2", "the media type is text/plain");
FETCH_RULE(content_encoding, "RFC 9110 8.4", "the policy is not compressed");
FETCH_RULE(no_length, "RFC 9112 6.3", "the answer's length is known");
FETCH_RULE(truncated, "RFC 9112 8", "the policy came whole");
FETCH_RULE(too_large, "RFC 8461 3.3", "at most 65,536 bytes");
FETCH_RULE(empty_body, "RFC 8461 3.2", "the policy is not empty");
FETCH_RULE(html_body, "RFC 8461 3.2", "the policy is no web page");
