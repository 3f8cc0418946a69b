/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "base/xmalloc.h"
#include "net/fetchseen.h"

struct fetchseen *
fetchseen_new(void)
{
	return xcalloc(1, sizeof(struct fetchseen));
}

void
fetchseen_free(struct fetchseen *seen)
{
	if (seen == NULL)
		return;
	sk_X509_pop_free(seen->tls.chain, X509_free);
	buf_clear(&seen->head);
	buf_clear(&seen->body);
	free(seen);
}
