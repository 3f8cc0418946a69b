/* SPDX-License-Identifier: ISC */
/* Every rule: what makes it speak, what it says, what it would have done. */
#include "doctor_world.h"

#include <errno.h>
#include <stdio.h>

#define SOCKET  "unix:/run/postfix-mta-sts/socket"
#define IN_JAIL WORLD_QUEUE "/run/postfix-mta-sts/socket"

static void
map(struct doctor_facts *f, const char *value)
{
	world_main(f, WORLD_MAP, value);
}

/* Replace the only reach. */
static struct doctor_reach *
reach(struct doctor_facts *f, const char *address, bool is_chrooted)
{
	world_reach(f, address, is_chrooted);
	free(f->reach[0].address);
	free(f->reach[0].literal);
	free(f->reach[0].reply);
	f->reach[0] = f->reach[1];
	f->reaches = 1;
	return &f->reach[0];
}

static void
nothing(struct doctor_facts *f)
{
	(void)f;
}

static void
no_postfix(struct doctor_facts *f)
{
	f->postfix.is_there = false;
	doctor_text_set(&f->postfix.error, "postconf cannot be run");
}

static void
old_postfix(struct doctor_facts *f)
{
	world_version(f, "2.9.6");
	f->postfix.has_socketmap = false;
	map(f, "hash:/etc/postfix/tls_policy");
	f->reaches = 0;
	free(f->reach[0].address);
	free(f->reach[0].literal);
	free(f->reach[0].reply);
}

static void
bad_config(struct doctor_facts *f)
{
	doctor_text_set(&f->daemon.file_error,
	    "/etc/postfix-mta-sts/postfix-mta-sts.conf:3: dane: yes or no");
}

static void
down(struct doctor_facts *f)
{
	f->daemon.api = DOCTOR_API_DOWN;
	f->daemon.is_answering = false;
	f->daemon.has_resolver = false;
	doctor_text_set(&f->daemon.api_error, "Connection refused");
	f->reach[0].error = ECONNREFUSED;
	doctor_text_set(&f->reach[0].reply, NULL);
}

static void
admin_down(struct doctor_facts *f)
{
	f->daemon.api = DOCTOR_API_DOWN;
	doctor_text_set(&f->daemon.api_error, "No such file or directory");
}

static void
admin_odd(struct doctor_facts *f)
{
	f->daemon.api = DOCTOR_API_ODD;
	doctor_text_set(&f->daemon.api_error, "its answer is not understood");
}

static void
admin_denied(struct doctor_facts *f)
{
	f->daemon.api = DOCTOR_API_DENIED;
}

static void
admin_off(struct doctor_facts *f)
{
	f->daemon.api = DOCTOR_API_OFF;
}

static void
off_and_down(struct doctor_facts *f)
{
	down(f);
	f->daemon.api = DOCTOR_API_OFF;
}

static void
down_no_systemd(struct doctor_facts *f)
{
	down(f);
	f->has_systemd = false;
}

static void
unhealthy(struct doctor_facts *f)
{
	f->daemon.is_healthy = false;
	doctor_texts_add(&f->daemon.reason, "no name server answers");
	doctor_texts_add(&f->daemon.reason, "cache: disk full");
}

static void
replaced(struct doctor_facts *f)
{
	f->daemon.is_replaced = true;
	doctor_text_set(&f->daemon.binary, "/usr/bin/postfix-mta-sts");
}

static void
no_map(struct doctor_facts *f)
{
	map(f, "");
}

static void
nested_map(struct doctor_facts *f)
{
	map(f, "unionmap:{socketmap:" WORLD_LISTEN ":postfix-3.10, x:y}");
}

static void
other_map(struct doctor_facts *f)
{
	map(f, "hash:/etc/postfix/tls policy, inline:{ {a = may} }");
}

static void
no_map_with_conf(struct doctor_facts *f)
{
	no_map(f);
	doctor_text_set(&f->postfix.conf, "/etc/postfix out");
}

/* The transport everything goes by switches it off; relay's may. */
static void
own_no_map(struct doctor_facts *f)
{
	struct doctor_client *c = world_client(f, "relay", false);

	doctor_params_set(&c->option, WORLD_MAP, "");
	doctor_params_set(&f->postfix.client[0].option, WORLD_MAP, "");
}

static void
internal_hop_off(struct doctor_facts *f)
{
	doctor_params_set(
	    &world_client(f, "relay", false)->option, WORLD_MAP, "");
}

static void
two_maps(struct doctor_facts *f)
{
	map(f,
	    "socketmap:" WORLD_LISTEN ":postfix-3.10 "
	    "socketmap:inet:127.0.0.1:8462:postfix-3.10");
}

static void
proxied(struct doctor_facts *f)
{
	map(f, "proxy:socketmap:" WORLD_LISTEN ":postfix-3.10");
}

static void
hidden(struct doctor_facts *f)
{
	map(f, "static:may, socketmap:" WORLD_LISTEN ":postfix-3.10");
}

static void
name_new(struct doctor_facts *f)
{
	world_version(f, "3.7.11");
}

static void
name_new_3_3(struct doctor_facts *f)
{
	world_version(f, "3.3.1");
	world_main(f, "tls_wildcard_matches_multiple_labels", "no");
	map(f, "socketmap:" WORLD_LISTEN ":QUERY");
}

