/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/user.h"

static int
find_ids(const char *user, const char *group, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw;
	const struct group *gr;

	if ((pw = getpwnam(user)) == NULL) {
		log_error("user", "user %s does not exist", user);
		return -1;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	if (*group == '\0')
		return 0;
	if ((gr = getgrnam(group)) == NULL) {
		log_error("user", "group %s does not exist", group);
		return -1;
	}
	*gid = gr->gr_gid;
	return 0;
}

int
user_become(const char *user, const char *group)
{
	uid_t uid;
	gid_t gid;

	if (*user == '\0') {
		if (geteuid() == 0)
			log_warning("user", "running as root: set user");
		return 0;
	}
	if (find_ids(user, group, &uid, &gid) == -1)
		return -1;
	if (geteuid() == uid && getegid() == gid)
		return 0;
	if (initgroups(user, gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1) {
		log_error(
		    "user", "cannot become user %s: %s", user, strerror(errno));
		return -1;
	}
	return 0;
}

int
user_make_dir(const char *path, const char *user, const char *group)
{
	uid_t uid;
	gid_t gid;

	if (*user == '\0' || geteuid() != 0)
		return 0; /* made by whoever needs it */
	if (find_ids(user, group, &uid, &gid) == -1)
		return -1;
	if (mkdir(path, 0750) == -1) {
		if (errno == EEXIST)
			return 0;
	} else if (chown(path, uid, gid) == 0) {
		return 0;
	}
	log_error("user", "%s: %s", path, strerror(errno));
	return -1;
}
