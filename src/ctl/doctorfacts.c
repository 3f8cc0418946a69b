/* SPDX-License-Identifier: ISC */
/* Facts: made, freed, looked up. */
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "ctl/doctorfacts.h"
#include "ctl/doctormap.h"

void
doctor_params_set(
    struct doctor_params *params, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < params->count; i++) {
		if (strcmp(params->item[i].name, name) == 0)
			break;
	}
	if (i == params->count) {
		params->item = xreallocarray(
		    params->item, params->count + 1, sizeof(*params->item));
		params->item[i].name = xstrdup(name);
		params->item[i].value = NULL;
		params->count++;
	}
	doctor_text_set(&params->item[i].value, value);
}

const char *
doctor_params_get(const struct doctor_params *params, const char *name)
{
	size_t i;

	for (i = 0; i < params->count; i++) {
		if (strcmp(params->item[i].name, name) == 0)
			return params->item[i].value;
	}
	return NULL;
}

void
doctor_params_clear(struct doctor_params *params)
{
	size_t i;

	for (i = 0; i < params->count; i++) {
		free(params->item[i].name);
		free(params->item[i].value);
	}
	free(params->item);
	*params = (struct doctor_params){ 0 };
}

void
doctor_texts_add(struct doctor_texts *texts, const char *text)
{
	texts->item =
	    xreallocarray(texts->item, texts->count + 1, sizeof(*texts->item));
	texts->item[texts->count++] = xstrdup(text);
}

void
doctor_texts_clear(struct doctor_texts *texts)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		free(texts->item[i]);
	free(texts->item);
	*texts = (struct doctor_texts){ 0 };
}

void
doctor_text_set(char **text, const char *value)
{
	char *copy = value != NULL ? xstrdup(value) : NULL;

	free(*text);
	*text = copy;
}

struct doctor_facts *
doctor_facts_new(void)
{
	return xcalloc(1, sizeof(struct doctor_facts));
}

static void
postfix_clear(struct doctor_postfix *p)
{
	size_t i;

	free(p->error);
	free(p->conf);
	free(p->version);
	doctor_params_clear(&p->param);
	doctor_params_clear(&p->set);
	for (i = 0; i < p->clients; i++) {
		free(p->client[i].name);
		free(p->client[i].type);
		doctor_params_clear(&p->client[i].option);
	}
	free(p->client);
	free(p->gid);
	doctor_texts_clear(&p->unread);
}

static void
daemon_clear(struct doctor_daemon *d)
{
	size_t i;

	free(d->api_address);
	free(d->api_error);
	free(d->version);
	doctor_texts_clear(&d->reason);
	free(d->binary);
	free(d->servers);
	for (i = 0; i < d->fetches; i++) {
		free(d->fetch[i].domain);
		free(d->fetch[i].reason);
		free(d->fetch[i].detail);
	}
	free(d->fetch);
	free(d->user);
	doctor_texts_clear(&d->listener);
	doctor_params_clear(&d->setting);
	free(d->file);
	doctor_params_clear(&d->in_file);
	free(d->file_error);
}

static void
reach_clear(struct doctor_reach *r)
{
	size_t i;

	free(r->address);
	free(r->path);
	for (i = 0; i < r->steps; i++)
		free(r->step[i].path);
	free(r->step);
	free(r->literal);
	free(r->reply);
}

static void
hop_clear(struct doctor_hop *h)
{
	size_t i;

	for (i = 0; i < h->smtps; i++) {
		free(h->smtp[i].host);
		free(h->smtp[i].detail);
		free(h->smtp[i].certificate);
	}
	free(h->smtp);
	free(h->key);
	free(h->from);
	free(h->client);
	free(h->reply);
	doctor_texts_clear(&h->host);
}

