/* SPDX-License-Identifier: ISC */
/* What is remembered of a domain: its history, its rules, its file. */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "check/compare.h"
#include "check/memory.h"
#include "check/recalldaemon.h"
#include "check/state.h"
#include "cache/entry.h"
#include "check/grade.h"
#include "check_rules.h"

#define DAY(n)   (WORLD_NOW + (n)*WORLD_DAY_S)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a life, told by what was published from a day on */

struct step {
	int day;
	const char *id; /* NULL: no record */
	const char *mode; /* NULL: no file */
	const char *max_age;
	const char *mx; /* one more host than mx1; NULL: none */
};

static void
no_each(struct evidence *e)
{
	while (e->eachs > 0)
		ev_fetch_clear(&e->each[--e->eachs]);
}

static struct evidence *
evidence_of(const struct step *s)
{
	struct evidence *e = world_good();
	char record[64], policy[256];

	e->time = DAY(s->day);
	world_no_mx(e);
	world_mx(e, "mx1." WORLD_DOMAIN, 10);
	if (s->mx != NULL)
		world_mx(e, s->mx, 20);
	if (s->id == NULL) {
		world_no_txt(e);
	} else {
		snprintf(record, sizeof(record), "v=STSv1; id=%s", s->id);
		world_zone_txt(e, record);
	}
	if (s->mode == NULL) {
		world_refused(e, STS_REASON_HTTP_STATUS, 404, "404");
		world_bytes(&e->fetch.body, "", 0);
		no_each(e);
	} else {
		snprintf(policy, sizeof(policy),
		    "version: STSv1\nmode: %s\nmx: mx1." WORLD_DOMAIN
		    "\nmax_age: %s\n",
		    s->mode, s->max_age);
		world_body(e, policy);
	}
	return e;
}

/* The life up to the step, each seen once; the facts of the last are kept. */
struct life {
	struct evidence *e;
	struct check_facts *facts;
	struct check_memory *memory;
};

static void
live(struct life *l, const struct step *steps, size_t n)
{
	size_t i = 0;

	*l = (struct life){ .memory = memory_new() };
	do { /* one at least */
		check_facts_free(l->facts);
		evidence_free(l->e);
		l->e = evidence_of(&steps[i]);
		l->facts = check_facts_new(l->e, NULL);
		if (!memory_see(l->memory, l->facts))
			fail_msg("step %zu was not seen", i);
	} while (++i < n);
	l->facts->memory = l->memory;
}

static void
end(struct life *l)
{
	check_facts_free(l->facts);
	evidence_free(l->e);
	memory_free(l->memory);
}

/* ---- rules: the words of the message, or NULL for a pass */

#define OLD "604800"

