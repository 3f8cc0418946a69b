/* SPDX-License-Identifier: ISC */
/* The socketmap's address: is somebody there, and may Postfix ask? */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "ctl/doctortable.h"

static bool
is_chrooted(const struct doctor_run *run)
{
	return run->scope.client != NULL && run->scope.client->is_chrooted;
}

/* Absolute, and looked for inside the chroot. */
static bool
is_astray(const struct doctor_run *run, const struct doctor_reach *reach)
{
	return is_chrooted(run) && strncmp(reach->address, "unix:/", 6) == 0;
}

/* "inet:..., unix:...". */
static void
put_listeners(struct buf *out, const struct doctor_facts *f)
{
	const struct doctor_texts *listener = &f->daemon.listener;
	size_t i;

	for (i = 0; i < listener->count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", listener->item[i]);
	if (i == 0)
		buf_puts(out, "an address that is not known");
}

static void
add_address(struct doctor_run *run, const struct doctor_reach *reach,
    const char *problem)
{
	struct buf there = { 0 };

	put_listeners(&there, run->facts);
	doctor_fix_map(run,
	    doctor_add(run, DOCTOR_CRITICAL,
		"%s has Postfix ask at %s, but %s. The daemon listens at %s. "
		"Until that is mended, all mail waits.",
		DOCTOR_WHERE(run), reach->address, problem, there.data));
	buf_clear(&there);
}

static void
judge_address(struct doctor_run *run, const struct doctor_reach *reach)
{
	struct buf problem = { 0 };

	/* At the right address nobody answers: daemon_down. */
	if (reach->is_listener && run->facts->daemon.api != DOCTOR_API_UP)
		return;
	if (reach->path != NULL && !reach->is_there)
		buf_printf(
		    &problem, "%s is not there, or no socket", reach->path);
	else if (!reach->is_tried)
		doctor_skip(run, "the socketmap's host has no address");
	else if (reach->error == EACCES || reach->error == EPERM)
		doctor_skip(run, "this user may not open the socket");
	else if (reach->error != 0)
		buf_printf(&problem, "nobody answers there (%s)",
		    strerror(reach->error));
	else if (reach->reply == NULL)
		buf_puts(&problem,
		    "what listens there does not answer as a socketmap does");
	if (problem.len > 0)
		add_address(run, reach, problem.data);
	buf_clear(&problem);
}

void
doctor_rule_map_address(struct doctor_run *run)
{
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (ours.table != NULL && ours.table->name == NULL)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"In %s, %s is no address of a socketmap: it wants "
			"inet:host:port:name or unix:path:name.",
			DOCTOR_WHERE(run), ours.table->text));
	else if (ours.reach != NULL && !is_astray(run, ours.reach))
		judge_address(run, ours.reach);
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_stranger(struct doctor_run *run)
{
	struct doctor_ours ours;
	struct buf there = { 0 };

	doctor_ours(run, &ours);
	if (doctor_reach_answers(ours.reach) && !ours.reach->is_listener &&
	    run->facts->daemon.listener.count > 0) {
		put_listeners(&there, run->facts);
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_WARNING,
			"%s has Postfix ask at %s. Somebody answers there, "
			"but not this daemon, which listens at %s: is another "
			"one running?",
			DOCTOR_WHERE(run), ours.reach->address, there.data));
	}
	buf_clear(&there);
	doctor_ours_clear(&ours);
}

void
doctor_rule_map_chroot(struct doctor_run *run)
{
	const char *queue = doctor_param(run, "queue_directory");
	struct doctor_ours ours;

	doctor_ours(run, &ours);
	if (ours.reach != NULL && is_astray(run, ours.reach) &&
	    !ours.reach->is_there)
		doctor_fix_map(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"%s (%s/%s) runs chrooted in %s: there %s "
			"means %s, where no socket is. A path relative to %s "
			"is right inside and outside the chroot. Until that is "
			"mended, all mail waits.",
			"smtp(8)", run->scope.client->name,
			run->scope.client->type, queue, ours.reach->address,
			ours.reach->path, queue));
	doctor_ours_clear(&ours);
}

/* Postfix takes all of its user's groups (util/chroot_uid.c). */
static bool
is_member(const struct doctor_postfix *p, gid_t gid)
{
	size_t i;

	for (i = 0; i < p->gids; i++) {
		if (p->gid[i] == gid)
			return true;
	}
	return false;
}

/* permission: as for others, S_IXOTH or S_IWOTH. */
static bool
may(const struct doctor_postfix *p, const struct doctor_step *step,
    mode_t permission)
{
	if (step->has_acl)
		return true; /* it may: the mode does not say */
	if (step->uid == p->uid)
		permission <<= 6;
	else if (is_member(p, step->gid))
		permission <<= 3;
	return (step->mode & permission) != 0;
}

static void
add_rights(struct doctor_run *run, const struct doctor_reach *reach,
    const struct doctor_step *step, bool is_socket)
{
	const char *owner = doctor_param(run, "mail_owner");
	struct doctor_finding *finding;
	struct buf path = { 0 };

	finding = doctor_add(run, DOCTOR_CRITICAL,
	    "Postfix's user, %s, may not %s %s (mode %04o), and so cannot ask "
	    "at %s. Until that is mended, all mail waits.",
	    owner, is_socket ? "write to the socket" : "pass through",
	    step->path, (unsigned int)(step->mode & 07777), reach->address);
	if (is_socket) {
		doctor_fix_setting(run, finding, "listen_mode", "0666");
	} else {
		doctor_quote(&path, step->path);
		doctor_fix(finding, "chmod o+x %s", path.data);
	}
	buf_clear(&path);
}

void
doctor_rule_map_rights(struct doctor_run *run)
{
	const struct doctor_postfix *p = &run->facts->postfix;
	const struct doctor_reach *reach;
	struct doctor_ours ours;
	bool is_socket;
	size_t i;

	doctor_ours(run, &ours);
	reach = ours.reach;
	if (reach != NULL && reach->path != NULL && !p->has_owner)
		doctor_skip(run, "mail_owner is no user of this system");
	else if (reach != NULL && reach->path != NULL) {
		for (i = 0; i < reach->steps; i++) {
			is_socket = reach->is_there && i + 1 == reach->steps;
			if (may(p, &reach->step[i],
				is_socket ? S_IWOTH : S_IXOTH))
				continue;
			add_rights(run, reach, &reach->step[i], is_socket);
			break;
		}
	}
	doctor_ours_clear(&ours);
}
