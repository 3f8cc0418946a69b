/* SPDX-License-Identifier: ISC */
/*
 * A world for the resolver: a clock that only the script moves, domains that
 * answer as told, a cache in memory, and a log that can be searched. The
 * files fake_*.c put it in place of base/loop, base/clock, base/log, net/ and
 * cache/cache when the test is linked.
 */
#ifndef SCENARIO_WORLD_H
#define SCENARIO_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/domain.h"
#include "net/dns.h"
#include "sts/reason.h"

#define WORLD_RECORDS_MAX 8
#define WORLD_VALUES_MAX  40

/* What a domain publishes, and how often it was asked. */
struct site {
	TAILQ_ENTRY(site) entry;
	char domain[DOMAIN_MAX + 1];
	enum dns_status txt_status;
	char *record[WORLD_RECORDS_MAX];
	size_t records;
	int64_t txt_ttl; /* -1: none */
	int64_t txt_delay_ms;
	bool is_txt_silent; /* no end to it */
	enum sts_reason fetch_reason;
	char *body;
	int64_t fetch_delay_ms;
	bool is_fetch_silent;
	unsigned int txt_asked;
	unsigned int fetched;
};

TAILQ_HEAD(site_list, site);

/* What the look-up of a name and type gives: MX, addresses, TLSA. */
struct record {
	TAILQ_ENTRY(record) entry;
	char name[DOMAIN_MAX + 1];
	enum dns_type type;
	enum dns_status status;
	bool is_signed;
	bool is_doubted; /* by a server whose AD bit is not believed */
	bool is_silent;
	int64_t ttl; /* -1: none */
	int64_t delay_ms;
	char alias[DOMAIN_MAX + 1]; /* what the name is a CNAME of; "": none */
	char *value[WORLD_VALUES_MAX]; /* MX: host; TLSA: "3-1-1-32" */
	size_t values;
	unsigned int asked;
};

TAILQ_HEAD(record_list, record);

/* Who queues, and is not begun. */
enum world_busy {
	WORLD_FREE,
	WORLD_BUSY_BEHIND, /* what nobody waits for */
	WORLD_BUSY
};

struct world {
	int64_t now_ms; /* of clock_ms() */
	int64_t wall_s; /* at now_ms == 0 */
	struct site_list sites;
	struct record_list records;
	enum dns_trust trust; /* in the name servers */
	enum world_busy dns_busy, fetch_busy;
	bool is_commit_failing;
	int64_t commit_delay_ms;
	bool is_cache_broken; /* reads fail */
	unsigned int puts;
	unsigned int removes;
	unsigned int amendments;
};

extern struct world world;

/* The domain, made when it is new: no record, no policy host. */
struct site *world_site(const char *domain, size_t len);
void world_clear(void);

/* The record, made when it is new: NXDOMAIN, unsigned. */
struct record *world_record(const char *name, enum dns_type type);

/* Let time pass: timers run in their order, each at its time. */
void world_pass(int64_t ms);

/* Drop what the loop, the cache (wholly, or what is not durable) hold. */
void world_cache_crash(void);
void world_cache_flush(void);
void world_cache_clear(void);
void world_cache_damage(const char *domain);

/* Was a line holding all these words logged since the last forget? */
bool world_logged(const char *words);
void world_log_forget(void);
void world_log_print(void);

#endif
