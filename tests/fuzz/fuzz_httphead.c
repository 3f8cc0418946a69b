/* SPDX-License-Identifier: ISC */
/*
 * Header lines. A policy file follows only on status 200 with one text/plain,
 * whatever else they say.
 */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "net/httphead.h"

#define BODY_MAX 65536

static void
check_field(const struct httphead_field *field)
{
	HOLDS(memchr(field->text, '\0', sizeof(field->text)) != NULL);
	HOLDS(field->count > 0 || field->text[0] == '\0');
}

static void
judge(const struct httphead *head)
{
	char detail[256] = "";

	switch (httphead_judge(head, BODY_MAX, detail, sizeof(detail))) {
	case STS_REASON_OK:
		HOLDS(head->status == 200 && head->type.count == 1);
		HOLDS(strncasecmp(head->type.text, "text/plain", 10) == 0);
		HOLDS(strchr("; \t", head->type.text[10]) != NULL);
		HOLDS(head->coding.count == 0 && head->transfer.count == 0);
		HOLDS(head->is_chunked || !head->has_length ||
		    head->length <= BODY_MAX);
		break;
	case STS_REASON_REDIRECT:
		HOLDS(head->status >= 300 && head->status < 400);
		break;
	default:
		HOLDS(detail[0] != '\0');
		break;
	}
	HOLDS(memchr(detail, '\0', sizeof(detail)) != NULL);
}

void
fuzz_httphead(const char *data, size_t len)
{
	struct httphead head = { 0 };
	struct fuzz_part line;
	size_t bytes = 0, n;

	while (fuzz_next(&data, &len, '\n', &line)) {
		/* The last line may have no end. */
		n = line.len + (line.data + line.len < data);
		bytes += n;
		if (!httphead_take(&head, line.data, n)) {
			HOLDS(bytes > HTTPHEAD_MAX_BYTES);
			return;
		}
		HOLDS(head.bytes == bytes && bytes <= HTTPHEAD_MAX_BYTES);
		check_field(&head.type);
		check_field(&head.coding);
		check_field(&head.transfer);
		check_field(&head.location);
		if (head.is_complete)
			judge(&head);
	}
}
