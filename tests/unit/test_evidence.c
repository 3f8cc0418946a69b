/* SPDX-License-Identifier: ISC */
/* Evidence is copied, saved, read back and freed, all members of it. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmalloc.h"
#include "check/evidence.h"
#include "check/evidence_field.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the table itself */

static size_t
align_of(const struct ev_field *f)
{
	switch (f->kind) {
	case EV_BOOL:
	case EV_CHARS:
		return 1;
	case EV_INT:
	case EV_ENUM:
		return f->size;
	case EV_TEXT:
	case EV_BYTES:
	case EV_TEXTS:
	case EV_STRUCT:
	case EV_LIST:
	case EV_ROW:
		return sizeof(void *);
	}
	return 0;
}

static size_t
size_of(const struct ev_field *f)
{
	if (f->kind == EV_LIST || f->kind == EV_TEXTS)
		return sizeof(void *);
	return f->kind == EV_ROW ? f->size * (size_t)f->max :
	    f->kind == EV_BOOL   ? 1 :
				   f->size;
}

/* Every byte of the struct is a member, a count, or padding. */
static void
check_whole(const char *name, const struct ev_field *fields, size_t size)
{
	char *used = xcalloc(size + 8, 1);
	const struct ev_field *f;
	size_t at;

	for (f = fields; f->name != NULL; f++) {
		memset(used + f->offset, 'm', size_of(f));
		used[f->offset] = (char)('0' + align_of(f));
		if (f->kind == EV_LIST || f->kind == EV_TEXTS ||
		    f->kind == EV_ROW) {
			memset(used + f->count_offset, 'm', sizeof(size_t));
			used[f->count_offset] = '0' + sizeof(size_t);
		}
	}
	used[size] = '8';
	for (at = 0; at < size; at++) {
		size_t gap = 0;

		while (used[at] == '\0') {
			gap++;
			at++;
		}
		if (gap > 0 && gap >= (size_t)(used[at] - '0'))
			fail_msg("struct %s: nothing known of %zu bytes "
				 "before %zu",
			    name, gap, at);
	}
	free(used);
}

