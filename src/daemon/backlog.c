/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "daemon/backlog.h"

static int
compare(const struct backlog_item *item, int64_t expires, const char *domain)
{
	if (item->expires != expires)
		return item->expires < expires ? -1 : 1;
	return strcmp(item->domain, domain);
}

/* Behind all that expire later. */
static size_t
find(const struct backlog *b, const char *domain, int64_t expires)
{
	size_t low = 0, high = b->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(&b->item[middle], expires, domain) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
backlog_add(struct backlog *b, const char *domain, int64_t expires)
{
	size_t i = find(b, domain, expires);

	if (i < b->count && compare(&b->item[i], expires, domain) == 0)
		return;
	if (b->count == BACKLOG_MAX) {
		if (i == 0)
			return;
		i--;
		memmove(b->item, b->item + 1, i * sizeof(b->item[0]));
	} else {
		memmove(b->item + i + 1, b->item + i,
		    (b->count - i) * sizeof(b->item[0]));
		b->count++;
	}
	b->item[i].expires = expires;
	strlcpy(b->item[i].domain, domain, sizeof(b->item[i].domain));
}

bool
backlog_take(struct backlog *b, struct backlog_item *item)
{
	if (b->count == 0)
		return false;
	*item = b->item[--b->count];
	return true;
}
