/* SPDX-License-Identifier: ISC */
/* What a run is asked for is check/cliopts' affair; here it is done. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>
#include <libpsl.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "check/bulk.h"
#include "check/cli.h"
#include "check/cliopts.h"
#include "check/domainlist.h"
#include "check/look.h"
#include "check/myhost.h"
#include "check/output.h"
#include "check/queuecmd.h"
#include "check/reportscmd.h"
#include "check/tasks.h"

#define EXIT_UNKNOWN       3 /* our own fault too */
#define EVIDENCE_MAX_BYTES 16777216

bool
check_is_wanted(int argc, char *const *argv)
{
	static const char *const words[] = { "--check", "--explain",
		"--generate", "--fix", "--wait", "--reports", "--mine",
		"--queue" };
	size_t k;
	int i;

	/* --explain=code; --check-policy. */
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strncmp(argv[i], words[k], strlen(words[k])) == 0)
				return true;
	return false;
}

static int
explain(const char *word)
{
	const char *text = check_explain(word);

	if (text == NULL) {
		fprintf(stderr,
		    "postfix-mta-sts: --explain: no code or topic %s; "
		    "postfix-mta-sts-check(1) lists them\n",
		    word);
		return EX_USAGE;
	}
	fputs(text, stdout);
	return 0;
}

static void
say_errno(const char *path)
{
	fprintf(stderr, "postfix-mta-sts: %s: %s\n", path, strerror(errno));
}

/* The whole file. -1, and said so, when it cannot be. */
static int
read_file(const char *path, size_t max, struct buf *b)
{
	FILE *f = fopen(path, "re");
	bool is_bad;
	size_t n;

	if (f == NULL) {
		say_errno(path);
		return -1;
	}
	do {
		n = fread(buf_reserve(b, BUFSIZ), 1, BUFSIZ, f);
		b->len += n;
	} while (n > 0 && b->len <= max);
	is_bad = ferror(f) != 0;
	if (is_bad)
		say_errno(path);
	else if (b->len > max)
		fprintf(stderr, "postfix-mta-sts: %s: too large\n", path);
	fclose(f);
	return is_bad || b->len > max ? -1 : 0;
}

static bool
write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "we");
	bool is_written = f != NULL && fwrite(b->data, 1, b->len, f) == b->len;

	if (f != NULL && fclose(f) != 0)
		is_written = false;
	if (!is_written)
		say_errno(path);
	return is_written;
}

static struct evidence *
load_evidence(const char *path)
{
	struct evidence *e = NULL;
	struct buf text = { 0 };
	char error[256];

	if (read_file(path, EVIDENCE_MAX_BYTES, &text) == 0) {
		e = evidence_load(
		    buf_str(&text), text.len, error, sizeof(error));
		if (e == NULL)
			fprintf(
			    stderr, "postfix-mta-sts: %s: %s\n", path, error);
	}
	buf_clear(&text);
	return e;
}

static int
save_evidence(const char *path, const struct evidence *e)
{
	struct buf saved = { 0 };
	bool is_saved;

	evidence_save(&saved, e);
	is_saved = write_file(path, &saved);
	buf_clear(&saved);
	return is_saved ? 0 : EXIT_UNKNOWN;
}

/* Render one, and count it; its exit status. */
static int
judge(const struct check_cliopts *o, const struct evidence *e, bool is_first,
    struct buf *out, struct check_summary *summary, size_t row)
{
	struct check_facts *facts = check_facts_new(e, &o->check);
	struct recalled *recalled = recall_begin(o->recall, facts);
	struct check_findings *findings = check_run(facts);
	struct check_report *report = check_grade(facts, findings);
	int status = check_exit_status(report, &o->report.exit);

	if (o->is_compare && !recall_compare(recalled, report) &&
	    o->is_only_changes)
		status = 0;
	else
		o->format->one(out, report, is_first, &o->report);
	if (!recall_keep(recalled, report))
		status = bulk_worse(status, EXIT_UNKNOWN);
	if (o->save_evidence != NULL)
		status = bulk_worse(status, save_evidence(o->save_evidence, e));
	check_summary_add(summary, row, report, status);
	check_report_free(report);
	check_findings_free(findings);
	recall_end(recalled);
	check_facts_free(facts);
	return status;
}

/* Grade what was kept, without the network. */
static int
regrade(const struct check_cliopts *o, struct output *output, bool *is_whole)
{
	struct evidence *e = load_evidence(o->evidence);
	struct check_summary *summary;
	struct buf out = { 0 };
	size_t begun;
	int status;

	if (e == NULL)
		return EXIT_UNKNOWN;
	summary = check_summary_new(1);
	o->format->begin(&out, 1, &o->report);
	begun = out.len;
	status = judge(o, e, true, &out, summary, 0);
	if (o->is_only_changes && out.len == begun)
		buf_reset(&out);
	else
		o->format->end(&out, 1, &o->report);
	*is_whole = output_put(output, &out);
	check_summary_free(summary);
	buf_clear(&out);
	evidence_free(e);
	return status;
}

