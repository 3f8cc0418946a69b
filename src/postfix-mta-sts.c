/* SPDX-License-Identifier: ISC */
/* The daemon's main: options, then wiring, then the loop. */
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/notify.h"
#include "base/passed.h"
#include "base/pid.h"
#include "base/user.h"
#include "base/xmalloc.h"
#include "cache/cache.h"
#include "check/cli.h"
#include "daemon/admin.h"
#include "daemon/confine.h"
#include "daemon/dane.h"
#include "daemon/heartbeat.h"
#include "daemon/hot.h"
#include "daemon/limits.h"
#include "daemon/lookup.h"
#include "daemon/overrides.h"
#include "daemon/refresher.h"
#include "daemon/reload.h"
#include "daemon/resolver.h"
#include "daemon/server.h"
#include "daemon/stats.h"
#include "net/dns.h"
#include "net/fetch.h"

static const char usage_text[] =
    "usage: postfix-mta-sts [-c file] [-o name=value] ... "
    "[--print-config [-n]]\n"
    "       postfix-mta-sts --check [options] domain ...\n"
    "       postfix-mta-sts --mine | --queue | --reports path ...\n"
    "       postfix-mta-sts --explain code|topic\n"
    "       postfix-mta-sts --version | --help\n"
    "\n"
    "  -c, --config file   read file instead of " SYSCONFDIR
    "/postfix-mta-sts/\n"
    "                      postfix-mta-sts.conf\n"
    "  -o name=value       override a setting\n"
    "  --print-config      print every setting and exit; with -n only those\n"
    "                      that differ from the default\n"
    "  --version           print the version and those of the libraries\n"
    "\n"
    "Answers Postfix's smtp_tls_policy_maps with MTA-STS policies. See\n"
    "postfix-mta-sts(8).\n";

struct options {
	const char *config;
	struct config_overrides overrides;
	const char **override;
	bool is_print;
	bool is_changed_only;
};

/* All that runs, in the order it is made. */
struct daemon {
	struct config *config;
	struct reload_source source;
	struct passed *passed;
	struct sts_overrides *overrides; /* until lookups has them */
	int64_t most_connections;
	struct loop *loop;
	struct sandbox *sandbox;
	struct server *server;
	struct pid_file *pid_file;
	struct admin *admin;
	struct cache *cache;
	struct dns *dns;
	struct fetcher *fetcher;
	struct danes *danes;
	struct resolver *resolver;
	struct used *used;
	struct hot *hot;
	struct stats *stats;
	struct refresher *refresher;
	struct lookups *lookups;
	struct reload *reload;
	struct heartbeat *heartbeat;
	struct loop_signal *stop[2];
	struct loop_signal *hangup;
	bool is_misconfigured;
};

/* Settings whose sockets may be passed by the service manager. */
static const char *const passable[] = { "listen", "admin_listen",
	"metrics_listen", NULL };

static int
print_version(void)
{
	printf("postfix-mta-sts %s\n%s\n%s\n%s\n%s\n%s\n%s\n", VERSION,
	    dns_library_version(), fetch_library_version(),
	    cache_library_version(), loop_library_version(),
	    domain_library_version(), check_library_version());
	return 0;
}

static int
usage_error(void)
{
	fputs(usage_text, stderr);
	return EX_USAGE;
}

/* -1: go on; otherwise the exit status. */
static int
read_options(int argc, char **argv, struct options *o)
{
	enum {
		OPT_PRINT = 256,
		OPT_VERSION,
		OPT_HELP
	};
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "print-config", no_argument, NULL, OPT_PRINT },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	o->override = xcalloc((size_t)argc, sizeof(*o->override));
	o->overrides.text = o->override;
	while ((c = getopt_long(argc, argv, "c:no:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'n':
			o->is_changed_only = true;
			break;
		case 'o':
			o->override[o->overrides.count++] = optarg;
			break;
		case OPT_PRINT:
			o->is_print = true;
			break;
		case OPT_VERSION:
			return print_version();
		case OPT_HELP:
			fputs(usage_text, stdout);
			return 0;
		default:
			return usage_error();
		}
	}
	if (optind < argc) {
		fprintf(stderr, "postfix-mta-sts: unexpected argument: %s\n",
		    argv[optind]);
		return usage_error();
	}
	if (o->is_changed_only && !o->is_print)
		return usage_error();
	return -1;
}

