/* SPDX-License-Identifier: ISC */
/*
 * A command of postfix-mta-sts-ctl, and what a daemon, of any version or none
 * of ours, answers it: a letter for the command, a digit for --json (1), a
 * terminal (2) and the command's option (4), then the answers (ctlworld.h).
 * Whatever they are, the command ends as its manual says, with --json what it
 * prints is JSON, and nothing but printable ASCII and line feeds gets to the
 * terminal, besides what we move its cursor and colour it with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "ctl/doctorlook.h"
#include "ctl/doctorreport.h"
#include "ctl/run.h"
#include "ctlworld.h"
#include "fuzz.h"

#define FLAG_JSON     1u
#define FLAG_TERMINAL 2u
#define FLAG_OPTION   4u

static ctl_run doctor;

static const struct {
	char letter;
	ctl_run *run;
	int words; /* of `word` below */
	int option; /* that FLAG_OPTION gives; -1: none */
	int always; /* that is given whatever; -1: none */
} commands[] = {
	{ 's', ctl_status, 0, -1, -1 },
	{ 'l', ctl_list, 0, 2, -1 }, /* --failing */
	{ 'w', ctl_show, 1, -1, -1 }, { 'q', ctl_query, 1, -1, -1 },
	{ 'r', ctl_refresh, 1, -1, -1 },
	{ 'a', ctl_refresh, 0, -1, 1 }, /* --all */
	{ 'd', ctl_remove, 2, -1, -1 },
	{ 'f', ctl_flush, 0, -1, 0 }, /* --yes */
	{ 'e', ctl_export, 0, -1, -1 }, { 'i', ctl_import, 1, -1, -1 },
	{ 'v', ctl_verify, 0, -1, -1 }, { 'o', ctl_reload, 0, -1, -1 },
	{ 'g', ctl_log_level, 1, -1, -1 }, { 'm', ctl_metrics, 0, -1, -1 },
	{ 't', ctl_top, 0, 0, -1 }, /* --once */
	{ 'c', doctor, 0, 0, -1 }, /* --main-cf */
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* What import sends: bodies of a line each. */
static const char lines[] = "{\"domain\":\"a.example\"}\n\n"
			    "{\"domain\":\"b.example\"}\n\n"
			    "{\"domain\":\"c.example\"}\n\n"
			    "{\"domain\":\"d.example\"}\n\n"
			    "{\"domain\":\"e.example\"}\n\n"
			    "{\"domain\":\"f.example\"}\n";

/* What doctor makes of the daemon's three answers; no look at this host. */
static int
doctor(const struct ctl_options *options, const struct ctl_args *args)
{
	static bool (*const read[])(
	    struct doctor_facts *, const char *, size_t) = { doctor_read_status,
		doctor_read_config, doctor_read_health };
	struct doctor_facts *f = doctor_facts_new();
	struct doctor_report *report;
	struct buf out = { 0 }, body = { 0 };
	size_t i;

	doctor_text_set(&f->daemon.file, "/etc/postfix-mta-sts.conf");
	f->net.skipped = "not tried";
	for (i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		buf_reset(&body);
		if (!ctlworld_answer(&body) ||
		    !read[i](f, buf_str(&body), body.len))
			f->daemon.api = DOCTOR_API_ODD;
	}
	report = doctor_judge(f);
	if (args->option[0] != NULL && !options->is_json)
		doctor_main_cf(&out, f);
	else if (options->is_json)
		doctor_report_json(&out, f, report);
	else
		doctor_report_text(&out, f, report, options->has_colour);
	fputs(buf_str(&out), stdout);
	doctor_report_free(report);
	doctor_facts_free(f);
	buf_clear(&out);
	buf_clear(&body);
	return CTL_OK;
}

/* The length of what we give a terminal ourselves; 0: it is none of that. */
static size_t
our_own(const char *at, size_t len)
{
	static const char *const own[] = { "\033[H\033[2J", "\033[0m",
		"\033[1m", "\033[32m", "\033[33m", "\033[1;31m", "\033[1;33m",
		"\r\033[K", "\r" };
	size_t i, n;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		n = strlen(own[i]);
		if (n <= len && memcmp(at, own[i], n) == 0)
			return n;
	}
	return 0;
}

static void
check_bytes(const struct buf *printed, bool is_terminal)
{
	const char *at = buf_str(printed), *end = at + printed->len;
	size_t n;

	for (; at < end; at += n) {
		n = is_terminal ? our_own(at, (size_t)(end - at)) : 0;
		HOLDS(n > 0 || *at == '\n' || fuzz_is_printable(at, 1));
		n += n == 0;
	}
}

/* One value; of top, and of an export, one a line. */
static void
check_json(const struct buf *printed, bool is_by_line)
{
	const char *at = buf_str(printed);
	size_t left = printed->len;
	struct fuzz_part part;
	json_t *json;

	while (fuzz_next(&at, &left, is_by_line ? '\n' : '\0', &part)) {
		json = json_loadb(part.data, part.len, 0, NULL);
		HOLDS(json != NULL);
		json_decref(json);
	}
}

static bool
is_status(int status)
{
	return status == CTL_OK || status == CTL_FAILED ||
	    status == CTL_UNAVAILABLE || status == CTL_TEMPFAIL;
}

void
fuzz_ctl(const char *data, size_t len)
{
	char here[] = "inet:127.0.0.1:8461", *listen[] = { here, NULL };
	char a[] = "a.example", b[] = "b.example", *word[] = { a, b, NULL };
	char debug[] = "debug", *level[] = { debug, NULL };
	char in[] = "-", *file[] = { in, NULL };
	const struct config config = { .listen = { listen, 1 } };
	unsigned int letter = fuzz_byte(&data, &len);
	unsigned int flags = fuzz_byte(&data, &len);
	struct ctl_options options = { .config = &config,
		.socket = "unix:/admin.sock",
		.is_json = (flags & FLAG_JSON) != 0,
		.is_terminal = (flags & FLAG_TERMINAL) != 0,
		.has_colour = (flags & FLAG_TERMINAL) != 0 };
	struct ctl_args args = { 0 };
	struct buf out = { 0 }, err = { 0 };
	size_t which;
	ctl_run *run;
	int status;

	for (which = 0; which < COMMANDS; which++)
		if (commands[which].letter == (char)letter)
			break;
	which = which < COMMANDS ? which : letter % COMMANDS;
	run = commands[which].run;
	args.words = commands[which].words;
	args.word = run == ctl_log_level ? level :
	    run == ctl_import            ? file :
					   word;
	if (commands[which].always != -1)
		args.option[commands[which].always] = "";
	if (commands[which].option != -1 && (flags & FLAG_OPTION))
		args.option[commands[which].option] = "";
	clock_init();
	ctlworld_begin(data, len, lines, options.is_terminal);
	status = run(&options, &args);
	ctlworld_end(&out, &err);
	HOLDS(is_status(status));
	HOLDS(status != CTL_UNAVAILABLE || err.len > 0);
	check_bytes(&out, options.is_terminal);
	check_bytes(&err, options.is_terminal);
	if (options.is_json && run != ctl_export)
		check_json(&out, run == ctl_top);
	buf_clear(&out);
	buf_clear(&err);
}
