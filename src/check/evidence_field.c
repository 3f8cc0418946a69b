/* SPDX-License-Identifier: ISC */
/* One line a member. What is not here is neither saved nor freed. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check/evidence.h"
#include "check/evidence_field.h"

/* The name, the place and the size; of an array: of each element. */
#define SIZE(s, m) .size = sizeof(((struct s *)0)->m)
#define AT(s, m)   .name = #m, .offset = offsetof(struct s, m), SIZE(s, m)
#define OF(s, m)                                     \
	.name = #m, .offset = offsetof(struct s, m), \
	.size = sizeof(*((struct s *)0)->m)
#define N(s, m) .count_offset = offsetof(struct s, m)

static const char *
type_word(int type)
{
	return dns_type_name((enum dns_type)type);
}

static const char *
status_word(int status)
{
	return dns_status_word((enum dns_status)status);
}

static const char *
reason_word(int reason)
{
	return sts_reason_word((enum sts_reason)reason);
}

static const char *
end_word(int end)
{
	switch ((enum ev_smtp_end)end) {
	case EV_SMTP_NOT_PROBED:
		return "not-probed";
	case EV_SMTP_REFUSED_ADDRESS:
		return "refused-address";
	case EV_SMTP_UNREACHABLE:
		return "unreachable";
	case EV_SMTP_TURNED_AWAY:
		return "turned-away";
	case EV_SMTP_NO_STARTTLS:
		return "no-starttls";
	case EV_SMTP_STARTTLS_FAILED:
		return "starttls-failed";
	case EV_SMTP_DONE:
		return "done";
	}
	return "?";
}

static const struct ev_field rr_fields[] = {
	{ AT(ev_rr, text), .kind = EV_BYTES, .need = EV_NEEDED,
	    .max = EVIDENCE_BYTES_MAX },
	{ AT(ev_rr, preference), .kind = EV_INT, .max = UINT16_MAX },
	{ AT(ev_rr, usage), .kind = EV_INT, .max = UINT8_MAX },
	{ AT(ev_rr, selector), .kind = EV_INT, .max = UINT8_MAX },
	{ AT(ev_rr, matching), .kind = EV_INT, .max = UINT8_MAX },
	{ .name = NULL },
};

const struct ev_field ev_fields_dns[] = {
	{ AT(ev_dns, is_asked), .kind = EV_BOOL },
	{ AT(ev_dns, name), .kind = EV_TEXT, .need = EV_FILLED },
	{ AT(ev_dns, type), .kind = EV_ENUM, .max = DNS_TLSA,
	    .word = type_word },
	{ AT(ev_dns, status), .kind = EV_ENUM, .max = DNS_BAD_NAME,
	    .word = status_word },
	{ AT(ev_dns, ad), .kind = EV_BOOL },
	{ AT(ev_dns, has_ttl), .kind = EV_BOOL },
	{ AT(ev_dns, ttl), .kind = EV_INT, .max = UINT32_MAX },
	{ AT(ev_dns, cnames), .kind = EV_INT, .max = UINT_MAX },
	{ AT(ev_dns, owner), .kind = EV_TEXT, .need = EV_FILLED },
	{ AT(ev_dns, detail), .kind = EV_TEXT, .need = EV_FILLED },
	{ AT(ev_dns, is_cut), .kind = EV_BOOL },
	{ OF(ev_dns, rr), .kind = EV_LIST, N(ev_dns, count),
	    .max = EVIDENCE_MX_MAX, .fields = rr_fields },
	{ .name = NULL },
};

static const struct ev_field cert_fields[] = {
	{ AT(ev_cert, subject), .kind = EV_TEXT, .need = EV_NEEDED },
	{ AT(ev_cert, issuer), .kind = EV_TEXT, .need = EV_NEEDED },
	{ OF(ev_cert, san), .kind = EV_TEXTS, N(ev_cert, san_count),
	    .max = EVIDENCE_SAN_MAX },
	{ AT(ev_cert, not_before), .kind = EV_INT, .min = INT64_MIN,
	    .max = INT64_MAX },
	{ AT(ev_cert, not_after), .kind = EV_INT, .min = INT64_MIN,
	    .max = INT64_MAX },
	{ AT(ev_cert, der), .kind = EV_BYTES, .need = EV_NEEDED,
	    .max = EVIDENCE_BYTES_MAX },
	{ .name = NULL },
};

