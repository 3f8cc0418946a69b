/* SPDX-License-Identifier: ISC */
/* Copies of what was seen, and their end. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xmalloc.h"
#include "check/evidence.h"
#include "check/evidence_field.h"

struct evidence *
evidence_new(void)
{
	return xcalloc(1, sizeof(struct evidence));
}

void
evidence_free(struct evidence *e)
{
	if (e == NULL)
		return;
	ev_fields_free(ev_fields_evidence, e);
	free(e);
}

void
ev_dns_clear(struct ev_dns *d)
{
	ev_fields_free(ev_fields_dns, d);
	*d = (struct ev_dns){ 0 };
}

void
ev_tls_clear(struct ev_tls *t)
{
	ev_fields_free(ev_fields_tls, t);
	*t = (struct ev_tls){ 0 };
}

void
ev_fetch_clear(struct ev_fetch *f)
{
	ev_fields_free(ev_fields_fetch, f);
	*f = (struct ev_fetch){ 0 };
}

void
ev_mx_clear(struct ev_mx *mx)
{
	ev_fields_free(ev_fields_mx, mx);
	*mx = (struct ev_mx){ 0 };
}

static void
set_text(struct ev_rr *rr, const void *data, size_t len)
{
	rr->text.data = xmemdup(data, len);
	rr->text.len = len;
}

static void
set_rr(struct ev_rr *out, enum dns_type type, const struct dns_rr *rr)
{
	char text[INET6_ADDRSTRLEN] = "";

	switch (type) {
	case DNS_TXT:
		set_text(out, rr->txt.data, rr->txt.len);
		return;
	case DNS_A:
		inet_ntop(AF_INET, &rr->a, text, sizeof(text));
		break;
	case DNS_AAAA:
		inet_ntop(AF_INET6, &rr->aaaa, text, sizeof(text));
		break;
	case DNS_MX:
		out->preference = rr->mx.preference;
		set_text(out, rr->mx.host, strlen(rr->mx.host));
		return;
	case DNS_TLSA:
		out->usage = rr->tlsa.usage;
		out->selector = rr->tlsa.selector;
		out->matching = rr->tlsa.matching;
		set_text(out, rr->tlsa.data, rr->tlsa.len);
		return;
	case DNS_NS:
	case DNS_CNAME:
		set_text(out, rr->name, strlen(rr->name));
		return;
	case DNS_SOA:
		break;
	}
	set_text(out, text, strlen(text));
}

/* A record's place in the order of preference. */
struct place {
	const struct dns_rr *rr;
};

static int
compare_preference(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;

	if (a->rr->mx.preference != b->rr->mx.preference)
		return a->rr->mx.preference < b->rr->mx.preference ? -1 : 1;
	/* As they came: the records are one array. */
	return (a->rr > b->rr) - (a->rr < b->rr);
}

/* Of too many MX records those stay that are tried first. */
void
ev_dns_set(struct ev_dns *d, const char *name, enum dns_type type,
    const struct dns_answer *answer)
{
	size_t max = type == DNS_MX ? EVIDENCE_MX_MAX : EVIDENCE_TXT_MAX;
	struct place *place = xcalloc(answer->count, sizeof(*place));
	size_t i;

	for (i = 0; i < answer->count; i++)
		place[i].rr = &answer->rr[i];
	if (type == DNS_MX && answer->count > 0)
		qsort(place, answer->count, sizeof(*place), compare_preference);
	ev_dns_clear(d);
	d->is_asked = true;
	d->name = xstrdup(name);
	d->type = type;
	d->status = answer->status;
	d->ad = answer->ad;
	d->has_ttl = answer->has_ttl;
	d->ttl = answer->ttl;
	d->cnames = answer->cnames;
	d->owner = xstrdup(answer->owner != NULL ? answer->owner : name);
	d->detail = xstrdup(answer->detail != NULL ? answer->detail : "");
	d->is_cut = answer->count > max;
	d->count = d->is_cut ? max : answer->count;
	if (d->count > 0)
		d->rr = xcalloc(d->count, sizeof(*d->rr));
	for (i = 0; i < d->count; i++)
		set_rr(&d->rr[i], type, place[i].rr);
	free(place);
}

const struct ev_bytes *
ev_header_find(const struct ev_fetch *f, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < f->header_count; i++)
		if (f->header[i].name.len == len &&
		    strncasecmp(f->header[i].name.data, name, len) == 0)
			return &f->header[i].value;
	return NULL;
}
