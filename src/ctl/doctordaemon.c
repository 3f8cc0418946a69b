/* SPDX-License-Identifier: ISC */
/* The daemon, as its configuration and its admin socket tell it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/configfile.h"
#include "base/configvalue.h"
#include "base/sock.h"
#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "ctl/doctormap.h"
#include "net/adminclient.h"
#include "net/mapclient.h"

#define DEFAULT_FILE SYSCONFDIR "/postfix-mta-sts/postfix-mta-sts.conf"
#define TIMEOUT_MS   10000

static const char *
member(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static void
read_texts(struct doctor_texts *texts, const json_t *array)
{
	const char *text;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		text = json_string_value(json_array_get(array, i));
		if (text != NULL)
			doctor_texts_add(texts, text);
	}
}

static void
read_fetches(struct doctor_facts *f, const json_t *array)
{
	struct doctor_fetch *fetch;
	const json_t *one;
	const char *domain, *reason;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		one = json_array_get(array, i);
		domain = member(one, "domain");
		reason = member(one, "reason");
		fetch = doctor_fetch_new(f);
		doctor_text_set(&fetch->domain, domain != NULL ? domain : "");
		doctor_text_set(&fetch->reason,
		    reason != NULL && strcmp(reason, "ok") != 0 ? reason : "");
		doctor_text_set(&fetch->detail, member(one, "detail"));
	}
}

bool
doctor_read_health(struct doctor_facts *f, const char *text, size_t len)
{
	struct doctor_daemon *d = &f->daemon;
	json_t *json = json_loadb(text, len, 0, NULL);
	const json_t *resolver = json_object_get(json, "resolver");
	const json_t *listeners = json_object_get(json, "listeners");
	bool is_it = json_is_boolean(json_object_get(json, "ok"));

	if (is_it) {
		d->is_healthy = json_is_true(json_object_get(json, "ok"));
		read_texts(&d->reason, json_object_get(json, "reasons"));
		d->is_clock_suspect =
		    json_is_true(json_object_get(json, "clock_suspect"));
		d->has_resolver =
		    json_is_boolean(json_object_get(resolver, "ad_believed"));
		d->is_ad_believed =
		    json_is_true(json_object_get(resolver, "ad_believed"));
		doctor_text_set(&d->servers, member(resolver, "servers"));
		read_fetches(f, json_object_get(json, "fetch_last"));
		if (member(json, "user") != NULL)
			doctor_text_set(&d->user, member(json, "user"));
		if (json_array_size(listeners) > 0) {
			doctor_texts_clear(&d->listener);
			read_texts(&d->listener, listeners);
		}
	}
	json_decref(json);
	return is_it;
}

bool
doctor_read_status(struct doctor_facts *f, const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, 0, NULL);
	bool is_it = member(json, "version") != NULL;

	if (is_it)
		doctor_text_set(&f->daemon.version, member(json, "version"));
	json_decref(json);
	return is_it;
}

bool
doctor_read_config(struct doctor_facts *f, const char *text, size_t len)
{
	struct doctor_daemon *d = &f->daemon;
	json_t *json = json_loadb(text, len, 0, NULL), *value;
	const json_t *binary = json_object_get(json, "binary");
	json_t *settings = json_object_get(json, "settings");
	bool is_it = json_is_object(settings);
	const char *name;

	json_object_foreach(settings, name, value)
	{
		if (json_is_string(value))
			doctor_params_set(
			    &d->setting, name, json_string_value(value));
	}
	if (is_it && member(json, "file") != NULL)
		doctor_text_set(&d->file, member(json, "file"));
	if (is_it) {
		doctor_text_set(&d->binary, member(binary, "path"));
		d->is_replaced =
		    json_is_true(json_object_get(binary, "replaced"));
	}
	json_decref(json);
	return is_it;
}

/* As the daemon would start with. */
static void
look_settings(struct doctor_facts *f, const struct config *config)
{
	const struct config_setting *setting;
	struct buf value = { 0 };
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		buf_reset(&value);
		configvalue_put(&value, config, &setting[i]);
		doctor_params_set(
		    &f->daemon.setting, setting[i].name, buf_str(&value));
	}
	buf_clear(&value);
	for (i = 0; i < config->listen.count; i++)
		doctor_texts_add(&f->daemon.listener, config->listen.item[i]);
	if (config->user[0] != '\0')
		doctor_text_set(&f->daemon.user, config->user);
}