static void
name_old(struct doctor_facts *f)
{
	map(f, "socketmap:" WORLD_LISTEN ":postfix-3.9");
}

static void
name_old_3_4(struct doctor_facts *f)
{
	world_version(f, "3.7.11");
	map(f, "socketmap:" WORLD_LISTEN ":postfix-3.3");
}

static void
name_unknown(struct doctor_facts *f)
{
	world_version(f, "3.5.25");
	world_main(f, "tls_wildcard_matches_multiple_labels", "no");
	map(f, "socketmap:" WORLD_LISTEN ":postfix-mta");
}

/* A service's own map has a name of its own. */
static void
own_name(struct doctor_facts *f)
{
	doctor_params_set(&world_client(f, "out", false)->option, WORLD_MAP,
	    "socketmap:" WORLD_LISTEN ":QUERY");
}

static void
wrong_port(struct doctor_facts *f)
{
	map(f, "socketmap:inet:127.0.0.1:8462:postfix-3.10");
	reach(f, "inet:127.0.0.1:8462", false)->error = ECONNREFUSED;
	doctor_text_set(&f->reach[0].reply, NULL);
}

static void
no_socketmap_there(struct doctor_facts *f)
{
	map(f, "socketmap:inet:127.0.0.1:25:postfix-3.10");
	doctor_text_set(&reach(f, "inet:127.0.0.1:25", false)->reply, NULL);
}

static void
malformed(struct doctor_facts *f)
{
	map(f, "socketmap:inet:postfix-3.10");
}

static void
wrong_path(struct doctor_facts *f)
{
	struct doctor_reach *r = reach(f, "unix:run/sts", false);

	map(f, "socketmap:unix:run/sts:postfix-3.10");
	r->path = xstrdup(WORLD_QUEUE "/run/sts");
	r->error = ENOENT;
	doctor_text_set(&r->reply, NULL);
	world_step(r, WORLD_QUEUE, 0, S_IFDIR | 0755);
}

static void
stranger(struct doctor_facts *f)
{
	map(f, "socketmap:inet:127.0.0.1:8462:postfix-3.10");
	reach(f, "inet:127.0.0.1:8462", false);
}

/* The daemon listens there, but smtp(8) looks inside its jail. */
static void
jailed(struct doctor_facts *f)
{
	struct doctor_reach *r = reach(f, SOCKET, true);

	f->postfix.client[0].is_chrooted = true;
	map(f, "socketmap:" SOCKET ":postfix-3.10");
	r->path = xstrdup(IN_JAIL);
	r->error = ENOENT;
	doctor_text_set(&r->reply, NULL);
	doctor_texts_clear(&f->daemon.listener);
	doctor_texts_add(&f->daemon.listener, SOCKET);
	world_setting(f, "listen", SOCKET);
	world_step(r, WORLD_QUEUE, 0, S_IFDIR | 0755);
}

/* Another service is not chrooted, and finds it. */
static void
half_jailed(struct doctor_facts *f)
{
	jailed(f);
	world_client(f, "relay", false);
	world_reach(f, SOCKET, false)->is_listener = true;
}

static struct doctor_reach *
unix_world(struct doctor_facts *f)
{
	struct doctor_reach *r = reach(f, SOCKET, false);

	map(f, "socketmap:" SOCKET ":postfix-3.10");
	r->path = xstrdup("/run/postfix-mta-sts/socket");
	r->is_there = true;
	r->is_listener = true;
	doctor_texts_clear(&f->daemon.listener);
	doctor_texts_add(&f->daemon.listener, SOCKET);
	world_setting(f, "listen", SOCKET);
	world_step(r, "/", 0, S_IFDIR | 0755);
	world_step(r, "/run", 0, S_IFDIR | 0755);
	return r;
}

static void
unix_fine(struct doctor_facts *f)
{
	struct doctor_reach *r = unix_world(f);

	world_step(r, "/run/postfix-mta-sts", 903, S_IFDIR | 0755);
	world_step(r, "/run/postfix-mta-sts/socket", 903, S_IFSOCK | 0666);
}

/* By a group of user postfix, as Postfix takes all of them. */
static void
unix_by_group(struct doctor_facts *f)
{
	struct doctor_reach *r = unix_world(f);

	world_step(r, "/run/postfix-mta-sts", 903, S_IFDIR | 0710);
	world_step(r, "/run/postfix-mta-sts/socket", 903, S_IFSOCK | 0660);
	r->step[2].gid = r->step[3].gid = 105;
}

static void
unix_by_acl(struct doctor_facts *f)
{
	struct doctor_reach *r = unix_world(f);

	world_step(r, "/run/postfix-mta-sts", 903, S_IFDIR | 0700);
	r->step[2].has_acl = true;
	world_step(r, "/run/postfix-mta-sts/socket", 903, S_IFSOCK | 0666);
}

static void
folder_closed(struct doctor_facts *f)
{
	struct doctor_reach *r = unix_world(f);

	world_step(r, "/run/postfix-mta-sts", 903, S_IFDIR | 0750);
	world_step(r, "/run/postfix-mta-sts/socket", 903, S_IFSOCK | 0666);
}

static void
socket_closed(struct doctor_facts *f)
{
	struct doctor_reach *r = unix_world(f);

	world_step(r, "/run/postfix-mta-sts", 903, S_IFDIR | 0755);
	world_step(r, "/run/postfix-mta-sts/socket", 903, S_IFSOCK | 0660);
	doctor_params_set(&f->daemon.in_file, "listen_mode", "0660");
}

