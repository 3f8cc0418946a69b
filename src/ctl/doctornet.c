/* SPDX-License-Identifier: ISC */
/*
 * The way out, with the daemon's own look-ups and fetches: what fails here
 * fails there.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/loop.h"
#include "ctl/doctorlook.h"
#include "net/fetch.h"
#include "postfix/nexthop.h"

#define LIMIT_MS 30000
/* A zone that is signed, and always will be. */
#define SIGNED_NAME "org"

struct look {
	struct doctor_facts *facts;
	struct loop *loop;
	struct dns *dns;
	struct dns *dns_any; /* takes the AD bit of any server */
	struct fetcher *fetcher;
	struct dns_lookup *txt, *ad;
	struct fetch *fetch;
	struct loop_timer *limit;
};

int64_t
doctor_read_date(const char *head)
{
	static const char name[] = "date:";
	struct tm tm = { 0 };
	const char *line, *end;

	for (line = head; *line != '\0'; line += *line == '\n') {
		if (strncasecmp(line, name, strlen(name)) == 0) {
			line += strlen(name);
			line += strspn(line, " \t");
			/* RFC 9110 section 5.6.7 */
			end = strptime(line, "%a, %d %b %Y %H:%M:%S GMT", &tm);
			return end != NULL ? (int64_t)timegm(&tm) : -1;
		}
		line += strcspn(line, "\n");
	}
	return -1;
}

static void
settle(struct look *l)
{
	if (l->txt == NULL && l->ad == NULL && l->fetch == NULL)
		loop_stop(l->loop);
}

/* One authenticated answer proves that somebody validates. */
static void
note_ad(struct look *l, const struct dns_answer *answer)
{
	l->facts->net.has_ad |= answer->ad;
	l->facts->net.is_ad |= answer->ad;
}

static void
on_txt(const struct dns_answer *answer, void *arg)
{
	struct look *l = arg;

	l->txt = NULL;
	l->facts->net.dns = answer->status;
	doctor_text_set(&l->facts->net.dns_detail, answer->detail);
	note_ad(l, answer);
	settle(l);
}

static void
on_ad(const struct dns_answer *answer, void *arg)
{
	struct look *l = arg;

	l->ad = NULL;
	/* That there is no such name is signed, too. */
	l->facts->net.has_ad |= answer->status == DNS_OK ||
	    answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN;
	note_ad(l, answer);
	settle(l);
}

static void
on_fetch(const struct fetch_result *result, void *arg)
{
	struct look *l = arg;
	struct doctor_net *net = &l->facts->net;
	int64_t date = -1;

	l->fetch = NULL;
	net->is_fetched = true;
	net->fetch = result->reason;
	doctor_text_set(&net->fetch_detail, result->detail);
	if (result->seen != NULL)
		date = doctor_read_date(buf_str(&result->seen->head));
	net->has_date = date != -1;
	if (net->has_date)
		net->ahead_s = clock_now() - date;
	settle(l);
}

static void
on_limit(void *arg)
{
	struct look *l = arg;
	struct doctor_net *net = &l->facts->net;

	if (l->txt != NULL)
		net->dns = DNS_TIMEOUT;
	if (l->fetch != NULL) {
		net->is_fetched = true;
		net->fetch = STS_REASON_TIMEOUT;
	}
	loop_stop(l->loop);
}

static void
start(struct look *l, const char *domain)
{
	struct buf name = { 0 }, host = { 0 };
	struct fetch_target target = {
		.kind = FETCH_HTTPS,
		.path = "/.well-known/mta-sts.txt",
		.timeout_ms = LIMIT_MS,
	};

	buf_printf(&name, "_mta-sts.%s", domain);
	l->txt = dns_lookup(l->dns, name.data, DNS_TXT, DNS_QUERY, on_txt, l);
	l->ad =
	    dns_lookup(l->dns_any, SIGNED_NAME, DNS_SOA, DNS_QUERY, on_ad, l);
	buf_printf(&host, "mta-sts.%s", domain);
	target.host = host.data;
	if (l->fetcher != NULL)
		l->fetch = fetch_look(l->fetcher, &target, on_fetch, l);
	l->limit = loop_timer_new(l->loop, on_limit, l);
	loop_timer_set(l->limit, LIMIT_MS);
	buf_clear(&name);
	buf_clear(&host);
}

static void
look_free(struct look *l)
{
	dns_cancel(l->txt);
	dns_cancel(l->ad);
	fetch_cancel(l->fetch);
	loop_timer_free(l->limit);
	if (l->fetcher != NULL)
		fetcher_free(l->fetcher);
	if (l->dns != NULL)
		dns_free(l->dns);
	if (l->dns_any != NULL)
		dns_free(l->dns_any);
	if (l->loop != NULL)
		loop_free(l->loop);
}

/* What nobody could try, for want of certificates. */
static void
no_store(struct doctor_net *net)
{
	net->is_fetched = true;
	net->fetch = STS_REASON_TLS_CHAIN;
	doctor_text_set(
	    &net->fetch_detail, "there is no certificate authority here");
}

void
doctor_look_net(
    struct doctor_facts *f, const struct config *config, const char *domain)
{
	static char any_v4[] = "0.0.0.0/0", any_v6[] = "::/0";
	static char *any[] = { any_v4, any_v6 };
	struct config believing = *config;
	struct look l = { .facts = f };
	struct buf servers = { 0 };

	believing.dns_trust_ad = (struct config_list){ any, 2 };
	l.loop = loop_new();
	if (l.loop != NULL) {
		l.dns = dns_new(l.loop, config);
		l.dns_any = dns_new(l.loop, &believing);
	}
	if (l.dns != NULL && l.dns_any != NULL) {
		l.fetcher = fetcher_new(l.loop, l.dns, config);
		if (l.fetcher == NULL)
			no_store(&f->net);
		f->net.is_tried = true;
		doctor_text_set(&f->net.domain, domain);
		f->net.is_ad_believed = dns_describe(l.dns, &servers);
		doctor_text_set(&f->net.servers, buf_str(&servers));
		start(&l, domain);
		(void)loop_run(l.loop);
	}
	look_free(&l);
	buf_clear(&servers);
}
