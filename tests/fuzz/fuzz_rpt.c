/* SPDX-License-Identifier: ISC */
/*
 * A TLS-RPT report, in whatever it comes in. What is taken has names that are
 * names, times and counts in their order, and is shown without a byte of a
 * stranger's; however the same report is packed, the same is read.
 */
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/xmalloc.h"
#include "check/rptpack.h"
#include "check/rptsum.h"
#include "fuzz.h"

static void
check_policy(const struct rpt_policy *p)
{
	size_t i, len = strlen(p->domain);

	HOLDS(p->type < RPT_TYPES && domain_is_valid(p->domain, len));
	HOLDS(p->good >= 0 && p->good <= RPT_SESSIONS_MAX);
	HOLDS(p->failed >= 0 && p->failed <= RPT_SESSIONS_MAX);
	HOLDS(p->failures <= RPT_FAILURES_MAX);
	for (i = 0; i < p->failures; i++) {
		const struct rpt_failure *f = &p->failure[i];

		HOLDS(f->result < RPT_RESULTS && f->sessions >= 0);
		HOLDS(
		    f->mx[0] == '\0' || domain_is_valid(f->mx, strlen(f->mx)));
	}
}

static void
check_sums(const struct rpt_reports *all)
{
	struct rpt_sum sum;
	const char **domain;
	size_t i, k, count;
	int64_t most;

	domain = rpt_domains(all, &count);
	for (i = 0; i < count; i++) {
		HOLDS(i == 0 || strcmp(domain[i - 1], domain[i]) < 0);
		rpt_sum(all, domain[i], 0, &sum);
		HOLDS(sum.reports == 1 && sum.senders == 1);
		HOLDS(sum.begin <= sum.end && sum.blocked >= 0);
		most = INT64_MAX;
		for (k = 0; k < sum.rows; k++) {
			HOLDS(sum.row[k].sessions <= most);
			most = sum.row[k].sessions;
		}
		rpt_sum_clear(&sum);
	}
	free(domain);
}

static void
check_shown(const struct rpt_reports *all)
{
	struct buf b = { 0 };
	size_t i;

	rpt_put_text(&b, all);
	rpt_put_json(&b, all);
	for (i = 0; i < b.len; i++)
		HOLDS(b.data[i] == '\n' || fuzz_is_printable(b.data + i, 1));
	buf_clear(&b);
}

static void
check_report(struct rpt_report *r)
{
	struct rpt_reports all = { 0 };
	size_t i;

	HOLDS(r->sender != NULL && r->id != NULL);
	HOLDS(r->begin >= 0 && r->begin <= r->end);
	HOLDS(r->policies <= RPT_POLICIES_MAX);
	for (i = 0; i < r->policies; i++)
		check_policy(&r->policy[i]);
	HOLDS(rpt_add(&all, r));
	rpt_unite(&all);
	HOLDS(all.count == 1 && all.again == 0);
	check_sums(&all);
	check_shown(&all);
	(void)rpt_exit_status(&all);
	rpt_reports_clear(&all);
}

static void
put_gzip(struct buf *out, const struct buf *json)
{
	z_stream z = { 0 };

	HOLDS(deflateInit2(&z, 1, Z_DEFLATED, 16 + 9, 1, Z_FIXED) == Z_OK);
	z.next_in = (const Bytef *)json->data;
	z.avail_in = (uInt)json->len;
	z.avail_out = (uInt)deflateBound(&z, z.avail_in);
	z.next_out = (Bytef *)buf_reserve(out, z.avail_out);
	HOLDS(deflate(&z, Z_FINISH) == Z_STREAM_END);
	out->len += z.total_out;
	deflateEnd(&z);
}

static void
put_mail(struct buf *out, const struct buf *json)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	buf_puts(out,
	    "From: a@b.example\r\n"
	    "Content-Type: multipart/report; boundary=\"=_b\"\r\n\r\n"
	    "--=_b\r\nContent-Type: text/plain\r\n\r\n{}\r\n"
	    "--=_b\r\nContent-Type: application/tlsrpt+json\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	for (i = 0; i < json->len; i++) {
		unsigned char c = (unsigned char)json->data[i];

		buf_printf(out, "=%c%c%s", hex[c >> 4], hex[c & 15],
		    i % 20 == 19 ? "=\r\n" : "");
	}
	buf_puts(out, "=\r\n--=_b--\r\n");
}

static void
check_packed(const struct buf *packed, const struct buf *json)
{
	char error[RPT_ERROR_BYTES] = "";
	struct buf again = { 0 };

	HOLDS(rpt_unpack(packed->data, packed->len, &again, error));
	HOLDS(again.len == json->len &&
	    memcmp(again.data, json->data, json->len) == 0);
	buf_clear(&again);
}

void
fuzz_rpt(const char *data, size_t len)
{
	char error[RPT_ERROR_BYTES] = "";
	struct buf json = { 0 }, packed = { 0 };
	struct rpt_report report;

	if (!rpt_unpack(data, len, &json, error)) {
		HOLDS(json.len == 0 && error[0] != '\0');
		HOLDS(fuzz_is_printable(error, strlen(error)));
		buf_clear(&json);
		return;
	}
	HOLDS(json.len <= RPT_BYTES_MAX);
	if (rpt_parse(buf_str(&json), json.len, &report, error)) {
		check_report(&report);
		put_gzip(&packed, &json);
		check_packed(&packed, &json);
		buf_reset(&packed);
		put_mail(&packed, &json);
		check_packed(&packed, &json);
	} else {
		HOLDS(error[0] != '\0');
		HOLDS(fuzz_is_printable(error, strlen(error)));
	}
	buf_clear(&json);
	buf_clear(&packed);
}
