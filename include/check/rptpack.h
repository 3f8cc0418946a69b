/* SPDX-License-Identifier: ISC */
/*
 * The ways in which a report comes (RFC 8460 section 5): JSON, gzip, a mail
 * with either attached. Bounded, whatever it is. Pure.
 */
#ifndef CHECK_RPTPACK_H
#define CHECK_RPTPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "check/rptreport.h"

/* The report's JSON, appended; false, and why (printable): there is none. */
bool rpt_unpack(
    const char *, size_t len, struct buf *json, char error[RPT_ERROR_BYTES]);

/* rptmime.c: the attachment's bytes, decoded; false: a mail has none. */
bool rpt_mail_find(const char *, size_t len, struct buf *attachment);

#endif
