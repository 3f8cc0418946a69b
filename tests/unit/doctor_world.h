/* SPDX-License-Identifier: ISC */
/* A host where all is well: Postfix 3.10.6 and the daemon; cases spoil it. */
#ifndef TESTS_DOCTOR_WORLD_H
#define TESTS_DOCTOR_WORLD_H

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "ctl/doctorrules.h"

#define WORLD_MAP    "smtp_tls_policy_maps"
#define WORLD_LEVEL  "smtp_tls_security_level"
#define WORLD_LISTEN "inet:127.0.0.1:8461"
#define WORLD_QUEUE  "/var/spool/postfix"

static inline void
world_main(struct doctor_facts *f, const char *name, const char *value)
{
	doctor_params_set(&f->postfix.param, name, value);
	doctor_params_set(&f->postfix.set, name, value);
}

static inline void
world_version(struct doctor_facts *f, const char *version)
{
	doctor_text_set(&f->postfix.version, version);
	doctor_read_version(version, f->postfix.number);
}

static inline void
world_setting(struct doctor_facts *f, const char *name, const char *value)
{
	doctor_params_set(&f->daemon.setting, name, value);
}

/* Somebody answers there. */
static inline struct doctor_reach *
world_reach(struct doctor_facts *f, const char *address, bool is_chrooted)
{
	struct doctor_reach *r = doctor_reach_new(f);

	r->address = xstrdup(address);
	r->literal = xstrdup(address);
	r->is_chrooted = is_chrooted;
	r->is_tried = true;
	r->reply = xstrdup("NOTFOUND ");
	return r;
}

static inline void
world_step(struct doctor_reach *r, const char *path, uid_t uid, mode_t mode)
{
	struct doctor_step *step = doctor_step_new(r);

	step->path = xstrdup(path);
	step->uid = uid;
	step->gid = uid;
	step->mode = mode;
}

static inline struct doctor_client *
world_client(struct doctor_facts *f, const char *name, bool is_chrooted)
{
	struct doctor_client *c = doctor_client_new(f);

	c->name = xstrdup(name);
	c->type = xstrdup("unix");
	c->is_chrooted = is_chrooted;
	return c;
}

static inline void
world_fetch(struct doctor_facts *f, const char *domain, const char *reason,
    const char *detail)
{
	struct doctor_fetch *fetch = doctor_fetch_new(f);

	fetch->domain = xstrdup(domain);
	fetch->reason = xstrdup(reason);
	fetch->detail = xstrdup(detail);
}

static inline struct doctor_hop *
world_hop(struct doctor_facts *f, const char *key, const char *reply)
{
	struct doctor_hop *hop = doctor_hop_new(f);

	hop->key = xstrdup(key);
	hop->from = xstrdup("relayhost");
	hop->client = xstrdup("smtp");
	hop->reply = xstrdup(reply);
	return hop;
}

static inline void
world_postfix(struct doctor_facts *f)
{
	static const struct {
		const char *name, *value;
	} usual[] = {
		{ "config_directory", "/etc/postfix" },
		{ "queue_directory", WORLD_QUEUE },
		{ "mail_owner", "postfix" },
		{ "default_transport", "smtp" },
		{ WORLD_LEVEL, "may" },
		{ "smtp_tls_CAfile", "/etc/ssl/certs/ca-certificates.crt" },
		{ "smtp_tls_CApath", "" },
		{ "smtp_tls_loglevel", "1" },
		{ "smtp_dns_support_level", "" },
		{ "smtp_host_lookup", "dns" },
		{ "ignore_mx_lookup_error", "no" },
		{ "smtp_dns_resolver_options", "" },
		{ "smtp_tls_session_cache_database", "" },
		{ "smtp_tls_session_cache_timeout", "3600s" },
		{ "smtp_tls_enforce_sts_mx_patterns", "yes" },
		{ "tls_wildcard_matches_multiple_labels", "yes" },
		{ WORLD_MAP, "socketmap:" WORLD_LISTEN ":postfix-3.10" },
	};
	size_t i;

	f->postfix.is_there = true;
	f->postfix.has_socketmap = true;
	world_version(f, "3.10.6");
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		world_main(f, usual[i].name, usual[i].value);
	world_client(f, "smtp", false);
	f->postfix.has_owner = true;
	f->postfix.uid = 101;
	f->postfix.gid = xcalloc(2, sizeof(gid_t));
	f->postfix.gid[0] = 101;
	f->postfix.gid[1] = 105;
	f->postfix.gids = 2;
}

static inline void
world_daemon(struct doctor_facts *f)
{
	struct doctor_daemon *d = &f->daemon;

	d->api = DOCTOR_API_UP;
	d->api_address = xstrdup("unix:/run/postfix-mta-sts/admin.sock");
	d->version = xstrdup("1.0");
	d->is_healthy = true;
	d->has_resolver = true;
	d->is_ad_believed = true;
	d->servers = xstrdup("127.0.0.1");
	d->user = xstrdup("postfix-mta-sts");
	d->is_answering = true;
	doctor_texts_add(&d->listener, WORLD_LISTEN);
	d->file = xstrdup("/etc/postfix-mta-sts/postfix-mta-sts.conf");
	d->is_file_there = true;
	world_setting(f, "listen", WORLD_LISTEN);
	world_setting(f, "dane", "no");
	world_setting(f, "default_profile", "postfix-3.4");
	world_setting(f, "testing_reports", "no");
	world_setting(f, "main_level", "");
	world_setting(f, "overrides", "");
	world_setting(f, "allow_networks", "");
	world_setting(f, "cache_dir", "/var/lib/postfix-mta-sts");
	f->cache.path = xstrdup("/var/lib/postfix-mta-sts");
	f->cache.is_folder = true;
	f->cache.mode = S_IFDIR | 0750;
	f->cache.has_user = true;
	f->cache.uid = f->cache.uid_wanted = 903;
}

static inline struct doctor_facts *
world_sound(void)
{
	struct doctor_facts *f = doctor_facts_new();
	struct doctor_ca *ca;

	world_postfix(f);
	world_daemon(f);
	world_reach(f, WORLD_LISTEN, false)->is_listener = true;
	ca = doctor_ca_new(f);
	ca->path = xstrdup("/etc/ssl/certs/ca-certificates.crt");
	ca->certificates = 140;
	f->net.is_tried = true;
	f->net.domain = xstrdup("gmail.com");
	f->net.dns = DNS_OK;
	f->net.is_fetched = true;
	f->net.fetch = STS_REASON_OK;
	f->net.fetch_detail = xstrdup("");
	f->net.has_date = true;
	f->net.has_ad = true;
	f->net.is_ad = true;
	f->net.is_ad_believed = true;
	f->net.servers = xstrdup("127.0.0.1");
	f->system_ca = xstrdup("/etc/ssl/certs/ca-certificates.crt");
	f->has_systemd = true;
	f->is_root = true;
	return f;
}

#endif