void
doctor_facts_free(struct doctor_facts *f)
{
	size_t i;

	if (f == NULL)
		return;
	postfix_clear(&f->postfix);
	daemon_clear(&f->daemon);
	for (i = 0; i < f->reaches; i++)
		reach_clear(&f->reach[i]);
	free(f->reach);
	for (i = 0; i < f->cas; i++)
		free(f->ca[i].path);
	free(f->ca);
	for (i = 0; i < f->hops; i++)
		hop_clear(&f->hop[i]);
	free(f->hop);
	free(f->cache.path);
	free(f->cache.foreign);
	free(f->net.domain);
	free(f->net.dns_detail);
	free(f->net.fetch_detail);
	free(f->net.servers);
	free(f->system_ca);
	free(f);
}

/* One more element, zeroed. */
static void *
grow(void *items, size_t *count, size_t size)
{
	char *p = xreallocarray(*(void **)items, *count + 1, size);

	*(void **)items = p;
	return memset(p + (*count)++ * size, 0, size);
}

struct doctor_client *
doctor_client_new(struct doctor_facts *f)
{
	return grow(&f->postfix.client, &f->postfix.clients,
	    sizeof(*f->postfix.client));
}

struct doctor_reach *
doctor_reach_new(struct doctor_facts *f)
{
	return grow(&f->reach, &f->reaches, sizeof(*f->reach));
}

struct doctor_step *
doctor_step_new(struct doctor_reach *r)
{
	return grow(&r->step, &r->steps, sizeof(*r->step));
}

struct doctor_ca *
doctor_ca_new(struct doctor_facts *f)
{
	return grow(&f->ca, &f->cas, sizeof(*f->ca));
}

struct doctor_hop *
doctor_hop_new(struct doctor_facts *f)
{
	return grow(&f->hop, &f->hops, sizeof(*f->hop));
}

struct doctor_fetch *
doctor_fetch_new(struct doctor_facts *f)
{
	return grow(
	    &f->daemon.fetch, &f->daemon.fetches, sizeof(*f->daemon.fetch));
}

struct doctor_smtp *
doctor_smtp_new(struct doctor_hop *h)
{
	return grow(&h->smtp, &h->smtps, sizeof(*h->smtp));
}

const char *
doctor_value(const struct doctor_facts *f, const struct doctor_client *client,
    const char *name)
{
	const char *value = NULL;

	if (client != NULL)
		value = doctor_params_get(&client->option, name);
	if (value == NULL)
		value = doctor_params_get(&f->postfix.param, name);
	return value != NULL ? value : "";
}

const char *
doctor_setting(const struct doctor_facts *f, const char *name)
{
	const char *value = doctor_params_get(&f->daemon.setting, name);

	return value != NULL ? value : "";
}

const struct doctor_ca *
doctor_ca_find(const struct doctor_facts *f, const char *path)
{
	size_t i;

	for (i = 0; i < f->cas; i++) {
		if (strcmp(f->ca[i].path, path) == 0)
			return &f->ca[i];
	}
	return NULL;
}

const struct doctor_reach *
doctor_reach_find(
    const struct doctor_facts *f, const char *address, bool is_chrooted)
{
	size_t i;

	for (i = 0; i < f->reaches; i++) {
		if (f->reach[i].is_chrooted == is_chrooted &&
		    strcmp(f->reach[i].address, address) == 0)
			return &f->reach[i];
	}
	return NULL;
}

bool
doctor_postfix_is(const struct doctor_facts *f, int major, int minor, int patch)
{
	const int *have = f->postfix.number;

	if (have[0] != major)
		return have[0] > major;
	if (have[1] != minor)
		return have[1] > minor;
	return have[2] >= patch;
}

bool
doctor_client_counts(
    const struct doctor_facts *f, const struct doctor_client *client)
{
	const char *maps = doctor_value(f, client, "smtp_tls_policy_maps");
	char transport[DOCTOR_TRANSPORT_BYTES];
	const char *hop;

	if (strcmp(client->type, "unix") != 0)
		return false;
	if (strcmp(client->name, "smtp") == 0 ||
	    strstr(maps, "socketmap:") != NULL)
		return true;
	doctor_transport_split(
	    doctor_value(f, NULL, "default_transport"), transport, &hop);
	return strcmp(client->name, transport) == 0;
}
