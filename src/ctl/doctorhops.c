/* SPDX-License-Identifier: ISC */
/* The next-hops that main.cf and its tables name, asked for as smtp(8) does. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/exec.h"
#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "ctl/doctormap.h"
#include "net/mapclient.h"

#define HOPS_MAX   100
#define TIMEOUT_MS 15000
#define ALL_MS     60000 /* after that nothing more is asked */

static const struct doctor_client *
find_client(const struct doctor_facts *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->postfix.clients; i++) {
		if (strcmp(f->postfix.client[i].name, name) == 0 &&
		    strcmp(f->postfix.client[i].type, "unix") == 0)
			return &f->postfix.client[i];
	}
	return NULL;
}

/* Would both services be told the same? */
static bool
is_alike(const struct doctor_facts *f, const char *a, const char *b)
{
	static const char name[] = "smtp_tls_policy_maps";
	const struct doctor_client *one = find_client(f, a);
	const struct doctor_client *other = find_client(f, b);

	return strcmp(a, b) == 0 ||
	    (one != NULL && other != NULL &&
		one->is_chrooted == other->is_chrooted &&
		strcmp(doctor_value(f, one, name),
		    doctor_value(f, other, name)) == 0);
}

static void
add_hop(struct doctor_facts *f, const char *key, const char *from,
    const char *client)
{
	struct doctor_hop *hop;
	size_t i;

	for (i = 0; i < f->hops; i++) {
		if (strcmp(f->hop[i].key, key) == 0 &&
		    is_alike(f, f->hop[i].client, client))
			return;
	}
	if (f->hops >= HOPS_MAX) {
		f->hops_left++;
		return;
	}
	hop = doctor_hop_new(f);
	hop->key = xstrdup(key);
	hop->from = xstrdup(from);
	hop->client = xstrdup(client);
}

void
doctor_read_hops(struct doctor_facts *f, const char *list, const char *from,
    const char *client)
{
	struct doctor_texts item = { 0 };
	const char *key;
	size_t i;

	doctor_split(&item, list);
	for (i = 0; i < item.count; i++) {
		key = item.item[i];
		if (strncmp(key, "unix:", 5) == 0)
			continue;
		if (strncmp(key, "inet:", 5) == 0)
			key += 5;
		if (*key != '\0')
			add_hop(f, key, from, client);
	}
	doctor_texts_clear(&item);
}

/* "transport:nexthop", where the transport is one of smtp(8)'s. */
static void
read_transport(struct doctor_facts *f, const char *text, const char *from)
{
	char transport[DOCTOR_TRANSPORT_BYTES], usual[DOCTOR_TRANSPORT_BYTES];
	const char *hop, *no_hop;

	doctor_transport_split(text, transport, &hop);
	doctor_transport_split(
	    doctor_value(f, NULL, "default_transport"), usual, &no_hop);
	doctor_read_hops(f, hop, from, *transport != '\0' ? transport : usual);
}

/* What a table holds: "key TAB value" lines of postmap -s. */
static void
read_table(
    struct doctor_facts *f, const char *text, const char *name, bool is_hop)
{
	char transport[DOCTOR_TRANSPORT_BYTES];
	struct buf from = { 0 };
	const char *end, *tab, *hop;
	char *value;

	doctor_transport_split(
	    doctor_value(f, NULL, "default_transport"), transport, &hop);
	for (; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		tab = memchr(text, '\t', (size_t)(end - text));
		if (tab == NULL)
			continue;
		buf_reset(&from);
		buf_printf(&from, "%s, %.*s", name, (int)(tab - text), text);
		value = xmemdup(tab + 1, (size_t)(end - tab) - 1);
		if (is_hop)
			doctor_read_hops(f, value, from.data, transport);
		else
			read_transport(f, value, from.data);
		free(value);
	}
	buf_clear(&from);
}

static int
postmap(const struct doctor_facts *f, const char *const option[2],
    const char *table, struct buf *out)
{
	const char *argv[8] = { "postmap" };
	struct buf why = { 0 };
	size_t n = 1;
	int status;

	if (f->postfix.conf != NULL) {
		argv[n++] = "-c";
		argv[n++] = f->postfix.conf;
	}
	argv[n++] = option[0];
	if (option[1] != NULL)
		argv[n++] = option[1];
	argv[n++] = table;
	status = exec_run(argv, out, &why);
	buf_clear(&why);
	return status;
}

