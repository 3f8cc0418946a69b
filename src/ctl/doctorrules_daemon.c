/* SPDX-License-Identifier: ISC */
/* The daemon itself: does it run, as what, on which clock? */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctortable.h"

#define CLOCK_WARNING_S  300
#define CLOCK_CRITICAL_S 3600

void
doctor_rule_config_error(struct doctor_run *run)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	struct doctor_finding *finding;
	struct buf command = { 0 };

	if (d->file_error == NULL)
		return;
	finding = doctor_add(run, DOCTOR_CRITICAL,
	    "The daemon's configuration has a mistake, with which it does not "
	    "start: %s.",
	    d->file_error);
	doctor_fix(finding, "# mend that line; this then prints no error:");
	buf_puts(&command, "postfix-mta-sts --config ");
	doctor_quote(&command, d->file);
	doctor_fix(finding, "%s --print-config -n", command.data);
	buf_clear(&command);
}

static void
judge_down(struct doctor_run *run, const char *problem)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	const char *error = d->api_error != NULL ? d->api_error : "no answer";

	if (d->is_answering)
		doctor_fix_restart(run,
		    doctor_add(run, DOCTOR_WARNING,
			"The daemon answers Postfix, but at its admin socket, "
			"%s, %s (%s).",
			d->api_address, problem, error));
	else
		doctor_fix_restart(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"The daemon does not run: at its admin socket, %s, %s "
			"(%s). Without it Postfix keeps all mail back that "
			"asks for a policy.",
			d->api_address, problem, error));
}

/* admin_listen is empty: what the look-ups tell is all there is. */
static void
judge_off(struct doctor_run *run)
{
	const struct doctor_daemon *d = &run->facts->daemon;

	if (d->listener.count == 0)
		doctor_skip(run, "the daemon's configuration is not known");
	else if (!d->is_answering)
		doctor_fix_restart(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"The daemon does not run: nobody answers at %s. "
			"Without it Postfix keeps all mail back that asks for "
			"a policy.",
			d->listener.item[0]));
}

void
doctor_rule_daemon_down(struct doctor_run *run)
{
	/* Then its address is a guess. */
	if (run->facts->daemon.file_error != NULL &&
	    run->facts->daemon.api != DOCTOR_API_UP) {
		doctor_skip(run, "the daemon's configuration is not known");
		return;
	}
	switch (run->facts->daemon.api) {
	case DOCTOR_API_UP:
		break;
	case DOCTOR_API_DOWN:
		judge_down(run, "nobody answers");
		break;
	case DOCTOR_API_DENIED:
		doctor_skip(
		    run, "this user may not ask the daemon: try as root");
		break;
	case DOCTOR_API_OFF:
		judge_off(run);
		break;
	case DOCTOR_API_ODD:
		judge_down(run, "what answers is not understood");
		break;
	}
}

void
doctor_rule_daemon_unhealthy(struct doctor_run *run)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	struct buf reasons = { 0 };
	size_t i;

	if (d->is_healthy)
		return;
	for (i = 0; i < d->reason.count; i++)
		buf_printf(
		    &reasons, "%s%s", i > 0 ? "; " : "", d->reason.item[i]);
	doctor_fix(doctor_add(run, DOCTOR_CRITICAL,
		       "The daemon says that it is not healthy: %s.",
		       reasons.len > 0 ? reasons.data : "it does not say why"),
	    "postfix-mta-sts-ctl status");
	buf_clear(&reasons);
}

void
doctor_rule_daemon_replaced(struct doctor_run *run)
{
	const struct doctor_daemon *d = &run->facts->daemon;

	if (d->is_replaced)
		doctor_fix_restart(run,
		    doctor_add(run, DOCTOR_WARNING,
			"The daemon that runs (version %s) is older than its "
			"program: %s was replaced since it started.",
			d->version != NULL ? d->version : "not known",
			d->binary != NULL ? d->binary : "the file"));
}