static const struct ev_field *
fields_of(const struct ev_field *fields, const char *name)
{
	const struct ev_field *f;

	for (f = fields; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f->fields;
	fail_msg("no member %s", name);
	return NULL;
}

static void
test_table(void **state)
{
	(void)state;
	check_whole("evidence", ev_fields_evidence, sizeof(struct evidence));
	check_whole("ev_dns", ev_fields_dns, sizeof(struct ev_dns));
	check_whole(
	    "ev_rr", fields_of(ev_fields_dns, "rr"), sizeof(struct ev_rr));
	check_whole("ev_tls", ev_fields_tls, sizeof(struct ev_tls));
	check_whole("ev_cert", fields_of(ev_fields_tls, "cert"),
	    sizeof(struct ev_cert));
	check_whole("ev_fetch", ev_fields_fetch, sizeof(struct ev_fetch));
	check_whole("ev_header", fields_of(ev_fields_fetch, "header"),
	    sizeof(struct ev_header));
	check_whole("ev_mx", ev_fields_mx, sizeof(struct ev_mx));
	check_whole("ev_ns", fields_of(ev_fields_evidence, "server"),
	    sizeof(struct ev_ns));
}

/* ---- an object with something in every member, and the same again */

static unsigned int serial;

static void fill(const struct ev_field *, void *);

static void
fill_int(const struct ev_field *f, void *member)
{
	uint64_t n = 1 + serial++ % 100;

	if (f->kind == EV_ENUM) {
		n = (uint64_t)f->max;
		while (f->word((int)n)[0] == '?')
			n--;
	} else if (f->min < 0 && serial % 2)
		n = -n;
	else if (f->size == 8 && f->max == INT64_MAX)
		n = (uint64_t)INT64_MAX - n;
	/* Little-endian or not: all members but these have two bytes more. */
	if (f->size == 8)
		memcpy(member, &n, 8);
	else if (f->size == 4)
		memcpy(member, &(uint32_t){ (uint32_t)n }, 4);
	else if (f->size == 2)
		memcpy(member, &(uint16_t){ (uint16_t)n }, 2);
	else
		memcpy(member, &(uint8_t){ (uint8_t)n }, 1);
}

static char *
some_text(void)
{
	static const char *const texts[] = { "a", "", "\xff\xfe", "\"\\\n\x01",
		"gr\xc3\xbc\xc3\x9f", "\xc3" };

	return xstrdup(texts[serial++ % COUNT(texts)]);
}

static void
fill_bytes(struct ev_bytes *b)
{
	static const char raw[] = "a\0b\xff";

	b->len = serial++ % sizeof(raw);
	b->data = xmemdup(raw, b->len);
}

static void
fill_list(const struct ev_field *f, void *object)
{
	size_t i, count = (size_t)f->max < 2 ? 1 : 2;
	char *items = (char *)object + f->offset;

	if (f->kind != EV_ROW) {
		char *list = xcalloc(count, f->size);

		memcpy(items, &list, sizeof(list));
		items = list;
	}
	memcpy((char *)object + f->count_offset, &count, sizeof(count));
	for (i = 0; i < count; i++) {
		if (f->kind == EV_TEXTS)
			((char **)(void *)items)[i] = some_text();
		else
			fill(f->fields, items + i * f->size);
	}
}

static void
fill(const struct ev_field *fields, void *object)
{
	const struct ev_field *f;
	char *text;

	for (f = fields; f->name != NULL; f++) {
		char *member = (char *)object + f->offset;

		switch (f->kind) {
		case EV_BOOL:
			*(bool *)member = true;
			break;
		case EV_INT:
		case EV_ENUM:
			fill_int(f, member);
			break;
		case EV_CHARS:
			strlcpy(member, "good.example", f->size);
			break;
		case EV_TEXT:
			text = some_text();
			memcpy(member, &text, sizeof(text));
			break;
		case EV_BYTES:
			fill_bytes((struct ev_bytes *)(void *)member);
			break;
		case EV_STRUCT:
			fill(f->fields, member);
			break;
		case EV_TEXTS:
		case EV_LIST:
		case EV_ROW:
			fill_list(f, object);
			break;
		}
	}
}

static void same(const struct ev_field *, const void *, const void *);

static void
same_text(const struct ev_field *f, const char *a, const char *b)
{
	if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
		fail_msg("%s: \"%s\", was \"%s\"", f->name, b, a);
}

static void
same_list(const struct ev_field *f, const void *a, const void *b)
{
	const char *x = (const char *)a + f->offset;
	const char *y = (const char *)b + f->offset;
	size_t i, count = ev_field_count(f, a);

	assert_int_equal(count, ev_field_count(f, b));
	if (f->kind != EV_ROW) {
		memcpy(&x, x, sizeof(x));
		memcpy(&y, y, sizeof(y));
	}
	for (i = 0; i < count; i++) {
		if (f->kind == EV_TEXTS)
			same_text(f, ((char *const *)(const void *)x)[i],
			    ((char *const *)(const void *)y)[i]);
		else
			same(f->fields, x + i * f->size, y + i * f->size);
	}
}

static void
same_member(const struct ev_field *f, const void *a, const void *b)
{
	const char *x = (const char *)a + f->offset;
	const char *y = (const char *)b + f->offset;
	struct ev_bytes p, q;

	switch (f->kind) {
	case EV_BOOL:
	case EV_INT:
	case EV_ENUM:
		if (memcmp(x, y, f->size) != 0)
			fail_msg("%s differs", f->name);
		break;
	case EV_CHARS:
		same_text(f, x, y);
		break;
	case EV_TEXT:
		memcpy(&x, x, sizeof(x));
		memcpy(&y, y, sizeof(y));
		same_text(f, x, y);
		break;
	case EV_BYTES:
		memcpy(&p, x, sizeof(p));
		memcpy(&q, y, sizeof(q));
		assert_int_equal(p.len, q.len);
		assert_int_equal(p.data == NULL, q.data == NULL);
		if (p.data != NULL)
			assert_memory_equal(p.data, q.data, p.len + 1);
		break;
	case EV_STRUCT:
		same(f->fields, x, y);
		break;
	case EV_TEXTS:
	case EV_LIST:
	case EV_ROW:
		same_list(f, a, b);
		break;
	}
}

static void
same(const struct ev_field *fields, const void *a, const void *b)
{
	const struct ev_field *f;

	for (f = fields; f->name != NULL; f++)
		same_member(f, a, b);
}

static struct evidence *
load(const char *text, size_t len)
{
	char error[256] = "";
	struct evidence *e = evidence_load(text, len, error, sizeof(error));

	if (e == NULL)
		fail_msg("%s", error);
	return e;
}

/* Many times, since texts and numbers go round. */
static void
test_round_trip(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		struct evidence *e = evidence_new(), *again;
		struct buf one = { 0 }, two = { 0 };

		serial = i;
		fill(ev_fields_evidence, e);
		evidence_save(&one, e);
		again = load(one.data, one.len);
		same(ev_fields_evidence, e, again);
		evidence_save(&two, again);
		assert_string_equal(one.data, two.data);
		evidence_free(e);
		evidence_free(again);
		buf_clear(&one);
		buf_clear(&two);
	}
}