const struct ev_field ev_fields_tls[] = {
	{ AT(ev_tls, is_tried), .kind = EV_BOOL },
	{ AT(ev_tls, is_done), .kind = EV_BOOL },
	{ AT(ev_tls, version), .kind = EV_TEXT },
	{ AT(ev_tls, error), .kind = EV_TEXT },
	{ OF(ev_tls, cert), .kind = EV_LIST, N(ev_tls, cert_count),
	    .max = EVIDENCE_CERT_MAX, .fields = cert_fields },
	{ AT(ev_tls, verify_error), .kind = EV_INT, .min = INT_MIN,
	    .max = INT_MAX },
	{ AT(ev_tls, verify_depth), .kind = EV_INT, .min = INT_MIN,
	    .max = INT_MAX },
	{ AT(ev_tls, is_name_ok), .kind = EV_BOOL },
	{ AT(ev_tls, is_old_offered), .kind = EV_BOOL },
	{ AT(ev_tls, is_old_asked), .kind = EV_BOOL },
	{ .name = NULL },
};

static const struct ev_field header_fields[] = {
	{ AT(ev_header, name), .kind = EV_BYTES, .need = EV_NEEDED,
	    .max = EVIDENCE_BYTES_MAX },
	{ AT(ev_header, value), .kind = EV_BYTES, .need = EV_NEEDED,
	    .max = EVIDENCE_BYTES_MAX },
	{ .name = NULL },
};

const struct ev_field ev_fields_fetch[] = {
	{ AT(ev_fetch, is_asked), .kind = EV_BOOL },
	{ AT(ev_fetch, url), .kind = EV_TEXT, .need = EV_FILLED },
	{ AT(ev_fetch, address), .kind = EV_TEXT },
	{ AT(ev_fetch, reason), .kind = EV_ENUM, .max = STS_REASON_COUNT - 1,
	    .word = reason_word },
	{ AT(ev_fetch, detail), .kind = EV_TEXT, .need = EV_FILLED },
	{ AT(ev_fetch, tries), .kind = EV_INT, .max = UINT_MAX },
	{ AT(ev_fetch, status), .kind = EV_INT, .min = 0, .max = 999 },
	{ OF(ev_fetch, header), .kind = EV_LIST, N(ev_fetch, header_count),
	    .max = EVIDENCE_HEADER_MAX, .fields = header_fields },
	{ AT(ev_fetch, body), .kind = EV_BYTES, .max = EVIDENCE_BODY_MAX },
	{ AT(ev_fetch, is_body_cut), .kind = EV_BOOL },
	{ AT(ev_fetch, has_length), .kind = EV_BOOL },
	{ AT(ev_fetch, is_closed_cleanly), .kind = EV_BOOL },
	{ AT(ev_fetch, ms), .kind = EV_INT, .max = INT64_MAX },
	{ AT(ev_fetch, tls), .kind = EV_STRUCT, .fields = ev_fields_tls },
	{ .name = NULL },
};

#define DNS(s, m)                                                    \
	{                                                            \
		AT(s, m), .kind = EV_STRUCT, .fields = ev_fields_dns \
	}
#define FETCH(s, m)                                                    \
	{                                                              \
		AT(s, m), .kind = EV_STRUCT, .fields = ev_fields_fetch \
	}

const struct ev_field ev_fields_mx[] = {
	{ AT(ev_mx, host), .kind = EV_TEXT, .need = EV_NEEDED },
	{ AT(ev_mx, preference), .kind = EV_INT, .max = UINT16_MAX },
	{ AT(ev_mx, is_implicit), .kind = EV_BOOL },
	DNS(ev_mx, a),
	DNS(ev_mx, aaaa),
	DNS(ev_mx, cname),
	DNS(ev_mx, tlsa),
	{ AT(ev_mx, end), .kind = EV_ENUM, .max = EV_SMTP_DONE,
	    .word = end_word },
	{ AT(ev_mx, address), .kind = EV_TEXT },
	{ AT(ev_mx, detail), .kind = EV_TEXT },
	{ AT(ev_mx, banner), .kind = EV_BYTES, .max = EVIDENCE_BYTES_MAX },
	{ AT(ev_mx, ehlo), .kind = EV_BYTES, .max = EVIDENCE_BYTES_MAX },
	{ AT(ev_mx, ms), .kind = EV_INT, .max = INT64_MAX },
	{ AT(ev_mx, tls), .kind = EV_STRUCT, .fields = ev_fields_tls },
	{ .name = NULL },
};

static const struct ev_field ns_fields[] = {
	{ AT(ev_ns, host), .kind = EV_TEXT, .need = EV_NEEDED },
	{ AT(ev_ns, address), .kind = EV_TEXT },
	DNS(ev_ns, txt),
	{ .name = NULL },
};

