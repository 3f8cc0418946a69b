/* SPDX-License-Identifier: ISC */
/* An address that is taken is one of the two families, and reads so again. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/resolvconf.h"

void
fuzz_resolvconf(const char *data, size_t len)
{
	struct resolvconf_address a, again;
	char *text = malloc(len + 1);

	HOLDS(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	if (resolvconf_parse_address(text, &a)) {
		HOLDS(a.sock.any.sa_family == AF_INET ||
		    a.sock.any.sa_family == AF_INET6);
		HOLDS(fuzz_is_printable(a.text, strlen(a.text)));
		HOLDS(resolvconf_parse_address(a.text, &again));
		HOLDS(strcmp(a.text, again.text) == 0);
		HOLDS(a.sock.any.sa_family == again.sock.any.sa_family);
	}
	free(text);
}