static void
test_nothing(void **state)
{
	static const char text[] = "{\"domain\":\"a.example\",\"format\":1}";
	struct evidence *e, *again;
	struct buf out = { 0 };

	(void)state;
	e = load(text, sizeof(text) - 1);
	assert_string_equal(e->domain, "a.example");
	evidence_save(&out, e);
	again = load(out.data, out.len);
	same(ev_fields_evidence, e, again);
	/* No words about what was never looked at. */
	assert_int_equal(strlen("{\n \"domain\": \"a.example\",\n"
				" \"format\": 1\n}\n"),
	    out.len);
	evidence_free(e);
	evidence_free(again);
	evidence_free(NULL);
	buf_clear(&out);
}

/* What was asked has texts, even when the file leaves them out. */
static void
test_filled(void **state)
{
	static const char text[] = "{\"format\":1,\"domain\":\"a.example\","
				   "\"txt\":{\"is_asked\":true}}";
	struct evidence *e;

	(void)state;
	e = load(text, sizeof(text) - 1);
	assert_string_equal(e->txt.name, "");
	assert_string_equal(e->txt.owner, "");
	assert_string_equal(e->txt.detail, "");
	assert_null(e->spf.name);
	evidence_free(e);
}

/* ---- what is refused */

#define HEAD     "{\"format\":1,\"domain\":\"a.example\","
#define TXT(m)   HEAD "\"txt\":{\"is_asked\":true," m "}}"
#define RR(m)    TXT("\"rr\":[" m "]")
#define FETCH(m) HEAD "\"fetch\":{\"is_asked\":true," m "}}"

static const struct {
	const char *text;
	const char *error;
} hostile[] = {
	{ "", "line" },
	{ "{", "line" },
	{ "[]", "not an object" },
	{ "{}", "no format number" },
	{ "{\"format\":2}", "another format" },
	{ "{\"format\":\"1\"}", "no format number" },
	{ "{\"format\":1}", "domain: missing" },
	{ "{\"format\":1,\"domain\":7}", "domain: not a domain" },
	{ "{\"format\":1,\"domain\":\"\"}", "domain: not a domain" },
	{ "{\"format\":1,\"domain\":\"A.example\"}", "domain: not" },
	{ "{\"format\":1,\"domain\":\"a.example.\"}", "domain: not" },
	{ "{\"format\":1,\"domain\":\"a\\u0000b\"}", "domain: not" },
	{ HEAD "\"format\":1}", "duplicate" },
	{ HEAD "\"what\":1}", "unknown member" },
	{ HEAD "\"input\":1}", "input: not a text" },
	{ HEAD "\"input\":\"a\\u0000b\"}", "input: a NUL" },
	{ HEAD "\"input\":{\"base64\":\"YQBi\"}}", "input: a NUL" },
	{ HEAD "\"time\":-1}", "time: out of range" },
	{ HEAD "\"time\":1.5}", "time: not a whole number" },
	{ HEAD "\"time\":99999999999999999999}", "line" },
	{ HEAD "\"is_null_mx\":1}", "is_null_mx: neither" },
	{ HEAD "\"txt\":[]}", "txt: not an object" },
	{ TXT("\"ttl\":4294967296"), "txt.ttl: out of range" },
	{ TXT("\"ttl\":-1"), "txt.ttl: out of range" },
	{ TXT("\"status\":\"fine\""), "txt.status: an unknown word" },
	{ TXT("\"status\":0"), "txt.status: not a word" },
	{ TXT("\"type\":\"?\""), "txt.type: an unknown word" },
	{ TXT("\"rr\":{}"), "txt.rr: not an array" },
	{ RR("{}"), "txt.rr[0].text: missing" },
	{ RR("{\"text\":\"\"},1"), "txt.rr[1]: not an object" },
	{ RR("{\"text\":\"\",\"usage\":256}"), "usage: out of range" },
	{ RR("{\"text\":{\"base64\":\"YQ=\"}}"), "not base64" },
	{ RR("{\"text\":{\"base64\":\"YR==\"}}"), "not base64" },
	{ RR("{\"text\":{\"base64\":\"Y===\"}}"), "not base64" },
	{ RR("{\"text\":{\"base64\":\" YWJj\"}}"), "not base64" },
	{ RR("{\"text\":{\"base64\":\"YWJ*\"}}"), "not base64" },
	{ RR("{\"text\":{\"base64\":1}}"), "not base64" },
	{ RR("{\"text\":{\"base64\":\"YQ==\",\"b\":1}}"), "not base64" },
	{ RR("{\"text\":{}}"), "not base64" },
	{ FETCH("\"status\":1000"), "fetch.status: out of range" },
	{ FETCH("\"header\":[{\"name\":\"a\"}]"),
	    "fetch.header[0].value: missing" },
	{ FETCH("\"tls\":{\"cert\":[{\"subject\":\"\",\"issuer\":\"\","
		"\"san\":[\"a\",1],\"der\":\"\"}]}"),
	    "fetch.tls.cert[0].san[1]: not a text" },
	{ HEAD "\"host_mx\":[{}]}", "host_mx[0].host: missing" },
	{ HEAD "\"server\":[{\"host\":\"a\"},{}]}", "server[1].host: missing" },
	{ HEAD "\"each\":[{},{},{},{},{}]}", "each: too many" },
	{ HEAD "\"rua_mx\":[{},{}],\"rua_a\":[{},{},{},3]}",
	    "rua_a[3]: not an object" },
};