const struct ev_field ev_fields_evidence[] = {
	{ AT(evidence, domain), .kind = EV_CHARS, .need = EV_NEEDED },
	{ AT(evidence, input), .kind = EV_TEXT },
	{ AT(evidence, unicode), .kind = EV_TEXT },
	{ AT(evidence, note), .kind = EV_TEXT },
	{ AT(evidence, time), .kind = EV_INT, .min = 0, .max = INT64_MAX },
	{ AT(evidence, ms), .kind = EV_INT, .max = INT64_MAX },
	{ AT(evidence, host), .kind = EV_TEXT },
	{ AT(evidence, resolver), .kind = EV_TEXT },
	{ AT(evidence, version), .kind = EV_TEXT },
	{ AT(evidence, is_validating), .kind = EV_BOOL },
	{ AT(evidence, has_ipv4), .kind = EV_BOOL },
	{ AT(evidence, has_ipv6), .kind = EV_BOOL },
	{ AT(evidence, is_smtp_skipped), .kind = EV_BOOL },
	{ AT(evidence, is_timed_out), .kind = EV_BOOL },
	{ AT(evidence, is_supposed), .kind = EV_BOOL },
	DNS(evidence, soa),
	DNS(evidence, txt),
	DNS(evidence, spf),
	DNS(evidence, dmarc),
	DNS(evidence, underscore),
	DNS(evidence, bare),
	DNS(evidence, twice),
	DNS(evidence, www),
	DNS(evidence, parent),
	DNS(evidence, ns),
	{ OF(evidence, server), .kind = EV_ROW, N(evidence, servers),
	    .max = EVIDENCE_NS_MAX, .fields = ns_fields },
	DNS(evidence, host_a),
	DNS(evidence, host_aaaa),
	DNS(evidence, host_cname),
	FETCH(evidence, fetch),
	{ OF(evidence, each), .kind = EV_ROW, N(evidence, eachs),
	    .max = EVIDENCE_ADDRESS_MAX, .fields = ev_fields_fetch },
	FETCH(evidence, apex),
	FETCH(evidence, www_url),
	FETCH(evidence, short_url),
	FETCH(evidence, plain),
	DNS(evidence, mx),
	{ OF(evidence, host_mx), .kind = EV_LIST, N(evidence, mx_count),
	    .max = EVIDENCE_MX_MAX, .fields = ev_fields_mx },
	{ AT(evidence, is_null_mx), .kind = EV_BOOL },
	DNS(evidence, tlsrpt),
	DNS(evidence, tlsrpt_old),
	{ OF(evidence, rua_mx), .kind = EV_ROW, N(evidence, ruas),
	    .max = EVIDENCE_RUA_MAX, .fields = ev_fields_dns },
	{ OF(evidence, rua_a), .kind = EV_ROW, N(evidence, ruas),
	    .max = EVIDENCE_RUA_MAX, .fields = ev_fields_dns },
	{ .name = NULL },
};

size_t
ev_field_count(const struct ev_field *f, const void *object)
{
	size_t count;

	memcpy(&count, (const char *)object + f->count_offset, sizeof(count));
	return count;
}

void *
ev_field_pointer(const void *member)
{
	void *pointer;

	memcpy(&pointer, member, sizeof(pointer));
	return pointer;
}

static void
free_list(const struct ev_field *f, void *object)
{
	size_t i, count = ev_field_count(f, object);
	char *item = (char *)object + f->offset;

	if (f->kind != EV_ROW)
		item = ev_field_pointer(item);
	for (i = 0; i < count; i++) {
		if (f->kind == EV_TEXTS)
			free(((char **)(void *)item)[i]);
		else
			ev_fields_free(f->fields, item + i * f->size);
	}
	if (f->kind != EV_ROW)
		free(item);
}

void
ev_fields_free(const struct ev_field *fields, void *object)
{
	const struct ev_field *f;
	void *member;

	for (f = fields; f->name != NULL; f++) {
		member = (char *)object + f->offset;
		switch (f->kind) {
		case EV_BOOL:
		case EV_INT:
		case EV_ENUM:
		case EV_CHARS:
			break;
		case EV_TEXT:
			free(ev_field_pointer(member));
			break;
		case EV_BYTES:
			free(((struct ev_bytes *)member)->data);
			break;
		case EV_STRUCT:
			ev_fields_free(f->fields, member);
			break;
		case EV_TEXTS:
		case EV_LIST:
		case EV_ROW:
			free_list(f, object);
			break;
		}
	}
}
