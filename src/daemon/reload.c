/* SPDX-License-Identifier: ISC */
/*
 * First what can fail, each step undone by nobody else's: nothing of it is
 * seen outside. Then what cannot.
 */
#include <stdlib.h>
#include <string.h>

#include "base/configvalue.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sock.h"
#include "base/sockaddress.h"
#include "base/xmalloc.h"
#include "daemon/dane.h"
#include "daemon/limits.h"
#include "daemon/overrides.h"
#include "daemon/reload.h"

#define ERROR_BYTES 512

struct reload {
	struct reload_source source;
	struct reload_parts parts;
};

struct reload *
reload_new(const struct reload_source *source, const struct reload_parts *parts)
{
	struct reload *r = xcalloc(1, sizeof(*r));

	r->source = *source;
	r->parts = *parts;
	return r;
}

void
reload_free(struct reload *r)
{
	free(r);
}

void
reload_result_clear(struct reload_result *result)
{
	free(result->changed.name);
	free(result->restart.name);
	buf_clear(&result->error);
	*result = (struct reload_result){ 0 };
}

static void
add_name(struct reload_names *names, const char *name)
{
	names->name =
	    xreallocarray(names->name, names->count + 1, sizeof(*names->name));
	names->name[names->count++] = name;
}

static bool
is_listed(const struct config_list *list, const char *address)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (sockaddress_is_same(list->item[i], address))
			return true;
	}
	return false;
}

static void
add_item(struct config_list *list, char *item)
{
	list->item =
	    xreallocarray(list->item, list->count + 1, sizeof(*list->item));
	list->item[list->count++] = item;
}

/*
 * Only inet addresses come and go: a unix socket is made before the ids are
 * given up, with rights that we could not give it now. True when next wants
 * other unix sockets than there are; it wants those that there are then.
 */
static bool
keep_unix_sockets(const struct config_list *now, struct config_list *next)
{
	bool differs = false, is_unix;
	size_t i, kept = 0;

	for (i = 0; i < next->count; i++) {
		is_unix = sockaddress_is_unix(next->item[i]);
		if (!is_unix || is_listed(now, next->item[i])) {
			next->item[kept++] = next->item[i];
		} else {
			differs = true;
			free(next->item[i]);
		}
	}
	next->count = kept;
	for (i = 0; i < now->count; i++) {
		is_unix = sockaddress_is_unix(now->item[i]);
		if (is_unix && !is_listed(next, now->item[i]))
			differs = true;
		/* And never nowhere at all. */
		if ((is_unix && !is_listed(next, now->item[i])) || kept == 0)
			add_item(next, xstrdup(now->item[i]));
	}
	return differs;
}

/* What differs, and can or cannot be had. */
static void
compare(const struct reload *r, struct config *next, bool has_other_unix,
    struct reload_result *result)
{
	const struct config *now = r->parts.config;
	const struct config_setting *setting;
	bool is_listen, is_equal;
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		is_listen = strcmp(setting[i].name, "listen") == 0;
		if (is_listen && server_is_passed(r->parts.server))
			continue;
		is_equal = configvalue_is_equal(now, next, &setting[i]);
		if (!is_equal && setting[i].is_reloadable)
			add_name(&result->changed, setting[i].name);
		if ((!is_equal && !setting[i].is_reloadable) ||
		    (is_listen && has_other_unix))
			add_name(&result->restart, setting[i].name);
	}
}

/* Nothing of this can fail. */
static void
commit(struct reload *r, struct config *next, struct sts_overrides *overrides)
{
	const struct reload_parts *p = &r->parts;
	const struct config_setting *setting;
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		if (setting[i].is_reloadable)
			configvalue_exchange(p->config, next, &setting[i]);
	}
	log_open((enum log_target)p->config->log_target,
	    (enum log_level)p->config->log_level,
	    (enum log_format)p->config->log_format);
	if (!server_is_passed(p->server))
		server_commit(p->server);
	cache_set_keep_unused(p->cache, p->config->keep_unused);
	dns_reload(p->dns);
	fetcher_reload(p->fetcher);
	resolver_reload(p->resolver);
	lookups_reload(p->lookups, overrides);
}

/* The configuration read anew, or NULL. */
static struct config *
load(const struct reload *r, struct buf *error)
{
	char text[ERROR_BYTES];
	struct config *next;

	next = config_load(
	    r->source.path, &r->source.overrides, text, sizeof(text));
	if (next == NULL)
		buf_puts(error, text);
	else
		limits_apply(next, r->parts.most_connections);
	return next;
}

/* -1 (logged): nothing has changed. */
static int
try(const struct reload *r, const struct config *next,
    struct sts_overrides **overrides)
{
	const struct reload_parts *p = &r->parts;
	bool has_sockets = !server_is_passed(p->server);

	if (!dns_check(next) || danes_check_trust(next) == -1 ||
	    overrides_load(next->overrides, overrides) == -1)
		return -1;
	if (has_sockets && server_prepare(p->server, &next->listen) == -1)
		return -1;
	/* The last that can fail: the new trust store counts at once. */
	if (fetcher_prepare(p->fetcher, next) == 0)
		return 0;
	if (has_sockets)
		server_abandon(p->server);
	return -1;
}

static const char *
put_names(struct buf *text, const struct reload_names *names)
{
	size_t i;

	buf_reset(text);
	for (i = 0; i < names->count; i++)
		buf_printf(text, " %s", names->name[i]);
	return buf_str(text);
}

static void
log_result(const struct reload_result *result)
{
	struct buf text = { 0 };

	if (result->changed.count > 0)
		log_info("reloaded", "changed:%s",
		    put_names(&text, &result->changed));
	else
		log_info("reloaded", "no setting has changed");
	if (result->restart.count > 0)
		log_warning("restart-needed",
		    "these changes wait for a restart:%s",
		    put_names(&text, &result->restart));
	buf_clear(&text);
}

int
reload_now(struct reload *r, struct reload_result *result)
{
	struct sts_overrides *overrides = NULL;
	struct config *next;
	bool has_other_unix;
	int status = -1;

	notify_reloading();
	log_copy_errors(&result->error);
	next = load(r, &result->error);
	if (next != NULL) {
		has_other_unix =
		    keep_unix_sockets(&r->parts.config->listen, &next->listen);
		status = try(r, next, &overrides);
	}
	log_copy_errors(NULL);
	if (status == 0) {
		compare(r, next, has_other_unix, result);
		commit(r, next, overrides);
		log_result(result);
	} else {
		sts_overrides_free(overrides);
		log_error("reload-failed", "%s: nothing was changed",
		    buf_str(&result->error));
	}
	config_free(next);
	notify_ready();
	return status;
}
