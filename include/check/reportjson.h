/* SPDX-License-Identifier: ISC */
/* The parts of the JSON report. Private to report_json*.c. */
#ifndef CHECK_REPORTJSON_H
#define CHECK_REPORTJSON_H

#include <jansson.h>

#include "check/report.h"

/* Text as a string; bytes that are not UTF-8 text escaped as \xNN. NULL:
 * null. */
json_t *report_json_text(const char *);
json_t *report_json_bytes(const char *, size_t len);

/* A time as "2026-05-28T20:26:40Z". */
json_t *report_json_time(int64_t);

/* object[key] = value, which is taken. */
void report_json_set(json_t *object, const char *key, json_t *value);
void report_json_append(json_t *array, json_t *value);

/* report_json_seen.c: new objects, or null where there is nothing. */
json_t *report_json_records(const struct check_report *);
json_t *report_json_policy(const struct check_report *);
json_t *report_json_mx(const struct check_report *);
json_t *report_json_certificate(const struct ev_tls *, int64_t now);

#endif
