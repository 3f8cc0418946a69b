/* SPDX-License-Identifier: ISC */
/* The TXT record at _smtp._tls.<policy domain>: RFC 8460 section 3. Pure. */
#ifndef STS_TLSRPT_H
#define STS_TLSRPT_H

#include <stdbool.h>
#include <stddef.h>

#include "sts/diag.h"
#include "sts/txt.h"

/* A destination as published; lends from the record. */
struct sts_rua {
	const char *uri;
	size_t len;
	bool is_usable; /* mailto: or https: that can work */
};

#define STS_RUA_MAX 64 /* destinations kept; more are invalid */

struct sts_tlsrpt {
	struct sts_rua rua[STS_RUA_MAX];
	size_t count;
};

/*
 * Like sts_txt_parse(); a record none of whose destinations is usable is
 * STS_TXT_INVALID. out is filled only with STS_TXT_VALID.
 */
enum sts_txt_status sts_tlsrpt_parse(const struct sts_record *, size_t n,
    struct sts_tlsrpt *out, struct sts_diags *diags);

#endif