static void
on_stop(void *arg)
{
	loop_stop(arg);
}

static void
on_hangup(void *arg)
{
	struct reload_result result = { 0 };

	(void)reload_now(arg, &result);
	reload_result_clear(&result);
}

static void
start_admin(struct daemon *d)
{
	const struct admin_parts parts = {
		.stats = d->stats,
		.cache = d->cache,
		.dns = d->dns,
		.fetcher = d->fetcher,
		.resolver = d->resolver,
		.lookups = d->lookups,
		.danes = d->danes,
		.server = d->server,
		.sandbox = d->sandbox,
		.config_file = d->source.path,
		.reload = d->reload,
	};

	admin_start(d->admin, &parts);
}

/* One socket a setting; more of them are nobody's, and closed at the end. */
static int
open_admin(struct daemon *d)
{
	d->admin = admin_new(d->loop, d->config);
	admin_adopt(
	    d->admin, ADMIN_SOCKET, passed_take(d->passed, "admin_listen"));
	admin_adopt(
	    d->admin, ADMIN_METRICS, passed_take(d->passed, "metrics_listen"));
	return admin_bind(d->admin);
}

/* What needs the rights we begin with, and then what does not. */
static int
open_all(struct daemon *d)
{
	struct config *config = d->config;
	const struct cache_settings cache = {
		.dir = config->cache_dir,
		.size = config->cache_size,
		.keep_unused = config->keep_unused,
		.is_started_later = true,
	};

	d->most_connections = limits_raise();
	limits_apply(config, d->most_connections);
	if ((d->loop = loop_new()) == NULL ||
	    (d->server = server_new(d->loop, config, d->passed)) == NULL ||
	    open_admin(d) == -1 ||
	    pid_file_open(config->pid_file, &d->pid_file) == -1 ||
	    user_make_dir(config->cache_dir, config->user, config->group) ==
		-1 ||
	    user_become(config->user, config->group) == -1 ||
	    (d->cache = cache_open(d->loop, &cache)) == NULL ||
	    pid_file_write(d->pid_file) == -1 ||
	    (d->dns = dns_new(d->loop, config)) == NULL ||
	    (d->fetcher = fetcher_new(d->loop, d->dns, config)) == NULL)
		return -1;
	d->is_misconfigured = danes_check_trust(config) == -1;
	return d->is_misconfigured ? -1 : 0;
}

static void
make_all(struct daemon *d)
{
	struct dane_parts dane_parts;
	struct resolver_parts parts;

	d->used = used_new(d->config->cache_dir);
	d->hot = hot_new();
	hot_set_counters(d->hot, d->stats->answered);
	dane_parts = (struct dane_parts){ d->dns, d->cache };
	d->danes = danes_new(d->loop, d->config, &dane_parts);
	parts = (struct resolver_parts){ d->dns, d->fetcher, d->cache, d->used,
		d->hot, d->stats, d->danes };
	d->resolver = resolver_new(d->loop, d->config, &parts);
	d->refresher = refresher_new(d->loop, d->config, &parts, d->resolver);
	d->lookups = lookups_new(d->config, d->resolver);
	lookups_set_overrides(d->lookups, d->overrides);
	d->overrides = NULL;
	lookups_set_hot(d->lookups, d->hot);
	lookups_set_danes(d->lookups, d->danes);
	lookups_set_stats(d->lookups, d->stats);
	d->reload = reload_new(&d->source,
	    &(struct reload_parts){
		.config = d->config,
		.most_connections = d->most_connections,
		.server = d->server,
		.cache = d->cache,
		.dns = d->dns,
		.fetcher = d->fetcher,
		.resolver = d->resolver,
		.lookups = d->lookups,
	    });
	d->stop[0] = loop_signal_new(d->loop, SIGTERM, on_stop, d->loop);
	d->stop[1] = loop_signal_new(d->loop, SIGINT, on_stop, d->loop);
	d->hangup = loop_signal_new(d->loop, SIGHUP, on_hangup, d->reload);
}