static const struct rule_life {
	const char *code;
	struct step step[3];
	size_t steps;
	enum check_result result;
	const char *words; /* NULL: no finding */
} rule_lives[] = {
	/* the file changed, the id did not; the last copy dies on day 9 */
	{ "stale_id",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "a", "testing", OLD, NULL } },
	    2, CHECK_WARN, "until 2026-06-06 20:26 UTC" },
	{ "stale_id",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "a", "testing", OLD, NULL },
		{ 9, "a", "testing", OLD, NULL } },
	    3, CHECK_PASS, NULL },
	{ "stale_id",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "b", "testing", OLD, NULL } },
	    2, CHECK_PASS, NULL },
	{ "stale_id", { { 0, "a", "enforce", OLD, NULL } }, 1, CHECK_PASS,
	    NULL },
	{ "stale_id",
	    { { 0, "a", "enforce", OLD, NULL }, { 2, "a", NULL, NULL, NULL } },
	    2, CHECK_SKIPPED, NULL },
	{ "id_without_change",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "b", "enforce", OLD, NULL } },
	    2, CHECK_PASS, "from a to b" },
	{ "id_without_change",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "b", "enforce", OLD, NULL },
		{ 9, "b", "enforce", OLD, NULL } },
	    3, CHECK_PASS, NULL },
	{ "id_without_change",
	    { { 0, "a", "testing", OLD, NULL },
		{ 2, "b", "enforce", OLD, NULL } },
	    2, CHECK_PASS, NULL },
	{ "mode_downgrade",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "b", "testing", OLD, NULL } },
	    2, CHECK_WARN, "enforce until 2026-05-28" },
	{ "mode_downgrade",
	    { { 0, "a", "testing", OLD, NULL }, { 2, "b", "none", OLD, NULL } },
	    2, CHECK_WARN, "none since" },
	{ "mode_downgrade",
	    { { 0, "a", "testing", OLD, NULL },
		{ 2, "b", "enforce", OLD, NULL } },
	    2, CHECK_PASS, NULL },
	/* with a gap, and when nobody holds the stronger one any more */
	{ "mode_downgrade",
	    { { 0, "a", "enforce", OLD, NULL }, { 2, "b", NULL, NULL, NULL },
		{ 3, "b", "testing", OLD, NULL } },
	    3, CHECK_WARN, "enforce" },
	{ "mode_downgrade",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "b", "testing", OLD, NULL },
		{ 16, "b", "testing", OLD, NULL } },
	    3, CHECK_PASS, NULL },
	{ "mx_changed",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "a", "enforce", OLD, "mx9.other.test" } },
	    2, CHECK_WARN,
	    "(from mx1.good.example to mx1.good.example mx9.other.test)" },
	/* one less, and all that are left are covered */
	{ "mx_changed",
	    { { 0, "a", "enforce", OLD, "mx9.other.test" },
		{ 2, "a", "enforce", OLD, NULL } },
	    2, CHECK_PASS, "and still fits" },
	{ "mx_changed",
	    { { 0, "a", "enforce", OLD, NULL },
		{ 2, "b", "testing", OLD, "mx9.other.test" } },
	    2, CHECK_PASS, NULL },
	{ "mx_changed",
	    { { 0, "a", "none", OLD, NULL },
		{ 2, "a", "none", OLD, "mx9.other.test" } },
	    2, CHECK_SKIPPED, NULL },
	/* true ages */
	{ "stuck_testing",
	    { { 0, "a", "testing", OLD, NULL },
		{ 50, "b", "testing", "86400", NULL },
		{ 90, "c", "testing", "86400", NULL } },
	    3, CHECK_PASS, NULL },
	{ "stuck_testing",
	    { { 0, "a", "testing", OLD, NULL },
		{ 50, "b", "testing", "86400", NULL },
		{ 91, "c", "testing", "86400", NULL } },
	    3, CHECK_WARN, "since 2026-05-28 (seen by earlier checks" },
	{ "stuck_testing",
	    { { 0, "a", "testing", OLD, NULL },
		{ 50, "b", "enforce", OLD, NULL },
		{ 91, "c", "testing", OLD, NULL } },
	    3, CHECK_PASS, NULL },
	{ "enforce_early",
	    { { 0, "a", "testing", OLD, NULL },
		{ 13, "b", "enforce", OLD, NULL } },
	    2, CHECK_PASS, "after 13 days of testing" },
	{ "enforce_early",
	    { { 0, "a", "testing", OLD, NULL },
		{ 14, "b", "enforce", OLD, NULL } },
	    2, CHECK_PASS, NULL },
	{ "enforce_early",
	    { { 0, NULL, NULL, NULL, NULL },
		{ 14, "b", "enforce", OLD, NULL } },
	    2, CHECK_PASS, "no testing was seen" },
	{ "enforce_early", { { 0, "b", "enforce", OLD, NULL } }, 1, CHECK_PASS,
	    NULL },
};

static void
free_findings(struct check_findings *f)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		free(f->item[i].message);
		free(f->item[i].evidence);
		free(f->item[i].fix);
		free(f->item[i].see);
	}
	free(f->item);
}

