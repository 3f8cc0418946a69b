/* SPDX-License-Identifier: ISC */
/* TLS reports: the record, its old name, and who takes the mail (RFC 8460). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/domain.h"
#include "check/probing.h"
#include "sts/tlsrpt.h"

#define MAILTO "mailto:"

/* No MX: mail goes to the domain itself, if it has an address. */
static void
on_rua_mx(struct probe *p, void *item)
{
	struct ev_dns *mx = item;

	if (mx->status == DNS_NODATA)
		probe_ask(p, &p->e->rua_a[mx - p->e->rua_mx], mx->name, DNS_A,
		    NULL, NULL);
}

/* The domain of "mailto:user@domain?..."; percent-encoding has none here. */
static bool
mail_domain(const struct sts_rua *rua, char domain[DOMAIN_MAX + 1])
{
	const char *end = rua->uri + rua->len, *p, *at = NULL;

	if (rua->len < strlen(MAILTO) ||
	    strncasecmp(rua->uri, MAILTO, strlen(MAILTO)) != 0)
		return false;
	for (p = rua->uri; p < end && *p != '?' && *p != '#'; p++)
		if (*p == '@')
			at = p + 1;
	return at != NULL && domain_to_ascii(at, (size_t)(p - at), domain) > 0;
}

static void
ask_rua(struct probe *p, char asked[][DOMAIN_MAX + 1], const char *domain)
{
	struct evidence *e = p->e;
	size_t i;

	for (i = 0; i < e->ruas; i++)
		if (strcmp(asked[i], domain) == 0)
			return;
	if (e->ruas == EVIDENCE_RUA_MAX)
		return;
	strlcpy(asked[e->ruas], domain, DOMAIN_MAX + 1);
	probe_ask(p, &e->rua_mx[e->ruas], domain, DNS_MX, on_rua_mx,
	    &e->rua_mx[e->ruas]);
	e->ruas++;
}

static void
on_tlsrpt(struct probe *p, void *item)
{
	const struct ev_dns *d = &p->e->tlsrpt;
	struct sts_record record[EVIDENCE_TXT_MAX];
	char asked[EVIDENCE_RUA_MAX][DOMAIN_MAX + 1];
	char domain[DOMAIN_MAX + 1];
	struct sts_tlsrpt found;
	size_t i;

	(void)item;
	for (i = 0; i < d->count; i++)
		record[i] = (struct sts_record){ d->rr[i].text.data,
			d->rr[i].text.len };
	if (sts_tlsrpt_parse(record, d->count, &found, NULL) != STS_TXT_VALID)
		return;
	for (i = 0; i < found.count; i++)
		if (mail_domain(&found.rua[i], domain))
			ask_rua(p, asked, domain);
}

void
probe_tlsrpt(struct probe *p)
{
	char name[PROBE_NAME_BYTES];

	snprintf(name, sizeof(name), "_smtp._tls.%s", p->e->domain);
	probe_ask(p, &p->e->tlsrpt, name, DNS_TXT, on_tlsrpt, NULL);
	snprintf(name, sizeof(name), "_smtp-tlsrpt.%s", p->e->domain);
	probe_ask(p, &p->e->tlsrpt_old, name, DNS_TXT, NULL, NULL);
}
