/* SPDX-License-Identifier: ISC */
/*
 * An answer from a server whose AD bit is not believed leaves the look-up
 * open, as do our own faults: neither says anything about the domain, and
 * what is open makes the verdict unknown.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "daemon/danejob.h"

#define AT_ONCE   8 /* hosts */
#define NAME_SIZE 300 /* "_65535._tcp." and a name */

/* One look-up: of the job (MX), or of a host. */
struct danelook {
	struct danejob *job;
	struct danehost *host;
	struct sts_dane_look *seen;
	enum dns_type type;
	char *name;
	struct dns_lookup *lookup; /* NULL: not under way */
};

struct danehost {
	char *name;
	char *alias; /* what it is a signed alias of, or NULL */
	struct sts_dane_host seen;
	struct danelook a, aaaa, tlsa;
};

struct danejob {
	struct dns *dns;
	char *domain;
	uint16_t port;
	bool is_behind;
	bool has_mx;
	struct sts_dane_look mx_seen;
	struct danelook mx;
	struct danehost host[VERDICT_HOSTS_MAX];
	size_t hosts;
	size_t begun; /* of them */
	size_t running;
	bool has_signed, has_doubt, has_ttl;
	uint32_t ttl;
	struct buf detail;
	danejob_cb *cb;
	void *arg;
};

static void on_answer(const struct dns_answer *, void *);

static void
begin_look(struct danelook *look)
{
	look->lookup = dns_lookup(look->job->dns, look->name, look->type,
	    look->job->is_behind ? DNS_BACKGROUND : DNS_QUERY, on_answer, look);
}

static void
end_look(struct danelook *look)
{
	if (look->lookup != NULL)
		dns_cancel(look->lookup);
	look->lookup = NULL;
	free(look->name);
	look->name = NULL;
}

static void
ask(struct danelook *look, enum dns_type type, const char *name)
{
	look->type = type;
	look->name = xstrdup(name);
	*look->seen = (struct sts_dane_look){ 0 };
	begin_look(look);
}

static struct danehost *
add_host(struct danejob *job, const char *name)
{
	struct danehost *h = &job->host[job->hosts++];

	h->name = xstrdup(name);
	h->a = (struct danelook){ .job = job, .host = h, .seen = &h->seen.a };
	h->aaaa =
	    (struct danelook){ .job = job, .host = h, .seen = &h->seen.aaaa };
	h->tlsa =
	    (struct danelook){ .job = job, .host = h, .seen = &h->seen.tlsa };
	return h;
}

struct danejob *
danejob_start(struct dns *dns, const struct danejob_question *q, danejob_cb *cb,
    void *arg)
{
	struct danejob *job = xcalloc(1, sizeof(*job));
	struct danehost *host;

	job->dns = dns;
	job->domain = xstrdup(q->domain);
	job->port = q->port;
	job->is_behind = q->is_behind;
	job->has_mx = !q->is_bracketed;
	job->cb = cb;
	job->arg = arg;
	job->mx = (struct danelook){ .job = job, .seen = &job->mx_seen };
	if (job->has_mx) {
		ask(&job->mx, DNS_MX, job->domain);
		return job;
	}
	host = add_host(job, job->domain);
	job->begun = job->running = 1;
	ask(&host->a, DNS_A, host->name);
	ask(&host->aaaa, DNS_AAAA, host->name);
	return job;
}

static void
end_host(struct danehost *h)
{
	end_look(&h->a);
	end_look(&h->aaaa);
	end_look(&h->tlsa);
}

void
danejob_free(struct danejob *job)
{
	size_t i;

	if (job == NULL)
		return;
	end_look(&job->mx);
	for (i = 0; i < job->hosts; i++) {
		end_host(&job->host[i]);
		free(job->host[i].name);
		free(job->host[i].alias);
	}
	buf_clear(&job->detail);
	free(job->domain);
	free(job);
}

