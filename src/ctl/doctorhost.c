/* SPDX-License-Identifier: ISC */
/* Files of this host: certificates, the cache's folder. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "ctl/doctorlook.h"

#define BEGIN       "-----BEGIN "
#define CERTIFICATE "CERTIFICATE-----"

static const char *const system_cas[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt", /* Fedora, RHEL */
	"/etc/ssl/ca-bundle.pem", /* SUSE */
	"/etc/ssl/cert.pem", /* BSD */
	"/usr/local/etc/ssl/cert.pem",
};

static void
count_in_file(struct doctor_ca *ca)
{
	FILE *file = fopen(ca->path, "re");
	char *line = NULL;
	size_t size = 0, len;

	if (file == NULL) {
		ca->error = errno;
		return;
	}
	while (getline(&line, &size, file) != -1) {
		len = strlen(BEGIN);
		/* "BEGIN TRUSTED CERTIFICATE" and "X509" are ones, too. */
		ca->certificates += strncmp(line, BEGIN, len) == 0 &&
		    strstr(line + len, CERTIFICATE) != NULL;
	}
	free(line);
	fclose(file);
}

/* "1a2b3c4d.0", as c_rehash(1) names them. */
static bool
is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	    name[9] != '\0' && name[9 + strspn(name + 9, "0123456789")] == '\0';
}

static void
count_in_folder(struct doctor_ca *ca)
{
	const struct dirent *entry;
	DIR *dir = opendir(ca->path);

	if (dir == NULL) {
		ca->error = errno;
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		ca->certificates += is_hashed(entry->d_name);
	closedir(dir);
}

static void
look_ca(struct doctor_facts *f, const char *path, bool is_folder)
{
	struct doctor_ca *ca;

	if (doctor_ca_find(f, path) != NULL)
		return;
	ca = doctor_ca_new(f);
	ca->path = xstrdup(path);
	if (is_folder)
		count_in_folder(ca);
	else
		count_in_file(ca);
}

static void
look_client_ca(struct doctor_facts *f, const struct doctor_client *client)
{
	const char *file = doctor_value(f, client, "smtp_tls_CAfile");
	const char *folder = doctor_value(f, client, "smtp_tls_CApath");
	struct buf path = { 0 };

	if (*file != '\0') {
		look_ca(f, file, false);
	} else if (*folder != '\0') {
		buf_printf(&path, "%s%s",
		    client != NULL && client->is_chrooted ?
			doctor_value(f, NULL, "queue_directory") :
			"",
		    folder);
		look_ca(f, path.data, true);
	}
	buf_clear(&path);
}

/* A file in the folder that is not the user's. */
static void
find_foreign(struct doctor_cache *c)
{
	const struct dirent *entry;
	struct buf path = { 0 };
	DIR *dir = opendir(c->path);
	struct stat st;

	while (dir != NULL && c->foreign == NULL &&
	    (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		buf_reset(&path);
		buf_printf(&path, "%s/%s", c->path, entry->d_name);
		if (lstat(path.data, &st) == 0 && st.st_uid != c->uid_wanted)
			doctor_text_set(&c->foreign, path.data);
	}
	if (dir != NULL)
		closedir(dir);
	buf_clear(&path);
}

static void
look_cache(struct doctor_facts *f)
{
	struct doctor_cache *c = &f->cache;
	const char *path = doctor_setting(f, "cache_dir");
	const struct passwd *pw = NULL;
	struct stat st;

	if (*path == '\0')
		return;
	doctor_text_set(&c->path, path);
	if (stat(path, &st) == -1) {
		c->error = errno;
		return;
	}
	c->is_folder = S_ISDIR(st.st_mode);
	c->uid = st.st_uid;
	c->mode = st.st_mode;
	if (f->daemon.user != NULL)
		pw = getpwnam(f->daemon.user);
	if (pw == NULL)
		return;
	c->has_user = true;
	c->uid_wanted = pw->pw_uid;
	if (c->is_folder)
		find_foreign(c);
}

void
doctor_look_host(struct doctor_facts *f)
{
	size_t i;

	f->is_root = geteuid() == 0;
	f->has_systemd = access("/run/systemd/system", F_OK) == 0;
	for (i = 0; i < sizeof(system_cas) / sizeof(system_cas[0]); i++) {
		if (access(system_cas[i], R_OK) == 0) {
			doctor_text_set(&f->system_ca, system_cas[i]);
			break;
		}
	}
	if (f->postfix.is_there)
		look_client_ca(f, NULL);
	for (i = 0; i < f->postfix.clients; i++)
		look_client_ca(f, &f->postfix.client[i]);
	look_cache(f);
}