static void
test_hostile(void **state)
{
	char error[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hostile); i++) {
		const char *text = hostile[i].text;
		/* Not a byte beyond its end is read. */
		char *copy = malloc(strlen(text) + !*text);

		assert_non_null(copy);
		memcpy(copy, text, strlen(text));
		error[0] = '\0';
		if (evidence_load(copy, strlen(text), error, sizeof(error)) !=
			NULL ||
		    strstr(error, hostile[i].error) == NULL)
			fail_msg("row %zu: \"%s\"", i, error);
		free(copy);
	}
}

static void
expect_long(const char *head, const char *item, size_t count, const char *tail,
    const char *why)
{
	struct buf text = { 0 };
	char error[256] = "";
	struct evidence *e;
	size_t i;

	buf_puts(&text, head);
	for (i = 0; i < count; i++)
		buf_printf(
		    &text, "%s%s", i > 0 && item[1] != '\0' ? "," : "", item);
	buf_puts(&text, tail);
	e = evidence_load(text.data, text.len, error, sizeof(error));
	if ((e == NULL) != (why != NULL) ||
	    (why != NULL && strstr(error, why) == NULL))
		fail_msg("%s, %zu of %s: \"%s\"", head, count, item, error);
	evidence_free(e);
	buf_clear(&text);
}

static void
test_too_much(void **state)
{
	(void)state;
	expect_long(HEAD "\"host_mx\":[", "{\"host\":\"m\"}", 100, "]}", NULL);
	expect_long(
	    HEAD "\"host_mx\":[", "{\"host\":\"m\"}", 101, "]}", "too many");
	expect_long(HEAD "\"txt\":{\"rr\":[", "{\"text\":\"m\"}", 101, "]}}",
	    "too many");
	expect_long(HEAD "\"input\":\"", "a", 65536, "\"}", NULL);
	expect_long(HEAD "\"input\":\"", "a", 65537, "\"}", "input: too long");
	expect_long(HEAD "\"fetch\":{\"body\":\"", "a", EVIDENCE_BODY_MAX,
	    "\"}}", NULL);
	expect_long(HEAD "\"fetch\":{\"body\":\"", "a", EVIDENCE_BODY_MAX + 1,
	    "\"}}", "too long");
	expect_long("", " ", EVIDENCE_FILE_MAX + 1, "{}", "16 MiB");
	expect_long("", "[", 100000, "", "line");
	expect_long(HEAD "\"input\":", "[", 3000, "", "line");
}

/* ---- copies of answers */