static void
test_rules(void **state)
{
	const struct rule_life *want;
	struct check_findings f;
	enum check_result result;
	struct life l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rule_lives); i++) {
		want = &rule_lives[i];
		live(&l, want->step, want->steps);
		f = (struct check_findings){ 0 };
		result = check_rule_find(want->code)
			     ->run(l.facts, check_rule_find(want->code), &f);
		if (result != want->result)
			fail_msg("case %zu: %s is %s: %s", i, want->code,
			    check_result_word(result),
			    f.count > 0 ? f.item[0].message : "");
		if ((want->words != NULL) != (f.count > 0))
			fail_msg("case %zu: %s: %zu findings: %s", i,
			    want->code, f.count,
			    f.count > 0 ? f.item[0].message : "");
		if (f.count > 0 &&
		    strstr(f.item[0].message, want->words) == NULL)
			fail_msg("case %zu: %s says: %s", i, want->code,
			    f.item[0].message);
		if (f.count > 0)
			rule_check_texts(&f.item[0], i);
		free_findings(&f);
		end(&l);
	}
}

/* Without a memory they do not apply, and say nothing. */
static void
test_no_memory(void **state)
{
	static const char *const codes[] = { "stale_id", "mx_changed",
		"id_without_change", "mode_downgrade" };
	struct evidence *e = world_good();
	struct check_facts *facts = check_facts_new(e, NULL);
	struct check_findings f = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codes); i++)
		assert_int_equal(check_rule_find(codes[i])->run(
				     facts, check_rule_find(codes[i]), &f),
		    CHECK_SKIPPED);
	assert_int_equal(f.count, 0);
	check_facts_free(facts);
	evidence_free(e);
}

/* ---- what senders hold */

static const struct step leaving[] = {
	{ 0, "a", "testing", "2592000", NULL },
	{ 5, "b", "enforce", OLD, NULL },
	{ 10, "c", "none", "86400", NULL },
};

static void
test_held(void **state)
{
	size_t held[MEMORY_SIGHTS_MAX];
	int64_t until[MEMORY_SIGHTS_MAX];
	struct life l;

	(void)state;
	live(&l, leaving, COUNT(leaving));
	assert_int_equal(memory_held(l.facts, held, until), 2);
	assert_int_equal(held[0], 0);
	assert_int_equal(until[0], DAY(5 + 30));
	assert_int_equal(held[1], 1);
	assert_int_equal(until[1], DAY(10 + 7));
	assert_int_equal(memory_safe_removal(l.facts), DAY(35));
	end(&l);
	live(&l, leaving, 1);
	assert_int_equal(memory_held(l.facts, held, until), 0);
	assert_int_equal(memory_testing_before(l.facts), -1);
	end(&l);
}

/* What cannot be told from here leaves the memory as it is. */
static void
test_unknown(void **state)
{
	struct check_memory *m = memory_new();
	struct evidence *e = world_good();
	struct check_facts *facts;

	(void)state;
	world_dns(&e->txt, "_mta-sts." WORLD_DOMAIN, DNS_TXT, DNS_TIMEOUT);
	facts = check_facts_new(e, NULL);
	assert_false(memory_see(m, facts));
	check_facts_free(facts);
	evidence_free(e);
	e = world_good();
	world_fetch_failed(&e->fetch, STS_REASON_LOCAL, "no descriptors");
	facts = check_facts_new(e, NULL);
	assert_false(memory_see(m, facts));
	assert_int_equal(m->count, 0);
	check_facts_free(facts);
	evidence_free(e);
	memory_free(m);
}

/* A step back of seconds is a clock put right; of days: nothing is kept. */
static void
test_clock_back(void **state)
{
	static const struct step steps[] = {
		{ 5, "a", "testing", OLD, NULL },
		{ 3, "b", "enforce", OLD, NULL },
	};
	struct evidence *e = evidence_of(&steps[1]);
	struct check_facts *facts;
	struct life l;

	(void)state;
	live(&l, steps, 1);
	facts = check_facts_new(e, NULL);
	assert_false(memory_see(l.memory, facts));
	facts->now = DAY(5) - 10;
	assert_true(memory_see(l.memory, facts));
	assert_int_equal(l.memory->sight[1].first, DAY(5));
	check_facts_free(facts);
	evidence_free(e);
	end(&l);
}

