/* SPDX-License-Identifier: ISC */
/* What is done instead of a plain check: each asks for one thing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "check/fixdir.h"
#include "check/look.h"
#include "check/policycheck.h"
#include "check/publish.h"
#include "check/recall.h"
#include "check/tasks.h"
#include "check/waiting.h"

#define EXIT_UNKNOWN 3

/* One look, and what is known before it. */
struct work {
	const struct check_cliopts *o;
	struct look look;
	struct evidence *e;
	struct check_facts *facts;
	struct recalled *recalled;
};

static void
work_end(struct work *w)
{
	if (w->recalled != NULL)
		recall_end(w->recalled);
	check_facts_free(w->facts);
	evidence_free(w->e);
	look_close(&w->look);
}

/* False, said: nothing was seen. */
static bool
work_begin(struct work *w, const struct check_cliopts *o, const char *domain,
    bool has_smtp)
{
	struct probe_options probe = o->probe;

	*w = (struct work){ .o = o };
	probe.has_smtp = probe.has_smtp && has_smtp;
	if (look_open(&w->look, o->config, &o->overrides) == -1)
		return false;
	w->e = look_at(&w->look, &probe, domain);
	if (w->e == NULL)
		return false;
	recall_daemon(o->recall, w->look.config);
	w->facts = check_facts_new(w->e, &o->check);
	w->recalled = recall_begin(o->recall, w->facts);
	return true;
}

static void
say(const char *what)
{
	fprintf(stderr, "postfix-mta-sts: %s\n", what);
}

/* The whole file; one byte more than a policy may have shows that it is too
 * large. */
static bool
read_policy(const char *path, struct buf *b)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	bool is_bad;
	size_t n;

	if (f != NULL) {
		do {
			n = fread(buf_reserve(b, BUFSIZ), 1, BUFSIZ, f);
			b->len += n;
		} while (n > 0 && b->len <= EVIDENCE_BODY_MAX);
		buf_put(b, "", 0);
	}
	is_bad = f == NULL || ferror(f) != 0;
	if (is_bad)
		fprintf(
		    stderr, "postfix-mta-sts: %s: %s\n", path, strerror(errno));
	if (f != NULL && !is_stdin)
		fclose(f);
	return !is_bad;
}

int
task_check_policy(const struct check_cliopts *o, struct buf *out)
{
	struct policycheck p = { .txt = o->txt, .tls_rpt = o->tls_rpt };
	struct work w = { 0 };
	struct buf body = { 0 };
	int status = EXIT_UNKNOWN;
	bool is_read = read_policy(o->check_policy, &body);

	if (is_read &&
	    (o->policy_domain == NULL ||
		work_begin(&w, o, o->policy_domain, false))) {
		p.name = strcmp(o->check_policy, "-") == 0 ? "standard input" :
							     o->check_policy;
		p.body = buf_str(&body);
		p.len = body.len;
		p.live = w.facts;
		status = policycheck_put(out, &p);
	}
	work_end(&w);
	buf_clear(&body);
	return status;
}

int
task_generate(const struct check_cliopts *o, struct buf *out)
{
	struct work w;
	int status = EXIT_UNKNOWN;

	if (work_begin(&w, o, o->domain[0], false)) {
		if (publish_all(out, w.facts, &o->publish))
			status = 0;
		else
			say("the MX hosts are not known, or no policy can "
			    "name them");
	}
	work_end(&w);
	return status;
}

static void
list_files(struct buf *out, const char *dir, const struct publish_file *file,
    size_t count)
{
	size_t i;

	buf_puts(out, buf_str(&file[0].text));
	buf_puts(out, "\nWritten:\n");
	for (i = 0; i < count; i++)
		buf_printf(out, "  %s/%s\n", dir, file[i].name);
}

int
task_fix(const struct check_cliopts *o, struct buf *out)
{
	struct publish_file file[PUBLISH_FILES_MAX] = { 0 };
	struct check_findings *findings;
	struct check_report *report;
	const char *why = NULL;
	int status = EXIT_UNKNOWN;
	struct work w;
	size_t count, i;

	if (work_begin(&w, o, o->domain[0], true)) {
		findings = check_run(w.facts);
		report = check_grade(w.facts, findings);
		count = publish_fix(report, file, &why);
		if (count == 0) {
			buf_printf(out, "%s\n", why);
			status =
			    report->status == CHECK_UNKNOWN ? EXIT_UNKNOWN : 0;
		} else if (fixdir_write(o->fix, file, count)) {
			list_files(out, o->fix, file, count);
			status = 0;
		}
		for (i = 0; i < count; i++)
			buf_clear(&file[i].text);
		check_report_free(report);
		check_findings_free(findings);
	}
	work_end(&w);
	return status;
}

int
task_wait(const struct check_cliopts *o, struct buf *out)
{
	struct look look = { 0 };
	int status = EXIT_UNKNOWN;

	if (look_open(&look, o->config, &o->overrides) == 0)
		status = waiting_run(o, &look, out);
	look_close(&look);
	return status;
}

task_fn *
task_of(const struct check_cliopts *o)
{
	if (o->check_policy != NULL)
		return task_check_policy;
	if (o->is_generate)
		return task_generate;
	if (o->fix != NULL)
		return task_fix;
	return o->wait_s > 0 ? task_wait : NULL;
}
