/* SPDX-License-Identifier: ISC */
/*
 * The domains of a run: from arguments, and from a list of lines "D" or
 * "D,label" with "#" comments. Each domain once, in the order given.
 */
#ifndef CHECK_DOMAINLIST_H
#define CHECK_DOMAINLIST_H

#include <stdbool.h>
#include <stddef.h>

#define DOMAINLIST_MAX   100000
#define DOMAINLIST_LABEL 100 /* bytes of a label that are kept */

struct domainlist {
	struct domainlist_item {
		char *input; /* as given */
		char *domain; /* what it folds to */
		char *label; /* "": none */
	} * item;
	size_t count;
	size_t bad; /* given, but no domains; each was said on stderr */
};

/* A zeroed struct is empty. label: any bytes, or NULL. */
void domainlist_add(struct domainlist *, const char *input, const char *label);

/*
 * Read a file, "-" for standard input. What is no domain is said with its
 * line; -1, and said so: it cannot be read, or has too many lines.
 */
int domainlist_read(struct domainlist *, const char *path);

/* Take out what came before. Call it once, when all were added. */
void domainlist_unite(struct domainlist *);

void domainlist_clear(struct domainlist *);

#endif