/* Its owner is postfix itself, and others' rights do not count then. */
static void
owner_closed(struct doctor_facts *f)
{
	struct doctor_reach *r = unix_world(f);

	world_step(r, "/run/postfix-mta-sts", 903, S_IFDIR | 0755);
	world_step(r, "/run/postfix-mta-sts/socket", 101, S_IFSOCK | 0466);
}

static void
level_empty(struct doctor_facts *f)
{
	world_main(f, WORLD_LEVEL, "");
}

static void
level_none(struct doctor_facts *f)
{
	world_main(f, WORLD_LEVEL, "none");
}

static void
level_by_use(struct doctor_facts *f)
{
	world_main(f, WORLD_LEVEL, "");
	world_main(f, "smtp_use_tls", "yes");
}

static void
own_level_none(struct doctor_facts *f)
{
	doctor_params_set(
	    &world_client(f, "relay", false)->option, WORLD_LEVEL, "none");
}

static void
no_ca(struct doctor_facts *f)
{
	world_main(f, "smtp_tls_CAfile", "");
}

static void
no_ca_at_all(struct doctor_facts *f)
{
	world_main(f, "smtp_tls_CAfile", "");
	doctor_text_set(&f->system_ca, NULL);
}

static void
ca_missing(struct doctor_facts *f)
{
	f->ca[0].error = ENOENT;
	f->ca[0].certificates = 0;
}

static void
ca_no_certificate(struct doctor_facts *f)
{
	f->ca[0].certificates = 0;
}

static void
ca_denied(struct doctor_facts *f)
{
	f->ca[0].error = EACCES;
}

static void
ca_not_in_jail(struct doctor_facts *f)
{
	struct doctor_ca *ca = doctor_ca_new(f);

	f->postfix.client[0].is_chrooted = true;
	f->reach[0].is_chrooted = true;
	world_main(f, "smtp_tls_CAfile", "");
	world_main(f, "smtp_tls_CApath", "/etc/ssl/certs");
	ca->path = xstrdup(WORLD_QUEUE "/etc/ssl/certs");
	ca->error = ENOENT;
}

static void
ca_in_jail(struct doctor_facts *f)
{
	ca_not_in_jail(f);
	f->ca[1].error = 0;
	f->ca[1].certificates = 280;
}

static void
main_level(struct doctor_facts *f)
{
	world_setting(f, "main_level", "may");
	world_setting(f, "testing_reports", "yes");
	world_main(f, WORLD_LEVEL, "encrypt");
}

static void
main_level_idle(struct doctor_facts *f)
{
	main_level(f);
	world_setting(f, "testing_reports", "no");
}

static void
session_cache(struct doctor_facts *f)
{
	world_main(f, "smtp_tls_session_cache_database",
	    "btree:/var/lib/postfix/smtp_scache");
}

static void
own_session_cache(struct doctor_facts *f)
{
	session_cache(f);
	doctor_params_set(&f->postfix.client[0].option,
	    "smtp_tls_session_cache_database", "");
}

static void
wildcards(struct doctor_facts *f)
{
	world_version(f, "3.5.6");
	map(f, "socketmap:" WORLD_LISTEN ":postfix-3.5");
}

static void
wildcards_2_11(struct doctor_facts *f)
{
	world_version(f, "2.11.0");
	map(f, "socketmap:" WORLD_LISTEN ":postfix-2.10");
}

/* Not yet, and not any more. */
static void
wildcards_2_10(struct doctor_facts *f)
{
	wildcards_2_11(f);
	world_version(f, "2.10.1");
}

static void
wildcards_3_6(struct doctor_facts *f)
{
	wildcards(f);
	world_version(f, "3.6.0");
}

static void
patterns_off(struct doctor_facts *f)
{
	world_main(f, "smtp_tls_enforce_sts_mx_patterns", "no");
}

static void
dane_wanted(struct doctor_facts *f)
{
	world_setting(f, "dane", "yes");
	world_main(f, "smtp_dns_support_level", "dnssec");
}

static void
dane_off(struct doctor_facts *f)
{
	dane_wanted(f);
	world_setting(f, "dane", "no");
	world_main(f, WORLD_LEVEL, "dane");
}

static void
dane_only_off(struct doctor_facts *f)
{
	dane_off(f);
	world_main(f, WORLD_LEVEL, "dane-only");
	doctor_params_set(&f->daemon.in_file, "dane", "no");
}

/* Nothing was ever configured. */
static void
dane_off_no_file(struct doctor_facts *f)
{
	dane_off(f);
	f->daemon.is_file_there = f->daemon.is_folder_there = false;
}

static void
bad_config_down(struct doctor_facts *f)
{
	bad_config(f);
	down(f);
}

static void
dane_old(struct doctor_facts *f)
{
	dane_wanted(f);
	wildcards_2_10(f);
}

static void
dane_no_dnssec(struct doctor_facts *f)
{
	world_setting(f, "dane", "yes");
}

static void
dane_mx_error(struct doctor_facts *f)
{
	dane_wanted(f);
	world_main(f, "ignore_mx_lookup_error", "yes");
}

static void
dane_host_lookup(struct doctor_facts *f)
{
	dane_wanted(f);
	world_main(f, "smtp_host_lookup", "native");
}

