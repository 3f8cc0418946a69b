/* SPDX-License-Identifier: ISC */
/*
 * fill-cache dir n
 *
 * Makes a cache of n small enforce policies, of the domains 0000000.fill.test
 * and so on, in key order; fetched now, due within the day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cache/cache.h"

#define DAY_S   86400
#define MAX_AGE (30 * DAY_S)
#define AT_ONCE 1024 /* writes queued */

struct fill {
	struct loop *loop;
	struct cache *cache;
	long next, total, written;
};

static struct entry
make_entry(
    const char *domain, char *text, size_t text_size, char *mx, size_t mx_size)
{
	int64_t now = clock_now();
	struct entry e = {
		.state = {
			.id = "20260101000000",
			.mode = STS_MODE_ENFORCE,
			.fetched = now,
			.max_age = MAX_AGE,
			.expires = now + MAX_AGE,
			.next_refresh = now + DAY_S -
			    arc4random_uniform(DAY_S / 5),
			.checked = now,
			.next_check = now + DAY_S,
		},
		.first_seen = now,
		.used_day = now / DAY_S,
	};

	snprintf(mx, mx_size, "mx1.%s%cmx2.%s", domain, '\0', domain);
	e.policy.mode = STS_MODE_ENFORCE;
	e.policy.max_age = MAX_AGE;
	e.policy.mx =
	    (struct sts_mxlist){ mx, 2 * (sizeof("mx1.") + strlen(domain)), 2 };
	e.policy.text = text;
	e.policy.text_len = (size_t)snprintf(text, text_size,
	    "version: STSv1\r\nmode: enforce\r\nmx: mx1.%s\r\nmx: mx2.%s\r\n"
	    "max_age: %d\r\n",
	    domain, domain, MAX_AGE);
	entry_remember(&e);
	return e;
}

static void on_written(void *);

static void
put_next(struct fill *f)
{
	char domain[32], text[256], mx[128];
	struct entry e;

	snprintf(domain, sizeof(domain), "%07ld.fill.test", f->next++);
	e = make_entry(domain, text, sizeof(text), mx, sizeof(mx));
	(void)cache_put(f->cache, domain, &e, on_written, f);
}

static void
on_written(void *arg)
{
	struct fill *f = arg;

	if (++f->written == f->total)
		loop_stop(f->loop);
	else if (f->next < f->total)
		put_next(f);
}

int
main(int argc, char **argv)
{
	struct cache_settings settings = {
		.size = INT64_C(4) << 30,
		.keep_unused = 30 * DAY_S,
	};
	struct fill f = { 0 };

	f.total = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	if (f.total < 1) {
		fputs("usage: fill-cache dir n\n", stderr);
		return EX_USAGE;
	}
	clock_init();
	settings.dir = argv[1];
	f.loop = loop_new();
	f.cache = f.loop != NULL ? cache_open(f.loop, &settings) : NULL;
	if (f.cache == NULL)
		return 1;
	while (f.next < AT_ONCE && f.next < f.total)
		put_next(&f);
	if (loop_run(f.loop) != 0)
		return 1;
	cache_close(f.cache);
	loop_free(f.loop);
	printf("%ld\n", f.written);
	return 0;
}