static void
test_bounded(void **state)
{
	struct step step = { 0, NULL, "testing", OLD, NULL };
	struct check_memory *m = memory_new();
	struct check_facts *facts;
	struct evidence *e;
	char id[16];
	int i;

	(void)state;
	for (i = 0; i < 3 * MEMORY_SIGHTS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		step.id = id;
		step.day = i;
		e = evidence_of(&step);
		facts = check_facts_new(e, NULL);
		assert_true(memory_see(m, facts));
		check_facts_free(facts);
		evidence_free(e);
	}
	assert_int_equal(m->count, MEMORY_SIGHTS_MAX);
	assert_true(m->has_lost);
	assert_int_equal(m->sight[0].first, DAY(2 * MEMORY_SIGHTS_MAX));
	memory_free(m);
}

/* ---- what the daemon remembers */

static void
test_daemon(void **state)
{
	static const char answer[] =
	    "{\"domain\":\"good.example\",\"max_age\":604800,\"history\":["
	    "{\"seen\":1780432000,\"id\":\"b\",\"mode\":\"enforce\"},"
	    "{\"seen\":\"x\",\"id\":\"b\",\"mode\":\"enforce\"},"
	    "{\"seen\":1779000000,\"id\":\"a\",\"mode\":\"testing\"},"
	    "{\"seen\":1,\"id\":\"a\",\"mode\":\"odd\"}, 7]}";
	struct memory_sight past[ENTRY_HISTORY_MAX];
	static const struct step steps[] = { { 10, "b", "enforce", OLD,
	    NULL } };
	struct life l;
	size_t n;

	(void)state;
	assert_int_equal(recalldaemon_read("[", 1, past), 0);
	assert_int_equal(recalldaemon_read("[]", 2, past), 0);
	n = recalldaemon_read(answer, strlen(answer), past);
	assert_int_equal(n, 2);
	assert_int_equal(past[0].max_age, 604800);
	live(&l, steps, 1);
	memory_add_past(l.memory, past, n);
	/* b was there before we looked, and a before it */
	assert_int_equal(l.memory->count, 2);
	assert_int_equal(l.memory->sight[0].first, 1779000000);
	assert_int_equal(l.memory->sight[1].first, 1780432000);
	assert_int_equal(memory_testing_before(l.facts), 1432000);
	/* told again, it is no news */
	memory_add_past(l.memory, past, n);
	assert_int_equal(l.memory->count, 2);
	end(&l);
}

/* ---- the file */

static void
set_look(struct life *l)
{
	struct check_findings *findings = check_run(l->facts);
	struct check_report *report = check_grade(l->facts, findings);

	memory_look_set(l->memory, report, world_good());
	check_report_free(report);
	check_findings_free(findings);
}

static void
test_round_trip(void **state)
{
	struct check_memory *again = NULL;
	struct buf text = { 0 }, second = { 0 }, why = { 0 };
	struct life l;

	(void)state;
	live(&l, leaving, COUNT(leaving));
	set_look(&l);
	memory_save(&text, WORLD_DOMAIN, l.memory);
	if (memory_load(text.data, text.len, WORLD_DOMAIN, DAY(10), &again,
		&why) != MEMORY_OK)
		fail_msg("%s", buf_str(&why));
	memory_save(&second, WORLD_DOMAIN, again);
	assert_string_equal(text.data, second.data);
	assert_int_equal(again->count, 3);
	assert_string_equal(again->look.status, "leaving");
	memory_free(again);
	buf_clear(&text);
	buf_clear(&second);
	buf_clear(&why);
	end(&l);
}

#define HEAD "{\"format\":1,\"domain\":\"good.example\","
#define ONE  "\"first\":1780000000,\"last\":1780000000"

