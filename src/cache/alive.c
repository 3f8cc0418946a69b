/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cache/alive.h"

#define ALIVE_LATEST_S ((int64_t)1 << 40)

int64_t
alive_read(const char *dir)
{
	char path[PATH_MAX], text[32];
	const char *error = NULL;
	int64_t when = 0;
	FILE *f;

	if (dir == NULL ||
	    snprintf(path, sizeof(path), "%s/alive", dir) >=
		(int)sizeof(path) ||
	    (f = fopen(path, "re")) == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		when = strtonum(text, 1, ALIVE_LATEST_S, &error);
	}
	fclose(f);
	return error == NULL ? when : 0;
}

void
alive_write(const char *dir, int64_t now)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	bool is_written;
	FILE *f;

	if (dir == NULL ||
	    snprintf(path, sizeof(path), "%s/alive", dir) >=
		(int)sizeof(path) ||
	    snprintf(temporary, sizeof(temporary), "%s/alive.new", dir) >=
		(int)sizeof(temporary))
		return;
	if ((f = fopen(temporary, "we")) != NULL) {
		is_written = fprintf(f, "%" PRId64 "\n", now) > 0;
		if (fclose(f) == 0 && is_written &&
		    rename(temporary, path) == 0)
			return;
	}
	log_warning("cache", "%s: %s", path, strerror(errno));
}
