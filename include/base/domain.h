/* SPDX-License-Identifier: ISC */
/*
 * Domain names as DNS and RFC 5321 (4.1.2 "Domain") write them: A-labels,
 * letters, digits and inner hyphens, labels of 1 to 63 octets, 253 in all.
 * Pure.
 */
#ifndef BASE_DOMAIN_H
#define BASE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#define DOMAIN_MAX       253 /* without the final dot and NUL */
#define DOMAIN_LABEL_MAX 63

/* Is it such a name? Any case, no final dot. */
bool domain_is_valid(const char *, size_t len);

/* Does every label consist of digits alone? (Of a valid name.) */
bool domain_is_numeric(const char *, size_t len);

/*
 * The lower-case A-label form of a name as people and MX records write it,
 * NUL-terminated in out; one final dot is cut. Pure ASCII is lower-cased and
 * checked, never given to IDNA (it refuses names that exist, such as
 * xn--ls8h.la). Only labels with a byte >= 0x80 are converted (UTF-8,
 * IDNA2008 non-transitional; U+3002, U+FF0E, U+FF61 are dots), and the result
 * is checked again. Returns the length, or 0 when there is no such name (out
 * is then untouched).
 */
size_t domain_to_ascii(const char *, size_t len, char out[DOMAIN_MAX + 1]);

/* "libidn2 2.3.3", for --version. */
const char *domain_library_version(void);

#endif
