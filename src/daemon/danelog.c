/* SPDX-License-Identifier: ISC */
/* What the log says of DANE. */
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/danetable.h"

#define DEFAULT_PORT  25
#define NEXTHOP_BYTES (DOMAIN_MAX + 16)

static const char no_trust[] = "dane-no-validation";

int
danes_check_trust(const struct config *config)
{
	struct buf servers = { 0 };
	int result = 0;

	if (!config->dane)
		return 0;
	switch (dns_trust(config, &servers)) {
	case DNS_TRUST_ALL:
		break;
	case DNS_TRUST_SOME:
		log_warning(no_trust,
		    "dane = yes, but not all name servers (%s) are on this "
		    "host or in dns_trust_ad: what the others say leaves DANE "
		    "unknown, and mail waits",
		    buf_str(&servers));
		break;
	case DNS_TRUST_NONE:
		log_error(no_trust,
		    "dane = yes needs a name server that validates DNSSEC: on "
		    "this host (127.0.0.1), or listed in dns_trust_ad when the "
		    "path to it is safe; %s is neither",
		    buf_str(&servers));
		result = -1;
		break;
	}
	buf_clear(&servers);
	return result;
}

/* The key as Postfix writes it. */
static const char *
nexthop_text(const struct dane *d, char *text, size_t size)
{
	const char *open = d->verdict.is_bracketed ? "[" : "";
	const char *close = d->verdict.is_bracketed ? "]" : "";

	if (d->verdict.port == DEFAULT_PORT)
		snprintf(text, size, "%s%s%s", open, d->domain, close);
	else
		snprintf(text, size, "%s%s%s:%u", open, d->domain, close,
		    d->verdict.port);
	return text;
}

/* With some, Postfix passes the other hosts over: which, and why. */
static void
put_skipped(struct buf *b, const struct dane *d)
{
	const char *host = NULL;
	enum sts_dane_use use;

	if (d->verdict.state.verdict != STS_DANE_SOME)
		return;
	while (
	    (host = verdict_host_next(&d->verdict.hosts, host, &use)) != NULL)
		if (use != STS_DANE_USED)
			buf_printf(b, "%s%s (%s)", b->len > 0 ? ", " : "", host,
			    sts_dane_use_text(use));
}

void
dane_log_verdict(const struct dane *d, const struct danejob_result *result)
{
	bool is_deferring = d->verdict.state.verdict == STS_DANE_UNKNOWN;
	bool is_old = result->verdict != d->verdict.state.verdict;
	char nexthop[NEXTHOP_BYTES], ms[24];
	struct buf skipped = { 0 };
	struct log_field field[] = {
		{ "nexthop", nexthop_text(d, nexthop, sizeof(nexthop)) },
		{ "verdict", sts_dane_verdict_word(d->verdict.state.verdict) },
		{ "source", is_old ? "cache" : "dns" },
		{ "ms", ms },
		{ "skipped", NULL },
		{ "detail", result->detail },
	};

	put_skipped(&skipped, d);
	if (skipped.len > 0)
		field[4].value = buf_str(&skipped);
	snprintf(ms, sizeof(ms), "%" PRId64, clock_ms() - d->started_ms);
	log_fields(is_deferring ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	    is_deferring ? "dane-unknown" : "dane", field,
	    sizeof(field) / sizeof(field[0]));
	buf_clear(&skipped);
}

void
dane_log_deadline(const struct dane *d, enum sts_dane_verdict verdict)
{
	char nexthop[NEXTHOP_BYTES];

	log_info("dane-deadline",
	    "%s: answered as DANE %s after %" PRId64 " ms, the look-ups go on",
	    nexthop_text(d, nexthop, sizeof(nexthop)),
	    sts_dane_verdict_word(verdict), clock_ms() - d->started_ms);
}

void
dane_log_doubt(struct dns *dns, bool is_doubted)
{
	struct buf servers = { 0 };

	(void)dns_describe(dns, &servers);
	if (is_doubted)
		log_error(no_trust,
		    "a name server (of %s) answers that is neither on this "
		    "host nor in dns_trust_ad: DANE is unknown, and mail for "
		    "domains that enforce waits",
		    buf_str(&servers));
	else
		log_info("dane-validation-back", "%s", buf_str(&servers));
	buf_clear(&servers);
}

void
dane_log_unsigned(struct dns *dns, unsigned int verdicts)
{
	struct buf servers = { 0 };

	(void)dns_describe(dns, &servers);
	log_warning("dane-never-signed",
	    "not one DNS answer behind the first %u verdicts on DANE was "
	    "signed: does the name server (%s) validate DNSSEC? If not, DANE "
	    "is never found",
	    verdicts, buf_str(&servers));
	buf_clear(&servers);
}
