/* SPDX-License-Identifier: ISC */
/* The clause that goes with each finding of a policy file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "sts/policy.h"

#define NONE "version: STSv1\nmode: none\nmax_age: 9999\n"

/* What names the fault, for people; NULL: none. */
static void
test_what(void **state)
{
	static const struct {
		const char *line; /* 4 of a policy of mode none */
		const char *what;
	} cases[] = {
		{ "mx: a.", "a trailing dot" },
		{ "mx: .", "an empty label" },
		{ "mx: .a", "an empty label" },
		{ "mx: a..b", "an empty label" },
		{ "mx: a_b", "an underscore, which no host name holds" },
		{ "mx: a.*.b", "\"*\" may only be the whole left-most label" },
		{ "mx: *", "\"*\" may only be the whole left-most label" },
		{ "mx: *a.b", "\"*\" may only be the whole left-most label" },
		{ "mx: *.", "no name after \"*.\"" },
		{ "mx: a b", "a blank: every name needs its own mx line" },
		{ "mx: a\tb", "a TAB: every name needs its own mx line" },
		{ "mx: a,b", "a comma: every name needs its own mx line" },
		{ "mx: a:25", "a port or an IPv6 address" },
		{ "mx: \xc3\xbc.de",
		    "not ASCII: only the A-label (xn--...) counts" },
		{ "mx: -a", "a label begins or ends with a hyphen" },
		{ "mx: a-", "a label begins or ends with a hyphen" },
		{ "mx: a.-b", "a label begins or ends with a hyphen" },
		{ "mx: a-.b", "a label begins or ends with a hyphen" },
		{ "mx: a-b/", "a character that no host name holds" },
		{ "mx: 1.2.3.4", "an address, never the name of an MX host" },
		{ "mx: *.7", "an address, never the name of an MX host" },
		{ "mx: HostName", "a word that Postfix keeps for itself" },
		{ "mx: nexthop", "a word that Postfix keeps for itself" },
		{ "mx: dot-NextHop", "a word that Postfix keeps for itself" },
		{ "mx: *.hostname", NULL },
		{ "mx: hostname.a", NULL },
		{ "mx: xn--ls8h.la", NULL },
		{ "id: 1", "a policy has no id: it lives in the TXT record" },
		{ "ID: 1", "a policy has no id: it lives in the TXT record" },
		{ "nmx: a", "did you mean mx?" },
		{ "MX: a", "did you mean mx?" },
		{ "m: a", "did you mean mx?" },
		{ "Mode: a", "did you mean mode?" },
		{ "moed: a", "did you mean mode?" },
		{ "max-age: 1", "did you mean max_age?" },
		{ "MAX-AGESS: 1", "did you mean max_age?" },
		{ "maxage: 1", "did you mean max_age?" },
		{ "Max_Ages: 1", "did you mean max_age?" },
		{ "verison: 1", "did you mean version?" },
		{ "versions1: 1", "did you mean version?" },
		{ "versions12: 1", "" },
		{ "txt: a", "" },
		{ "comment: a", "" },
		{ "comment: \xc3\xbc", "not ASCII" },
		{ "x: y\x7f", "a control byte" },
		{ "x y", "no colon" },
		{ "x:", "an empty value" },
	};
	struct sts_policy_file file;
	struct buf body = { 0 };
	const char *what;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sts_diags diags = { .count = 0 };

		buf_reset(&body);
		buf_printf(&body, NONE "%s\n", cases[i].line);
		sts_policy_parse(body.data, body.len, &file, &diags);
		sts_policy_file_clear(&file);
		if (diags.count != (cases[i].what != NULL ? 1 : 0))
			fail_msg("case %zu: %s", i, cases[i].line);
		if (diags.count == 0)
			continue;
		what = diags.diag[0].what != NULL ? diags.diag[0].what : "";
		if (strcmp(what, cases[i].what) != 0 || diags.diag[0].line != 4)
			fail_msg("case %zu: %s", i, what);
	}
	buf_clear(&body);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
