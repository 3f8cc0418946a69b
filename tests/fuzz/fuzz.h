/* SPDX-License-Identifier: ISC */
/*
 * A target takes any bytes and aborts when what it claims does not hold. The
 * bytes are in memory of their exact size, so that ASan sees a read past the
 * end; those given out here are, too.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

typedef void fuzz_target(const char *, size_t len);

/* One file each, fuzz_NAME.c. */
#define FUZZ_TARGETS(X) \
	X(admin)        \
	X(answer)       \
	X(config)       \
	X(ctl)          \
	X(dnsmsg)       \
	X(domain)       \
	X(entry)        \
	X(evidence)     \
	X(fold)         \
	X(httphead)     \
	X(httphost)     \
	X(mxmatch)      \
	X(netstring)    \
	X(nexthop)      \
	X(overrides)    \
	X(policy)       \
	X(queue)        \
	X(record)       \
	X(resolvconf)   \
	X(rpt)          \
	X(smtpreply)    \
	X(socketmap)    \
	X(tlsa)         \
	X(tlsrpt)       \
	X(txt)          \
	X(verdict)

#define FUZZ_DECLARE(name) fuzz_target fuzz_##name;
FUZZ_TARGETS(FUZZ_DECLARE)
#undef FUZZ_DECLARE

/* The claim, and abort() if it is not true. */
#define HOLDS(claim)                                           \
	do {                                                   \
		if (!(claim))                                  \
			fuzz_fail(__FILE__, __LINE__, #claim); \
	} while (0)

_Noreturn void fuzz_fail(const char *file, int line, const char *claim);

/* Of the input: the bytes up to separator, which is cut. False at its end. */
struct fuzz_part {
	const char *data;
	size_t len;
};
bool
fuzz_next(const char **at, size_t *left, char separator, struct fuzz_part *);

/* The first byte, which is cut; 0 when there is none. */
unsigned int fuzz_byte(const char **at, size_t *left);

/* A copy of exactly len bytes; the caller's. */
char *fuzz_copy(const char *, size_t len);

bool fuzz_is_printable(const char *, size_t len);

#endif
