/* SPDX-License-Identifier: ISC */
/*
 * daemon/resolver for the tests above it: what a domain's first label says is
 * what is known of it; "wait" waits until the test lets it go.
 */
#ifndef TEST_FAKERESOLVER_H
#define TEST_FAKERESOLVER_H

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/domain.h"
#include "base/xmalloc.h"
#include "daemon/resolver.h"

struct resolver_wait {
	TAILQ_ENTRY(resolver_wait) entry;
	char domain[DOMAIN_MAX + 1];
	resolver_cb *cb;
	void *arg;
};

static TAILQ_HEAD(, resolver_wait) fake_waits = TAILQ_HEAD_INITIALIZER(
    fake_waits);
static size_t fake_asked, fake_cancelled;
static int64_t fake_until; /* of what is answered at once */
static char fake_domain[DOMAIN_MAX + 1]; /* the last one asked for */
static struct buf fake_mx, fake_text;

static bool
fake_is(const char *domain, const char *word)
{
	return strncmp(domain, word, strlen(word)) == 0;
}

/* enforce unless told otherwise; mx.<domain>, or as many as fill 60 kB. */
static void
fake_answer(const char *domain, struct resolver_answer *answer)
{
	struct sts_policy *policy = &answer->policy;
	size_t i, n = fake_is(domain, "big") ? 3000 : 1;

	*answer = (struct resolver_answer){ .status = RESOLVER_POLICY };
	if (fake_is(domain, "none")) {
		answer->status = RESOLVER_NONE;
		answer->reason = STS_REASON_TXT_NONE;
		return;
	}
	if (fake_is(domain, "temp")) {
		answer->status = RESOLVER_TEMP;
		answer->reason = STS_REASON_BUSY;
		answer->detail = "busy";
		return;
	}
	buf_reset(&fake_mx);
	buf_reset(&fake_text);
	buf_puts(&fake_text, "version: STSv1\n");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_printf(&fake_mx, "mx%zu.big.example%c", i, 0);
		else
			buf_printf(&fake_mx, "mx.%s%c", domain, 0);
	}
	policy->mode = fake_is(domain, "testing") ? STS_MODE_TESTING :
	    fake_is(domain, "off")                ? STS_MODE_NONE :
						    STS_MODE_ENFORCE;
	policy->mx.names = fake_mx.data;
	policy->mx.len = fake_mx.len;
	policy->mx.count = n;
	policy->text = fake_text.data;
	policy->text_len = fake_text.len;
}

enum resolver_status
resolver_ask(struct resolver *r, const struct resolver_query *query,
    struct resolver_answer *answer, struct resolver_wait **wait)
{
	(void)r;
	fake_asked++;
	memcpy(fake_domain, query->domain, query->domain_len);
	fake_domain[query->domain_len] = '\0';
	if (!fake_is(fake_domain, "wait")) {
		fake_answer(fake_domain, answer);
		answer->until = fake_until;
		return answer->status;
	}
	*wait = xcalloc(1, sizeof(**wait));
	memcpy((*wait)->domain, fake_domain, sizeof(fake_domain));
	(*wait)->cb = query->cb;
	(*wait)->arg = query->arg;
	TAILQ_INSERT_TAIL(&fake_waits, *wait, entry);
	return RESOLVER_WAIT;
}

void
resolver_cancel(struct resolver_wait *wait)
{
	if (wait == NULL)
		return;
	fake_cancelled++;
	TAILQ_REMOVE(&fake_waits, wait, entry);
	free(wait);
}

/* Answer the one that waits for longest, as the domain `as` would be. */
static void
fake_release(const char *as)
{
	struct resolver_wait *wait = TAILQ_FIRST(&fake_waits);
	struct resolver_answer answer;
	resolver_cb *cb = wait->cb;
	void *arg = wait->arg;

	fake_answer(as != NULL ? as : wait->domain, &answer);
	TAILQ_REMOVE(&fake_waits, wait, entry);
	free(wait);
	cb(&answer, arg);
}

static void
fake_clear(void)
{
	while (!TAILQ_EMPTY(&fake_waits))
		resolver_cancel(TAILQ_FIRST(&fake_waits));
	buf_clear(&fake_mx);
	buf_clear(&fake_text);
	fake_asked = fake_cancelled = 0;
}

#endif
