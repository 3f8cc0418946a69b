/* SPDX-License-Identifier: ISC */
/* What the tests of the life of a policy share. */
#ifndef REFRESH_TEST_H
#define REFRESH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "sts/refresh.h"

#define NAMED(section, what, f)                                    \
	{                                                          \
		"RFC 8461 " section ": " what, f, NULL, NULL, NULL \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NOW    INT64_C(1700000000)
#define MINUTE INT64_C(60)
#define HOUR   INT64_C(3600)
#define DAY    INT64_C(86400)
#define YEAR   INT64_C(31557600)

/* The defaults. */
#define SETTINGS                                                    \
	{                                                           \
		.txt_check_min = MINUTE, .txt_check_max = DAY,      \
		.negative_min = MINUTE, .negative_max = HOUR,       \
		.refresh_interval = DAY, .refresh_min = 5 * MINUTE, \
		.fetch_timeout = MINUTE                             \
	}

#endif
