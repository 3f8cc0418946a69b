/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/clock.h"
#include "daemon/warned.h"

#define DAY_S 86400

bool
warned_may(struct warned *w, const char *event, const char *domain)
{
	int64_t now = clock_now();
	size_t i;

	for (i = 0; i < WARNED_MAX; i++) {
		if (w->item[i].event == event &&
		    now - w->item[i].when < DAY_S &&
		    strcmp(w->item[i].domain, domain) == 0)
			return false;
	}
	if (w->item[w->next].event != NULL &&
	    now - w->item[w->next].when < DAY_S)
		return false;
	w->item[w->next].event = event;
	strlcpy(
	    w->item[w->next].domain, domain, sizeof(w->item[w->next].domain));
	w->item[w->next].when = now;
	w->next = (w->next + 1) % WARNED_MAX;
	return true;
}