/* Name of the user the cache should belong to, for chown. */
static void
fix_owner(const struct doctor_run *run, struct doctor_finding *finding)
{
	const struct doctor_facts *f = run->facts;
	struct buf line = { 0 };

	buf_puts(&line, "chown -R ");
	doctor_quote(&line, f->daemon.user != NULL ? f->daemon.user : "root");
	buf_puts(&line, ": ");
	doctor_quote(&line, f->cache.path);
	doctor_fix(finding, "%s", line.data);
	buf_clear(&line);
}

static void
fix_mode(const struct doctor_run *run, struct doctor_finding *finding)
{
	struct buf path = { 0 };

	doctor_quote(&path, run->facts->cache.path);
	doctor_fix(finding, "chmod 0750 %s", path.data);
	buf_clear(&path);
}

static void
judge_cache(struct doctor_run *run, const struct doctor_cache *c)
{
	const char *user = run->facts->daemon.user;

	if (!c->is_folder)
		doctor_fix_setting(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"The cache, %s, is no folder.", c->path),
		    "cache_dir", "/var/lib/postfix-mta-sts");
	else if (c->has_user && c->uid != c->uid_wanted)
		fix_owner(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"The cache, %s, does not belong to %s, as whom the "
			"daemon runs: no policy can be kept.",
			c->path, user));
	else if (c->foreign != NULL)
		fix_owner(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"In the cache, %s does not belong to %s, as whom the "
			"daemon runs: was it once started as root?",
			c->foreign, user));
	if (!c->is_folder || (c->mode & (S_IRWXU | S_IRWXO)) == S_IRWXU)
		return;
	fix_mode(run,
	    doctor_add(run,
		(c->mode & (S_IRWXU | S_IWOTH)) == S_IRWXU ? DOCTOR_WARNING :
							     DOCTOR_CRITICAL,
		"The cache, %s, has mode %04o: %s.", c->path,
		(unsigned int)(c->mode & 07777),
		(c->mode & S_IRWXU) != S_IRWXU ?
		    "its own user cannot work in it" :
		    (c->mode & S_IWOTH) != 0 ?
		    "any user can put other policies there" :
		    "any user can see whom this host writes to"));
}

void
doctor_rule_cache_rights(struct doctor_run *run)
{
	const struct doctor_cache *c = &run->facts->cache;

	if (c->path == NULL)
		doctor_skip(run, "the daemon's configuration is not known");
	else if (c->error == ENOENT)
		doctor_skip(run, "the daemon makes it when it starts");
	else if (c->error != 0)
		doctor_skip(run, "this user may not look at it");
	else
		judge_cache(run, c);
}

static void
fix_clock(const struct doctor_run *run, struct doctor_finding *finding)
{
	if (run->facts->has_systemd)
		doctor_fix(finding, "timedatectl set-ntp true");
	else
		doctor_fix(finding, "# set the clock, and keep it right (NTP)");
	doctor_fix_restart(run, finding);
}

void
doctor_rule_clock(struct doctor_run *run)
{
	const struct doctor_net *net = &run->facts->net;
	int64_t off = net->ahead_s < 0 ? -net->ahead_s : net->ahead_s;

	if (net->has_date && off >= CLOCK_WARNING_S)
		fix_clock(run,
		    doctor_add(run,
			off >= CLOCK_CRITICAL_S ? DOCTOR_CRITICAL :
						  DOCTOR_WARNING,
			"The clock is %" PRId64 " seconds %s that of the "
			"policy host of %s: policies live too long or too "
			"short, and certificates seem expired.",
			off, net->ahead_s < 0 ? "behind" : "ahead of",
			net->domain));
	else if (run->facts->daemon.is_clock_suspect)
		fix_clock(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"When the daemon started, the clock was far from the "
			"times in its cache: one of them is wrong."));
	else if (!net->has_date && run->facts->daemon.api != DOCTOR_API_UP)
		doctor_skip(run, "nobody told the time");
}
