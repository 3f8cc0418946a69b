/* SPDX-License-Identifier: ISC */
/* What handlers read of a request, and how they reply. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "daemon/adminroute.h"

const char admin_type_json[] = "application/json";

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
admin_budget_begin(struct admin_budget *b, int64_t us)
{
	b->records = ADMIN_RECORDS_MAX;
	b->until_us = now_us() + us;
}

bool
admin_budget_spend(struct admin_budget *b)
{
	return --b->records > 0 && now_us() < b->until_us;
}

void
admin_set(json_t *object, const char *name, json_t *value)
{
	/* It fails for want of memory only: xmalloc() ends the process first. */
	(void)json_object_set_new(object, name, value);
}

void
admin_set_int(json_t *object, const char *name, int64_t value)
{
	admin_set(object, name, json_integer(value));
}

void
admin_set_text(json_t *object, const char *name, const char *text)
{
	admin_set(object, name, admin_text(text));
}

json_t *
admin_text(const char *text)
{
	json_t *value = json_string(text);
	struct buf plain = { 0 };

	if (value != NULL || text == NULL)
		return value;
	text_escape(&plain, text, strlen(text));
	value = json_string(buf_str(&plain));
	buf_clear(&plain);
	return value;
}

json_t *
admin_text_or_null(const char *text)
{
	return text != NULL && *text != '\0' ? admin_text(text) : json_null();
}

void
admin_reply_text(struct httpd_exchange *ex, int status, const char *type,
    const struct buf *text)
{
	httpd_reply(ex,
	    &(struct httpd_reply){ .status = status,
		.type = type,
		.body = buf_str(text),
		.body_len = text->len });
}

static int
on_dump(const char *text, size_t len, void *arg)
{
	buf_put(arg, text, len);
	return 0;
}

void
admin_put_json(struct buf *out, json_t *object)
{
	(void)json_dump_callback(
	    object, on_dump, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
}

void
admin_reply_json(struct httpd_exchange *ex, int status, json_t *object)
{
	struct buf line = { 0 };

	admin_put_json(&line, object);
	buf_putc(&line, '\n');
	admin_reply_text(ex, status, admin_type_json, &line);
	buf_clear(&line);
}

void
admin_reply_error(struct httpd_exchange *ex, int status, const char *fmt, ...)
{
	json_t *object = json_object();
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* It may hold what the request said, cut anywhere. */
	admin_set_text(object, "error", text);
	admin_reply_json(ex, status, object);
}

json_t *
admin_read_body(struct httpd_exchange *ex)
{
	size_t len;
	const char *body = httpd_get_body(ex, &len);
	json_error_t why = { .text = "it is empty" };
	json_t *object = NULL;

	if (len > ADMIN_BODY_MAX_BYTES) {
		admin_reply_error(
		    ex, 413, "the body is over %d bytes", ADMIN_BODY_MAX_BYTES);
		return NULL;
	}
	if (len > 0)
		object = json_loadb(body, len, JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(object))
		return object;
	if (object != NULL)
		admin_reply_error(ex, 400, "the body is not a JSON object");
	else
		admin_reply_error(
		    ex, 400, "the body is not JSON: %s", why.text);
	json_decref(object);
	return NULL;
}

size_t
admin_read_domain(
    struct httpd_exchange *ex, const char *text, char out[DOMAIN_MAX + 1])
{
	size_t len = domain_to_ascii(text, strlen(text), out);

	if (len > 0 && len <= RESOLVER_DOMAIN_MAX)
		return len;
	admin_reply_error(ex, 400, "%.300s: not a domain name", text);
	return 0;
}

bool
admin_read_number(struct httpd_exchange *ex, const char *name, int64_t max,
    int64_t fallback, int64_t *out)
{
	const char *text = httpd_get_query(ex, name), *why;
	int64_t value;

	*out = fallback;
	if (text == NULL)
		return true;
	value = strtonum(text, 0, max, &why);
	if (why == NULL) {
		*out = value;
		return true;
	}
	admin_reply_error(
	    ex, 400, "%s: not a number from 0 to %" PRId64, name, max);
	return false;
}