static int
start_all(struct daemon *d)
{
	/* No thread and nobody of outside before the sandbox. */
	if (confine(d->loop, d->config, d->source.path, &d->sandbox) == -1 ||
	    cache_start(d->cache) == -1)
		return -1;
	server_start(d->server, d->lookups);
	start_admin(d);
	d->heartbeat = heartbeat_new(d->loop, d->cache, d->server);
	return 0;
}

static int
start(struct daemon *d)
{
	d->is_misconfigured = (d->passed = passed_new(passable)) == NULL ||
	    overrides_load(d->config->overrides, &d->overrides) == -1;
	if (d->is_misconfigured || open_all(d) == -1)
		return -1;
	make_all(d);
	return start_all(d);
}

/* The other way round; what was never made is NULL. */
static void
daemon_free(struct daemon *d)
{
	admin_free(d->admin);
	heartbeat_free(d->heartbeat);
	loop_signal_free(d->hangup);
	reload_free(d->reload);
	server_free(d->server);
	lookups_free(d->lookups);
	refresher_free(d->refresher);
	resolver_free(d->resolver);
	danes_free(d->danes);
	used_free(d->used);
	hot_free(d->hot);
	fetcher_free(d->fetcher);
	dns_free(d->dns);
	cache_close(d->cache);
	pid_file_free(d->pid_file);
	loop_signal_free(d->stop[0]);
	loop_signal_free(d->stop[1]);
	sandbox_free(d->sandbox);
	loop_free(d->loop);
	sts_overrides_free(d->overrides);
	passed_free(d->passed);
	log_watch(LOG_LEVEL_ERROR, NULL, NULL);
	stats_free(d->stats);
	config_free(d->config);
}

static void
log_start(const struct config *config)
{
	log_info("started", "postfix-mta-sts %s, pid %ld, cache %s%s", VERSION,
	    (long)getpid(), config->cache_dir,
	    config->dane ? ", dane = yes (Postfix needs "
			   "smtp_dns_support_level = dnssec)" :
			   ", dane = no (right only where main.cf's level is "
			   "neither dane nor dane-only)");
}

static int
run(struct config *config, const struct options *o)
{
	struct daemon d = {
		.config = config,
		.source = { o->config, o->overrides },
	};
	int status = 1;

	log_open((enum log_target)config->log_target,
	    (enum log_level)config->log_level,
	    (enum log_format)config->log_format);
	log_limit_repeats();
	notify_open();
	clock_init();
	d.stats = stats_new();
	log_watch(LOG_LEVEL_WARNING, stats_on_log, d.stats);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (start(&d) == 0) {
		log_start(config);
		notify_ready();
		status = loop_run(d.loop) == 0 ? 0 : 1;
		notify_stopping();
		log_info("stopping", "finishing what was begun");
	} else if (d.is_misconfigured) {
		status = EX_CONFIG;
	}
	daemon_free(&d);
	log_tell_repeats(true);
	if (status == 0)
		log_info("stopped", "status 0");
	notify_close();
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct config *config;
	char error[512];
	int status;

	if (check_is_wanted(argc, argv))
		return check_main(argc, argv);
	status = read_options(argc, argv, &o);
	if (status == -1) {
		config =
		    config_load(o.config, &o.overrides, error, sizeof(error));
		if (config == NULL) {
			fprintf(stderr, "postfix-mta-sts: %s\n", error);
			status = EX_CONFIG;
		} else if (o.is_print) {
			config_print(config, o.is_changed_only, stdout);
			config_free(config);
			status = 0;
		} else {
			status = run(config, &o);
		}
	}
	free(o.override);
	return status;
}