static const struct {
	const char *text;
	enum memory_status status;
} files[] = {
	{ "", MEMORY_DAMAGED },
	{ "[]", MEMORY_DAMAGED },
	{ "{}", MEMORY_DAMAGED },
	{ "{\"format\":\"1\"}", MEMORY_DAMAGED },
	{ "{\"format\":2,\"new\":[]}", MEMORY_NOT_OURS },
	{ HEAD "\"history\":[]}", MEMORY_OK },
	{ HEAD "\"history\":[]", MEMORY_DAMAGED },
	{ HEAD "\"history\":[],\"history\":[]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":{}}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[],\"more\":1}", MEMORY_DAMAGED },
	{ "{\"format\":1,\"domain\":\"x.example\",\"history\":[]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE "}]}", MEMORY_OK },
	{ HEAD "\"history\":[{" ONE ",\"id\":\"a b\"}]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE ",\"id\":\"../x\"}]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE
	       ",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE ",\"mode\":\"off\"}]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE ",\"max_age\":1}]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE ",\"mode\":\"none\",\"max_age\":-1}]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE
	       ",\"mode\":\"none\",\"max_age\":99999999999}]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE ",\"mode\":\"none\",\"body\":\"1234\"}]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[{" ONE ",\"mx\":7}]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[{\"first\":1780000000,\"last\":1}]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[{\"first\":-5,\"last\":1}]}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[{\"first\":1,\"last\":9223372036854775807}]}",
	    MEMORY_NOT_OURS },
	{ HEAD "\"history\":[{\"first\":5,\"last\":9},"
	       "{\"first\":7,\"last\":9}]}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[],\"look\":{\"time\":5,\"grade\":\"A\","
	       "\"status\":\"ready\",\"codes\":[\"cert_name\"]}}",
	    MEMORY_OK },
	{ HEAD "\"history\":[],\"look\":{\"time\":5,\"grade\":\"A\","
	       "\"status\":\"ready\",\"codes\":[\"\\u001b[2J\"]}}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[],\"look\":{\"time\":5,\"grade\":\"\\u0007\","
	       "\"status\":\"ready\",\"codes\":[]}}",
	    MEMORY_DAMAGED },
	{ HEAD "\"history\":[],\"evidence\":{\"format\":1}}", MEMORY_DAMAGED },
	{ HEAD "\"history\":[],\"evidence\":[[[[]]]]}", MEMORY_DAMAGED },
};

static void
test_files(void **state)
{
	struct check_memory *m;
	struct buf why = { 0 };
	enum memory_status status;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		m = NULL;
		buf_reset(&why);
		status = memory_load(files[i].text, strlen(files[i].text),
		    WORLD_DOMAIN, WORLD_NOW, &m, &why);
		if (status != files[i].status)
			fail_msg("case %zu: status %d: %s", i, (int)status,
			    buf_str(&why));
		if ((status == MEMORY_OK) != (m != NULL) ||
		    (status != MEMORY_OK && why.len == 0))
			fail_msg("case %zu: no memory, or no reason", i);
		memory_free(m);
	}
	buf_clear(&why);
}

/* Any byte of a good file changed, or its end cut off: never a crash. */
static void
test_damage(void **state)
{
	struct buf text = { 0 }, why = { 0 };
	struct check_memory *m;
	struct life l;
	size_t i;

	(void)state;
	live(&l, leaving, COUNT(leaving));
	memory_save(&text, WORLD_DOMAIN, l.memory);
	/* but for its last line end */
	for (i = 0; i + 1 < text.len; i++) {
		text.data[i] ^= 0x15;
		m = NULL;
		memory_load(
		    text.data, text.len, WORLD_DOMAIN, DAY(10), &m, &why);
		memory_free(m);
		m = NULL;
		text.data[i] ^= 0x15;
		memory_load(text.data, i, WORLD_DOMAIN, DAY(10), &m, &why);
		assert_null(m);
	}
	buf_clear(&text);
	buf_clear(&why);
	end(&l);
}

/* ---- the folder */

static char folder[] = "/tmp/test_memory.XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static size_t
count_files(const char *prefix, bool is_removed)
{
	DIR *d = opendir(folder);
	struct dirent *one;
	size_t n = 0;

	while ((one = readdir(d)) != NULL) {
		if (one->d_name[0] != '.' &&
		    strncmp(one->d_name, prefix, strlen(prefix)) == 0)
			n++;
		if (is_removed && one->d_name[0] != '.')
			unlinkat(dirfd(d), one->d_name, 0);
	}
	closedir(d);
	return n;
}

