/* SPDX-License-Identifier: ISC */
/*
 * Fetch one domain's policy file as the daemon does:
 * fetch-one [-s server] [-C ca-file] [-p port] [-a network] domain
 * prints "reason detail milliseconds" and the length of the body.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/domain.h"
#include "base/loop.h"
#include "net/dns.h"
#include "net/fetch.h"

#define SETTINGS_MAX  16
#define SETTING_BYTES 256
#define EXIT_USAGE    64

struct run {
	struct loop *loop;
	enum sts_reason reason;
};

struct settings {
	char text[SETTINGS_MAX][SETTING_BYTES];
	const char *list[SETTINGS_MAX];
	size_t count;
};

static void
usage(void)
{
	fprintf(stderr,
	    "usage: fetch-one [-s server] [-C ca-file] [-p port] "
	    "[-a network] domain\n");
	exit(EXIT_USAGE);
}

static void
put_setting(struct settings *s, const char *name, const char *value)
{
	int n;

	if (s->count == SETTINGS_MAX)
		usage();
	n = snprintf(s->text[s->count], SETTING_BYTES, "%s=%s", name, value);
	if (n < 0 || n >= SETTING_BYTES)
		usage();
	s->list[s->count] = s->text[s->count];
	s->count++;
}

static void
on_fetched(const struct fetch_result *result, void *arg)
{
	struct run *run = arg;

	printf("%s \"%s\" %d\n%zu\n", sts_reason_word(result->reason),
	    result->detail, result->milliseconds, result->body_len);
	run->reason = result->reason;
	loop_stop(run->loop);
}

static int
fetch_one(const struct config *config, const char *domain)
{
	struct run run = { loop_new(), STS_REASON_LOCAL };
	struct dns *dns = NULL;
	struct fetcher *fetcher = NULL;

	if (run.loop != NULL)
		dns = dns_new(run.loop, config);
	if (dns != NULL)
		fetcher = fetcher_new(run.loop, dns, config);
	if (fetcher != NULL) {
		fetch_policy(fetcher, domain, FETCH_QUERY, on_fetched, &run);
		loop_run(run.loop);
	}
	fetcher_free(fetcher);
	if (dns != NULL)
		dns_free(dns);
	loop_free(run.loop);
	return run.reason == STS_REASON_OK ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	struct settings settings = { .count = 0 };
	struct config_overrides overrides;
	struct config *config;
	char domain[DOMAIN_MAX + 1];
	char error[512];
	int option, status;

	while ((option = getopt(argc, argv, "s:C:p:a:")) != -1) {
		if (option == 's')
			put_setting(&settings, "dns_servers", optarg);
		else if (option == 'C')
			put_setting(&settings, "tls_ca_file", optarg);
		else if (option == 'p')
			put_setting(&settings, "policy_port", optarg);
		else if (option == 'a')
			put_setting(&settings, "allow_networks", optarg);
		else
			usage();
	}
	if (argc - optind != 1 ||
	    domain_to_ascii(argv[optind], strlen(argv[optind]), domain) == 0)
		usage();
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	overrides.text = settings.list;
	overrides.count = settings.count;
	config = config_load(NULL, &overrides, error, sizeof(error));
	if (config == NULL) {
		fprintf(stderr, "fetch-one: %s\n", error);
		return EXIT_USAGE;
	}
	status = fetch_one(config, domain);
	config_free(config);
	return status;
}
