/* SPDX-License-Identifier: ISC */
/* Postfix, as postconf(1) tells it. */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/exec.h"
#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "ctl/doctormap.h"

#define GROUPS_MAX 256

/* The next line, without its end; NULL: there is none. To be freed. */
static char *
next_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	char *line;

	if (**text == '\0')
		return NULL;
	line = xmemdup(*text, len);
	*text += len;
	*text += **text == '\n';
	return line;
}

/* Cut "name = value" in two, in place; NULL: it is none. */
static char *
cut_value(char *line)
{
	char *equals = strchr(line, '='), *end;

	if (equals == NULL)
		return NULL;
	for (end = equals; end > line && end[-1] == ' '; end--)
		continue;
	*end = '\0';
	return equals + 1 + strspn(equals + 1, " ");
}

void
doctor_read_params(struct doctor_params *params, const char *text)
{
	char *line, *value;

	while ((line = next_line(&text)) != NULL) {
		value = cut_value(line);
		if (value != NULL)
			doctor_params_set(params, line, value);
		free(line);
	}
}

void
doctor_read_version(const char *text, int number[3])
{
	size_t i;

	for (i = 0; i < 3; i++) {
		number[i] = 0;
		while (*text >= '0' && *text <= '9' && number[i] < 100000)
			number[i] = number[i] * 10 + (*text++ - '0');
		text += *text == '.';
	}
}

/* The next word between blanks; "" at the end. To be freed. */
static char *
next_word(const char **line)
{
	size_t len;
	char *word;

	*line += strspn(*line, " \t");
	len = strcspn(*line, " \t");
	word = xmemdup(*line, len);
	*line += len;
	return word;
}

/* "-o name=value" after the command: for a Postfix without postconf -P. */
static void
read_arguments(struct doctor_client *client, const char *line)
{
	char *word, *value;
	bool is_option = false;

	for (;;) {
		word = next_word(&line);
		if (*word == '\0')
			break;
		value = is_option ? cut_value(word) : NULL;
		if (value != NULL)
			doctor_params_set(&client->option, word, value);
		is_option = strcmp(word, "-o") == 0;
		free(word);
	}
	free(word);
}

/* service type private unpriv chroot wakeup maxproc command argument... */
static void
read_service(struct doctor_facts *f, const char *line, bool is_by_default)
{
	struct doctor_client *client;
	char *column[8];
	size_t i;

	for (i = 0; i < 8; i++)
		column[i] = next_word(&line);
	if (strcmp(column[7], "smtp") == 0) {
		client = doctor_client_new(f);
		client->name = xstrdup(column[0]);
		client->type = xstrdup(column[1]);
		client->is_chrooted = strcmp(column[4], "y") == 0 ||
		    (strcmp(column[4], "-") == 0 && is_by_default);
		read_arguments(client, line);
	}
	for (i = 0; i < 8; i++)
		free(column[i]);
}

void
doctor_read_services(
    struct doctor_facts *f, const char *text, bool is_chrooted_by_default)
{
	char *line;

	while ((line = next_line(&text)) != NULL) {
		if (line[0] != ' ' && line[0] != '\t' && line[0] != '#')
			read_service(f, line, is_chrooted_by_default);
		free(line);
	}
}

/* "smtp/unix/name = value" */
void
doctor_read_options(struct doctor_facts *f, const char *text)
{
	struct doctor_client *client;
	char *line, *value;
	size_t i, name, type;

	while ((line = next_line(&text)) != NULL) {
		value = cut_value(line);
		for (i = 0; value != NULL && i < f->postfix.clients; i++) {
			client = &f->postfix.client[i];
			name = strlen(client->name);
			type = strlen(client->type);
			if (strncmp(line, client->name, name) == 0 &&
			    line[name] == '/' &&
			    strncmp(line + name + 1, client->type, type) == 0 &&
			    line[name + 1 + type] == '/')
				doctor_params_set(&client->option,
				    line + name + 1 + type + 1, value);
		}
		free(line);
	}
}