static void
dane_both_lookups(struct doctor_facts *f)
{
	dane_wanted(f);
	world_main(f, "smtp_host_lookup", "native, dns");
}

static void
dane_options(struct doctor_facts *f)
{
	dane_wanted(f);
	world_main(
	    f, "smtp_dns_resolver_options", "res_defnames, res_xyz res_dnsrch");
}

/* Nobody wants DANE: nothing of that matters. */
static void
no_dane_all_wrong(struct doctor_facts *f)
{
	dane_mx_error(f);
	world_main(f, "smtp_host_lookup", "native");
	world_main(f, "smtp_dns_resolver_options", "res_dnsrch");
	world_main(f, "smtp_dns_support_level", "enabled");
	world_setting(f, "dane", "no");
	f->net.is_ad = false;
	f->daemon.is_ad_believed = false;
}

static void
not_validating(struct doctor_facts *f)
{
	dane_wanted(f);
	f->net.is_ad = false;
}

static void
not_believed(struct doctor_facts *f)
{
	dane_wanted(f);
	f->daemon.is_ad_believed = false;
	doctor_text_set(&f->daemon.servers, "192.0.2.53");
}

static void
not_believed_from_here(struct doctor_facts *f)
{
	dane_wanted(f);
	f->net.is_ad_believed = false;
}

static void
hop_refused(struct doctor_facts *f)
{
	struct doctor_hop *hop = world_hop(f, "[relay.example.com]:587",
	    "OK secure match=mx.example.com:.example.net "
	    "servername=hostname policy_type=sts {policy_string=a: b} "
	    "mx_host_pattern=mx.example.com mx_host_pattern=*.example.net");

	doctor_texts_add(&hop->host, "relay.example.com");
}

static void
hop_refused_without_patterns(struct doctor_facts *f)
{
	struct doctor_hop *hop = world_hop(
	    f, "example.com", "OK secure match=mx.example.com:.example.net");

	doctor_texts_add(&hop->host, "a.b.example.net");
	world_setting(f, "overrides", "/etc/overrides");
}

static void
hop_half_refused(struct doctor_facts *f)
{
	struct doctor_hop *hop = world_hop(
	    f, "example.com", "OK secure match=mx.example.com:.example.net");

	doctor_texts_add(&hop->host, "mx.example.com");
	doctor_texts_add(&hop->host, "old.example.org");
}

static void
hop_covered(struct doctor_facts *f)
{
	struct doctor_hop *hop = world_hop(
	    f, "example.com", "OK secure match=mx.example.com:.example.net");

	doctor_texts_add(&hop->host, "mx.example.com");
	doctor_texts_add(&hop->host, "MX2.example.net");
	world_hop(f, "example.org", "NOTFOUND ");
	world_hop(f, "unknown.example", "OK secure match=mx.example.com");
	world_hop(f, "dane.example", "OK dane-only");
}

static void
hop_earlier(struct doctor_facts *f)
{
	hop_refused(f);
	f->hop[0].is_earlier = true;
}

static struct doctor_smtp *
hop_smtp(struct doctor_facts *f, enum smtp_end end)
{
	struct doctor_hop *hop =
	    world_hop(f, "[mx.example.com]", "OK secure match=mx.example.com");
	struct doctor_smtp *smtp = doctor_smtp_new(hop);

	doctor_texts_add(&hop->host, "mx.example.com");
	smtp->host = xstrdup("mx.example.com");
	smtp->end = end;
	smtp->is_name_ok = true;
	return smtp;
}

static void
hop_no_starttls(struct doctor_facts *f)
{
	hop_smtp(f, SMTP_NO_STARTTLS);
}

static void
hop_starttls_failed(struct doctor_facts *f)
{
	hop_smtp(f, SMTP_STARTTLS_FAILED)->detail = xstrdup("reset");
}

static void
hop_expired(struct doctor_facts *f)
{
	hop_smtp(f, SMTP_DONE)->certificate =
	    xstrdup("certificate has expired");
}

static void
hop_other_name(struct doctor_facts *f)
{
	hop_smtp(f, SMTP_DONE)->is_name_ok = false;
	doctor_texts_add(&f->hop[0].host, "mx.example.com");
}

static void
hop_unreachable(struct doctor_facts *f)
{
	hop_smtp(f, SMTP_UNREACHABLE);
	hop_smtp(f, SMTP_TURNED_AWAY);
	hop_smtp(f, SMTP_DONE);
}

static void
hop_temp(struct doctor_facts *f)
{
	world_hop(f, "example.com", "TEMP no name server answers");
}

static void
cache_other_owner(struct doctor_facts *f)
{
	f->cache.uid = 0;
}

static void
cache_foreign(struct doctor_facts *f)
{
	doctor_text_set(&f->cache.foreign, "/var/lib/postfix-mta-sts/data.mdb");
}

static void
cache_open(struct doctor_facts *f)
{
	f->cache.mode = S_IFDIR | 0755;
}

static void
cache_writable(struct doctor_facts *f)
{
	f->cache.mode = S_IFDIR | 01777;
}

static void
cache_closed(struct doctor_facts *f)
{
	f->cache.mode = S_IFDIR | 0550;
}

static void
cache_file(struct doctor_facts *f)
{
	f->cache.is_folder = false;
}

static void
cache_not_there(struct doctor_facts *f)
{
	f->cache.error = ENOENT;
}

