/* SPDX-License-Identifier: ISC */
/*
 * The state of a daemon, in place of the cache's, the resolver's and the
 * sockets' own: settings, what was logged, fetched and slow, as a text says.
 */
#ifndef FUZZ_ADMINSTATE_H
#define FUZZ_ADMINSTATE_H

#include "daemon/adminroute.h"
#include "fuzz.h"

/*
 * Lines "name = value" are settings. "!" begins a line of the log, "?" how a
 * fetch ended: a byte for the reason, then the detail; "+" what was slow: its
 * milliseconds. "-" is why the cache cannot be written, "*" a listener, "#"
 * a byte for all that is only counted, "%" why a reload would fail.
 */
void adminstate_begin(struct admin *, struct config *, struct fuzz_part text);
void adminstate_end(struct admin *, struct config *);

/* Lines of the log, of fetches; of what was slow. */
struct adminstate_told {
	size_t errors, fetches, slow, listeners;
	bool is_reload_bad;
};
extern struct adminstate_told adminstate_told;

#endif
