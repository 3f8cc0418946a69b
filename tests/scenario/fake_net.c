/* SPDX-License-Identifier: ISC */
/* net/dns and net/fetch: sites that answer as the script says. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/dns.h"
#include "net/fetch.h"
#include "world.h"

#define BUSY_LOOK_MS 10 /* how often what is queued looks for its turn */

struct dns_lookup {
	struct loop_timer *timer;
	struct site *site;
	bool is_started;
	bool is_behind;
	dns_cb *cb;
	void *arg;
};

struct fetch {
	struct loop_timer *timer;
	struct site *site;
	bool is_started;
	bool is_behind;
	fetch_cb *cb;
	void *arg;
};

static bool
is_held(enum world_busy busy, bool is_behind)
{
	return busy == WORLD_BUSY || (busy == WORLD_BUSY_BEHIND && is_behind);
}

struct site *
world_site(const char *domain, size_t len)
{
	struct site *site;

	TAILQ_FOREACH(site, &world.sites, entry)
	if (strlen(site->domain) == len &&
	    memcmp(site->domain, domain, len) == 0)
		return site;
	site = xcalloc(1, sizeof(*site));
	memcpy(site->domain, domain, len);
	site->txt_status = DNS_NXDOMAIN;
	site->txt_ttl = -1;
	site->fetch_reason = STS_REASON_CONNECT;
	TAILQ_INSERT_TAIL(&world.sites, site, entry);
	return site;
}

void
world_clear(void)
{
	struct site *site;
	size_t i;

	while ((site = TAILQ_FIRST(&world.sites)) != NULL) {
		TAILQ_REMOVE(&world.sites, site, entry);
		for (i = 0; i < site->records; i++)
			free(site->record[i]);
		free(site->body);
		free(site);
	}
}

static void
answer_dns(struct dns_lookup *l)
{
	const struct site *site = l->site;
	struct dns_rr rr[WORLD_RECORDS_MAX];
	struct dns_answer answer = {
		.status = site->txt_status,
		.rcode = -1,
		.has_ttl = site->txt_ttl >= 0,
		.ttl = site->txt_ttl >= 0 ? (uint32_t)site->txt_ttl : 0,
		.owner = site->domain,
		.rr = rr,
		.count = site->txt_status == DNS_OK ? site->records : 0,
		.detail = "scripted",
	};
	dns_cb *cb = l->cb;
	void *arg = l->arg;
	size_t i;

	for (i = 0; i < answer.count; i++) {
		rr[i].txt.data = site->record[i];
		rr[i].txt.len = strlen(site->record[i]);
	}
	dns_cancel(l);
	cb(&answer, arg);
}

static void
on_dns(void *arg)
{
	struct dns_lookup *l = arg;

	if (l->is_started) {
		answer_dns(l);
		return;
	}
	if (is_held(world.dns_busy, l->is_behind)) {
		loop_timer_set(l->timer, BUSY_LOOK_MS);
		return;
	}
	l->is_started = true;
	l->site->txt_asked++;
	if (!l->site->is_txt_silent)
		loop_timer_set(l->timer, l->site->txt_delay_ms);
}

struct dns_lookup *
dns_lookup(struct dns *dns, const char *name, enum dns_type type,
    enum dns_priority priority, dns_cb *cb, void *arg)
{
	static const char prefix[] = "_mta-sts.";
	struct dns_lookup *l = xcalloc(1, sizeof(*l));

	(void)dns;
	l->is_behind = priority == DNS_BACKGROUND;
	assert(type == DNS_TXT);
	assert(strncmp(name, prefix, sizeof(prefix) - 1) == 0);
	name += sizeof(prefix) - 1;
	l->site = world_site(name, strlen(name));
	l->cb = cb;
	l->arg = arg;
	l->timer = loop_timer_new(NULL, on_dns, l);
	if (is_held(world.dns_busy, l->is_behind))
		loop_timer_set(l->timer, BUSY_LOOK_MS);
	else
		on_dns(l);
	return l;
}

void
dns_cancel(struct dns_lookup *l)
{
	assert(l != NULL);
	loop_timer_free(l->timer);
	free(l);
}

bool
dns_is_started(const struct dns_lookup *l)
{
	return l->is_started;
}

static void
answer_fetch(struct fetch *f)
{
	const struct site *site = f->site;
	struct fetch_result result = {
		.reason = site->fetch_reason,
		.detail = "scripted",
	};
	fetch_cb *cb = f->cb;
	void *arg = f->arg;

	if (result.reason == STS_REASON_OK) {
		result.http_status = 200;
		result.body = site->body;
		result.body_len = strlen(site->body);
	}
	fetch_cancel(f);
	cb(&result, arg);
}

static void
on_fetch(void *arg)
{
	struct fetch *f = arg;

	if (f->is_started) {
		answer_fetch(f);
		return;
	}
	if (is_held(world.fetch_busy, f->is_behind)) {
		loop_timer_set(f->timer, BUSY_LOOK_MS);
		return;
	}
	f->is_started = true;
	f->site->fetched++;
	if (!f->site->is_fetch_silent)
		loop_timer_set(f->timer, f->site->fetch_delay_ms);
}

struct fetch *
fetch_policy(struct fetcher *fetcher, const char *domain,
    enum fetch_priority priority, fetch_cb *cb, void *arg)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	(void)fetcher;
	f->is_behind = priority == FETCH_BACKGROUND;
	f->site = world_site(domain, strlen(domain));
	f->cb = cb;
	f->arg = arg;
	f->timer = loop_timer_new(NULL, on_fetch, f);
	if (is_held(world.fetch_busy, f->is_behind))
		loop_timer_set(f->timer, BUSY_LOOK_MS);
	else
		on_fetch(f);
	return f;
}

void
fetch_cancel(struct fetch *f)
{
	assert(f != NULL);
	loop_timer_free(f->timer);
	free(f);
}

bool
fetch_is_started(const struct fetch *f)
{
	return f->is_started;
}
