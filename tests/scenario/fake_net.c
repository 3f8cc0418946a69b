/* SPDX-License-Identifier: ISC */
/* net/dns and net/fetch: sites that answer as the script says. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/dns.h"
#include "net/fetch.h"
#include "world.h"

#define BUSY_LOOK_MS 10 /* how often what is queued looks for its turn */

struct dns_lookup {
	struct loop_timer *timer;
	struct site *site; /* of its TXT record; or NULL: */
	struct record *record;
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

struct record *
world_record(const char *name, enum dns_type type)
{
	struct record *r;

	TAILQ_FOREACH(r, &world.records, entry)
	if (r->type == type && strcmp(r->name, name) == 0)
		return r;
	r = xcalloc(1, sizeof(*r));
	strlcpy(r->name, name, sizeof(r->name));
	r->type = type;
	r->status = DNS_NXDOMAIN;
	r->ttl = -1;
	TAILQ_INSERT_TAIL(&world.records, r, entry);
	return r;
}

static void
clear_records(void)
{
	struct record *r;
	size_t i;

	while ((r = TAILQ_FIRST(&world.records)) != NULL) {
		TAILQ_REMOVE(&world.records, r, entry);
		for (i = 0; i < r->values; i++)
			free(r->value[i]);
		free(r);
	}
}

void
world_clear(void)
{
	struct site *site;
	size_t i;

	clear_records();

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

/* "3-1-1-32": usage, selector, matching type, length; its bytes are zeros. */
static void
read_tlsa(const char *text, struct dns_rr *rr)
{
	static const uint8_t zeros[256];
	unsigned int n[4] = { 0 };

	assert(sscanf(text, "%u-%u-%u-%u", &n[0], &n[1], &n[2], &n[3]) == 4);
	assert(n[3] <= sizeof(zeros));
	rr->tlsa.usage = (uint8_t)n[0];
	rr->tlsa.selector = (uint8_t)n[1];
	rr->tlsa.matching = (uint8_t)n[2];
	rr->tlsa.data = zeros;
	rr->tlsa.len = n[3];
}

static void
answer_record(struct dns_lookup *l)
{
	const struct record *r = l->record;
	struct dns_rr rr[WORLD_VALUES_MAX];
	bool has_records = r->status == DNS_OK;
	struct dns_answer answer = {
		.status = r->status,
		.rcode = -1,
		.ad = r->is_signed && !r->is_doubted,
		.is_believed = !r->is_doubted,
		.has_ttl = r->ttl >= 0,
		.ttl = r->ttl >= 0 ? (uint32_t)r->ttl : 0,
		.cnames = *r->alias != '\0' ? 1 : 0,
		.owner = *r->alias != '\0' ? r->alias : r->name,
		.rr = rr,
		.count = has_records ? r->values : 0,
		.detail = "scripted",
	};
	dns_cb *cb = l->cb;
	void *arg = l->arg;
	size_t i;

	memset(rr, 0, sizeof(rr));
	for (i = 0; i < answer.count; i++) {
		if (r->type == DNS_TLSA) {
			read_tlsa(r->value[i], &rr[i]);
		} else if (r->type == DNS_MX) {
			rr[i].mx.preference = (uint16_t)(10 * (i + 1));
			rr[i].mx.host = r->value[i];
		}
	}
	dns_cancel(l);
	cb(&answer, arg);
}

static void
on_dns(void *arg)
{
	struct dns_lookup *l = arg;

	if (l->is_started) {
		if (l->site != NULL)
			answer_dns(l);
		else
			answer_record(l);
		return;
	}
	if (is_held(world.dns_busy, l->is_behind)) {
		loop_timer_set(l->timer, BUSY_LOOK_MS);
		return;
	}
	l->is_started = true;
	if (l->site != NULL) {
		l->site->txt_asked++;
		if (!l->site->is_txt_silent)
			loop_timer_set(l->timer, l->site->txt_delay_ms);
		return;
	}
	l->record->asked++;
	if (!l->record->is_silent)
		loop_timer_set(l->timer, l->record->delay_ms);
}

struct dns_lookup *
dns_lookup(struct dns *dns, const char *name, enum dns_type type,
    enum dns_priority priority, dns_cb *cb, void *arg)
{
	static const char prefix[] = "_mta-sts.";
	struct dns_lookup *l = xcalloc(1, sizeof(*l));

	(void)dns;
	l->is_behind = priority == DNS_BACKGROUND;
	if (type == DNS_TXT) {
		assert(strncmp(name, prefix, sizeof(prefix) - 1) == 0);
		name += sizeof(prefix) - 1;
		l->site = world_site(name, strlen(name));
	} else {
		l->record = world_record(name, type);
	}
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
	if (l == NULL)
		return;
	loop_timer_free(l->timer);
	free(l);
}

bool
dns_describe(struct dns *dns, struct buf *text)
{
	(void)dns;
	buf_puts(text, "192.0.2.53");
	return world.trust != DNS_TRUST_NONE;
}

enum dns_trust
dns_trust(const struct config *config, struct buf *text)
{
	(void)config;
	buf_puts(text, "192.0.2.53");
	return world.trust;
}

const char *
dns_type_name(enum dns_type type)
{
	return type == DNS_MX ? "MX" : type == DNS_TLSA ? "TLSA" : "A";
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
	if (f == NULL)
		return;
	loop_timer_free(f->timer);
	free(f);
}

bool
fetch_is_started(const struct fetch *f)
{
	return f->is_started;
}
