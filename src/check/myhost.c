/* SPDX-License-Identifier: ISC */
/* Postfix knows best: its programs expand, list and look up. */
#include <stdio.h>
#include <string.h>

#include "base/domain.h"
#include "base/exec.h"
#include "base/text.h"
#include "check/myhost.h"

static const char *const parameters[] = { "mydestination",
	"virtual_mailbox_domains", "virtual_alias_domains", "relay_domains" };

static void
say(const char *what, const char *item, const struct buf *why)
{
	struct buf shown = { 0 };
	size_t len = strcspn(buf_str(why), "\n");

	text_escape(&shown, item, strlen(item));
	buf_puts(&shown, ": ");
	text_escape(&shown, buf_str(why), len);
	fprintf(stderr, "postfix-mta-sts: %s: %s\n", what, buf_str(&shown));
	buf_clear(&shown);
}

int
myhost_get(const char *parameter, struct buf *out)
{
	const char *const argv[] = { "postconf", "-hx", parameter, NULL };
	struct buf why = { 0 };
	int status;

	buf_reset(out);
	status = exec_run(argv, out, &why);
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	if (status != 0) {
		if (why.len == 0)
			buf_puts(&why, "postconf cannot be run");
		say("this host's Postfix", parameter, &why);
	}
	buf_clear(&why);
	return status == 0 ? 0 : -1;
}

const char *
myhost_next(const char *at, struct buf *item)
{
	static const char between[] = ", \t\r\n";
	int depth = 0;

	at += strspn(at, between);
	buf_reset(item);
	for (; *at != '\0'; at++) {
		if (depth == 0 && strchr(between, *at) != NULL)
			break;
		depth += *at == '{';
		depth -= *at == '}' && depth > 0;
		buf_putc(item, *at);
	}
	return item->len > 0 ? at : NULL;
}

int
myhost_look_up(const char *table, const char *key, struct buf *value)
{
	const char *const argv[] = { "postmap", "-q", key, table, NULL };
	struct buf why = { 0 };
	int status;

	buf_reset(value);
	status = exec_run(argv, value, &why);
	while (value->len > 0 && value->data[value->len - 1] == '\n')
		value->data[--value->len] = '\0';
	/* Not found is status 1 without a word. */
	if (status != 0 && (status != 1 || why.len > 0)) {
		buf_reset(value);
		buf_put(value, buf_str(&why), strcspn(buf_str(&why), "\n"));
		status = -1;
	}
	buf_clear(&why);
	return status;
}

/* Mail for "localhost" comes from here only. */
static bool
is_of_the_world(const char *name)
{
	return strchr(name, '.') != NULL &&
	    strncmp(name, "localhost.", 10) != 0 &&
	    domain_is_valid(name, strlen(name)) &&
	    !domain_is_numeric(name, strlen(name));
}

static void
put_name(struct domainlist *list, const char *name, const char *parameter)
{
	char domain[DOMAIN_MAX + 1];

	if (domain_to_ascii(name, strlen(name), domain) > 0 &&
	    is_of_the_world(domain))
		domainlist_add(list, domain, parameter);
}

/* The keys of a table; addresses are none of ours. */
static void
put_table(struct domainlist *list, const char *table, const char *parameter)
{
	static const char proxy[] = "proxy:";
	const char *const argv[] = { "postmap", "-s",
		strncmp(table, proxy, strlen(proxy)) == 0 ?
		    table + strlen(proxy) :
		    table,
		NULL };
	struct buf out = { 0 }, why = { 0 };
	char *line, *rest;

	if (exec_run(argv, &out, &why) != 0) {
		buf_reset(&why);
		buf_puts(&why,
		    "cannot be listed; its domains are not checked (name them "
		    "by --domains)");
		say(parameter, table, &why);
		buf_reset(&out);
	}
	buf_putc(&out, '\n');
	rest = out.data;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, " \t")] = '\0';
		put_name(list, line, parameter);
	}
	buf_clear(&out);
	buf_clear(&why);
}

static void
put_item(struct domainlist *list, const char *item, const char *parameter)
{
	if (item[0] == '!')
		return;
	if (item[0] == '/')
		(void)domainlist_read(list, item);
	else if (strchr(item, ':') != NULL)
		put_table(list, item, parameter);
	else
		put_name(list, item, parameter);
}

int
myhost_list(struct domainlist *list)
{
	struct buf value = { 0 }, item = { 0 };
	const char *at;
	size_t i;
	int result = 0;

	for (i = 0;
	     result == 0 && i < sizeof(parameters) / sizeof(parameters[0]);
	     i++) {
		result = myhost_get(parameters[i], &value);
		if (result == -1)
			break;
		at = buf_str(&value);
		while ((at = myhost_next(at, &item)) != NULL)
			put_item(list, item.data, parameters[i]);
	}
	buf_clear(&value);
	buf_clear(&item);
	if (result == 0 && list->count + list->bad == 0)
		fputs("postfix-mta-sts: this Postfix receives for no domain "
		      "that can be listed\n",
		    stderr);
	return result;
}