static void
clock_behind(struct doctor_facts *f)
{
	f->net.ahead_s = -86400;
}

static void
clock_off(struct doctor_facts *f)
{
	f->net.ahead_s = 300;
}

static void
clock_nearly(struct doctor_facts *f)
{
	f->net.ahead_s = 299;
}

static void
clock_suspect(struct doctor_facts *f)
{
	f->daemon.is_clock_suspect = true;
}

static void
dns_silent(struct doctor_facts *f)
{
	f->net.dns = DNS_NO_SERVER;
	f->net.is_fetched = false;
	f->net.has_date = false;
}

static void
dns_failed(struct doctor_facts *f)
{
	f->net.dns = DNS_FAILED;
	doctor_text_set(&f->net.dns_detail, "SERVFAIL from 127.0.0.1");
}

static void
https_blocked(struct doctor_facts *f)
{
	f->net.fetch = STS_REASON_CONNECT;
	doctor_text_set(&f->net.fetch_detail, "timed out");
}

static void
https_untrusted(struct doctor_facts *f)
{
	f->net.fetch = STS_REASON_TLS_CHAIN;
}

static void
https_404(struct doctor_facts *f)
{
	f->net.fetch = STS_REASON_HTTP_STATUS;
}

static void
all_refused_by(struct doctor_facts *f, size_t count)
{
	char domain[32], address[64];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(domain, sizeof(domain), "d%zu.example", i);
		snprintf(
		    address, sizeof(address), "2001:db8:1::c000:2%02zu", i);
		world_fetch(f, domain, "refused-address", address);
	}
}

static void
nat64(struct doctor_facts *f)
{
	all_refused_by(f, 20);
	world_setting(f, "allow_networks", "10.1.0.0/16");
}

static void
few_refused(struct doctor_facts *f)
{
	all_refused_by(f, 4);
}

static void
one_not_refused(struct doctor_facts *f)
{
	all_refused_by(f, 19);
	world_fetch(f, "fine.example", "", "");
}

/* The same domain again and again proves nothing. */
static void
one_domain_refused(struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < 20; i++)
		world_fetch(f, "a.example", "refused-address", "10.0.0.1");
}

static void
private_refused(struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < 10; i++)
		world_fetch(f, i == 0 ? "a.example" : "b.example",
		    "refused-address", "10.0.0.1");
}

static void
probe_refused(struct doctor_facts *f)
{
	f->net.fetch = STS_REASON_REFUSED_ADDRESS;
	doctor_text_set(&f->net.fetch_detail, "198.18.0.7");
}

#define W      DOCTOR_WARNING
#define C      DOCTOR_CRITICAL
#define RELOAD "|postfix reload"
#define GOOD   "'smtp_tls_policy_maps = socketmap:" WORLD_LISTEN ":postfix-3.10'"
#define CONF   "/etc/postfix-mta-sts/postfix-mta-sts.conf"
#define AGAIN  "|systemctl restart postfix-mta-sts"

/* codes: all that are found, in their order; "": nothing. words: in the
 * message of the first; fix: its lines, "|" between. */
