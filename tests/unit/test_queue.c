/* SPDX-License-Identifier: ISC */
/* Deferred mail, grouped; lists as Postfix writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "check/myhost.h"
#include "check/queue.h"

static const struct {
	const char *reason;
	enum queue_cause cause;
} reasons[] = {
	{ "Server certificate not verified", QUEUE_CERTIFICATE },
	{ "TLS is required, but was not offered by host mx.a.test[192.0.2.1]",
	    QUEUE_NO_STARTTLS },
	{ "Cannot start TLS: handshake failure", QUEUE_HANDSHAKE },
	{ "TLS policy lookup error for a.test", QUEUE_LOOKUP },
	{ "TLS is required, but our TLS engine is unavailable", QUEUE_LOOKUP },
	{ "connect to mx.a.test[192.0.2.1]:25: Connection refused",
	    QUEUE_OTHER },
	{ "", QUEUE_OTHER },
};

static void
test_cause(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (queue_cause_of(reasons[i].reason) != reasons[i].cause)
			fail_msg("%zu", i);
}

static void
on_route(const char *domain, struct buf *out, void *arg)
{
	(void)arg;
	if (strcmp(domain, "relayed.test") == 0)
		buf_puts(out, "[relay.test]:587");
	else
		buf_puts(out, domain);
}

#define MAIL(time, recipients)                                   \
	"{\"queue_name\": \"deferred\", \"arrival_time\": " time \
	", \"recipients\": [" recipients "]}\n"
#define TO(address, reason) \
	"{\"address\": \"" address "\", \"delay_reason\": \"" reason "\"}"

static void
test_parse(void **state)
{
	static const char json[] = MAIL("200",
	    TO("x@A.test", "TLS is required") "," TO("y@b.test", "timeout"))
	    MAIL("100", TO("z@a.test", "certificate"))
		MAIL("150", TO("x@relayed.test", "no TLS"))
		    MAIL("1", "{\"address\": \"q@active.test\"}")
			MAIL("1", TO("x@[192.0.2.1]", "TLS")) MAIL(
			    "1", TO("postmaster", "TLS")) "no JSON\n[]\n7\n"
							  "{\"recipients\": 7"
							  "}\n{}";
	struct queue q = { 0 };

	(void)state;
	queue_parse(&q, json, sizeof(json) - 1, on_route, NULL);
	assert_int_equal(q.hops, 2);
	assert_string_equal(q.hop[0].domain, "a.test");
	assert_string_equal(q.hop[0].nexthop, "A.test");
	assert_int_equal(q.hop[0].recipients, 2);
	assert_int_equal(q.hop[0].oldest, 100);
	assert_string_equal(q.hop[0].reason, "TLS is required");
	assert_string_equal(q.hop[1].nexthop, "[relay.test]:587");
	assert_ptr_equal(queue_find(&q, "relay.test"), &q.hop[1]);
	assert_null(queue_find(&q, "b.test"));
	/* b.test's, and the address literal's */
	assert_int_equal(q.others, 2);
	queue_clear(&q);
}

static void
test_list(void **state)
{
	static const char *const items[] = { "a.test", "hash:/x",
		"inline:{ {a = 1}, {b = 2} }", "!c", "}" };
	const char *at =
	    " a.test,\thash:/x , inline:{ {a = 1}, {b = 2} }\n!c }";
	struct buf item = { 0 };
	size_t i = 0;

	(void)state;
	for (; (at = myhost_next(at, &item)) != NULL; i++)
		assert_string_equal(item.data, items[i]);
	assert_int_equal(i, 5);
	assert_null(myhost_next("", &item));
	buf_clear(&item);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cause),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
