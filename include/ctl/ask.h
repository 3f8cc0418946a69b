/* SPDX-License-Identifier: ISC */
/*
 * Questions to the daemon, and answers in JSON. What goes wrong is said on
 * stderr, here and once.
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include <stdarg.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/options.h"
#include "net/adminclient.h"

/* A connection, and how the command ends as things are. */
struct ctl_ask {
	struct adminclient *client;
	struct admin_reply reply; /* of the last question */
	int status; /* enum ctl_exit; that of the last failure */
};

/* False, said: there is no address, or it is none. */
bool ctl_ask_open(struct ctl_ask *, const struct ctl_options *);
void ctl_ask_close(struct ctl_ask *);

/* GET: the reply in ask->reply. False, said, when it is not OK. */
bool ctl_get(struct ctl_ask *, const char *path);

/*
 * One question. body: taken; NULL: none. The object of the answer is the
 * caller's. NULL, said: it failed.
 */
json_t *
ctl_ask(struct ctl_ask *, const char *method, const char *path, json_t *body);

/* Say why the reply is not OK, and set the status. */
void ctl_say_reply(struct ctl_ask *);

/* As ctl_ask(), of a reply that is there already. */
json_t *ctl_read_reply(struct ctl_ask *);

/* For paths and queries: what is not a letter, digit or -._~ as %NN. */
void ctl_put_encoded(struct buf *, const char *);

/* "postfix-mta-sts-ctl: ..." on stderr, escaped. */
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Members: NULL or 0 for one that is not there, or null, or something else.
 * Numbers are kept within 2^53, so that two of them may be added.
 */
const char *ctl_text(const json_t *, const char *name);
int64_t ctl_number(const json_t *, const char *name);
bool ctl_is(const json_t *, const char *name); /* true */

/* The strings of an array, blanks between. */
void ctl_put_words(struct buf *, const json_t *array);

/* A value as printable ASCII, no line's end; flags: jansson's. Appended. */
void ctl_put_json(struct buf *, const json_t *, size_t flags);

/* The same on standard output. */
void ctl_dump_json(const json_t *);

/* One line of it. */
void ctl_print_json(const json_t *);

#endif
