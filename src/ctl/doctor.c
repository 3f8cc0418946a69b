/* SPDX-License-Identifier: ISC */
/* The command: look, judge, tell. */
#include <stdio.h>
#include <string.h>

#include "base/domain.h"
#include "ctl/doctor.h"
#include "ctl/doctorlook.h"
#include "ctl/doctorreport.h"

/* Its policy host is up, for as long as anybody's. */
#define PROBED_DOMAIN "gmail.com"

enum {
	OPTION_MAIN_CF,
	OPTION_POSTFIX_CONF,
	OPTION_PROBE,
	OPTION_NO_PROBE
};

static void
look(struct doctor_facts *f, const struct ctl_options *options,
    const struct ctl_args *args, const char *domain)
{
	doctor_look_postfix(f, args->option[OPTION_POSTFIX_CONF]);
	doctor_look_daemon(f, options);
	doctor_look_sockets(f);
	doctor_look_host(f);
	if (args->option[OPTION_MAIN_CF] != NULL)
		return;
	doctor_look_hops(f);
	if (options->config != NULL)
		doctor_look_mx(f, options->config);
	if (args->option[OPTION_NO_PROBE] != NULL) {
		f->net.skipped = "not tried (--no-probe)";
	} else if (options->config == NULL) {
		f->net.skipped = "the daemon's configuration is not known";
	} else {
		doctor_look_smtp(f, options->config);
		doctor_look_net(f, options->config, domain);
	}
}

static int
tell(const struct doctor_facts *f, const struct ctl_options *options)
{
	struct doctor_report *report = doctor_judge(f);
	struct buf out = { 0 };
	int status = (int)report->worst;

	if (options->is_json)
		doctor_report_json(&out, f, report);
	else
		doctor_report_text(&out, f, report, options->has_colour);
	fputs(buf_str(&out), stdout);
	buf_clear(&out);
	doctor_report_free(report);
	return status;
}

int
ctl_doctor(const struct ctl_options *options, const struct ctl_args *args)
{
	const char *probe = args->option[OPTION_PROBE];
	struct doctor_facts *f;
	struct buf out = { 0 };
	char domain[DOMAIN_MAX + 1];
	int status = CTL_OK;

	if (probe == NULL)
		probe = PROBED_DOMAIN;
	if (domain_to_ascii(probe, strlen(probe), domain) == 0) {
		fprintf(stderr, CTL_PROGRAM ": no domain: %s\n", probe);
		return CTL_USAGE;
	}
	f = doctor_facts_new();
	look(f, options, args, domain);
	if (args->option[OPTION_MAIN_CF] != NULL) {
		doctor_main_cf(&out, f);
		fputs(buf_str(&out), stdout);
		buf_clear(&out);
	} else {
		status = tell(f, options);
	}
	doctor_facts_free(f);
	return status;
}