static void
test_folder(void **state)
{
	static const struct step steps[] = { { 0, "a", "testing", OLD, NULL } };
	struct check_memory *m;
	struct state *s;
	struct life l;
	int err;

	(void)state;
	/* Its messages are of no use here. */
	err = dup(STDERR_FILENO);
	assert_non_null(freopen("/dev/null", "w", stderr));
	assert_non_null(mkdtemp(folder));
	s = state_open(folder);
	assert_non_null(s);
	live(&l, steps, 1);
	m = state_load(s, WORLD_DOMAIN, WORLD_NOW);
	assert_int_equal(m->count, 0);
	memory_free(m);
	assert_true(state_save(s, WORLD_DOMAIN, l.memory));
	m = state_load(s, WORLD_DOMAIN, WORLD_NOW);
	assert_int_equal(m->count, 1);
	memory_free(m);
	/* damaged: moved aside each time, a new one begins */
	write_file(WORLD_DOMAIN ".json", "{");
	m = state_load(s, WORLD_DOMAIN, WORLD_NOW);
	assert_int_equal(m->count, 0);
	memory_free(m);
	write_file(WORLD_DOMAIN ".json", "}");
	memory_free(state_load(s, WORLD_DOMAIN, WORLD_NOW));
	assert_int_equal(count_files("damaged-", false), 2);
	/* of another version, a link, no file: left */
	write_file(WORLD_DOMAIN ".json", "{\"format\":99}");
	assert_null(state_load(s, WORLD_DOMAIN, WORLD_NOW));
	assert_int_equal(
	    symlinkat("/etc/passwd", open(folder, O_PATH), "link.example.json"),
	    0);
	assert_null(state_load(s, "link.example", WORLD_NOW));
	assert_int_equal(
	    mkfifoat(open(folder, O_PATH), "fifo.example.json", 0600), 0);
	assert_null(state_load(s, "fifo.example", WORLD_NOW));
	/* names that would lead elsewhere are no domains */
	assert_null(state_load(s, "../passwd", WORLD_NOW));
	assert_false(state_save(s, "../passwd", l.memory));
	assert_int_equal(count_files("", true), 5);
	state_close(s);
	assert_null(state_open("/dev/null/x"));
	rmdir(folder);
	fflush(stderr);
	dup2(err, STDERR_FILENO);
	close(err);
	end(&l);
}

/* ---- what has moved */

static void
test_compare(void **state)
{
	static const struct step steps[] = {
		{ 0, "a", "testing", OLD, NULL },
		{ 2, "b", "enforce", OLD, "mx9.other.test" },
	};
	struct check_findings *findings;
	struct check_changes *c;
	struct check_report *report;
	struct buf all = { 0 };
	struct life l;
	size_t i;

	(void)state;
	live(&l, &steps[0], 1);
	findings = check_run(l.facts);
	report = check_grade(l.facts, findings);
	c = check_compare(report, l.memory);
	assert_int_equal(c->since, 0);
	check_changes_free(c);
	memory_look_set(l.memory, report, evidence_of(&steps[0]));
	c = check_compare(report, l.memory);
	assert_int_equal(c->since, DAY(0));
	assert_int_equal(c->count, 0);
	check_changes_free(c);
	check_report_free(report);
	check_findings_free(findings);
	check_facts_free(l.facts);
	evidence_free(l.e);
	l.e = evidence_of(&steps[1]);
	l.facts = check_facts_new(l.e, NULL);
	findings = check_run(l.facts);
	report = check_grade(l.facts, findings);
	c = check_compare(report, l.memory);
	for (i = 0; i < c->count; i++)
		buf_printf(&all, "%s: %s > %s\n", c->item[i].what,
		    c->item[i].before != NULL ? c->item[i].before : "-",
		    c->item[i].after != NULL ? c->item[i].after : "-");
	assert_string_equal(all.data,
	    "grade: C > D\n"
	    "status: testing > partial\n"
	    "finding: mode_testing > -\n"
	    "finding: - > mx_partial_match\n"
	    "record: \"v=STSv1; id=a\" > \"v=STSv1; id=b\"\n"
	    "policy line: mode: testing > -\n"
	    "policy line: - > mode: enforce\n"
	    "MX hosts: mx1.good.example > mx1.good.example "
	    "mx9.other.test\n");
	buf_clear(&all);
	check_changes_free(c);
	check_report_free(report);
	check_findings_free(findings);
	end(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_clock_back),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_daemon),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
