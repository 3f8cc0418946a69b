/* SPDX-License-Identifier: ISC */
/*
 * The MX hosts: their addresses, their TLSA records, and of the first ten
 * what they say on port 25. Without MX records the domain itself is the host
 * (RFC 5321 section 5.1); "." is none (RFC 7505).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/probing.h"

static void
on_host(struct probe *p, void *item)
{
	struct ev_mx *mx = item;

	/* All three tell whether there is a host to talk to. */
	if (!mx->a.is_asked || !mx->aaaa.is_asked || !mx->cname.is_asked)
		return;
	if (p->has_smtp && mx - p->e->host_mx < EVIDENCE_SMTP_MAX)
		probe_call(p, mx);
}

static void
ask_host(struct probe *p, struct ev_mx *mx, bool is_first)
{
	char name[PROBE_NAME_BYTES];

	probe_ask(p, &mx->a, mx->host, DNS_A, on_host, mx);
	probe_ask(p, &mx->aaaa, mx->host, DNS_AAAA, on_host, mx);
	probe_ask(p, &mx->cname, mx->host, DNS_CNAME, on_host, mx);
	if (!is_first || !p->e->is_validating)
		return;
	snprintf(name, sizeof(name), "_25._tcp.%s", mx->host);
	probe_ask(p, &mx->tlsa, name, DNS_TLSA, NULL, NULL);
}

static void
add_host(struct evidence *e, const char *host, uint16_t preference)
{
	struct ev_mx *mx;
	size_t i;

	/* Published twice: the better preference came first. */
	for (i = 0; i < e->mx_count; i++)
		if (strcmp(e->host_mx[i].host, host) == 0)
			return;
	mx = &e->host_mx[e->mx_count++];
	mx->host = xstrdup(host);
	mx->preference = preference;
}

static void
on_mx(struct probe *p, void *item)
{
	struct evidence *e = p->e;
	size_t i;

	(void)item;
	if (e->mx.status == DNS_OK && e->mx.count == 1 &&
	    e->mx.rr[0].text.len == 0) {
		e->is_null_mx = true;
		return;
	}
	if (e->mx.status != DNS_OK && e->mx.status != DNS_NODATA)
		return;
	e->host_mx =
	    xcalloc(e->mx.count > 0 ? e->mx.count : 1, sizeof(*e->host_mx));
	for (i = 0; i < e->mx.count; i++)
		if (e->mx.rr[i].text.len > 0)
			add_host(
			    e, e->mx.rr[i].text.data, e->mx.rr[i].preference);
	if (e->mx.status == DNS_NODATA) {
		add_host(e, e->domain, 0);
		e->host_mx[0].is_implicit = true;
	}
	for (i = 0; i < e->mx_count; i++)
		ask_host(p, &e->host_mx[i], i < EVIDENCE_SMTP_MAX);
}

/* The next name of a list, after which *list points; 0: there is none, -1:
 * what is there is no name. */
static int
next_name(const char **list, char name[DOMAIN_MAX + 1])
{
	size_t len = strcspn(*list, ",");
	const char *at = *list;

	if (*at == '\0')
		return 0;
	*list += len + (at[len] == ',');
	while (len > 0 && *at == ' ') {
		at++;
		len--;
	}
	while (len > 0 && at[len - 1] == ' ')
		len--;
	return domain_to_ascii(at, len, name) != 0 ? 1 : -1;
}

bool
probe_mx_is_list(const char *list)
{
	char name[DOMAIN_MAX + 1];
	size_t count = 0;
	int n;

	while ((n = next_name(&list, name)) == 1)
		count++;
	return n == 0 && count > 0 && count <= EVIDENCE_MX_MAX;
}

/* As if a look-up had given them. */
static void
suppose(struct probe *p, void *item)
{
	struct evidence *e = p->e;
	const char *list = p->mx;
	char name[DOMAIN_MAX + 1];
	struct ev_rr *rr;
	uint16_t i = 0;

	ev_dns_clear(&e->mx);
	e->mx.is_asked = true;
	e->mx.type = DNS_MX;
	e->mx.name = xstrdup(e->domain);
	e->mx.owner = xstrdup(e->domain);
	e->mx.detail = xstrdup("supposed");
	e->mx.rr = xcalloc(EVIDENCE_MX_MAX, sizeof(*e->mx.rr));
	while (e->mx.count < EVIDENCE_MX_MAX && next_name(&list, name) == 1) {
		rr = &e->mx.rr[e->mx.count++];
		rr->text.data = xstrdup(name);
		rr->text.len = strlen(name);
		rr->preference = (uint16_t)(10 * ++i);
	}
	on_mx(p, item);
}

void
probe_mx(struct probe *p)
{
	if (p->mx != NULL)
		/* Something has to be asked: the probe ends after it. */
		probe_ask(p, &p->e->mx, p->e->domain, DNS_MX, suppose, NULL);
	else
		probe_ask(p, &p->e->mx, p->e->domain, DNS_MX, on_mx, NULL);
}
