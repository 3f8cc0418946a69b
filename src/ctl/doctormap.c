/* SPDX-License-Identifier: ISC */
/* Postfix's own texts, cut up as util/mystrtok.c and dict_sockmap.c do it. */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "ctl/doctormap.h"
#include "sts/mxmatch.h"

#define SEPARATORS ", \t\r\n"
#define PROXY      "proxy:"
#define SOCKETMAP  "socketmap:"

/* Length of the item that begins at s: braces hold it together. */
static size_t
item_len(const char *s)
{
	size_t depth = 0, i;

	for (i = 0; s[i] != '\0'; i++) {
		if (depth == 0 && strchr(SEPARATORS, s[i]) != NULL)
			break;
		if (s[i] == '{')
			depth++;
		else if (s[i] == '}' && depth > 0)
			depth--;
	}
	return i;
}

void
doctor_split(struct doctor_texts *out, const char *list)
{
	char *item;
	size_t len;

	for (;;) {
		list += strspn(list, SEPARATORS);
		len = item_len(list);
		if (len == 0)
			return;
		item = xmemdup(list, len);
		doctor_texts_add(out, item);
		free(item);
		list += len;
	}
}

static void
parse_table(struct doctor_table *t, const char *text)
{
	const char *rest = text, *colon;

	*t = (struct doctor_table){ .text = xstrdup(text) };
	while (strncmp(rest, PROXY, strlen(PROXY)) == 0) {
		t->is_proxied = true;
		rest += strlen(PROXY);
	}
	if (strncmp(rest, SOCKETMAP, strlen(SOCKETMAP)) != 0)
		return;
	t->is_socketmap = true;
	rest += strlen(SOCKETMAP);
	colon = strrchr(rest, ':');
	if (colon == NULL || strchr(rest, ':') == colon) {
		t->address = xstrdup(rest);
		return;
	}
	t->address = xmemdup(rest, (size_t)(colon - rest));
	t->name = xstrdup(colon + 1);
}

void
doctor_tables_parse(struct doctor_tables *tables, const char *list)
{
	struct doctor_texts texts = { 0 };
	size_t i;

	*tables = (struct doctor_tables){ 0 };
	doctor_split(&texts, list);
	tables->item = xcalloc(texts.count + 1, sizeof(*tables->item));
	tables->count = texts.count;
	for (i = 0; i < texts.count; i++)
		parse_table(&tables->item[i], texts.item[i]);
	doctor_texts_clear(&texts);
}

void
doctor_tables_clear(struct doctor_tables *tables)
{
	size_t i;

	for (i = 0; i < tables->count; i++) {
		free(tables->item[i].text);
		free(tables->item[i].address);
		free(tables->item[i].name);
	}
	free(tables->item);
	*tables = (struct doctor_tables){ 0 };
}

static bool
is_listened_on(const struct doctor_facts *f, const char *address)
{
	size_t i;

	for (i = 0; i < f->reaches; i++) {
		if (f->reach[i].is_listener &&
		    strcmp(f->reach[i].address, address) == 0)
			return true;
	}
	return false;
}

const struct doctor_table *
doctor_tables_ours(
    const struct doctor_tables *tables, const struct doctor_facts *f)
{
	const struct doctor_table *first = NULL, *t;
	size_t i;

	for (i = 0; i < tables->count; i++) {
		t = &tables->item[i];
		if (!t->is_socketmap)
			continue;
		if (is_listened_on(f, t->address))
			return t;
		if (first == NULL)
			first = t;
	}
	return first;
}

void
doctor_transport_split(
    const char *text, char transport[DOCTOR_TRANSPORT_BYTES], const char **hop)
{
	size_t len = strcspn(text, ":");

	*hop = text[len] == ':' ? text + len + 1 : text + len;
	if (len >= DOCTOR_TRANSPORT_BYTES)
		len = DOCTOR_TRANSPORT_BYTES - 1;
	memcpy(transport, text, len);
	transport[len] = '\0';
}

/* Where host ends: at the colon before the port. */
static size_t
host_len(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon != NULL ? (size_t)(colon - address) : strlen(address);
}

static bool
inet_is(const char *address, const char *listener)
{
	size_t a = host_len(address), l = host_len(listener);

	if (strcmp(address + a, listener + l) != 0)
		return false;
	if (l == strlen("0.0.0.0") && memcmp(listener, "0.0.0.0", l) == 0)
		return address[0] != '[';
	if (l == strlen("[::]") && memcmp(listener, "[::]", l) == 0)
		return address[0] == '[';
	if (a == strlen("localhost") && strncmp(address, "localhost", a) == 0) {
		address = "127.0.0.1";
		a = strlen(address);
	}
	if (l == strlen("localhost") &&
	    strncmp(listener, "localhost", l) == 0) {
		listener = "127.0.0.1";
		l = strlen(listener);
	}
	return a == l && memcmp(address, listener, a) == 0;
}

bool
doctor_address_is(const char *address, const char *listener)
{
	if (strncmp(address, "inet:", 5) == 0 &&
	    strncmp(listener, "inet:", 5) == 0)
		return inet_is(address + 5, listener + 5);
	return strcmp(address, listener) == 0;
}

/* The items between ':'. */
static void
split_match(struct doctor_texts *out, const char *list)
{
	char *item;
	size_t len;

	while (*list != '\0') {
		len = strcspn(list, ":");
		item = xmemdup(list, len);
		doctor_texts_add(out, item);
		free(item);
		list += len;
		list += *list == ':';
	}
}

void
doctor_policy_parse(struct doctor_policy *p, const char *text)
{
	struct doctor_texts part = { 0 };
	size_t i;

	*p = (struct doctor_policy){ 0 };
	doctor_split(&part, text);
	p->level = xstrdup(part.count > 0 ? part.item[0] : "");
	for (i = 1; i < part.count; i++) {
		if (strncmp(part.item[i], "match=", 6) == 0)
			split_match(&p->match, part.item[i] + 6);
		else if (strncmp(part.item[i], "mx_host_pattern=", 16) == 0)
			doctor_texts_add(&p->pattern, part.item[i] + 16);
	}
	doctor_texts_clear(&part);
}

void
doctor_policy_clear(struct doctor_policy *p)
{
	free(p->level);
	doctor_texts_clear(&p->match);
	doctor_texts_clear(&p->pattern);
	*p = (struct doctor_policy){ 0 };
}

/* match= says ".x" for the policy's "*.x". */
static bool
is_matched(const char *item, const char *host)
{
	size_t len = strlen(item), host_bytes = strlen(host);
	char *pattern;
	bool is_it;

	if (item[0] != '.')
		return sts_mx_match(item, len, host, host_bytes);
	pattern = xmalloc(len + 2);
	pattern[0] = '*';
	memcpy(pattern + 1, item, len + 1);
	is_it = sts_mx_match(pattern, len + 1, host, host_bytes);
	free(pattern);
	return is_it;
}

bool
doctor_policy_covers(const struct doctor_policy *p, const char *host)
{
	const struct doctor_texts *list =
	    p->pattern.count > 0 ? &p->pattern : &p->match;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (is_matched(list->item[i], host))
			return true;
	}
	return false;
}
