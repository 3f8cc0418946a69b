/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/xmalloc.h"
#include "check/cliopts.h"

#define TIME_LIMIT_S     60
#define TIME_LIMIT_MAX_S 3600
#define DAYS_MAX         3650
#define JOBS             8
#define JOBS_MAX         64

static const char usage_text[] =
    "usage: postfix-mta-sts --check [options] domain ...\n"
    "       postfix-mta-sts --check --evidence file [options]\n"
    "       postfix-mta-sts --mine | --queue [options]\n"
    "       postfix-mta-sts --reports folder|file ... [options]\n"
    "       postfix-mta-sts --check-policy file|- [options]\n"
    "       postfix-mta-sts --generate | --fix folder | --wait time domain\n"
    "       postfix-mta-sts --explain code|topic\n"
    "\n"
    "  --format name        text, json, ndjson, csv, markdown, html, nagios,\n"
    "                       prometheus\n"
    "  --output file        write there instead of standard output\n"
    "  --domains file       more domains, a line each: D or D,label (- for\n"
    "                       standard input)\n"
    "  --jobs n             look at n domains side by side (8)\n"
    "  --sort order         given (default) or priority, high first\n"
    "  -v                   every check that passed, a line each\n"
    "  --no-smtp            do not look at the MX hosts\n"
    "  --helo name          what to say in EHLO (this host's name)\n"
    "  --time-limit s       for everything (60)\n"
    "  -w days, -c days     certificates with fewer days left: status 1, 2\n"
    "  --undeployed word    no record at all is critical, warning or ok\n"
    "  --mine               the domains this host's Postfix receives for\n"
    "  --queue              the next-hops whose mail waits for TLS: why, and\n"
    "                       the way out\n"
    "  --reports path       TLS-RPT reports (a file, or a folder of them):\n"
    "                       by themselves, or as evidence with --check\n"
    "  --state folder       remember each domain there; use what is known\n"
    "  --compare            what has changed since the last check\n"
    "  --only-changes       say nothing of a domain where nothing has\n"
    "  --mx a,b             what if the MX hosts were these\n"
    "  --check-policy file  a policy before it is published (- for standard\n"
    "                       input); --domain d: against what is live; --txt,\n"
    "                       --tls-rpt record: with these records\n"
    "  --generate           records, policy, web server configuration; --mode\n"
    "                       word, --max-age time, --rua uri, --id id\n"
    "  --fix folder         write the files that put the domain right\n"
    "  --wait time          look until the fault is gone (--id: until this\n"
    "                       id is seen)\n"
    "  --save-evidence file keep what was seen; --evidence file grades it\n"
    "  --cert-warn-days n, --cert-high-days n, --stuck-days n,\n"
    "  --testing-days n     thresholds (14, 7, 90, 14)\n"
    "  --config file, -o name=value   as for the daemon\n"
    "  --help               this\n"
    "\n"
    "Checks what a domain publishes, as this host's Postfix would see it. See\n"
    "postfix-mta-sts-check(1).\n";

enum {
	OPT_CHECK = 256,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_NO_SMTP,
	OPT_HELO,
	OPT_TIME_LIMIT,
	OPT_UNDEPLOYED,
	OPT_SAVE_EVIDENCE,
	OPT_EVIDENCE,
	OPT_EXPLAIN,
	OPT_CONFIG,
	OPT_CERT_WARN,
	OPT_CERT_HIGH,
	OPT_STUCK,
	OPT_TESTING,
	OPT_DOMAINS,
	OPT_JOBS,
	OPT_SORT,
	OPT_REPORTS,
	OPT_MINE,
	OPT_QUEUE,
	OPT_STATE,
	OPT_COMPARE,
	OPT_ONLY_CHANGES,
	OPT_HELP
};

