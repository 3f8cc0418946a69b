/* SPDX-License-Identifier: ISC */
/*
 * Around the commands of postfix-mta-sts-ctl, in place of net/adminclient,
 * net/mapclient, the terminal and time: a daemon that answers what the input
 * says, and what was printed.
 */
#ifndef FUZZ_CTLWORLD_H
#define FUZZ_CTLWORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Between the answers of an input. */
#define CTLWORLD_NEXT '\x1e'

/*
 * From now on answers come from the input: a byte for how it ended ('4': it
 * was refused; '0': none came; else: well), then the body. After the last
 * none come. Until ctlworld_end(), what is printed is kept, standard input is
 * `in`, and is_terminal is what isatty() says.
 */
void
ctlworld_begin(const char *data, size_t len, const char *in, bool is_terminal);

/* What was printed; appended. */
void ctlworld_end(struct buf *out, struct buf *err);

/* The next answer's body as it stands: false when there is none. */
bool ctlworld_answer(struct buf *body);

#endif
