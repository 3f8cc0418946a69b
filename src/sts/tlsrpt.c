/* SPDX-License-Identifier: ISC */
/*
 * RFC 8460 section 3. Several rua fields are legal and all of them count. A
 * record is valid only when every rua is a list of URIs; one of which nothing
 * can be sent to is kept and marked.
 */
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "sts/field.h"
#include "sts/tlsrpt.h"
#include "sts/uri.h"

#define TLSRPT_VERSION "v=TLSRPTv1"

struct tlsrpt_reader {
	struct sts_diags *diags;
	size_t line;
	const char *data; /* the record's */
	bool is_invalid;
	bool has_rua;
	size_t usable;
	struct sts_tlsrpt found;
};

struct span {
	const char *at;
	size_t len;
};

static void
tlsrpt_report(struct tlsrpt_reader *r, enum sts_diag_code code, bool is_fatal,
    struct span span, const char *what)
{
	if (is_fatal)
		r->is_invalid = true;
	sts_diag_add(r->diags,
	    &(struct sts_diag){ .code = code,
		.is_fatal = is_fatal,
		.line = r->line,
		.offset = (size_t)(span.at - r->data),
		.len = span.len,
		.what = what });
}

static bool
is_scheme(const char *s, const struct sts_uri *uri, const char *scheme)
{
	return uri->scheme_len == strlen(scheme) &&
	    strncasecmp(s, scheme, uri->scheme_len) == 0;
}

/* Why nothing can be sent there; NULL when it can. */
static const char *
uri_obstacle(const char *s, const struct sts_uri *uri)
{
	const char *to = s + uri->scheme_len + 1, *at;
	size_t domain;

	if (is_scheme(s, uri, "https"))
		return uri->host_len > 0 ? NULL : "no host";
	if (!is_scheme(s, uri, "mailto"))
		return "neither mailto: nor https:";
	at = memchr(to, '@', uri->rest_len);
	if (at == NULL)
		return "no \"@\" in the address";
	domain = uri->rest_len - (size_t)(at - to) - 1;
	if (memchr(at + 1, '@', domain) != NULL)
		return "more than one \"@\" in the address";
	if (at == to)
		return "nothing before the \"@\"";
	if (!domain_is_valid(at + 1, domain))
		return "no domain after the \"@\"";
	return NULL;
}

static const char *
uri_fault(struct span uri)
{
	if (uri.len == 0)
		return "an empty destination";
	if (memchr(uri.at, '!', uri.len) != NULL)
		return "\"!\" must be written %21; there is no size limit here";
	return "not a URI";
}

static void
tlsrpt_read_uri(struct tlsrpt_reader *r, struct span span)
{
	struct sts_uri uri;
	const char *what;

	if (!sts_uri_parse(span.at, span.len, &uri)) {
		tlsrpt_report(
		    r, STS_DIAG_TLS_RPT_RUA, true, span, uri_fault(span));
		return;
	}
	if (r->found.count == STS_RUA_MAX) {
		tlsrpt_report(r, STS_DIAG_TLS_RPT_RUA, true, span,
		    "more than 64 destinations");
		return;
	}
	what = uri_obstacle(span.at, &uri);
	if (what != NULL)
		tlsrpt_report(r, STS_DIAG_TLS_RPT_RUA, false, span, what);
	else
		r->usable++;
	r->found.rua[r->found.count++] = (struct sts_rua){
		.uri = span.at, .len = span.len, .is_usable = what == NULL
	};
}

/* tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri): no blanks at either end. */
static void
tlsrpt_read_rua(struct tlsrpt_reader *r, const struct sts_field *field)
{
	const char *s = field->value, *end = s + field->value_len, *comma;
	struct span uri;

	for (;;) {
		comma = memchr(s, ',', (size_t)(end - s));
		uri.at = s;
		uri.len = (size_t)((comma != NULL ? comma : end) - s);
		while (comma != NULL && uri.len > 0 &&
		    sts_is_blank(uri.at[uri.len - 1]))
			uri.len--;
		tlsrpt_read_uri(r, uri);
		if (comma == NULL)
			return;
		for (s = comma + 1; s < end && sts_is_blank(*s); s++)
			continue;
	}
}

static void
tlsrpt_read_record(struct tlsrpt_reader *r, struct sts_fields *fields)
{
	struct span all = { r->data, fields->record->len };
	struct sts_field field;
	const char *what;

	if (fields->has_blank)
		tlsrpt_report(r, STS_DIAG_TXT_SPACE, false,
		    (struct span){ r->data, fields->pos },
		    "a blank before the first \";\"");
	while (sts_fields_next(fields, &field)) {
		if (sts_field_is(&field, "rua")) {
			r->has_rua = true;
			tlsrpt_read_rua(r, &field);
			continue;
		}
		what = sts_field_fault(&field);
		if (what != NULL)
			tlsrpt_report(r, STS_DIAG_TLS_RPT_SYNTAX, true,
			    (struct span){ field.name, field.len }, what);
	}
	if (!r->has_rua)
		tlsrpt_report(
		    r, STS_DIAG_TLS_RPT_SYNTAX, true, all, "no rua field");
	else if (r->usable == 0)
		tlsrpt_report(r, STS_DIAG_TLS_RPT_RUA, true, all,
		    "no destination that can be used");
}

enum sts_txt_status
sts_tlsrpt_parse(const struct sts_record *records, size_t n,
    struct sts_tlsrpt *out, struct sts_diags *diags)
{
	struct tlsrpt_reader r = { 0 };
	struct sts_fields fields;
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		if (!sts_fields_begin(&fields, &records[i], TLSRPT_VERSION))
			continue;
		r = (struct tlsrpt_reader){
			.diags = diags, .line = i + 1, .data = records[i].data
		};
		tlsrpt_read_record(&r, &fields);
		count++;
	}
	if (count == 0)
		return STS_TXT_NONE;
	if (count > 1)
		return STS_TXT_MULTIPLE;
	if (r.is_invalid)
		return STS_TXT_INVALID;
	*out = r.found;
	return STS_TXT_VALID;
}