static const struct {
	void (*spoil)(struct doctor_facts *);
	enum doctor_severity worst;
	const char *codes, *words, *fix;
} cases[] = {
	{ nothing, DOCTOR_OK, "", NULL, NULL },
	{ no_postfix, W, "postfix_missing", "postconf cannot be run", "" },
	{ old_postfix, C, "postfix_old map_missing", "Postfix 2.9.6",
	    "# update Postfix" },
	{ bad_config, C, "config_error", "conf:3: dane: yes or no",
	    "# mend that line; this then prints no error:|"
	    "postfix-mta-sts --config " CONF " --print-config -n" },
	{ down, C, "daemon_down", "does not run",
	    "systemctl restart "
	    "postfix-mta-sts" },
	{ down_no_systemd, C, "daemon_down", "Connection refused",
	    "# start the daemon (again): postfix-mta-sts" },
	{ off_and_down, C, "daemon_down", "nobody answers at " WORLD_LISTEN,
	    "systemctl restart postfix-mta-sts" },
	{ admin_down, W, "daemon_down", "answers Postfix, but", NULL },
	{ admin_odd, W, "daemon_down", "not understood", NULL },
	{ admin_denied, DOCTOR_OK, "", NULL, NULL },
	{ admin_off, DOCTOR_OK, "", NULL, NULL },
	{ unhealthy, C, "daemon_unhealthy",
	    "no name server answers; cache: disk full",
	    "postfix-mta-sts-ctl status" },
	{ replaced, W, "daemon_replaced", "/usr/bin/postfix-mta-sts was",
	    "systemctl restart postfix-mta-sts" },
	{ no_map, C, "map_missing", "In main.cf, " WORLD_MAP,
	    "postconf -e " GOOD RELOAD },
	{ nested_map, DOCTOR_OK, "", NULL, NULL },
	{ other_map, C, "map_missing", "no socketmap",
	    "postconf -e 'smtp_tls_policy_maps = hash:/etc/postfix/tls, "
	    "policy, inline:{ {a = may} }, "
	    "socketmap:" WORLD_LISTEN ":postfix-3.10'" RELOAD },
	{ no_map_with_conf, C, "map_missing", "",
	    "postconf -c '/etc/postfix out' -e " GOOD
	    "|postfix -c '/etc/postfix out' reload" },
	{ own_no_map, C, "map_missing", "master.cf (smtp/unix)",
	    "postconf -P smtp/unix/smtp_tls_policy_maps=socketmap:" WORLD_LISTEN
	    ":postfix-3.10" RELOAD },
	{ internal_hop_off, DOCTOR_OK, "", NULL, NULL },
	{ two_maps, W, "map_twice", "no fail-over",
	    "postconf -e " GOOD RELOAD },
	{ proxied, W, "map_proxied", "proxy:", "postconf -e " GOOD RELOAD },
	{ hidden, C, "map_hidden", "static:may before",
	    "postconf -e " GOOD RELOAD },
	{ name_new, C, "map_name_new",
	    "this is Postfix 3.7.11: it does not know the attribute "
	    "policy_type=",
	    "postconf -e 'smtp_tls_policy_maps = socketmap:" WORLD_LISTEN
	    ":postfix-3.4'" RELOAD },
	{ name_new_3_3, C, "map_name_new", "attribute servername=",
	    "postconf -e 'smtp_tls_policy_maps = socketmap:" WORLD_LISTEN
	    ":postfix-2.10'" RELOAD },
	{ name_old, W, "map_name_old", "does not hold MX names",
	    "postconf -e " GOOD RELOAD },
	{ name_old_3_4, W, "map_name_old", "no server name (SNI)",
	    "postconf -e 'smtp_tls_policy_maps = socketmap:" WORLD_LISTEN
	    ":postfix-3.4'" RELOAD },
	{ name_unknown, W, "map_name_unknown", "default_profile (postfix-3.4)",
	    NULL },
	{ own_name, W, "map_name_old", "master.cf (out/unix)",
	    "postconf -P out/unix/smtp_tls_policy_maps=socketmap:" WORLD_LISTEN
	    ":postfix-3.10" RELOAD },
	{ wrong_port, C, "map_address",
	    "nobody answers there (Connection refused). The daemon listens "
	    "at " WORLD_LISTEN,
	    "postconf -e " GOOD RELOAD },
	{ no_socketmap_there, C, "map_address", "as a socketmap does",
	    "postconf -e " GOOD RELOAD },
	{ malformed, C, "map_address", "inet:host:port:name",
	    "postconf -e " GOOD RELOAD },
	{ wrong_path, C, "map_address",
	    WORLD_QUEUE "/run/sts is not there, or no socket",
	    "postconf -e " GOOD RELOAD },
	{ stranger, W, "map_stranger", "is another one running?",
	    "postconf -e " GOOD RELOAD },
	{ jailed, C, "map_chroot", "means " IN_JAIL ", where no socket is",
	    "mkdir -p " WORLD_QUEUE "/run|"
	    "echo 'listen = " SOCKET ", unix:" IN_JAIL "' >>" CONF AGAIN
	    "|postconf -e 'smtp_tls_policy_maps = "
	    "socketmap:unix:run/postfix-mta-sts/socket:postfix-3.10'" RELOAD },
	{ half_jailed, C, "map_chroot", "smtp(8) (smtp/unix) runs chrooted",
	    NULL },
	{ unix_fine, DOCTOR_OK, "", NULL, NULL },
	{ unix_by_group, DOCTOR_OK, "", NULL, NULL },
	{ unix_by_acl, DOCTOR_OK, "", NULL, NULL },
	{ folder_closed, C, "map_rights",
	    "postfix, may not pass through /run/postfix-mta-sts (mode 0750)",
	    "chmod o+x /run/postfix-mta-sts" },
	{ socket_closed, C, "map_rights",
	    "may not write to the socket /run/postfix-mta-sts/socket",
	    "# in " CONF ", set: listen_mode = 0666" AGAIN },
	{ owner_closed, C, "map_rights", "(mode 0466)",
	    "echo 'listen_mode = 0666' >>" CONF AGAIN },
	{ level_empty, W, "level_none", "empty, which means none",
	    "postconf -e 'smtp_tls_security_level = may'" RELOAD },
	{ level_none, W, "level_none", "is none: mail",
	    "postconf -e 'smtp_tls_security_level = may'" RELOAD },
	{ level_by_use, DOCTOR_OK, "", NULL, NULL },
	{ own_level_none, W, "level_none", "master.cf (relay/unix)",
	    "postconf -P relay/unix/smtp_tls_security_level=may" RELOAD },
	{ no_ca, C, "ca_missing", "both empty",
	    "postconf -e 'smtp_tls_CAfile = "
	    "/etc/ssl/certs/ca-certificates.crt'" RELOAD },
	{ no_ca_at_all, C, "ca_missing", "both empty",
	    "apt-get install ca-certificates|postconf -e 'smtp_tls_CAfile = "
	    "/etc/ssl/certs/ca-certificates.crt'" RELOAD },
	{ ca_missing, C, "ca_unreadable", "No such file", NULL },
	{ ca_no_certificate, C, "ca_unreadable", "no certificate in it", NULL },
	{ ca_denied, DOCTOR_OK, "", NULL, NULL },
	{ ca_not_in_jail, C, "ca_unreadable",
	    "from inside the chroot, and " WORLD_QUEUE
	    "/etc/ssl/certs No such file",
	    "postconf -e 'smtp_tls_CAfile = "
	    "/etc/ssl/certs/ca-certificates.crt'" RELOAD },
	{ ca_in_jail, DOCTOR_OK, "", NULL, NULL },
	{ main_level, C, "main_level", "replaces that level",
	    "echo 'main_level = encrypt' >>" CONF AGAIN },
	{ main_level_idle, W, "main_level", "is encrypt.", NULL },
	{ session_cache, W, "session_cache", "is set",
	    "postconf -e 'smtp_tls_session_cache_database ='" RELOAD },
	{ own_session_cache, DOCTOR_OK, "", NULL, NULL },
	{ wildcards, W, "wildcard_labels", "Postfix 3.5.6",
	    "postconf -e 'tls_wildcard_matches_multiple_labels = "
	    "no'" RELOAD },
	{ wildcards_2_11, W, "wildcard_labels", "Postfix 2.11.0", NULL },
	{ wildcards_2_10, DOCTOR_OK, "", NULL, NULL },
	{ wildcards_3_6, DOCTOR_OK, "", NULL, NULL },
	{ patterns_off, W, "mx_patterns", "does not list",
	    "postconf -e 'smtp_tls_enforce_sts_mx_patterns = yes'" RELOAD },
	{ dane_wanted, DOCTOR_OK, "", NULL, NULL },
	{ dane_off, C, "dane_off", "switches DANE off",
	    "echo 'dane = yes' >>" CONF AGAIN },
	{ dane_only_off, C, "dane_off", "is dane-only, but",
	    "# in " CONF ", set: dane = yes" AGAIN },
	{ dane_off_no_file, C, "dane_off", "switches DANE off",
	    "mkdir -p /etc/postfix-mta-sts|echo 'dane = yes' >>" CONF AGAIN },
	{ bad_config_down, C, "config_error", "", NULL },
	{ dane_old, C, "dane_postfix_old", "Postfix 2.10.1 knows no DANE",
	    "echo 'dane = no' >>" CONF AGAIN },
	{ dane_no_dnssec, C, "dane_dns_support", "is empty, and the daemon's",
	    "postconf -e 'smtp_dns_support_level = dnssec'" RELOAD },
	{ dane_mx_error, C, "dane_mx_error", "ignore_mx_lookup_error is yes",
	    "postconf -e 'ignore_mx_lookup_error = no'" RELOAD },
	{ dane_host_lookup, C, "dane_host_lookup", "is native",
	    "postconf -e 'smtp_host_lookup = dns'" RELOAD },
	{ dane_both_lookups, DOCTOR_OK, "", NULL, NULL },
	{ dane_options, C, "dane_resolver_options", "behind a name",
	    "postconf -e 'smtp_dns_resolver_options = res_xyz'" RELOAD },
	{ no_dane_all_wrong, DOCTOR_OK, "", NULL, NULL },
	{ not_validating, C, "dane_resolver", "does not validate",
	    "apt-get install unbound|# put \"nameserver 127.0.0.1\" first "
	    "into /etc/resolv.conf" AGAIN },
	{ not_believed, C, "dane_resolver", "dns_trust_ad (192.0.2.53)", NULL },
	{ not_believed_from_here, C, "dane_resolver", "cannot be believed",
	    NULL },
	{ hop_refused, C, "nexthop_deferred",
	    "The next-hop [relay.example.com]:587 (relayhost) has a policy "
	    "that does not list relay.example.com: mail for it is deferred.",
	    "echo 'relay.example.com skip' >>/etc/postfix-mta-sts/overrides|"
	    "echo 'overrides = /etc/postfix-mta-sts/overrides' >>" CONF AGAIN },
	{ hop_refused_without_patterns, C, "nexthop_deferred",
	    "a.b.example.net: mail for it is deferred, unless",
	    "echo 'example.com skip' >>/etc/overrides" AGAIN },
	{ hop_half_refused, W, "nexthop_deferred",
	    "list old.example.org: mail to that host", NULL },
	{ hop_covered, DOCTOR_OK, "", NULL, NULL },
	{ hop_earlier, DOCTOR_OK, "", NULL, NULL },
	{ hop_no_starttls, C, "nexthop_tls",
	    "host mx.example.com does not keep: it offers no STARTTLS.",
	    "echo 'mx.example.com skip' >>/etc/postfix-mta-sts/overrides|"
	    "echo 'overrides = /etc/postfix-mta-sts/overrides' >>" CONF AGAIN },
	{ hop_starttls_failed, C, "nexthop_tls", "fails (reset)", NULL },
	{ hop_expired, C, "nexthop_tls", "(certificate has expired)", NULL },
	{ hop_other_name, W, "nexthop_tls", "not for that name", NULL },
	{ hop_unreachable, DOCTOR_OK, "", NULL, NULL },
	{ hop_temp, C, "nexthop_temp", "TEMP no name server",
	    "postfix-mta-sts-ctl status" },
	{ cache_other_owner, C, "cache_rights", "does not belong",
	    "chown -R postfix-mta-sts: /var/lib/postfix-mta-sts" },
	{ cache_foreign, C, "cache_rights", "started as root",
	    "chown -R postfix-mta-sts: /var/lib/postfix-mta-sts" },
	{ cache_open, W, "cache_rights", "mode 0755",
	    "chmod 0750 /var/lib/postfix-mta-sts" },
	{ cache_writable, C, "cache_rights", "put other policies there",
	    "chmod 0750 /var/lib/postfix-mta-sts" },
	{ cache_closed, C, "cache_rights", "cannot work in it", NULL },
	{ cache_file, C, "cache_rights", "is no folder", NULL },
	{ cache_not_there, DOCTOR_OK, "", NULL, NULL },
	{ clock_behind, C, "clock", "86400 seconds behind",
	    "timedatectl set-ntp true" AGAIN },
	{ clock_off, W, "clock", "300 seconds ahead of", NULL },
	{ clock_nearly, DOCTOR_OK, "", NULL, NULL },
	{ clock_suspect, C, "clock", "far from the times in its cache", NULL },
	{ dns_silent, C, "dns", "mail waits", NULL },
	{ dns_failed, W, "dns", "fails: SERVFAIL from 127.0.0.1.", NULL },
	{ https_blocked, C, "https", "connect, timed out. Is TCP port 443",
	    "curl -sSI https://mta-sts.gmail.com/.well-known/mta-sts.txt" },
	{ https_untrusted, C, "https", "cannot be verified", NULL },
	{ https_404, DOCTOR_OK, "", NULL, NULL },
	{ nat64, C, "fetch_refused", "Each of the last 20 fetches was refused",
	    "echo 'allow_networks = 10.1.0.0/16, 2001:db8:1::/96' >>" CONF
		AGAIN },
	{ few_refused, DOCTOR_OK, "", NULL, NULL },
	{ one_not_refused, DOCTOR_OK, "", NULL, NULL },
	{ one_domain_refused, DOCTOR_OK, "", NULL, NULL },
	{ private_refused, C, "fetch_refused", "hand out addresses", NULL },
	{ probe_refused, C, "fetch_refused",
	    "The policy host of gmail.com (198.18.0.7) was refused", NULL },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void
put_codes(struct buf *out, const struct doctor_report *report)
{
	size_t i;

	for (i = 0; i < report->count; i++)
		buf_printf(
		    out, "%s%s", i > 0 ? " " : "", report->item[i].rule->code);
}

static void
check_fix(size_t i, const struct doctor_finding *finding)
{
	struct buf fix = { 0 };
	const char *line;
	size_t j;

	for (j = 0; j < finding->fix.count; j++) {
		line = finding->fix.item[j];
		/* Which settings a reload takes is not what is tested. */
		if (strcmp(line, "postfix-mta-sts-ctl reload") == 0)
			line = "systemctl restart postfix-mta-sts";
		buf_printf(&fix, "%s%s", j > 0 ? "|" : "", line);
	}
	if (strcmp(buf_str(&fix), cases[i].fix) != 0)
		fail_msg("case %zu: fix is\n%s\nnot\n%s", i, buf_str(&fix),
		    cases[i].fix);
	buf_clear(&fix);
}

static void
test_each(void **state)
{
	struct doctor_facts *f;
	struct doctor_report *report;
	struct buf codes = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < CASES; i++) {
		f = world_sound();
		cases[i].spoil(f);
		report = doctor_judge(f);
		buf_reset(&codes);
		put_codes(&codes, report);
		if (strcmp(buf_str(&codes), cases[i].codes) != 0)
			fail_msg("case %zu: found \"%s\", not \"%s\": %s", i,
			    buf_str(&codes), cases[i].codes,
			    report->count > 0 ? report->item[0].message : "");
		if (report->worst != cases[i].worst)
			fail_msg("case %zu: severity %d", i, report->worst);
		if (cases[i].words != NULL &&
		    strstr(report->item[0].message, cases[i].words) == NULL)
			fail_msg("case %zu: \"%s\" has no \"%s\"", i,
			    report->item[0].message, cases[i].words);
		if (cases[i].fix != NULL)
			check_fix(i, &report->item[0]);
		doctor_report_free(report);
		doctor_facts_free(f);
	}
	buf_clear(&codes);
}

