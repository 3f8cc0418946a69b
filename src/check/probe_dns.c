/* SPDX-License-Identifier: ISC */
/* The TXT records, and where they may have been put by mistake. */
#include <stdio.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/probing.h"
#include "sts/txt.h"

static void
ask_below(struct probe *p, struct ev_dns *out, const char *before,
    const char *domain, const char *after)
{
	char name[2 * PROBE_NAME_BYTES];

	snprintf(name, sizeof(name), "%s%s%s", before, domain, after);
	probe_ask(p, out, name, DNS_TXT, NULL, NULL);
}

/* Does any of the records begin as ours (RFC 8461 section 3.1)? */
static bool
has_record(const struct ev_dns *d)
{
	struct sts_record record[EVIDENCE_TXT_MAX];
	char id[STS_ID_MAX + 1];
	size_t i;

	for (i = 0; i < d->count; i++)
		record[i] = (struct sts_record){ d->rr[i].text.data,
			d->rr[i].text.len };
	return sts_txt_parse(record, d->count, id, NULL) != STS_TXT_NONE;
}

static void
look_elsewhere(struct probe *p, void *item)
{
	struct evidence *e = p->e;
	const char *parent = strchr(e->domain, '.');
	char twice[PROBE_NAME_BYTES];

	(void)item;
	if ((e->txt.status != DNS_OK && e->txt.status != DNS_NODATA &&
		e->txt.status != DNS_NXDOMAIN) ||
	    has_record(&e->txt))
		return;
	ask_below(p, &e->underscore, "_mta_sts.", e->domain, "");
	ask_below(p, &e->bare, "mta-sts.", e->domain, "");
	ask_below(p, &e->www, "_mta-sts.www.", e->domain, "");
	/* An admin's editor appends the zone to what was whole already. */
	snprintf(twice, sizeof(twice), ".%s", e->domain);
	ask_below(p, &e->twice, "_mta-sts.", e->domain, twice);
	/* Of a top-level domain nothing is asked. */
	if (parent != NULL && strchr(parent + 1, '.') != NULL)
		ask_below(p, &e->parent, "_mta-sts", parent, "");
}

void
probe_records(struct probe *p)
{
	struct evidence *e = p->e;
	char name[PROBE_NAME_BYTES];

	probe_ask(p, &e->soa, e->domain, DNS_SOA, NULL, NULL);
	probe_ask(p, &e->spf, e->domain, DNS_TXT, NULL, NULL);
	ask_below(p, &e->dmarc, "_dmarc.", e->domain, "");
	snprintf(name, sizeof(name), "_mta-sts.%s", e->domain);
	probe_ask(p, &e->txt, name, DNS_TXT, look_elsewhere, NULL);
}
