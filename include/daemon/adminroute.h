/* SPDX-License-Identifier: ISC */
/* What the files of the administration API share; nobody else includes it. */
#ifndef DAEMON_ADMINROUTE_H
#define DAEMON_ADMINROUTE_H

#include <jansson.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/domain.h"
#include "daemon/admin.h"
#include "net/httpd.h"

struct adminjobs;

struct admin_listener {
	struct admin *admin;
	enum admin_role role;
	char *address; /* NULL: passed, or none */
	int fd; /* -1: none */
	struct httpd *httpd;
};

/* Something under way for a request, to be ended with the daemon. */
struct admin_wait {
	LIST_ENTRY(admin_wait) entry;
	void (*cancel)(struct admin_wait *);
};

struct admin {
	struct loop *loop;
	const struct config *config;
	struct admin_parts parts;
	struct admin_listener listener[ADMIN_METRICS + 1];
	struct adminjobs *jobs;
	LIST_HEAD(, admin_wait) waits;
	int64_t started;
};

/* rest: what follows the route's path, decoded; "" when it takes none. */
typedef void
admin_handler(struct admin *, struct httpd_exchange *, const char *rest);

/* What is left of a request's share of the loop. A zeroed struct is none. */
struct admin_budget {
	size_t records;
	int64_t until_us;
};

void admin_budget_begin(struct admin_budget *, int64_t us);

/* A record was examined: is there time for another? */
bool admin_budget_spend(struct admin_budget *);

/* What a list may use of ADMIN_TURN_US; the rest is for around it. */
#define ADMIN_LIST_US (ADMIN_TURN_US * 3 / 4)

extern const char admin_type_json[];

/* Replies; the exchange is gone. The object is freed. */
void admin_reply_json(struct httpd_exchange *, int status, json_t *);

/*
 * Append an object as text, and free it: a long list is written item by item,
 * so that all the time it takes is seen by its budget.
 */
void admin_put_json(struct buf *, json_t *);
void admin_reply_text(
    struct httpd_exchange *, int status, const char *type, const struct buf *);
void admin_reply_error(struct httpd_exchange *, int status, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* The request's body as a JSON object, to be freed; NULL: replied to. */
json_t *admin_read_body(struct httpd_exchange *);

/* Its domain, in any form, as A-labels; 0: replied to. */
size_t admin_read_domain(
    struct httpd_exchange *, const char *text, char out[DOMAIN_MAX + 1]);

/* A parameter that is a number, or fallback; false: replied to. */
bool admin_read_number(struct httpd_exchange *, const char *name, int64_t max,
    int64_t fallback, int64_t *out);

/* object[name] = value, which is the object's from now on. */
void admin_set(json_t *object, const char *name, json_t *value);
void admin_set_int(json_t *object, const char *name, int64_t);
void admin_set_text(json_t *object, const char *name, const char *);

/* One that is no UTF-8 (a path may be any bytes) with \xNN. NULL of NULL. */
json_t *admin_text(const char *);
/* NULL, and an empty text, are null. */
json_t *admin_text_or_null(const char *);

/* Of the domain as a next-hop; entry: its record, or NULL. */
json_t *
admin_dane(const struct admin *, const char *domain, const struct entry *);

/* Why all is not well, a line each, appended; true: nothing is said. */
bool admin_health(const struct admin *, struct buf *);

/* metrics.c: all of them, in Prometheus' text format, appended. */
void metrics_put(const struct admin *, struct buf *);

/* The handlers, by file. */
admin_handler admin_list, admin_show, admin_remove; /* admin_policies.c */
admin_handler admin_export, admin_import; /* admin_transfer.c */
admin_handler admin_status, admin_top, admin_show_health; /* admin_status.c */
admin_handler admin_healthz, admin_metrics;
admin_handler admin_show_config, admin_log_level; /* admin_config.c */
admin_handler admin_reload;
admin_handler admin_refresh, admin_flush; /* admin_jobs.c */
admin_handler admin_job, admin_job_list;

#endif
