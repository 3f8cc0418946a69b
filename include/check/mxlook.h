/* SPDX-License-Identifier: ISC */
/*
 * The dialogues with MX hosts, shared by all domains of a run: a host that
 * many domains have is looked at once, and all are told what it showed.
 */
#ifndef CHECK_MXLOOK_H
#define CHECK_MXLOOK_H

#include <stddef.h>

#include "base/config.h"
#include "base/loop.h"
#include "check/evidence.h"
#include "check/polite.h"
#include "net/fetch.h"

#define MXLOOK_ADDRESSES 2 /* of a host that are tried */

struct mxlook;
struct mxlook_wait;

struct mxlook *mxlook_new(
    struct loop *, const struct config *, struct fetcher *, struct polite *);

/* Ends what is under way; nobody may wait any more. NULL is fine. */
void mxlook_free(struct mxlook *);

struct mxlook_question {
	const char *host;
	const char *address[MXLOOK_ADDRESSES]; /* text, at least one */
	size_t count;
	const char *helo;
};

/*
 * Of what is seen only the dialogue counts: end to tls. Its members may be
 * taken over (and zeroed); what is left is freed after the call.
 */
typedef void mxlook_cb(struct ev_mx *seen, void *arg);

/*
 * cb comes exactly once, later, unless cancelled; begun, before it, when the
 * dialogue has its turn. The handle is gone when cb begins. The question is
 * copied.
 */
struct mxlook_wait *mxlook_ask(struct mxlook *, const struct mxlook_question *,
    loop_cb *begun, mxlook_cb *, void *arg);

/* The dialogue goes on, for the others. NULL is fine. */
void mxlook_cancel(struct mxlook_wait *);

#endif
