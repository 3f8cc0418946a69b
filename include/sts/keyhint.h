/* SPDX-License-Identifier: ISC */
/* Which field of a policy was meant by an unknown name? Private to sts/. */
#ifndef STS_KEYHINT_H
#define STS_KEYHINT_H

#include <stddef.h>

/* "did you mean ...", or what an id is doing here; NULL: no idea. */
const char *sts_keyhint(const char *name, size_t len);

#endif
