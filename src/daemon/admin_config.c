/* SPDX-License-Identifier: ISC */
/* GET /config, PUT /log-level, POST /reload. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/configvalue.h"
#include "base/log.h"
#include "cache/cache.h"
#include "daemon/adminroute.h"

#define CONFIG_DEFAULT SYSCONFDIR "/postfix-mta-sts/postfix-mta-sts.conf"

static json_t *
show_settings(const struct config *config)
{
	const struct config_setting *setting;
	json_t *object = json_object();
	struct buf text = { 0 };
	size_t i, count;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		buf_reset(&text);
		configvalue_put(&text, config, &setting[i]);
		admin_set_text(object, setting[i].name, buf_str(&text));
	}
	buf_clear(&text);
	return object;
}

static json_t *
show_build(void)
{
	const char *const libraries[] = { dns_library_version(),
		fetch_library_version(), cache_library_version(),
		loop_library_version(), domain_library_version() };
	json_t *object = json_object(), *list = json_array();
	size_t i;

	for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		(void)json_array_append_new(list, json_string(libraries[i]));
	admin_set_text(object, "version", VERSION);
	admin_set_text(object, "compiler", __VERSION__);
	admin_set(object, "libraries", list);
	return object;
}

/* The file we were started from; the kernel says when it is another by now. */
static json_t *
show_binary(void)
{
	static const char gone[] = " (deleted)";
	json_t *object = json_object();
	char path[PATH_MAX + 1];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t len = n > 0 ? (size_t)n : 0;
	bool is_replaced = len > sizeof(gone) - 1 &&
	    memcmp(path + len - (sizeof(gone) - 1), gone, sizeof(gone) - 1) ==
		0;

	if (is_replaced)
		len -= sizeof(gone) - 1;
	path[len] = '\0';
	admin_set(object, "path", admin_text_or_null(path));
	admin_set(object, "replaced", json_boolean(is_replaced));
	return object;
}

void
admin_show_config(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	const char *file = a->parts.config_file;
	json_t *object = json_object();

	(void)rest;
	admin_set(object, "settings", show_settings(a->config));
	admin_set_text(object, "file", file != NULL ? file : CONFIG_DEFAULT);
	admin_set(object, "build", show_build());
	admin_set(object, "binary", show_binary());
	admin_reply_json(ex, 200, object);
}

void
admin_log_level(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	static const char *const levels[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};
	json_t *body = admin_read_body(ex), *object;
	const char *word;
	int level;

	(void)rest;
	if (body == NULL)
		return;
	word = json_string_value(json_object_get(body, "level"));
	for (level = LOG_LEVEL_DEBUG; level >= 0; level--)
		if (word != NULL && strcmp(word, levels[level]) == 0)
			break;
	if (level < 0) {
		admin_reply_error(
		    ex, 400, "level: is one of error, warning, info, debug");
	} else {
		log_open((enum log_target)a->config->log_target,
		    (enum log_level)level,
		    (enum log_format)a->config->log_format);
		object = json_object();
		admin_set_text(object, "level", levels[level]);
		admin_reply_json(ex, 200, object);
	}
	json_decref(body);
}

static json_t *
show_names(const struct reload_names *names)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < names->count; i++)
		(void)json_array_append_new(list, json_string(names->name[i]));
	return list;
}

void
admin_reload(struct admin *a, struct httpd_exchange *ex, const char *rest)
{
	struct reload_result result = { 0 };
	json_t *object;

	(void)rest;
	if (reload_now(a->parts.reload, &result) == -1) {
		admin_reply_error(
		    ex, 422, "nothing has changed: %s", buf_str(&result.error));
	} else {
		object = json_object();
		admin_set(object, "reloaded", json_true());
		admin_set(object, "changed", show_names(&result.changed));
		admin_set(
		    object, "restart_needed", show_names(&result.restart));
		admin_reply_json(ex, 200, object);
	}
	reload_result_clear(&result);
}