static void
look_file(struct doctor_facts *f)
{
	struct doctor_daemon *d = &f->daemon;
	struct configfile file = { 0 };
	struct buf why = { 0 };
	char *folder;
	size_t i;

	d->is_file_there = access(d->file, F_OK) == 0;
	folder = xmemdup(d->file,
	    (size_t)(strrchr(d->file, '/') != NULL ?
		    strrchr(d->file, '/') - d->file :
		    0));
	d->is_folder_there = *folder == '\0' || access(folder, F_OK) == 0;
	free(folder);
	if (configfile_read(d->file, true, &file, &why) == 0) {
		for (i = 0; i < file.count; i++)
			doctor_params_set(
			    &d->in_file, file.item[i].name, file.item[i].value);
	}
	configfile_clear(&file);
	buf_clear(&why);
}

/* Is somebody there? A refusal of rights is not told from silence later. */
static enum doctor_api
knock(const char *address)
{
	int fd;

	if (*address == '\0')
		return DOCTOR_API_OFF;
	fd = sock_connect(address, TIMEOUT_MS);
	if (fd != -1) {
		close(fd);
		return DOCTOR_API_UP;
	}
	return errno == EACCES || errno == EPERM ? DOCTOR_API_DENIED :
						   DOCTOR_API_DOWN;
}

typedef bool read_fn(struct doctor_facts *, const char *, size_t);

static bool
ask(struct doctor_facts *f, struct adminclient *client, const char *path,
    read_fn *read)
{
	struct admin_request request = { .method = "GET", .path = path };
	struct admin_reply reply = { 0 };
	bool is_read = false;

	switch (adminclient_ask(client, &request, &reply)) {
	case ADMIN_OK:
		is_read = read(f, buf_str(&reply.body), reply.body.len);
		break;
	case ADMIN_REFUSED:
	case ADMIN_UNREACHABLE:
	case ADMIN_BROKEN:
		break;
	}
	if (!is_read)
		doctor_text_set(&f->daemon.api_error,
		    reply.error.len > 0 ? reply.error.data :
					  "its answer is not understood");
	admin_reply_clear(&reply);
	return is_read;
}

static void
look_api(struct doctor_facts *f, const char *address)
{
	const struct adminclient_limits limits = { .answer_ms = TIMEOUT_MS };
	struct doctor_daemon *d = &f->daemon;
	struct adminclient *client;

	doctor_text_set(&d->api_address, address);
	d->api = knock(address);
	if (d->api != DOCTOR_API_UP) {
		doctor_text_set(&d->api_error, strerror(errno));
		return;
	}
	client = adminclient_new(address, &limits);
	if (client == NULL || !ask(f, client, "/status", doctor_read_status) ||
	    !ask(f, client, "/config", doctor_read_config) ||
	    !ask(f, client, "/health", doctor_read_health))
		d->api = DOCTOR_API_ODD;
	adminclient_free(client);
}

static void
look_listeners(struct doctor_daemon *d)
{
	struct buf reply = { 0 }, why = { 0 };
	size_t i;

	for (i = 0; i < d->listener.count && !d->is_answering; i++)
		d->is_answering =
		    mapclient_query(d->listener.item[i], TIMEOUT_MS, "QUERY",
			DOCTOR_HARMLESS, &reply, &why) == 0;
	buf_clear(&reply);
	buf_clear(&why);
}

/* What admin_listen is when the file does not say. */
static const char *
usual_address(void)
{
	const struct config_setting *setting;
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		if (strcmp(setting[i].name, "admin_listen") == 0)
			return setting[i].fallback;
	}
	return "";
}

void
doctor_look_daemon(struct doctor_facts *f, const struct ctl_options *options)
{
	struct doctor_daemon *d = &f->daemon;

	doctor_text_set(&d->file,
	    options->config_path != NULL ? options->config_path : DEFAULT_FILE);
	doctor_text_set(&d->file_error, options->config_error);
	if (options->config != NULL)
		look_settings(f, options->config);
	if (options->config == NULL && options->socket[0] == '\0')
		look_api(f, usual_address());
	else
		look_api(f, options->socket);
	/* What was named by hand goes before what the daemon says. */
	if (options->config_path != NULL)
		doctor_text_set(&d->file, options->config_path);
	look_listeners(d);
	look_file(f);
}