void
danejob_so_far(const struct danejob *job, danejob_cb *cb, void *arg)
{
	struct sts_dane_host host[VERDICT_HOSTS_MAX];
	struct sts_dane_seen seen = {
		.has_mx = job->has_mx,
		.mx = job->mx_seen,
		.host = host,
		.hosts = job->hosts,
	};
	struct danejob_result result = {
		.has_signed = job->has_signed,
		.has_doubt = job->has_doubt,
		.ttl = job->has_ttl ? (int64_t)job->ttl : 0,
		.detail = job->detail.len > 0 ? buf_str(&job->detail) : NULL,
	};
	struct buf hosts = { 0 };
	size_t i;

	for (i = 0; i < job->hosts; i++) {
		host[i] = job->host[i].seen;
		verdict_host_put(
		    &hosts, job->host[i].name, sts_dane_use(&host[i]));
	}
	result.verdict = sts_dane_judge(&seen);
	result.is_partial = sts_dane_is_partial(&seen);
	result.hosts =
	    (struct verdict_hosts){ hosts.data, hosts.len, job->hosts };
	cb(&result, arg);
	buf_clear(&hosts);
}

/* The end, with all that was seen. */
struct ending {
	struct danejob *job;
	danejob_cb *cb;
	void *arg;
};

static void
on_end(const struct danejob_result *result, void *arg)
{
	struct ending *ending = arg;
	struct danejob_result last = *result;
	struct buf detail = { 0 };

	if (last.detail != NULL) {
		buf_puts(&detail, last.detail);
		last.detail = buf_str(&detail);
	}
	danejob_free(ending->job);
	ending->cb(&last, ending->arg);
	buf_clear(&detail);
}

static void
finish(struct danejob *job)
{
	struct ending ending = { job, job->cb, job->arg };

	danejob_so_far(job, on_end, &ending);
}

/* The first failure that bears on the verdict is told. */
static void
note_detail(
    struct danejob *job, const struct danelook *look, const char *detail)
{
	if (job->detail.len == 0)
		buf_printf(&job->detail, "%s look-up of %s: %s",
		    dns_type_name(look->type), look->name, detail);
}

/* What the answer is worth. */
static void
note(struct danelook *look, const struct dns_answer *answer)
{
	struct danejob *job = look->job;
	enum sts_dane_status status = STS_DANE_OPEN;

	switch (answer->status) {
	case DNS_OK:
		status = STS_DANE_FOUND;
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		status = STS_DANE_ABSENT;
		break;
	case DNS_BAD_NAME:
		/* Nobody can ask for such a name, so there is none. */
		look->seen->status = STS_DANE_ABSENT;
		return;
	case DNS_FAILED:
	case DNS_TIMEOUT:
		look->seen->status = STS_DANE_FAILED;
		if (look->type == DNS_MX || look->type == DNS_TLSA)
			note_detail(job, look, answer->detail);
		return;
	case DNS_LOCAL:
	case DNS_NO_SERVER:
		note_detail(job, look, answer->detail);
		return;
	}
	if (!answer->is_believed) {
		job->has_doubt = true;
		note_detail(job, look,
		    "answered by a name server that is not trusted to "
		    "validate");
		return;
	}
	look->seen->status = status;
	look->seen->is_signed = answer->ad;
	job->has_signed |= answer->ad;
	if (answer->has_ttl && (!job->has_ttl || answer->ttl < job->ttl)) {
		job->has_ttl = true;
		job->ttl = answer->ttl;
	}
}

/* By preference; each once, with its best. */
static void
add_mx(struct danejob *job, const struct dns_rr *rr)
{
	size_t i, n = 0;

	for (i = 0; i < job->hosts; i++)
		n += strcmp(job->host[i].name, rr->mx.host) == 0;
	if (n == 0 && *rr->mx.host != '\0' && job->hosts < VERDICT_HOSTS_MAX)
		add_host(job, rr->mx.host);
}

static int
compare_mx(const void *a, const void *b)
{
	const struct dns_rr *x = *(const struct dns_rr *const *)a;
	const struct dns_rr *y = *(const struct dns_rr *const *)b;

	if (x->mx.preference != y->mx.preference)
		return x->mx.preference < y->mx.preference ? -1 : 1;
	return strcmp(x->mx.host, y->mx.host);
}