static const struct option longs[] = {
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "no-smtp", no_argument, NULL, OPT_NO_SMTP },
	{ "helo", required_argument, NULL, OPT_HELO },
	{ "time-limit", required_argument, NULL, OPT_TIME_LIMIT },
	{ "undeployed", required_argument, NULL, OPT_UNDEPLOYED },
	{ "save-evidence", required_argument, NULL, OPT_SAVE_EVIDENCE },
	{ "evidence", required_argument, NULL, OPT_EVIDENCE },
	{ "explain", required_argument, NULL, OPT_EXPLAIN },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "cert-warn-days", required_argument, NULL, OPT_CERT_WARN },
	{ "cert-high-days", required_argument, NULL, OPT_CERT_HIGH },
	{ "stuck-days", required_argument, NULL, OPT_STUCK },
	{ "testing-days", required_argument, NULL, OPT_TESTING },
	{ "domains", required_argument, NULL, OPT_DOMAINS },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "sort", required_argument, NULL, OPT_SORT },
	{ "mine", no_argument, NULL, OPT_MINE },
	{ "queue", no_argument, NULL, OPT_QUEUE },
	{ "reports", required_argument, NULL, OPT_REPORTS },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "compare", no_argument, NULL, OPT_COMPARE },
	{ "only-changes", no_argument, NULL, OPT_ONLY_CHANGES },
	{ "check-policy", required_argument, NULL, OPT_CHECK_POLICY },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "txt", required_argument, NULL, OPT_TXT },
	{ "tls-rpt", required_argument, NULL, OPT_TLS_RPT },
	{ "generate", no_argument, NULL, OPT_GENERATE },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "max-age", required_argument, NULL, OPT_MAX_AGE },
	{ "rua", required_argument, NULL, OPT_RUA },
	{ "id", required_argument, NULL, OPT_ID },
	{ "fix", required_argument, NULL, OPT_FIX },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "mx", required_argument, NULL, OPT_MX },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* A number of an option; false, and said so, when it is none. */
static bool
read_number(const char *name, long long min, long long max, int *out)
{
	const char *error;
	long long n = strtonum(optarg, min, max, &error);

	if (error != NULL) {
		fprintf(stderr, "postfix-mta-sts: %s: \"%s\" is %s\n", name,
		    optarg, error);
		return false;
	}
	*out = (int)n;
	return true;
}

static bool
read_undeployed(int *status)
{
	static const char *const words[] = { "ok", "warning", "critical" };
	int i;

	for (i = 0; i < 3; i++) {
		if (strcmp(words[i], optarg) == 0) {
			*status = i;
			return true;
		}
	}
	fprintf(stderr,
	    "postfix-mta-sts: --undeployed: \"%s\" is none of critical, "
	    "warning, ok\n",
	    optarg);
	return false;
}

static bool
read_format(const struct check_format **format)
{
	const struct check_format *f = check_format_find(optarg);

	if (f == NULL) {
		fprintf(stderr, "postfix-mta-sts: --format: no format \"%s\"\n",
		    optarg);
		return false;
	}
	*format = f;
	return true;
}

static bool
read_sort(bool *is_by_priority)
{
	if (strcmp(optarg, "given") != 0 && strcmp(optarg, "priority") != 0) {
		fprintf(stderr,
		    "postfix-mta-sts: --sort: \"%s\" is neither given nor "
		    "priority\n",
		    optarg);
		return false;
	}
	*is_by_priority = optarg[0] == 'p';
	return true;
}

/* Those that hold a number. */
static bool
read_number_option(struct check_cliopts *o, int c)
{
	struct check_options *check = &o->check;
	int n;

	switch (c) {
	case 'w':
		return read_number(
		    "-w", 0, DAYS_MAX, &o->report.exit.warn_days);
	case 'c':
		return read_number(
		    "-c", 0, DAYS_MAX, &o->report.exit.critical_days);
	case OPT_TIME_LIMIT:
		if (!read_number("--time-limit", 1, TIME_LIMIT_MAX_S, &n))
			return false;
		o->probe.time_limit = n;
		return true;
	case OPT_JOBS:
		if (!read_number("--jobs", 1, JOBS_MAX, &n))
			return false;
		o->jobs = (size_t)n;
		return true;
	case OPT_CERT_WARN:
		return read_number(
		    "--cert-warn-days", 0, DAYS_MAX, &check->cert_warn_days);
	case OPT_CERT_HIGH:
		return read_number(
		    "--cert-high-days", 0, DAYS_MAX, &check->cert_high_days);
	case OPT_STUCK:
		return read_number(
		    "--stuck-days", 0, DAYS_MAX, &check->stuck_days);
	case OPT_TESTING:
		return read_number(
		    "--testing-days", 0, DAYS_MAX, &check->testing_days);
	default:
		return false; /* getopt has said so */
	}
}

