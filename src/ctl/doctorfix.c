/* SPDX-License-Identifier: ISC */
/* The commands that mend it, ready for a shell. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "base/xmalloc.h"
#include "ctl/doctorrules.h"

#define SERVICE      "postfix-mta-sts"
#define DEFAULT_CONF SYSCONFDIR "/postfix-mta-sts/postfix-mta-sts.conf"

void
doctor_quote(struct buf *b, const char *s)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_@%+=:,./-";

	if (*s != '\0' && s[strspn(s, safe)] == '\0') {
		buf_puts(b, s);
		return;
	}
	buf_putc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, *s);
	}
	buf_putc(b, '\'');
}

void
doctor_fix(struct doctor_finding *finding, const char *fmt, ...)
{
	va_list ap;
	char *line;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) == -1)
		line = xstrdup("");
	va_end(ap);
	doctor_texts_add(&finding->fix, line);
	free(line);
}

/* "postconf", with the folder when it is not Postfix's own. */
static void
put_command(struct buf *b, const struct doctor_facts *f, const char *command)
{
	buf_puts(b, command);
	if (f->postfix.conf != NULL) {
		buf_puts(b, " -c ");
		doctor_quote(b, f->postfix.conf);
	}
	buf_putc(b, ' ');
}

/* Take a line out that is to come last again. */
static void
drop_last(struct doctor_finding *finding, const char *line)
{
	struct doctor_texts *fix = &finding->fix;

	if (fix->count > 0 && strcmp(fix->item[fix->count - 1], line) == 0)
		free(fix->item[--fix->count]);
}

void
doctor_fix_reload(const struct doctor_run *run, struct doctor_finding *finding)
{
	struct buf line = { 0 };

	put_command(&line, run->facts, "postfix");
	buf_puts(&line, "reload");
	drop_last(finding, line.data);
	doctor_fix(finding, "%s", line.data);
	buf_clear(&line);
}

/* "postconf -P" takes no blanks. */
static void
fix_own(const struct doctor_run *run, struct doctor_finding *finding,
    const char *name, const char *value)
{
	const struct doctor_client *client = run->scope.client;
	struct buf line = { 0 }, what = { 0 };

	if (value[strcspn(value, " \t")] != '\0') {
		doctor_fix(finding, "# in master.cf, for %s: -o { %s = %s }",
		    client->name, name, value);
		return;
	}
	buf_printf(
	    &what, "%s/%s/%s=%s", client->name, client->type, name, value);
	put_command(&line, run->facts, "postconf");
	buf_puts(&line, "-P ");
	doctor_quote(&line, what.data);
	doctor_fix(finding, "%s", line.data);
	buf_clear(&what);
	buf_clear(&line);
}

void
doctor_fix_postconf(const struct doctor_run *run,
    struct doctor_finding *finding, const char *name, const char *value)
{
	struct buf line = { 0 }, what = { 0 };

	put_command(&line, run->facts, "postfix");
	buf_puts(&line, "reload");
	drop_last(finding, line.data);
	buf_reset(&line);
	if (run->scope.is_own) {
		fix_own(run, finding, name, value);
	} else {
		buf_printf(
		    &what, "%s =%s%s", name, *value != '\0' ? " " : "", value);
		put_command(&line, run->facts, "postconf");
		buf_puts(&line, "-e ");
		doctor_quote(&line, what.data);
		doctor_fix(finding, "%s", line.data);
	}
	doctor_fix_reload(run, finding);
	buf_clear(&what);
	buf_clear(&line);
}

void
doctor_fix_map(const struct doctor_run *run, struct doctor_finding *finding)
{
	const struct doctor_facts *f = run->facts;
	struct buf address = { 0 }, value = { 0 };
	const char *listen = doctor_setting(f, "listen");

	if (!doctor_address_wanted(&address, f, run->scope.client)) {
		buf_printf(&value, "%s%sunix:%s/%s", listen,
		    *listen != '\0' ? ", " : "",
		    doctor_value(f, NULL, "queue_directory"),
		    address.data + strlen("unix:"));
		doctor_fix(finding, "mkdir -p %s/run",
		    doctor_value(f, NULL, "queue_directory"));
		doctor_fix_setting(run, finding, "listen", value.data);
		buf_reset(&value);
	}
	doctor_map_wanted(&value, f, run->scope.client);
	doctor_fix_postconf(
	    run, finding, "smtp_tls_policy_maps", buf_str(&value));
	buf_clear(&address);
	buf_clear(&value);
}

static bool
is_reloadable(const char *name)
{
	const struct config_setting *setting;
	size_t count, i;

	setting = config_settings(&count);
	for (i = 0; i < count; i++) {
		if (strcmp(setting[i].name, name) == 0)
			return setting[i].is_reloadable;
	}
	return false;
}

/* Starting is the same command as starting again. */
void
doctor_fix_restart(const struct doctor_run *run, struct doctor_finding *finding)
{
	if (run->facts->has_systemd)
		doctor_fix(finding, "systemctl restart " SERVICE);
	else
		doctor_fix(finding, "# start the daemon (again): " SERVICE);
}

/* Where the file is to be: a system without one may lack it. */
static void
fix_folder(const struct doctor_daemon *d, struct doctor_finding *finding)
{
	struct buf line = { 0 };
	char *folder;

	if (d->is_file_there || d->is_folder_there || d->file == NULL ||
	    strrchr(d->file, '/') == NULL)
		return;
	folder = xmemdup(d->file, (size_t)(strrchr(d->file, '/') - d->file));
	buf_puts(&line, "mkdir -p ");
	doctor_quote(&line, folder);
	doctor_fix(finding, "%s", line.data);
	buf_clear(&line);
	free(folder);
}

void
doctor_fix_setting(const struct doctor_run *run, struct doctor_finding *finding,
    const char *name, const char *value)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	const char *file = d->file != NULL ? d->file : DEFAULT_CONF;
	struct buf line = { 0 }, text = { 0 };

	buf_printf(&text, "%s = %s", name, value);
	if (doctor_params_get(&d->in_file, name) != NULL) {
		doctor_fix(finding, "# in %s, set: %s", file, text.data);
	} else {
		fix_folder(d, finding);
		buf_puts(&line, "echo ");
		doctor_quote(&line, text.data);
		buf_puts(&line, " >>");
		doctor_quote(&line, file);
		doctor_fix(finding, "%s", line.data);
	}
	/* Unix listeners and what belongs to them are made at the start. */
	if (d->api == DOCTOR_API_UP && is_reloadable(name) &&
	    strstr(value, "unix:") == NULL)
		doctor_fix(finding, SERVICE "-ctl reload");
	else
		doctor_fix_restart(run, finding);
	buf_clear(&text);
	buf_clear(&line);
}