static void
test_dns_set(void **state)
{
	struct dns_rr txt[2] = { { .txt = { "a\0b", 3 } },
		{ .txt = { "", 0 } } };
	struct dns_answer answer = { .status = DNS_OK,
		.ad = true,
		.has_ttl = true,
		.ttl = 60,
		.cnames = 1,
		.owner = "b.example",
		.rr = txt,
		.count = 2,
		.detail = "NOERROR from 192.0.2.1" };
	struct dns_rr other = { .tlsa = { 3, 1, 2, (const uint8_t *)"xy", 2 } };
	struct ev_dns d = { 0 };

	(void)state;
	ev_dns_set(&d, "a.example", DNS_TXT, &answer);
	assert_true(d.is_asked && d.ad && d.has_ttl && !d.is_cut);
	assert_string_equal(d.name, "a.example");
	assert_string_equal(d.owner, "b.example");
	assert_string_equal(d.detail, "NOERROR from 192.0.2.1");
	assert_int_equal(d.ttl, 60);
	assert_int_equal(d.count, 2);
	assert_int_equal(d.rr[0].text.len, 3);
	assert_memory_equal(d.rr[0].text.data, "a\0b", 4);
	assert_int_equal(d.rr[1].text.len, 0);
	/* Again, over it. */
	answer = (struct dns_answer){ .rr = &other, .count = 1 };
	ev_dns_set(&d, "_25._tcp.a", DNS_TLSA, &answer);
	assert_int_equal(d.rr[0].usage, 3);
	assert_int_equal(d.rr[0].selector, 1);
	assert_int_equal(d.rr[0].matching, 2);
	assert_memory_equal(d.rr[0].text.data, "xy", 3);
	assert_string_equal(d.owner, "_25._tcp.a");
	assert_string_equal(d.detail, "");
	other.a.s_addr = htonl(0xc0000201);
	ev_dns_set(&d, "a.example", DNS_A, &answer);
	assert_string_equal(d.rr[0].text.data, "192.0.2.1");
	inet_pton(AF_INET6, "2001:db8::1", &other.aaaa);
	ev_dns_set(&d, "a.example", DNS_AAAA, &answer);
	assert_string_equal(d.rr[0].text.data, "2001:db8::1");
	other.name = "ns.example";
	ev_dns_set(&d, "a.example", DNS_NS, &answer);
	assert_string_equal(d.rr[0].text.data, "ns.example");
	ev_dns_set(&d, "a.example", DNS_SOA, &answer);
	assert_string_equal(d.rr[0].text.data, "");
	answer = (struct dns_answer){ .status = DNS_NXDOMAIN };
	ev_dns_set(&d, "a.example", DNS_A, &answer);
	assert_int_equal(d.count, 0);
	assert_null(d.rr);
	ev_dns_clear(&d);
	assert_false(d.is_asked);
}

/* Of 200 MX the best 100 stay, equals in their order. */
static void
test_many_mx(void **state)
{
	struct dns_rr rr[200] = { 0 };
	struct dns_answer answer = { .rr = rr, .count = COUNT(rr) };
	char host[COUNT(rr)][8];
	struct ev_dns d = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rr); i++) {
		snprintf(host[i], sizeof(host[i]), "m%zu", i);
		rr[i].mx.host = host[i];
		rr[i].mx.preference = i < 150 ? 20 : 10;
	}
	ev_dns_set(&d, "a.example", DNS_MX, &answer);
	assert_int_equal(d.count, EVIDENCE_MX_MAX);
	assert_true(d.is_cut);
	assert_string_equal(d.rr[0].text.data, "m150");
	assert_int_equal(d.rr[0].preference, 10);
	assert_string_equal(d.rr[49].text.data, "m199");
	assert_string_equal(d.rr[50].text.data, "m0");
	assert_string_equal(d.rr[99].text.data, "m49");
	ev_dns_clear(&d);
}

static void
test_header_find(void **state)
{
	static char name[] = "Content-Type", lower[] = "content-type";
	static char one[] = "a", two[] = "b", none[] = "";
	struct ev_header h[] = { { { none, 0 }, { one, 1 } },
		{ { name, 12 }, { one, 1 } }, { { lower, 12 }, { two, 1 } } };
	struct ev_fetch f = { .header = h, .header_count = COUNT(h) };

	(void)state;
	assert_ptr_equal(ev_header_find(&f, "CONTENT-TYPE"), &h[1].value);
	assert_null(ev_header_find(&f, "Content"));
	assert_null(ev_header_find(&f, "Location"));
	f.header_count = 0;
	assert_null(ev_header_find(&f, "Content-Type"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_filled),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_dns_set),
		cmocka_unit_test(test_many_mx),
		cmocka_unit_test(test_header_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
