/* SPDX-License-Identifier: ISC */
/* Reads the bytes of a DNS answer (libresolv's ns_parse). No I/O. */
#ifndef NET_DNSMSG_H
#define NET_DNSMSG_H

#include <stddef.h>
#include <stdint.h>

#include "net/dns.h"

#define DNSMSG_CNAMES_MAX  8
#define DNSMSG_RECORDS_MAX 256

/* An answer and the memory behind it. */
struct dnsmsg;

/*
 * Read an answer to (name, type). CNAMEs are followed by owner name from name
 * on; records of other owners are ignored. NULL when the bytes are no answer
 * (then: ask the next server). answer.detail is NULL; answer.ad is the
 * header's bit, whoever sent it. RCODEs but NOERROR and NXDOMAIN, and a
 * CNAME chain that loops or is longer than the limit, are DNS_FAILED.
 */
struct dnsmsg *
dnsmsg_read(const uint8_t *bytes, size_t len, const char *name, enum dns_type);
const struct dns_answer *dnsmsg_answer(const struct dnsmsg *);
void dnsmsg_free(struct dnsmsg *);

#endif
