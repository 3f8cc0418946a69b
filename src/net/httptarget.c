/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "base/xmalloc.h"
#include "net/httptarget.h"

struct httptarget {
	char *path; /* NULL: none */
	struct evkeyvalq query;
};

struct httptarget *
httptarget_new(const char *path, const char *query)
{
	struct httptarget *t = xcalloc(1, sizeof(*t));
	size_t len = 0;

	if (path != NULL)
		t->path = evhttp_uridecode(path, 0, &len);
	if (t->path != NULL && strlen(t->path) != len)
		t->path[0] = '\0';
	TAILQ_INIT(&t->query);
	/* What it cannot read leaves the list empty. */
	if (query != NULL && evhttp_parse_query_str(query, &t->query) == -1)
		TAILQ_INIT(&t->query);
	return t;
}

void
httptarget_free(struct httptarget *t)
{
	if (t == NULL)
		return;
	evhttp_clear_headers(&t->query);
	free(t->path);
	free(t);
}

const char *
httptarget_path(const struct httptarget *t)
{
	return t->path != NULL ? t->path : "";
}

const char *
httptarget_query(const struct httptarget *t, const char *name)
{
	return evhttp_find_header(&t->query, name);
}