/* postconf with an option, or none; false, and why, when it ends otherwise than 0. */
static bool
postconf(const struct doctor_facts *f, const char *option, struct buf *out,
    struct buf *why)
{
	const char *conf = f->postfix.conf;
	const char *const own[] = { "postconf", option, NULL };
	const char *const named[] = { "postconf", "-c", conf, option, NULL };
	int status;

	status = exec_run(conf != NULL ? named : own, out, why);
	if (status == -1)
		buf_puts(why, "postconf cannot be run");
	return status == 0;
}

static void
look_services(struct doctor_facts *f)
{
	const char *level = doctor_value(f, NULL, "compatibility_level");
	struct buf out = { 0 }, why = { 0 };
	/* Since 3.0: not, unless it is to be as compatible as can be. */
	bool is_by_default =
	    !doctor_postfix_is(f, 3, 0, 0) || *level == '\0' || *level == '0';

	if (postconf(f, "-M", &out, &why))
		doctor_read_services(f, buf_str(&out), is_by_default);
	buf_reset(&out);
	if (postconf(f, "-Px", &out, &why))
		doctor_read_options(f, buf_str(&out));
	buf_clear(&out);
	buf_clear(&why);
}

static void
look_owner(struct doctor_facts *f)
{
	const char *name = doctor_value(f, NULL, "mail_owner");
	const struct passwd *pw = getpwnam(name);
	gid_t group[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (pw == NULL)
		return;
	f->postfix.uid = pw->pw_uid;
	if (getgrouplist(name, pw->pw_gid, group, &count) == -1)
		count = GROUPS_MAX;
	f->postfix.gid = xcalloc((size_t)count, sizeof(*group));
	memcpy(f->postfix.gid, group, (size_t)count * sizeof(*group));
	f->postfix.gids = (size_t)count;
	f->postfix.has_owner = true;
}

static bool
has_line(const char *text, const char *wanted)
{
	bool is_found = false;
	char *line;

	while ((line = next_line(&text)) != NULL) {
		is_found |= strcmp(line, wanted) == 0;
		free(line);
	}
	return is_found;
}

/* The last line it wrote: "postconf: fatal: open ...". */
static void
set_error(struct doctor_postfix *p, struct buf *why)
{
	const char *last;

	while (why->len > 0 && why->data[why->len - 1] == '\n')
		why->data[--why->len] = '\0';
	last = strrchr(buf_str(why), '\n');
	doctor_text_set(&p->error, last != NULL ? last + 1 : buf_str(why));
}

void
doctor_look_postfix(struct doctor_facts *f, const char *conf)
{
	struct doctor_postfix *p = &f->postfix;
	struct buf out = { 0 }, why = { 0 };
	const char *version;
	bool is_read;

	doctor_text_set(&p->conf, conf);
	is_read = postconf(f, "-x", &out, &why);
	/* Before 2.10. (Not after a fatal error: each takes a second.) */
	if (!is_read && strstr(buf_str(&why), "invalid option") != NULL) {
		buf_reset(&out);
		buf_reset(&why);
		is_read = postconf(f, NULL, &out, &why);
	}
	if (is_read)
		doctor_read_params(&p->param, buf_str(&out));
	version = doctor_params_get(&p->param, "mail_version");
	if (version == NULL) {
		set_error(p, &why);
		goto out;
	}
	p->is_there = true;
	doctor_text_set(&p->version, version);
	doctor_read_version(version, p->number);
	buf_reset(&out);
	if (postconf(f, "-n", &out, &why))
		doctor_read_params(&p->set, buf_str(&out));
	buf_reset(&out);
	p->has_socketmap = !postconf(f, "-m", &out, &why) ||
	    has_line(buf_str(&out), "socketmap");
	look_services(f);
	look_owner(f);
out:
	buf_clear(&out);
	buf_clear(&why);
}
