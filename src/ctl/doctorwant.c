/* SPDX-License-Identifier: ISC */
/* What this host's Postfix should have, by its version and the daemon. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctl/doctorrules.h"

#define DEFAULT_LISTEN "inet:127.0.0.1:8461"
#define IN_QUEUE       "unix:run/postfix-mta-sts/socket"
#define DEBIAN_CA      "/etc/ssl/certs/ca-certificates.crt"

const char *
doctor_param(const struct doctor_run *run, const char *name)
{
	return doctor_value(run->facts, run->scope.client, name);
}

const char *
doctor_where(const struct doctor_run *run, struct doctor_where *where)
{
	const struct doctor_client *client = run->scope.client;

	if (!run->scope.is_own)
		return "main.cf";
	snprintf(where->text, sizeof(where->text), "master.cf (%s/%s)",
	    client->name, client->type);
	return where->text;
}

bool
doctor_reach_answers(const struct doctor_reach *r)
{
	return r != NULL && r->is_tried && r->error == 0 && r->reply != NULL;
}

void
doctor_ours(const struct doctor_run *run, struct doctor_ours *ours)
{
	const struct doctor_client *client = run->scope.client;

	doctor_tables_parse(
	    &ours->tables, doctor_param(run, "smtp_tls_policy_maps"));
	ours->table = doctor_tables_ours(&ours->tables, run->facts);
	ours->reach = NULL;
	if (ours->table != NULL)
		ours->reach =
		    doctor_reach_find(run->facts, ours->table->address,
			client != NULL && client->is_chrooted);
}

void
doctor_ours_clear(struct doctor_ours *ours)
{
	doctor_tables_clear(&ours->tables);
}

/* smtp(8) of before 2.3's names, too: all but an explicit level. */
const char *
doctor_level(const struct doctor_run *run)
{
	const char *level = doctor_param(run, "smtp_tls_security_level");

	if (*level != '\0')
		return level;
	if (strcasecmp(doctor_param(run, "smtp_enforce_tls"), "yes") == 0)
		return "verify";
	if (strcasecmp(doctor_param(run, "smtp_use_tls"), "yes") == 0)
		return "may";
	return "none";
}

bool
doctor_has_dane(const struct doctor_run *run)
{
	return strcmp(doctor_setting(run->facts, "dane"), "yes") == 0 ||
	    strncmp(doctor_level(run), "dane", strlen("dane")) == 0;
}

enum answer_profile
doctor_profile(const struct doctor_facts *f)
{
	if (doctor_postfix_is(f, 3, 10, 0))
		return ANSWER_POSTFIX_3_10;
	/* Not known: what most have. */
	return f->postfix.version == NULL || doctor_postfix_is(f, 3, 4, 0) ?
	    ANSWER_POSTFIX_3_4 :
	    ANSWER_POSTFIX_2_10;
}

const char *
doctor_ca_wanted(const struct doctor_facts *f)
{
	return f->system_ca != NULL ? f->system_ca : DEBIAN_CA;
}

/* A listener as main.cf writes it; false: that client cannot reach it. */
static bool
put_listener(struct buf *out, const struct doctor_facts *f,
    const struct doctor_client *client, const char *listener)
{
	const char *queue = doctor_value(f, NULL, "queue_directory");
	size_t len = strlen(queue);
	const char *port = strrchr(listener, ':');

	if (strncmp(listener, "unix:", 5) == 0) {
		if (len > 0 && strncmp(listener + 5, queue, len) == 0 &&
		    listener[5 + len] == '/')
			buf_printf(out, "unix:%s", listener + 5 + len + 1);
		else if (client != NULL && client->is_chrooted)
			return false;
		else
			buf_puts(out, listener);
		return true;
	}
	if (port == NULL)
		return false;
	if (strncmp(listener, "inet:0.0.0.0:", 13) == 0)
		buf_printf(out, "inet:127.0.0.1%s", port);
	else if (strncmp(listener, "inet:[::]:", 10) == 0)
		buf_printf(out, "inet:[::1]%s", port);
	else
		buf_puts(out, listener);
	return true;
}

bool
doctor_address_wanted(struct buf *out, const struct doctor_facts *f,
    const struct doctor_client *client)
{
	const struct doctor_texts *listener = &f->daemon.listener;
	size_t i;

	for (i = 0; i < listener->count; i++) {
		if (put_listener(out, f, client, listener->item[i]))
			return true;
	}
	buf_puts(out, listener->count == 0 ? DEFAULT_LISTEN : IN_QUEUE);
	return listener->count == 0;
}

/* What main.cf has stays when it works. */
static void
put_ours(struct buf *out, const struct doctor_facts *f,
    const struct doctor_client *client, const struct doctor_table *table)
{
	bool is_chrooted = client != NULL && client->is_chrooted;
	const struct doctor_reach *reach = NULL;

	if (table != NULL && table->name != NULL)
		reach = doctor_reach_find(f, table->address, is_chrooted);
	buf_puts(out, "socketmap:");
	if (reach != NULL &&
	    (reach->is_listener ||
		(doctor_reach_answers(reach) && f->daemon.listener.count == 0)))
		buf_puts(out, table->address);
	else
		doctor_address_wanted(out, f, client);
	buf_printf(out, ":%s", answer_profile_name(doctor_profile(f)));
}

void
doctor_map_wanted(struct buf *out, const struct doctor_facts *f,
    const struct doctor_client *client)
{
	static const char name[] = "smtp_tls_policy_maps";
	const char *raw = NULL, *between = "";
	const struct doctor_table *ours, *t;
	struct doctor_tables tables;
	bool is_put = false;
	size_t i;

	if (client == NULL || doctor_params_get(&client->option, name) == NULL)
		raw = doctor_params_get(&f->postfix.set, name);
	doctor_tables_parse(
	    &tables, raw != NULL ? raw : doctor_value(f, client, name));
	ours = doctor_tables_ours(&tables, f);
	for (i = 0; i < tables.count; i++) {
		t = &tables.item[i];
		/* static: answers everything. */
		if (t->is_socketmap ? t != ours :
				      strncmp(t->text, "static:", 7) == 0)
			continue;
		buf_puts(out, between);
		if (t == ours)
			put_ours(out, f, client, t);
		else
			buf_puts(out, t->text);
		is_put |= t == ours;
		between = ", ";
	}
	if (!is_put) {
		buf_puts(out, between);
		put_ours(out, f, client, NULL);
	}
	doctor_tables_clear(&tables);
}