/* -1, and said so: there is nothing to be done. */
static int
list_domains(const struct check_cliopts *o, struct domainlist *list)
{
	size_t i;

	for (i = 0; i < o->domains; i++)
		domainlist_add(list, o->domain[i], NULL);
	if (o->list != NULL && domainlist_read(list, o->list) == -1)
		return -1;
	if (o->is_mine && myhost_list(list) == -1)
		return -1;
	for (i = 0; o->queue != NULL && i < o->queue->hops; i++)
		domainlist_add(list, o->queue->hop[i].domain, NULL);
	domainlist_unite(list);
	return 0;
}

static int
check_domains(
    const struct check_cliopts *o, struct output *output, bool *is_whole)
{
	struct domainlist list = { 0 };
	struct look n = { 0 };
	int status = EXIT_UNKNOWN;

	if (list_domains(o, &list) == 0 &&
	    look_open(&n, o->config, &o->overrides) == 0) {
		recall_daemon(o->recall, n.config);
		status = bulk_check(
		    &(struct bulk_run){ .options = o,
			.loop = n.loop,
			.config = n.config,
			.dns = n.dns,
			.fetcher = n.fetcher,
			.list = &list,
			.output = output,
			.judge = o->queue != NULL ? queuecmd_judge : judge },
		    is_whole);
	}
	look_close(&n);
	domainlist_clear(&list);
	return status;
}

static int
do_task(const struct check_cliopts *o, struct output *output, bool *is_whole)
{
	struct buf out = { 0 };
	int status = task_of(o)(o, &out);

	/* Nothing was made: a file that is there stays. */
	*is_whole = out.len > 0 && output_put(output, &out);
	buf_clear(&out);
	return status;
}

static int
check(struct check_cliopts *o)
{
	struct output *output;
	bool is_whole = false;
	int status;

	log_open(LOG_TARGET_STDERR, LOG_LEVEL_WARNING, LOG_FORMAT_TEXT);
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	o->report.has_colour = o->output == NULL && isatty(STDOUT_FILENO) &&
	    getenv("NO_COLOR") == NULL;
	if ((o->recall = recall_open(o->state)) == NULL)
		return EXIT_UNKNOWN;
	if ((output = output_open(o->output)) == NULL) {
		recall_close(o->recall);
		return EXIT_UNKNOWN;
	}
	if (task_of(o) != NULL)
		status = do_task(o, output, &is_whole);
	else if (o->evidence != NULL)
		status = regrade(o, output, &is_whole);
	else
		status = check_domains(o, output, &is_whole);
	recall_close(o->recall);
	if (!output_close(output, is_whole))
		status = EXIT_UNKNOWN;
	return status;
}

/* Mail that waits. */
static int
check_queue(struct check_cliopts *o)
{
	struct queue queue = { 0 };
	int status = EXIT_UNKNOWN;

	clock_init();
	if (queue_load(&queue) == 0) {
		queuecmd_say_others(&queue);
		o->queue = &queue;
		o->format = queuecmd_format(o->format->name);
		status = queue.hops > 0 ? check(o) : 0;
	}
	o->queue = NULL;
	queue_clear(&queue);
	return status;
}

static int
run(struct check_cliopts *o)
{
	struct rpt_reports reports = { 0 };
	int status = EXIT_UNKNOWN;

	if (o->is_queue)
		return check_queue(o);
	if (o->report_paths == 0)
		return check(o);
	if (reportscmd_read(o, &reports) == 0) {
		if (!o->is_check) {
			status = reportscmd_show(o, &reports);
		} else {
			o->check.reports = &reports;
			status = check(o);
			if (reports.refused > 0)
				status = bulk_worse(status, EXIT_UNKNOWN);
		}
	}
	o->check.reports = NULL;
	rpt_reports_clear(&reports);
	return status;
}

int
check_main(int argc, char **argv)
{
	struct check_cliopts o;
	int status = check_cliopts_read(&o, argc, argv);

	if (status == -1)
		status = o.explain != NULL ? explain(o.explain) : run(&o);
	free(o.override);
	free(o.report_path);
	return status;
}

const char *
check_library_version(void)
{
	static char text[128];

	snprintf(text, sizeof(text), "jansson %s, libpsl %s, zlib %s",
	    jansson_version_str(), psl_get_version(), zlibVersion());
	return text;
}
