/* SPDX-License-Identifier: ISC */
/* Walking the entries by name, page by page. */
#include "cache_world.h"

#include "cache/internal.h"

#define PAGE_MAX 8

/* What one page gave. */
struct page {
	size_t left; /* how many more it takes */
	size_t count, unreadable;
	char domain[PAGE_MAX][DOMAIN_MAX + 1];
	struct cache *cache; /* ask it from inside */
};

static bool
on_entry(const char *domain, size_t len, const struct entry *e, void *arg)
{
	struct page *page = arg;
	struct entry got;

	assert_int_equal(strlen(domain), len);
	if (e == NULL)
		page->unreadable++;
	else
		assert_string_equal(e->policy.mx.names, "mx.example.com");
	if (page->cache != NULL)
		assert_int_equal(
		    cache_get(page->cache, domain, len, &got), CACHE_HIT);
	snprintf(page->domain[page->count++], DOMAIN_MAX + 1, "%s", domain);
	return --page->left > 0;
}

static enum cache_status
list(struct world *w, const char *after, size_t max, struct page *page)
{
	*page = (struct page){ .left = max };
	return cache_list(w->cache, after, on_entry, page);
}

static void
put_names(struct world *w)
{
	static const char *const names[] = { "b.example", "a.example", "b",
		"a-b.example", "ab.example", "b.examples" };
	struct entry e = make_entry();
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(w, names[i], &e);
	wait_all(w);
}

static void
test_empty(void **state)
{
	struct world *w = *state;
	struct page page;

	open_cache(w);
	assert_int_equal(list(w, "", 1, &page), CACHE_MISS);
	assert_int_equal(list(w, "x.example", 1, &page), CACHE_MISS);
	assert_int_equal(page.count, 0);
}

static void
test_after(void **state)
{
	static const struct {
		const char *after;
		size_t max;
		enum cache_status status;
		const char *names;
	} tests[] = {
		{ "", 8, CACHE_MISS,
		    "a-b.example a.example ab.example b b.example "
		    "b.examples " },
		{ "", 2, CACHE_HIT, "a-b.example a.example " },
		{ "a.example", 2, CACHE_HIT, "ab.example b " },
		/* What is not there has a place all the same. */
		{ "a.exampl", 1, CACHE_HIT, "a.example " },
		{ "a.example.", 1, CACHE_HIT, "ab.example " },
		{ "b", 8, CACHE_MISS, "b.example b.examples " },
		{ "b.example", 1, CACHE_HIT, "b.examples " },
		{ "b.examples", 1, CACHE_MISS, "" },
		{ "zz", 8, CACHE_MISS, "" },
	};
	struct world *w = *state;
	char names[256];
	struct page page;
	size_t i, j;

	open_cache(w);
	put_names(w);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		enum cache_status status =
		    list(w, tests[i].after, tests[i].max, &page);

		names[0] = '\0';
		for (j = 0; j < page.count; j++) {
			(void)strlcat(names, page.domain[j], sizeof(names));
			(void)strlcat(names, " ", sizeof(names));
		}
		if (status != tests[i].status ||
		    strcmp(names, tests[i].names) != 0)
			fail_msg("test %zu: status %d, \"%s\"", i, (int)status,
			    names);
	}
}

static void
test_removed_meanwhile(void **state)
{
	struct world *w = *state;
	struct page page;

	open_cache(w);
	put_names(w);
	assert_int_equal(list(w, "", 2, &page), CACHE_HIT);
	take_out(w, "a.example");
	wait_all(w);
	assert_int_equal(list(w, "a.example", 1, &page), CACHE_HIT);
	assert_string_equal(page.domain[0], "ab.example");
}

static void
test_get_inside(void **state)
{
	struct world *w = *state;
	struct page page = { .left = PAGE_MAX };

	open_cache(w);
	put_names(w);
	page.cache = w->cache;
	assert_int_equal(cache_list(w->cache, "", on_entry, &page), CACHE_MISS);
	assert_int_equal(page.count, 6);
}

/* One record is spoilt in the file: the walk passes over it. */
static void
test_unreadable(void **state)
{
	struct world *w = *state;
	struct page page;
	char path[100], *data;
	struct stat st;
	size_t i;
	int fd;

	open_cache(w);
	put_names(w);
	cache_close(w->cache);
	w->cache = NULL;
	snprintf(path, sizeof(path), "%s/data.mdb", w->dir);
	fd = open(path, O_RDWR);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size);
	assert_int_equal(pread(fd, data, (size_t)st.st_size, 0), st.st_size);
	for (i = 0; i + 12 < (size_t)st.st_size; i++)
		if (memcmp(data + i, "ab.example", 10) == 0 &&
		    data[i + 10] == 1)
			data[i + 13] ^= 1;
	assert_int_equal(pwrite(fd, data, (size_t)st.st_size, 0), st.st_size);
	free(data);
	close(fd);
	open_cache(w);
	assert_int_equal(list(w, "", PAGE_MAX, &page), CACHE_MISS);
	assert_int_equal(page.count, 6);
	assert_int_equal(page.unreadable, 1);
	assert_string_equal(page.domain[2], "ab.example");
}

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

/* The order is LMDB's own: whoever opens the file without ours finds all. */
static void
test_order(void **state)
{
	static const char *const names[] = { "", "a", "a.b", "a.b.c.d",
		"a.b.c.de", "a.b.c.de.f", "a.b.c.de.g", "a.b.c.e", "b",
		"b.b.c.de", "aa.b.c.de", "a.b.c.d\x7f", "a.b.c.d\x80",
		"a.b.c.d\xff"
		"a",
		"\x80.b.c.de", "\x7f.b.c.dez", "ab.c.d.a" };
	const size_t count = sizeof(names) / sizeof(names[0]);
	size_t i, j, a, b;
	MDB_val x, y;
	int want;

	(void)state;
	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			a = strlen(names[i]);
			b = strlen(names[j]);
			x = cache_val(names[i], a);
			y = cache_val(names[j], b);
			want = sign(memcmp(names[i], names[j], a < b ? a : b));
			if (want == 0)
				want = (a > b) - (a < b);
			if (sign(cache_compare_names(&x, &y)) != want)
				fail_msg("%s, %s", names[i], names[j]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_after),
		TEST(test_removed_meanwhile),
		TEST(test_get_inside),
		TEST(test_unreadable),
		TEST(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