static bool
read_option(struct check_cliopts *o, int c)
{
	switch (c) {
	case OPT_CHECK:
		o->is_check = true;
		break;
	case OPT_MINE:
		o->is_check = o->is_mine = true;
		break;
	case OPT_QUEUE:
		o->is_check = o->is_queue = true;
		break;
	case OPT_REPORTS:
		o->report_path[o->report_paths++] = optarg;
		break;
	case 'v':
		o->report.is_verbose = true;
		break;
	case 'o':
		o->override[o->overrides.count++] = optarg;
		break;
	case OPT_FORMAT:
		return read_format(&o->format);
	case OPT_OUTPUT:
		o->output = optarg;
		break;
	case OPT_NO_SMTP:
		o->probe.has_smtp = false;
		break;
	case OPT_HELO:
		o->probe.helo = optarg;
		break;
	case OPT_UNDEPLOYED:
		return read_undeployed(&o->report.exit.undeployed);
	case OPT_SAVE_EVIDENCE:
		o->save_evidence = optarg;
		break;
	case OPT_EVIDENCE:
		o->evidence = optarg;
		break;
	case OPT_EXPLAIN:
		o->explain = optarg;
		break;
	case OPT_CONFIG:
		o->config = optarg;
		break;
	case OPT_DOMAINS:
		o->list = optarg;
		break;
	case OPT_SORT:
		return read_sort(&o->is_by_priority);
	case OPT_STATE:
		o->state = optarg;
		break;
	case OPT_ONLY_CHANGES:
		o->is_only_changes = true;
		/* FALLTHROUGH */
	case OPT_COMPARE:
		o->is_compare = true;
		break;
	default:
		return c >= OPT_CHECK_POLICY ?
		    cliopts_publish_read(o, c, optarg) :
		    read_number_option(o, c);
	}
	return true;
}

static int
usage_error(const char *what)
{
	if (what != NULL)
		fprintf(stderr, "postfix-mta-sts: %s\n", what);
	fputs(usage_text, stderr);
	return EX_USAGE;
}

/* Reports by themselves. */
static int
check_reports_options(const struct check_cliopts *o)
{
	if (strcmp(o->format->name, "text") != 0 &&
	    strcmp(o->format->name, "json") != 0)
		return usage_error("--reports: only as text or json");
	if (o->evidence != NULL || o->save_evidence != NULL || o->list != NULL)
		return usage_error("--reports: not with that, or with --check");
	return -1;
}

static int
check_queue_options(const struct check_cliopts *o)
{
	if (strcmp(o->format->name, "text") != 0 &&
	    strcmp(o->format->name, "json") != 0)
		return usage_error("--queue: only as text or json");
	if (o->domains > 0 || o->list != NULL || o->is_mine ||
	    o->evidence != NULL || o->save_evidence != NULL)
		return usage_error("--queue: its domains are the queue's");
	return -1;
}

/* What goes with what. */
static int
check_options(const struct check_cliopts *o)
{
	const char *fault = cliopts_publish_fault(o);

	if (o->explain != NULL)
		return -1;
	if (fault != NULL)
		return usage_error(fault);
	if (o->is_queue)
		return check_queue_options(o);
	if (!o->is_check && o->report_paths > 0)
		return check_reports_options(o);
	if (o->check_policy == NULL && o->evidence == NULL && o->domains == 0 &&
	    o->list == NULL && !o->is_mine)
		return usage_error("--check: which domain?");
	if (o->evidence != NULL &&
	    (o->domains > 0 || o->list != NULL || o->is_mine))
		return usage_error("--evidence: its domain is in the file");
	if (o->save_evidence != NULL &&
	    (o->domains > 1 || o->list != NULL || o->is_mine))
		return usage_error("--save-evidence holds one domain");
	if (o->is_compare && o->state == NULL)
		return usage_error(
		    "--compare, --only-changes: with --state only");
	return -1;
}

int
check_cliopts_read(struct check_cliopts *o, int argc, char **argv)
{
	int c;

	*o = (struct check_cliopts){
		.format = check_format_find("text"),
		.probe = { .has_smtp = true,
		    .helo = "",
		    .time_limit = TIME_LIMIT_S },
		.check = check_options_default,
		.jobs = JOBS,
		.report = { .label = "", .exit = { .undeployed = 2 } },
	};
	o->override = xcalloc((size_t)argc, sizeof(*o->override));
	o->overrides.text = o->override;
	o->report_path = xcalloc((size_t)argc, sizeof(*o->report_path));
	while ((c = getopt_long(argc, argv, "c:o:vw:", longs, NULL)) != -1) {
		if (c == OPT_HELP) {
			fputs(usage_text, stdout);
			return 0;
		}
		if (!read_option(o, c))
			return usage_error(NULL);
	}
	o->domain = argv + optind;
	o->domains = (size_t)(argc - optind);
	return check_options(o);
}