static void
test_all_speak(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < doctor_rules_count; i++) {
		for (j = 0; j < CASES; j++) {
			if (strncmp(cases[j].codes, doctor_rules[i].code,
				strlen(doctor_rules[i].code)) == 0)
				break;
		}
		if (j == CASES)
			fail_msg("no case for %s", doctor_rules[i].code);
	}
}

/* Nothing is known of anything: nothing is judged, nothing crashes. */
static void
test_nothing_known(void **state)
{
	struct doctor_facts *f = doctor_facts_new();
	struct doctor_report *report;
	struct buf codes = { 0 };

	(void)state;
	f->daemon.api = DOCTOR_API_DENIED;
	report = doctor_judge(f);
	put_codes(&codes, report);
	assert_string_equal(buf_str(&codes), "postfix_missing");
	buf_clear(&codes);
	doctor_report_free(report);
	doctor_facts_free(f);
}

/* The codes of the manual are those of the table, in its order. */
static void
test_manual(void **state)
{
	FILE *file = fopen("man/postfix-mta-sts-ctl.8", "re");
	bool is_section = false, is_code = false;
	char line[256], code[64];
	size_t i = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0)
			is_section = strcmp(line, ".Sh DOCTOR\n") == 0;
		if (strcmp(line, "The codes:\n") == 0)
			is_code = true;
		if (!is_section || !is_code ||
		    sscanf(line, ".It Cm %63s", code) != 1)
			continue;
		assert_true(i < doctor_rules_count);
		assert_string_equal(code, doctor_rules[i].code);
		i++;
	}
	fclose(file);
	assert_int_equal(i, doctor_rules_count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_all_speak),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
