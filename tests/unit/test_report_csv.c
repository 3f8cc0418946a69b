/* SPDX-License-Identifier: ISC */
/*
 * CSV: read back by a reader of RFC 4180's grammar; no cell begins as a
 * formula does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/report.h"
#include "golden.h"
#include "report_world.h"

#define COLUMNS 20

static const char header[] =
    "domain,label,grade,score,verdict,status,priority,mode,id,id_age_days,"
    "max_age,mx,patterns,uncovered,cert_days,tls_rpt,mail_provider,dns_host,"
    "finding,next_action\r\n";

static const struct report_options plain = { .label = "" };

struct cells {
	struct buf cell[COLUMNS];
	size_t count;
};

static void
cells_clear(struct cells *cells)
{
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		buf_clear(&cells->cell[i]);
	cells->count = 0;
}

/* One cell; returns what follows it. */
static const char *
read_cell(const char *at, struct buf *cell)
{
	if (*at != '"') {
		while (*at != ',' && *at != '\r' && *at != '\0') {
			assert_int_not_equal(*at, '"');
			assert_int_not_equal(*at, '\n');
			buf_putc(cell, *at++);
		}
		return at;
	}
	for (at++; !(at[0] == '"' && at[1] != '"'); at++) {
		assert_int_not_equal(*at, '\0');
		if (*at == '"')
			at++;
		buf_putc(cell, *at);
	}
	return at + 1;
}

/* A whole row with its line end; returns what follows it. */
static const char *
read_row(const char *at, struct cells *cells)
{
	cells_clear(cells);
	for (;;) {
		assert_true(cells->count < COLUMNS);
		at = read_cell(at, &cells->cell[cells->count++]);
		if (*at != ',')
			break;
		at++;
	}
	assert_int_equal(cells->count, COLUMNS);
	assert_int_equal(at[0], '\r');
	assert_int_equal(at[1], '\n');
	return at + 2;
}

/* The row of a kind of report. */
static void
row_of(enum report_kind kind, const char *label, struct cells *cells)
{
	struct report_options options = { .label = label };
	struct report_world w;
	struct buf text = { 0 };

	report_world_init(&w, kind);
	report_csv_one(&text, w.report, true, &options);
	assert_string_equal(read_row(text.data, cells), "");
	report_world_clear(&w);
	buf_clear(&text);
}

/* The cell of that column. */
static const char *
cell(const struct cells *cells, const char *name)
{
	const char *at = header;
	size_t i, len;

	for (i = 0; i < COLUMNS; i++, at += len + 1) {
		len = strcspn(at, ",\r");
		if (strlen(name) == len && strncmp(at, name, len) == 0)
			return buf_str(&cells->cell[i]);
	}
	abort();
}

static void
test_header(void **state)
{
	struct buf text = { 0 };

	(void)state;
	report_csv_begin(&text, 2, &plain);
	assert_string_equal(text.data, header);
	buf_clear(&text);
}

static void
test_values(void **state)
{
	static const struct {
		enum report_kind kind;
		const char *column, *want;
	} rows[] = {
		{ REPORT_ENFORCING, "domain", "good.example" },
		{ REPORT_ENFORCING, "label", "Head office, \"north\"" },
		{ REPORT_ENFORCING, "grade", "A" },
		{ REPORT_ENFORCING, "score", "100" },
		{ REPORT_ENFORCING, "verdict", "pass" },
		{ REPORT_ENFORCING, "status", "enforcing" },
		{ REPORT_ENFORCING, "priority", "normal" },
		{ REPORT_ENFORCING, "mode", "enforce" },
		{ REPORT_ENFORCING, "id", WORLD_ID },
		{ REPORT_ENFORCING, "id_age_days", "27" },
		{ REPORT_ENFORCING, "max_age", "604800" },
		{ REPORT_ENFORCING, "mx", "mx1.good.example mx2.good.example" },
		{ REPORT_ENFORCING, "patterns",
		    "mx1.good.example mx2.good.example" },
		{ REPORT_ENFORCING, "uncovered", "" },
		{ REPORT_ENFORCING, "cert_days", "60" },
		{ REPORT_ENFORCING, "tls_rpt", "valid" },
		{ REPORT_ENFORCING, "mail_provider", "Google Workspace" },
		{ REPORT_ENFORCING, "dns_host", "deSEC" },
		{ REPORT_TESTING, "grade", "C*" },
		{ REPORT_TESTING, "patterns", "*.good.example" },
		{ REPORT_ABSENT, "mode", "" },
		{ REPORT_ABSENT, "id", "" },
		{ REPORT_ABSENT, "max_age", "" },
		{ REPORT_ABSENT, "cert_days", "" },
		{ REPORT_ABSENT, "score", "0" },
		{ REPORT_ABSENT, "tls_rpt", "missing" },
		{ REPORT_BROKEN, "finding",
		    "mx_cert: The certificate of mx1.good.example expired on "
		    "2026-05-25, 3 days ago: senders that honour the policy "
		    "defer their mail." },
		{ REPORT_NULL_MX, "grade", "N/A" },
		{ REPORT_NULL_MX, "score", "" },
		{ REPORT_NULL_MX, "verdict", "n/a" },
		{ REPORT_NULL_MX, "mx", "" },
		{ REPORT_UNKNOWN, "grade", "?" },
		{ REPORT_UNKNOWN, "score", "" },
		{ REPORT_UNKNOWN, "tls_rpt", "unknown" },
	};
	struct cells cells = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_of(rows[i].kind, "Head office, \"north\"", &cells);
		if (strcmp(cell(&cells, rows[i].column), rows[i].want) != 0)
			fail_msg("%zu: %s is \"%s\"", i, rows[i].column,
			    cell(&cells, rows[i].column));
	}
	cells_clear(&cells);
}