/* The tables of a parameter; those that cannot be listed are noted. */
static void
look_tables(struct doctor_facts *f, const char *name, bool is_hop)
{
	static const char *const list[2] = { "-s", NULL };
	struct doctor_texts table = { 0 };
	struct buf out = { 0 };
	const char *text;
	size_t i;

	doctor_split(&table, doctor_value(f, NULL, name));
	for (i = 0; i < table.count; i++) {
		text = table.item[i];
		while (strncmp(text, "proxy:", 6) == 0)
			text += 6;
		buf_reset(&out);
		if (strncmp(text, "static:", 7) == 0 && is_hop)
			doctor_read_hops(f, text + 7, name, "smtp");
		else if (strncmp(text, "static:", 7) == 0)
			read_transport(f, text + 7, name);
		else if (postmap(f, list, text, &out) == 0)
			read_table(f, buf_str(&out), name, is_hop);
		else
			doctor_texts_add(&f->postfix.unread, text);
	}
	doctor_texts_clear(&table);
	buf_clear(&out);
}

static void
gather(struct doctor_facts *f)
{
	static const char fallback[] = "smtp_fallback_relay";
	char transport[DOCTOR_TRANSPORT_BYTES];
	const struct doctor_client *client;
	const char *hop;
	size_t i;

	doctor_transport_split(
	    doctor_value(f, NULL, "default_transport"), transport, &hop);
	doctor_read_hops(
	    f, doctor_value(f, NULL, "relayhost"), "relayhost", transport);
	doctor_read_hops(f, hop, "default_transport", transport);
	read_transport(
	    f, doctor_value(f, NULL, "relay_transport"), "relay_transport");
	for (i = 0; i < f->postfix.clients; i++) {
		client = &f->postfix.client[i];
		doctor_read_hops(f, doctor_value(f, client, fallback), fallback,
		    client->name);
	}
	look_tables(f, "transport_maps", false);
	look_tables(f, "sender_dependent_relayhost_maps", true);
	look_tables(f, "sender_dependent_default_transport_maps", false);
}

/* Does a table before ours have the key? */
static bool
is_earlier(const struct doctor_facts *f, const struct doctor_tables *tables,
    const struct doctor_table *ours, const char *key)
{
	const char *const query[2] = { "-q", key };
	const struct doctor_table *t;
	struct buf out = { 0 };
	bool is_found = false;

	for (t = tables->item; t != ours && !is_found; t++)
		is_found =
		    !t->is_socketmap && postmap(f, query, t->text, &out) == 0;
	buf_clear(&out);
	return is_found;
}

static void
ask(struct doctor_facts *f, struct doctor_hop *hop)
{
	const struct doctor_client *client = find_client(f, hop->client);
	const struct doctor_table *ours;
	const struct doctor_reach *reach = NULL;
	struct doctor_tables tables;
	struct buf reply = { 0 }, why = { 0 };

	if (client == NULL)
		return; /* no smtp(8) */
	doctor_tables_parse(
	    &tables, doctor_value(f, client, "smtp_tls_policy_maps"));
	ours = doctor_tables_ours(&tables, f);
	if (ours != NULL)
		reach =
		    doctor_reach_find(f, ours->address, client->is_chrooted);
	if (reach != NULL && reach->reply != NULL && ours->name != NULL) {
		hop->is_earlier = is_earlier(f, &tables, ours, hop->key);
		if (!hop->is_earlier &&
		    mapclient_query(reach->literal, TIMEOUT_MS, ours->name,
			hop->key, &reply, &why) == 0)
			doctor_text_set(&hop->reply, buf_str(&reply));
	}
	doctor_tables_clear(&tables);
	buf_clear(&reply);
	buf_clear(&why);
}

void
doctor_look_hops(struct doctor_facts *f)
{
	int64_t begin = clock_ms();
	size_t i;

	if (!f->postfix.is_there)
		return;
	gather(f);
	for (i = 0; i < f->hops && clock_ms() - begin < ALL_MS; i++)
		ask(f, &f->hop[i]);
	f->hops_left += f->hops - i;
}
