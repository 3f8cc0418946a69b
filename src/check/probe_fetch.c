/* SPDX-License-Identifier: ISC */
/*
 * The policy file: as the daemon gets it, from each of the host's addresses,
 * and, when it is not there, from where it may have been put by mistake.
 */
#include <stdio.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/probing.h"

#define POLICY_PATH "/.well-known/mta-sts.txt"
#define SHORT_PATH  "/mta-sts.txt"
#define STATUS_GONE 404

/* Two tries, five seconds between them, and five for what follows. */
#define BETWEEN_MS 10000
#define PART_MS    10000

static void
get(struct probe *p, struct ev_fetch *out, const char *before, const char *path)
{
	char host[PROBE_NAME_BYTES];
	struct probe_page page = { .kind = FETCH_HTTPS,
		.host = host,
		.path = path,
		.timeout_ms = PART_MS };
	int n = snprintf(host, sizeof(host), "%s%s", before, p->e->domain);

	/* Longer than any name: nobody has it. */
	if (n < 0 || n > DOMAIN_MAX)
		return;
	if (out == &p->e->plain)
		page.kind = FETCH_HTTP;
	else if (out == NULL)
		page.kind = FETCH_OLD_TLS;
	probe_get(p, out, &page, NULL, NULL);
}

/* Was there no HTTPS at all? */
static bool
has_no_https(const struct ev_fetch *f)
{
	return !f->tls.is_done &&
	    (f->reason == STS_REASON_CONNECT ||
		f->reason == STS_REASON_TIMEOUT ||
		f->reason == STS_REASON_RESET ||
		f->reason == STS_REASON_TLS_HANDSHAKE);
}

static void
on_policy(struct probe *p, void *item)
{
	struct evidence *e = p->e;

	(void)item;
	if (e->fetch.tls.is_tried)
		get(p, NULL, "mta-sts.", POLICY_PATH);
	if (e->fetch.status == STATUS_GONE) {
		get(p, &e->apex, "", POLICY_PATH);
		get(p, &e->www_url, "www.", POLICY_PATH);
		get(p, &e->short_url, "mta-sts.", SHORT_PATH);
	}
	if (has_no_https(&e->fetch))
		get(p, &e->plain, "mta-sts.", POLICY_PATH);
}

/* The next address of a family a way leads to, or NULL. */
static const char *
next_address(const struct ev_dns *d, size_t *at)
{
	while (*at < d->count) {
		const char *text = d->rr[(*at)++].text.data;

		if (probe_has_way(text))
			return text;
	}
	return NULL;
}

static void
get_from(struct probe *p, const char *host, const char *address)
{
	struct probe_page page = { .kind = FETCH_HTTPS,
		.host = host,
		.path = POLICY_PATH,
		.address = address,
		.is_twice = true,
		.timeout_ms = PART_MS };

	probe_get(p, &p->e->each[p->e->eachs++], &page, NULL, NULL);
}

static void
get_policy(struct probe *p, const char *host)
{
	struct probe_page page = { .kind = FETCH_HTTPS,
		.host = host,
		.path = POLICY_PATH,
		.is_twice = true };

	page.timeout_ms = (p->limit_ms - BETWEEN_MS) / 2;
	if (page.timeout_ms < p->limit_ms / 4)
		page.timeout_ms = p->limit_ms / 4;
	if (strlen(host) <= DOMAIN_MAX)
		probe_get(p, &p->e->fetch, &page, on_policy, NULL);
}

/*
 * The fetch waits for the addresses only to know whose turn it needs. Both
 * families in turn, so that each has its part. A single address is what
 * the fetch itself goes to, and by a proxy nobody knows where it goes.
 */
static void
on_addresses(struct probe *p, void *item)
{
	const struct ev_dns *family[] = { &p->e->host_a, &p->e->host_aaaa };
	const char *address[EVIDENCE_ADDRESS_MAX], *found;
	char host[PROBE_NAME_BYTES];
	size_t at[2] = { 0 }, i, count = 0, left = 2;

	(void)item;
	if (!family[0]->is_asked || !family[1]->is_asked)
		return;
	snprintf(host, sizeof(host), "mta-sts.%s", p->e->domain);
	get_policy(p, host);
	if (p->config->proxy[0] != '\0')
		return;
	for (i = 0; left > 0 && count < EVIDENCE_ADDRESS_MAX; i = !i) {
		found = next_address(family[i], &at[i]);
		left = found != NULL ? 2 : left - 1;
		if (found != NULL)
			address[count++] = found;
	}
	for (i = 0; count > 1 && i < count; i++)
		get_from(p, host, address[i]);
}

void
probe_policy(struct probe *p)
{
	char host[PROBE_NAME_BYTES];

	snprintf(host, sizeof(host), "mta-sts.%s", p->e->domain);
	probe_ask(p, &p->e->host_a, host, DNS_A, on_addresses, NULL);
	probe_ask(p, &p->e->host_aaaa, host, DNS_AAAA, on_addresses, NULL);
	probe_ask(p, &p->e->host_cname, host, DNS_CNAME, NULL, NULL);
}
