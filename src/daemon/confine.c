/* SPDX-License-Identifier: ISC */
/*
 * Folders, not files: resolv.conf, certificates and configuration are often
 * replaced by renaming, and a rule is about the file that was there.
 */
#include <grp.h>
#include <libgen.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "daemon/confine.h"

#define FOLDERS_MAX    128
#define RESOLV_CONF    "/etc/resolv.conf"
#define CONFIG_DEFAULT SYSCONFDIR "/postfix-mta-sts/postfix-mta-sts.conf"

/* Of the system. Time zones and certificates are below /usr. */
static const char *const system_folders[] = {
	"/etc",
	"/usr/share",
	"/usr/local/share",
	"/run/systemd/resolve",
	"/run/resolvconf",
	"/run/NetworkManager",
	"/proc/self",
};

struct folders {
	struct sandbox_folder item[FOLDERS_MAX];
	char *text[FOLDERS_MAX];
	size_t count;
};

static void
add(struct folders *f, const char *path, enum sandbox_access access)
{
	if (f->count == FOLDERS_MAX)
		return;
	f->text[f->count] = xstrdup(path);
	f->item[f->count] =
	    (struct sandbox_folder){ f->text[f->count], access };
	f->count++;
}

/* The folder that holds path. */
static void
add_parent(struct folders *f, const char *path, enum sandbox_access access)
{
	char *copy;

	if (*path == '\0')
		return;
	copy = xstrdup(path);
	add(f, dirname(copy), access);
	free(copy);
}

static void
add_socket(struct folders *f, const char *address)
{
	if (strncmp(address, "unix:", 5) == 0)
		add_parent(f, address + 5, SANDBOX_SOCKETS);
}

static void
add_all(struct folders *f, const struct config *config, const char *file)
{
	char *target = realpath(RESOLV_CONF, NULL);
	size_t i;

	for (i = 0; i < sizeof(system_folders) / sizeof(*system_folders); i++)
		add(f, system_folders[i], SANDBOX_READ);
	if (target != NULL)
		add_parent(f, target, SANDBOX_READ);
	free(target);
	add_parent(f, file != NULL ? file : CONFIG_DEFAULT, SANDBOX_READ);
	add_parent(f, config->overrides, SANDBOX_READ);
	add_parent(f, config->tls_ca_file, SANDBOX_READ);
	add(f, config->cache_dir, SANDBOX_WRITE);
	add_parent(f, config->pid_file, SANDBOX_SOCKETS);
	add_socket(f, config->admin_listen);
	add_socket(f, config->metrics_listen);
	for (i = 0; i < config->listen.count; i++)
		add_socket(f, config->listen.item[i]);
}

/* What libc loads when it is first asked, as code or from elsewhere. */
static void
warm_up(void)
{
	tzset();
	(void)getpwuid(getuid());
	(void)getgrgid(getgid());
	(void)getservbyname("smtp", "tcp");
}

#ifdef WITHOUT_SANDBOX
/* Sanitizers and coverage open files of their own, at the end. */
#define IS_BUILT_IN false
#else
#define IS_BUILT_IN true
#endif

int
confine(struct loop *loop, const struct config *config, const char *file,
    struct sandbox **out)
{
	struct folders f = { .count = 0 };
	size_t i;

	*out = NULL;
	if (!config->sandbox)
		return 0;
	if (!IS_BUILT_IN) {
		log_info("sandbox", "off: not in a build that checks itself");
		return 0;
	}
	warm_up();
	add_all(&f, config, file);
	*out = sandbox_enter(loop, f.item, f.count);
	for (i = 0; i < f.count; i++)
		free(f.text[i]);
	if (*out == NULL)
		return -1;
	log_info("sandbox", "in force: %s", sandbox_layers(*out));
	return 0;
}
