/* SPDX-License-Identifier: ISC */
/*
 * fetchrate -C CA-FILE -p PORT -k DOMAINS [-c AT_ONCE] [-s SUFFIX]
 *
 * Gets each domain's policy once, by net/transfer alone: what a first contact
 * costs without DNS, without a cache, without anybody who asks. The addresses
 * are those that names.c gives. Prints one line of figures.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/config.h"
#include "net/transfer.h"

#define POLICY_PATH "/.well-known/mta-sts.txt"
#define TIMEOUT_MS  10000

struct run {
	struct loop *loop;
	struct transfer_pool *pool;
	const char *suffix;
	unsigned int domains, at_once, port, next, done, failed;
};

static void on_fetched(const struct transfer_result *, void *);

static void
start_next(struct run *run)
{
	char host[128], address[32];
	struct transfer_request request = {
		.kind = TRANSFER_HTTPS,
		.port = (uint16_t)run->port,
		.host = host,
		.path = POLICY_PATH,
		.list = address,
		.timeout_ms = TIMEOUT_MS,
	};
	unsigned int n = run->next++;

	snprintf(host, sizeof(host), "mta-sts.%07u%s", n, run->suffix);
	snprintf(
	    address, sizeof(address), "127.1.%u.%u", n >> 8 & 255, n & 255);
	if (transfer_start(run->pool, &request, on_fetched, run) == NULL)
		errx(1, "%s: cannot be fetched", host);
}

static void
on_fetched(const struct transfer_result *result, void *arg)
{
	struct run *run = arg;

	if (result->outcome.reason != STS_REASON_OK && run->failed++ == 0)
		warnx("%s: %s", sts_reason_word(result->outcome.reason),
		    result->outcome.detail);
	free(result->body);
	if (++run->done == run->domains)
		loop_stop(run->loop);
	else if (run->next < run->domains)
		start_next(run);
}

static double
seconds(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
fetch_all(struct run *run)
{
	double begin = seconds(CLOCK_MONOTONIC);
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

	while (run->next < run->at_once && run->next < run->domains)
		start_next(run);
	loop_run(run->loop);
	begin = seconds(CLOCK_MONOTONIC) - begin;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("replies=%u wrong=%u per_s=%.0f cpu_us=%.1f\n", run->done,
	    run->failed, run->done / begin, cpu * 1e6 / run->done);
}

int
main(int argc, char **argv)
{
	struct run run = { .suffix = ".first.test", .at_once = 16 };
	const char *ca_file = "";
	const char *const settings[] = { "allow_networks=127.0.0.0/8" };
	const struct config_overrides overrides = { settings, 1 };
	struct config *config;
	struct trust *trust;
	char error[512];
	int c;

	while ((c = getopt(argc, argv, "C:c:k:p:s:")) != -1) {
		if (c == 'C')
			ca_file = optarg;
		else if (c == 'c')
			run.at_once = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'k')
			run.domains = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			run.port = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 's')
			run.suffix = optarg;
		else
			errx(64, "usage: see the head of fetchrate.c");
	}
	if (run.domains == 0 || run.at_once == 0 || run.port == 0)
		errx(64, "-c, -k and -p: 1 and more");
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	config = config_load(NULL, &overrides, error, sizeof(error));
	if (config == NULL)
		errx(1, "%s", error);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (run.loop = loop_new()) == NULL ||
	    (trust = trust_new(ca_file)) == NULL ||
	    (run.pool = transfer_pool_new(run.loop, config, trust)) == NULL)
		errx(1, "cannot begin");
	fetch_all(&run);
	transfer_pool_free(run.pool);
	trust_free(trust);
	loop_free(run.loop);
	config_free(config);
	return run.failed > 0;
}
