/* SPDX-License-Identifier: ISC */
/* The TXT record at _mta-sts.<policy domain>: RFC 8461 section 3.1. Pure. */
#ifndef STS_TXT_H
#define STS_TXT_H

#include <stddef.h>

#include "sts/diag.h"

#define STS_ID_MAX 32

/* One TXT RR, its strings already joined without separators; any bytes. */
struct sts_record {
	const char *data;
	size_t len;
};

enum sts_txt_status {
	STS_TXT_VALID,
	STS_TXT_NONE, /* no RR begins with the version and a ";" */
	STS_TXT_MULTIPLE, /* more than one does */
	STS_TXT_INVALID /* the one that does breaks the ABNF */
};

/*
 * Read all TXT RRs of a name. With STS_TXT_VALID, id is set (first one wins);
 * otherwise it is untouched. diags (may be NULL) get everything odd in the
 * records that count; offsets are within the record, `line` is the record's
 * number from 1.
 */
enum sts_txt_status sts_txt_parse(const struct sts_record *, size_t n,
    char id[STS_ID_MAX + 1], struct sts_diags *diags);

#endif