static void
take_mx(struct danejob *job, const struct dns_answer *answer)
{
	const struct dns_rr **rr =
	    xreallocarray(NULL, answer->count, sizeof(const struct dns_rr *));
	size_t i;

	for (i = 0; i < answer->count; i++)
		rr[i] = &answer->rr[i];
	qsort(rr, answer->count, sizeof(const struct dns_rr *), compare_mx);
	for (i = 0; i < answer->count; i++)
		add_mx(job, rr[i]);
	free(rr);
}

static void
advance(struct danejob *job)
{
	struct danehost *h;

	while (job->running < AT_ONCE && job->begun < job->hosts) {
		h = &job->host[job->begun++];
		job->running++;
		ask(&h->a, DNS_A, h->name);
		ask(&h->aaaa, DNS_AAAA, h->name);
	}
	if (job->running == 0)
		finish(job);
}

/* RFC 7672 2.2: an unsigned answer ends it, whatever hosts it names. */
static void
on_mx(struct danejob *job, const struct dns_answer *answer)
{
	if (!job->mx_seen.is_signed) {
		finish(job);
		return;
	}
	if (answer->status == DNS_OK)
		take_mx(job, answer);
	else if (answer->status == DNS_NODATA)
		add_host(job, job->domain);
	advance(job);
}

static void
ask_tlsa(struct danehost *h, const char *base)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "_%u._tcp.%s", h->a.job->port, base);
	ask(&h->tlsa, DNS_TLSA, name);
}

static void
host_done(struct danehost *h)
{
	end_host(h);
	h->a.job->running--;
	advance(h->a.job);
}

/*
 * 2.2.3: of a host that is a signed alias, the name at the chain's end comes
 * first, and its own name when nothing is there.
 */
static void
on_address(struct danelook *look, const struct dns_answer *answer)
{
	struct danehost *h = look->host;

	if (h->tlsa.lookup != NULL)
		return;
	if (sts_dane_asks_tlsa(&h->seen)) {
		if (answer->cnames > 0 && strcmp(answer->owner, h->name) != 0)
			h->alias = xstrdup(answer->owner);
		ask_tlsa(h, h->alias != NULL ? h->alias : h->name);
	} else if (h->a.lookup == NULL && h->aaaa.lookup == NULL) {
		host_done(h);
	}
}

static void
on_tlsa(struct danehost *h, const struct dns_answer *answer)
{
	struct sts_dane_look *seen = &h->seen.tlsa;
	struct sts_tlsa tlsa;
	size_t i;

	if (h->alias != NULL &&
	    (seen->status == STS_DANE_ABSENT ||
		(seen->status == STS_DANE_FOUND && !seen->is_signed))) {
		free(h->alias);
		h->alias = NULL;
		ask_tlsa(h, h->name);
		return;
	}
	for (i = 0; seen->status == STS_DANE_FOUND && i < answer->count; i++) {
		tlsa = (struct sts_tlsa){ answer->rr[i].tlsa.usage,
			answer->rr[i].tlsa.selector,
			answer->rr[i].tlsa.matching, answer->rr[i].tlsa.data,
			answer->rr[i].tlsa.len };
		h->seen.has_usable |= sts_tlsa_is_usable(&tlsa);
	}
	host_done(h);
}

static void
on_answer(const struct dns_answer *answer, void *arg)
{
	struct danelook *look = arg;

	look->lookup = NULL;
	note(look, answer);
	end_look(look);
	switch (look->type) {
	case DNS_MX:
		on_mx(look->job, answer);
		break;
	case DNS_TLSA:
		on_tlsa(look->host, answer);
		break;
	case DNS_A:
	case DNS_AAAA:
		on_address(look, answer);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_TXT:
		assert(false);
	}
}

static void
hurry(struct danelook *look)
{
	if (look->lookup == NULL || dns_is_started(look->lookup))
		return;
	dns_cancel(look->lookup);
	begin_look(look);
}

void
danejob_hurry(struct danejob *job)
{
	size_t i;

	if (!job->is_behind)
		return;
	job->is_behind = false;
	hurry(&job->mx);
	for (i = 0; i < job->hosts; i++) {
		hurry(&job->host[i].a);
		hurry(&job->host[i].aaaa);
		hurry(&job->host[i].tlsa);
	}
}
