/* SPDX-License-Identifier: ISC */
/* What smtp(8) does with an answer, and without one. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctl/doctortable.h"

static bool
is_yes(const char *value)
{
	return strcasecmp(value, "yes") == 0;
}

void
doctor_rule_level_none(struct doctor_run *run)
{
	const char *level = doctor_level(run);

	if (strcmp(level, "none") != 0)
		return;
	doctor_fix_postconf(run,
	    doctor_add(run, DOCTOR_WARNING,
		"In %s, smtp_tls_security_level is %s: mail to all domains "
		"that enforce no policy goes unencrypted.",
		DOCTOR_WHERE(run),
		*doctor_param(run, "smtp_tls_security_level") != '\0' ?
		    "none" :
		    "empty, which means none"),
	    "smtp_tls_security_level", DOCTOR_LEVEL_WANTED);
}

static void
fix_ca(struct doctor_run *run, struct doctor_finding *finding)
{
	if (run->facts->system_ca == NULL)
		doctor_fix(finding, "apt-get install ca-certificates");
	doctor_fix_postconf(
	    run, finding, "smtp_tls_CAfile", doctor_ca_wanted(run->facts));
}

void
doctor_rule_ca_missing(struct doctor_run *run)
{
	if (*doctor_param(run, "smtp_tls_CAfile") != '\0' ||
	    *doctor_param(run, "smtp_tls_CApath") != '\0')
		return;
	fix_ca(run,
	    doctor_add(run, DOCTOR_CRITICAL,
		"In %s, smtp_tls_CAfile and smtp_tls_CApath are both empty: "
		"Postfix can verify no certificate, and all mail to domains "
		"that enforce a policy waits.",
		DOCTOR_WHERE(run)));
}

/* The file is read before the chroot is entered, the folder afterwards. */
static void
judge_folder(struct doctor_run *run, const char *folder)
{
	const struct doctor_client *client = run->scope.client;
	bool is_chrooted = client != NULL && client->is_chrooted;
	const struct doctor_ca *ca;
	struct buf path = { 0 };

	buf_printf(&path, "%s%s",
	    is_chrooted ? doctor_param(run, "queue_directory") : "", folder);
	ca = doctor_ca_find(run->facts, path.data);
	if (ca == NULL || ca->error == EACCES)
		doctor_skip(run, "this user may not read it");
	else if (ca->error != 0 || ca->certificates == 0)
		fix_ca(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"In %s, smtp_tls_CApath is %s%s, and %s %s: Postfix "
			"can verify no certificate, and all mail to domains "
			"that enforce a policy waits.",
			DOCTOR_WHERE(run), folder,
			is_chrooted ? ", opened from inside the chroot" : "",
			path.data,
			ca->error != 0 ? strerror(ca->error) :
					 "holds no hashed certificate"));
	buf_clear(&path);
}

void
doctor_rule_ca_unreadable(struct doctor_run *run)
{
	const char *file = doctor_param(run, "smtp_tls_CAfile");
	const char *folder = doctor_param(run, "smtp_tls_CApath");
	const struct doctor_ca *ca;

	if (*file == '\0') {
		if (*folder != '\0')
			judge_folder(run, folder);
		return;
	}
	ca = doctor_ca_find(run->facts, file);
	if (ca == NULL || ca->error == EACCES)
		doctor_skip(run, "this user may not read it");
	else if (ca->error != 0 || ca->certificates == 0)
		fix_ca(run,
		    doctor_add(run, DOCTOR_CRITICAL,
			"In %s, smtp_tls_CAfile is %s: %s. Postfix then does "
			"no TLS at all, and all mail to domains that enforce a "
			"policy waits.",
			DOCTOR_WHERE(run), file,
			ca->error != 0 ? strerror(ca->error) :
					 "there is no certificate in it"));
}

void
doctor_rule_main_level(struct doctor_run *run)
{
	const char *said = doctor_setting(run->facts, "main_level");
	const char *level = doctor_level(run);
	bool is_used = is_yes(doctor_setting(run->facts, "testing_reports"));

	if (*said == '\0' || strcmp(said, level) == 0)
		return;
	doctor_fix_setting(run,
	    doctor_add(run, is_used ? DOCTOR_CRITICAL : DOCTOR_WARNING,
		"The daemon's setting main_level is %s, but the level in %s is "
		"%s.%s",
		said, DOCTOR_WHERE(run), level,
		is_used ? " With testing_reports the daemon answers \"may\" "
			  "for domains in testing mode, which replaces that "
			  "level." :
			  ""),
	    "main_level", level);
}

void
doctor_rule_session_cache(struct doctor_run *run)
{
	static const char name[] = "smtp_tls_session_cache_database";

	if (*doctor_param(run, name) == '\0')
		return;
	doctor_fix_postconf(run,
	    doctor_add(run, DOCTOR_WARNING,
		"In %s, %s is set: a resumed TLS session is not matched "
		"again, so a policy that changed is not enforced until the "
		"session is forgotten (smtp_tls_session_cache_timeout, %s).",
		DOCTOR_WHERE(run), name,
		doctor_param(run, "smtp_tls_session_cache_timeout")),
	    name, "");
}

void
doctor_rule_wildcard_labels(struct doctor_run *run)
{
	static const char name[] = "tls_wildcard_matches_multiple_labels";
	const struct doctor_facts *f = run->facts;

	if (!doctor_postfix_is(f, 2, 11, 0) || doctor_postfix_is(f, 3, 6, 0) ||
	    strcasecmp(doctor_param(run, name), "no") == 0)
		return;
	doctor_fix_postconf(run,
	    doctor_add(run, DOCTOR_WARNING,
		"In main.cf, %s is not no: Postfix %s then takes a certificate "
		"for *.example.com on a.b.example.com, which MTA-STS forbids "
		"(RFC 8461 section 4.1).",
		name, f->postfix.version),
	    name, "no");
}

void
doctor_rule_mx_patterns(struct doctor_run *run)
{
	static const char name[] = "smtp_tls_enforce_sts_mx_patterns";

	if (!doctor_postfix_is(run->facts, 3, 10, 0) ||
	    strcasecmp(doctor_param(run, name), "no") != 0)
		return;
	doctor_fix_postconf(run,
	    doctor_add(run, DOCTOR_WARNING,
		"In %s, %s is no: mail also goes to MX hosts that the policy "
		"does not list, if their certificate has a name it lists.",
		DOCTOR_WHERE(run), name),
	    name, "yes");
}
