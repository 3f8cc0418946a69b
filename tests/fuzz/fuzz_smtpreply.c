/* SPDX-License-Identifier: ISC */
/* However an SMTP dialogue comes in pieces, the same replies are read. */
#include <string.h>

#include "fuzz.h"
#include "net/smtpreply.h"

#define REPLIES_MAX 8
#define TEXT_BYTES  512

static void
check_format(const struct smtpreply *r)
{
	char text[TEXT_BYTES];

	smtpreply_format(r, text, sizeof(text));
	HOLDS(fuzz_is_printable(text, strlen(text)));
}

/* In pieces of at most step bytes. */
static enum smtpreply_status
take(struct smtpreply *r, const char *data, size_t len, size_t step,
    size_t *total)
{
	enum smtpreply_status status = SMTPREPLY_MORE;
	size_t used, n;

	*total = 0;
	while (status == SMTPREPLY_MORE && *total < len) {
		n = len - *total < step ? len - *total : step;
		status = smtpreply_take(r, data + *total, n, &used);
		HOLDS(used <= n);
		HOLDS(status != SMTPREPLY_MORE || used == n);
		*total += used;
	}
	return status;
}

void
fuzz_smtpreply(const char *data, size_t len)
{
	struct smtpreply one = { .code = 0 }, two = { .code = 0 };
	size_t step = fuzz_byte(&data, &len) % 32 + 1;
	size_t n, m, replies = 0;
	enum smtpreply_status status;

	while (len > 0 && replies++ < REPLIES_MAX) {
		status = take(&one, data, len, len, &n);
		HOLDS(take(&two, data, len, step, &m) == status && n == m);
		HOLDS(one.code == two.code && one.text.len == two.text.len);
		HOLDS(one.text.len == 0 ||
		    memcmp(one.text.data, two.text.data, one.text.len) == 0);
		HOLDS(one.code >= 0 && one.code <= 999);
		HOLDS(smtpreply_has_keyword(&one, "STARTTLS") ==
		    smtpreply_has_keyword(&two, "starttls"));
		check_format(&one);
		if (status != SMTPREPLY_WHOLE)
			break;
		data += n;
		len -= n;
		smtpreply_reset(&one);
		smtpreply_reset(&two);
	}
	smtpreply_clear(&one);
	smtpreply_clear(&two);
}