static void
test_no_formula(void **state)
{
	static const char *const labels[] = { "=1+1", "+1", "-1", "@SUM(A1)",
		"\tx", "\rx", "\n=1", "=1,\"2\"", "'=1", " =1", "" };
	struct cells cells = { 0 };
	size_t i, j, k;

	(void)state;
	for (i = 0; i < REPORT_KINDS; i++) {
		for (j = 0; j < sizeof(labels) / sizeof(labels[0]); j++) {
			row_of(i, labels[j], &cells);
			for (k = 0; k < COLUMNS; k++) {
				const char *text = buf_str(&cells.cell[k]);

				if (text[0] != '\0' &&
				    strchr("=+-@\t\r\n", text[0]) != NULL)
					fail_msg("%zu %zu: column %zu: %s", i,
					    j, k, text);
				while (*text >= 0x20 && *text < 0x7f)
					text++;
				assert_int_equal(*text, '\0');
			}
		}
	}
	row_of(REPORT_ENFORCING, "=1,\"2\"", &cells);
	assert_string_equal(cell(&cells, "label"), "'=1,\"2\"");
	row_of(REPORT_HOSTILE, "", &cells);
	assert_int_equal(cell(&cells, "next_action")[0], '\'');
	cells_clear(&cells);
}

/* A number below 0 is guarded too. */
static void
test_negative(void **state)
{
	struct report_world w = { .evidence = world_good() };
	struct cells cells = { 0 };
	struct buf text = { 0 };

	(void)state;
	w.evidence->fetch.tls.cert[0].not_after = WORLD_NOW - 1;
	report_make_enforcing(&w);
	report_csv_one(&text, w.report, true, &plain);
	read_row(text.data, &cells);
	assert_string_equal(cell(&cells, "cert_days"), "'-1");
	buf_clear(&text);
	cells_clear(&cells);
	report_world_clear(&w);
}

static void
test_uncovered(void **state)
{
	struct report_world w = { .evidence = world_good() };
	struct cells cells = { 0 };
	struct buf text = { 0 };

	(void)state;
	world_mx(w.evidence, "mx3.other.example", 30);
	world_mx(w.evidence, "mx4.other.example", 40);
	report_make_enforcing(&w);
	report_csv_one(&text, w.report, true, &plain);
	read_row(text.data, &cells);
	assert_string_equal(
	    cell(&cells, "uncovered"), "mx3.other.example mx4.other.example");
	buf_clear(&text);
	cells_clear(&cells);
	report_world_clear(&w);
}

/* A cell of any length is cut to what spreadsheets take. */
static void
test_long(void **state)
{
	struct report_world w;
	struct cells cells = { 0 };
	struct buf text = { 0 };
	char *action = xmalloc(50001);

	(void)state;
	memset(action, '"', 50000);
	action[50000] = '\0';
	report_world_init(&w, REPORT_ENFORCING);
	world_set(&w.report->next_action, action);
	free(action);
	report_csv_one(&text, w.report, true, &plain);
	read_row(text.data, &cells);
	assert_int_equal(strlen(cell(&cells, "next_action")), 30000);
	buf_clear(&text);
	cells_clear(&cells);
	report_world_clear(&w);
}

static void
test_golden(void **state)
{
	struct report_world w;
	struct buf text = { 0 };
	size_t i;

	(void)state;
	report_csv_begin(&text, REPORT_KINDS, &plain);
	for (i = 0; i < REPORT_KINDS; i++) {
		report_world_init(&w, i);
		report_csv_one(&text, w.report, i == 0, &plain);
		report_world_clear(&w);
	}
	golden_check("report/all.csv", &text);
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_no_formula),
		cmocka_unit_test(test_negative),
		cmocka_unit_test(test_uncovered),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
