/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "check/look.h"
#include "check/report.h"
#include "net/fetcher.h"

int
look_open(struct look *l, const char *config,
    const struct config_overrides *overrides)
{
	char error[512];

	l->config = config_load(config, overrides, error, sizeof(error));
	if (l->config == NULL) {
		fprintf(stderr, "postfix-mta-sts: %s\n", error);
		return -1;
	}
	if ((l->loop = loop_new()) == NULL ||
	    (l->dns = dns_new(l->loop, l->config)) == NULL ||
	    (l->fetcher = fetcher_new(l->loop, l->dns, l->config)) == NULL)
		return -1;
	return 0;
}

void
look_close(struct look *l)
{
	fetcher_free(l->fetcher);
	dns_free(l->dns);
	loop_free(l->loop);
	config_free(l->config);
}

struct seen {
	struct loop *loop;
	struct evidence *evidence;
};

static void
on_probed(struct evidence *e, void *arg)
{
	struct seen *s = arg;

	s->evidence = e;
	loop_stop(s->loop);
}

static void
say_no_domain(const char *input)
{
	struct buf shown = { 0 };

	report_escape(&shown, input, strlen(input));
	fprintf(stderr, "postfix-mta-sts: %s is no domain\n", buf_str(&shown));
	buf_clear(&shown);
}

struct evidence *
look_at(struct look *l, const struct probe_options *options, const char *input)
{
	struct seen seen = { .loop = l->loop };
	struct probe_options with = *options;
	struct probe *probe;

	with.shared = probe_shared_new(l->loop, l->config, l->fetcher);
	probe = probe_start(l->loop, l->config, l->dns, l->fetcher, &with,
	    input, on_probed, &seen);
	if (probe == NULL)
		say_no_domain(input);
	else if (loop_run(l->loop) == -1)
		probe_cancel(probe);
	probe_shared_free(with.shared);
	return seen.evidence;
}

static void
on_rested(void *arg)
{
	loop_stop(arg);
}

void
look_rest(struct look *l, int64_t ms)
{
	struct loop_timer *timer = loop_timer_new(l->loop, on_rested, l->loop);

	loop_timer_set(timer, ms);
	loop_run(l->loop);
	loop_timer_free(timer);
}
