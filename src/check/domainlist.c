/* SPDX-License-Identifier: ISC */
/* A bad line costs itself only; the run says so and goes on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check/domainlist.h"
#include "check/probe.h"
#include "check/report.h"

#define LINE_MAX_BYTES 4096
#define FIRST_ITEMS    16

static void
say_no_domain(const char *input, const char *path, size_t line)
{
	struct buf where = { 0 }, shown = { 0 };

	if (path != NULL)
		buf_printf(&where, "%s:%zu: ", path, line);
	report_escape_cut(&shown, input, strlen(input), 200);
	fprintf(stderr, "postfix-mta-sts: %s%s is no domain\n", buf_str(&where),
	    buf_str(&shown));
	buf_clear(&where);
	buf_clear(&shown);
}

static void
put(struct domainlist *list, const char *input, const char *label,
    const char *path, size_t line)
{
	char domain[DOMAIN_MAX + 1];
	struct domainlist_item *item;
	const char *note;
	size_t n = list->count;

	if (!probe_fold(input, domain, &note)) {
		say_no_domain(input, path, line);
		list->bad++;
		return;
	}
	/* Room is made whenever the count is a power of two. */
	if (n == 0 || (n >= FIRST_ITEMS && (n & (n - 1)) == 0))
		list->item = xreallocarray(list->item,
		    n == 0 ? FIRST_ITEMS : 2 * n, sizeof(*list->item));
	item = &list->item[list->count++];
	item->input = xstrdup(input);
	item->domain = xstrdup(domain);
	item->label = xmemdup(label, strnlen(label, DOMAINLIST_LABEL));
}

void
domainlist_add(struct domainlist *list, const char *input, const char *label)
{
	put(list, input, label != NULL ? label : "", NULL, 0);
}

static char *
trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r\n");
	len = strlen(s);
	while (len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL)
		s[--len] = '\0';
	return s;
}

static void
read_line(struct domainlist *list, char *text, const char *path, size_t line)
{
	char *comment = strchr(text, '#'), *label;
	static const char bom[] = "\xef\xbb\xbf";

	if (comment != NULL)
		*comment = '\0';
	if (line == 1 && strncmp(text, bom, strlen(bom)) == 0)
		text += strlen(bom);
	label = strchr(text, ',');
	if (label != NULL)
		*label++ = '\0';
	text = trim(text);
	if (text[0] != '\0' || label != NULL)
		put(list, text, label != NULL ? trim(label) : "", path, line);
}

static int
read_lines(struct domainlist *list, FILE *f, const char *path)
{
	char text[LINE_MAX_BYTES];
	size_t line = 0, len;
	bool is_rest = false; /* of a line that was too long */

	while (fgets(text, sizeof(text), f) != NULL) {
		len = strlen(text);
		if (!is_rest) {
			line++;
			read_line(list, text, path, line);
		}
		is_rest = len == sizeof(text) - 1 && text[len - 1] != '\n';
		if (list->count + list->bad > DOMAINLIST_MAX) {
			fprintf(stderr,
			    "postfix-mta-sts: %s: over %d domains: split it\n",
			    path, DOMAINLIST_MAX);
			return -1;
		}
	}
	return 0;
}

int
domainlist_read(struct domainlist *list, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	int result;

	if (f == NULL) {
		fprintf(
		    stderr, "postfix-mta-sts: %s: %s\n", path, strerror(errno));
		return -1;
	}
	result = read_lines(list, f, is_stdin ? "standard input" : path);
	if (result == 0 && ferror(f)) {
		fprintf(
		    stderr, "postfix-mta-sts: %s: %s\n", path, strerror(errno));
		result = -1;
	}
	if (!is_stdin)
		fclose(f);
	return result;
}

static void
item_clear(struct domainlist_item *item)
{
	free(item->input);
	free(item->domain);
	free(item->label);
}

struct sorted {
	struct domainlist_item *item;
};

/* By domain, and of the same as they came: the items are one array. */
static int
compare(const void *va, const void *vb)
{
	const struct domainlist_item *a = ((const struct sorted *)va)->item;
	const struct domainlist_item *b = ((const struct sorted *)vb)->item;
	int order = strcmp(a->domain, b->domain);

	return order != 0 ? order : (a > b) - (a < b);
}

void
domainlist_unite(struct domainlist *list)
{
	struct sorted *sorted;
	size_t i, n = 0;

	if (list->count < 2)
		return;
	sorted = xcalloc(list->count, sizeof(*sorted));
	for (i = 0; i < list->count; i++)
		sorted[i].item = &list->item[i];
	qsort(sorted, list->count, sizeof(*sorted), compare);
	for (i = list->count - 1; i > 0; i--) {
		if (strcmp(sorted[i].item->domain,
			sorted[i - 1].item->domain) == 0) {
			item_clear(sorted[i].item);
			sorted[i].item->domain = NULL;
		}
	}
	for (i = 0; i < list->count; i++)
		if (list->item[i].domain != NULL)
			list->item[n++] = list->item[i];
	list->count = n;
	free(sorted);
}

void
domainlist_clear(struct domainlist *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		item_clear(&list->item[i]);
	free(list->item);
	*list = (struct domainlist){ 0 };
}
