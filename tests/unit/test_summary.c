/* SPDX-License-Identifier: ISC */
/* Rows of a run, what waits in a file, lists of domains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "check/domainlist.h"
#include "check/report.h"
#include "check/spool.h"
#include "check/summary.h"

static const struct check_row rows[] = {
	{ "a.test", "x", true, "A", 0, CHECK_ENFORCING, CHECK_NORMAL, 900,
	    NULL },
	{ "b.test", "y", true, "F", 2, CHECK_BROKEN, CHECK_HIGH, 0, NULL },
	{ "c.test", "x", true, "A*", 3, CHECK_UNKNOWN, CHECK_LOW, 500, NULL },
	{ "d.test", "", true, "N/A", 1, CHECK_NULL_MX, CHECK_LOW, 700, NULL },
	{ "e.test", "y", true, "F", 2, CHECK_BROKEN, CHECK_LOW, 0, NULL },
	{ "f.test", "z", false, "", 0, CHECK_NO_DOMAIN, CHECK_HIGH, 1, NULL },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct check_summary *
filled(void)
{
	struct check_summary *s = check_summary_new(ROWS);

	memcpy(s->row, rows, sizeof(rows));
	return s;
}

static void
test_order(void **state)
{
	static const size_t wanted[ROWS] = { 1, 5, 4, 2, 3, 0 };
	struct check_summary *s = filled();
	size_t order[ROWS];

	(void)state;
	check_summary_order(s, order);
	assert_memory_equal(order, wanted, sizeof(wanted));
	check_summary_free(s);
	check_summary_free(NULL);
}

static void
test_counts(void **state)
{
	struct check_summary *s = filled();
	struct buf text = { 0 };
	const char **label;
	size_t count;

	(void)state;
	check_summary_put_grades(&text, s, NULL);
	buf_putc(&text, ';');
	check_summary_put_grades(&text, s, "x");
	assert_string_equal(buf_str(&text), "A 2, F 2, N/A 1;A 2");
	assert_string_equal(check_summary_soonest(s)->domain, "c.test");
	label = check_summary_labels(s, &count);
	assert_int_equal(count, 3);
	assert_string_equal(label[0], "x");
	assert_string_equal(label[2], "z");
	free(label);
	buf_clear(&text);
	check_summary_free(s);
}

static void
test_faults(void **state)
{
	struct check_summary *s = filled();
	struct check_count fault[3];

	(void)state;
	assert_int_equal(check_summary_faults(s, 3, fault), 0);
	s->fault[4] = 2;
	s->fault[7] = 5;
	assert_int_equal(check_summary_faults(s, 3, fault), 2);
	s->fault[8] = 5;
	s->fault[9] = 1;
	s->fault[1] = 3;
	assert_int_equal(check_summary_faults(s, 3, fault), 3);
	assert_string_equal(fault[0].name, check_rules[7]->code);
	assert_string_equal(fault[1].name, check_rules[8]->code);
	assert_string_equal(fault[2].name, check_rules[1]->code);
	assert_int_equal(fault[2].count, 3);
	check_summary_free(s);
}

static void
test_spool(void **state)
{
	struct spool *s = spool_new();
	struct spool_place a, b;
	struct buf text = { 0 };

	(void)state;
	assert_non_null(s);
	assert_true(spool_put(s, "first", 5, &a));
	assert_true(spool_put(s, "", 0, &b));
	assert_true(spool_put(s, "sec\0nd", 6, &b));
	assert_true(spool_get(s, &b, &text));
	assert_true(spool_get(s, &a, &text));
	assert_int_equal(text.len, 11);
	assert_memory_equal(text.data, "sec\0ndfirst", 12);
	a.at = 1000;
	assert_false(spool_get(s, &a, &text));
	assert_int_equal(text.len, 11);
	buf_clear(&text);
	spool_free(s);
}

static void
test_list(void **state)
{
	char path[] = "/tmp/test_summary.XXXXXX";
	struct domainlist list = { 0 };
	struct buf text = { 0 };
	int fd = mkstemp(path);
	size_t i;

	(void)state;
	assert_true(fd != -1);
	buf_puts(&text, "\xef\xbb\xbf# all\n  b.test , two words # x\r\n\n,\n");
	buf_puts(&text, "a.test\nA.TEST.,later\nno domain\nc.test,");
	for (i = 0; i < 5000; i++)
		buf_putc(&text, 'l');
	buf_puts(&text, "\nlast.test");
	assert_int_equal(write(fd, text.data, text.len), (ssize_t)text.len);
	close(fd);
	domainlist_add(&list, "z.test", NULL);
	assert_int_equal(domainlist_read(&list, path), 0);
	unlink(path);
	domainlist_unite(&list);
	assert_int_equal(list.count, 5);
	assert_int_equal(list.bad, 2);
	assert_string_equal(list.item[0].domain, "z.test");
	assert_string_equal(list.item[1].input, "b.test");
	assert_string_equal(list.item[1].label, "two words");
	assert_string_equal(list.item[2].input, "a.test");
	assert_string_equal(list.item[2].label, "");
	assert_int_equal(strlen(list.item[3].label), DOMAINLIST_LABEL);
	assert_string_equal(list.item[4].domain, "last.test");
	domainlist_clear(&list);
	assert_int_equal(domainlist_read(&list, "/nonexistent"), -1);
	buf_clear(&text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_spool),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
