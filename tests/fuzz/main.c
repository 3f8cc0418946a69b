/* SPDX-License-Identifier: ISC */
/*
 * With libFuzzer: the target that FUZZ_TARGET names. Without it: replay the
 * corpora, main FOLDER: each file of FOLDER/NAME goes to the target NAME.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "fuzz.h"

#define PATH_BYTES 1024

static const struct {
	const char *name;
	fuzz_target *run;
} targets[] = {
#define FUZZ_ITEM(name) { #name, fuzz_##name },
	FUZZ_TARGETS(FUZZ_ITEM)
};

#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static const char *input = "input"; /* being replayed */

void
fuzz_fail(const char *file, int line, const char *claim)
{
	fprintf(
	    stderr, "%s: %s:%d: does not hold: %s\n", input, file, line, claim);
	abort();
}

bool
fuzz_next(const char **at, size_t *left, char separator, struct fuzz_part *part)
{
	const char *end;

	if (*left == 0)
		return false;
	end = memchr(*at, separator, *left);
	part->data = *at;
	part->len = end == NULL ? *left : (size_t)(end - *at);
	*at += part->len + (end != NULL);
	*left -= part->len + (end != NULL);
	return true;
}

unsigned int
fuzz_byte(const char **at, size_t *left)
{
	if (*left == 0)
		return 0;
	--*left;
	return (unsigned char)*(*at)++;
}

char *
fuzz_copy(const char *data, size_t len)
{
	char *copy = malloc(len);

	if (len > 0 && copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

bool
fuzz_is_printable(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

#ifdef FUZZ_WITH_LIBFUZZER

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static fuzz_target *chosen;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; name != NULL && i < TARGETS; i++)
		if (strcmp(name, targets[i].name) == 0)
			chosen = targets[i].run;
	if (chosen == NULL) {
		fprintf(stderr, "FUZZ_TARGET: one of");
		for (i = 0; i < TARGETS; i++)
			fprintf(stderr, " %s", targets[i].name);
		fputc('\n', stderr);
		exit(EX_USAGE);
	}
	/* Some parsers log what they leave out. */
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chosen((const char *)data, len);
	return 0;
}

#else

static void
replay(fuzz_target *run, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	char *copy;
	size_t n;

	input = path;
	HOLDS(f != NULL);
	while ((n = fread(buf_reserve(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	fclose(f);
	copy = fuzz_copy(b.data, b.len);
	run(copy, b.len);
	free(copy);
	buf_clear(&b);
}

static size_t
replay_all(fuzz_target *run, const char *folder, const char *name)
{
	char path[PATH_BYTES];
	struct dirent **entry;
	size_t count = 0;
	int n, i;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	n = scandir(path, &entry, NULL, alphasort);
	if (n == -1) {
		perror(path);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", folder, name,
		    entry[i]->d_name);
		if (entry[i]->d_name[0] != '.') {
			count++;
			replay(run, path);
		}
		free(entry[i]);
	}
	free(entry);
	if (count == 0) {
		fprintf(stderr, "%s/%s: no corpus\n", folder, name);
		exit(1);
	}
	return count;
}

int
main(int argc, char **argv)
{
	size_t i, count = 0;

	if (argc == 3) {
		for (i = 0; i < TARGETS; i++)
			if (strcmp(argv[1], targets[i].name) == 0)
				replay(targets[i].run, argv[2]);
		return 0;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: fuzz corpora | fuzz target file\n");
		return EX_USAGE;
	}
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	for (i = 0; i < TARGETS; i++)
		count += replay_all(targets[i].run, argv[1], targets[i].name);
	printf("fuzz: %zu targets, %zu inputs replayed\n", TARGETS, count);
	return 0;
}

#endif
