/* SPDX-License-Identifier: ISC */
/* Do the hosts of a next-hop keep its policy? As far as STARTTLS. */
#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "base/domain.h"
#include "base/loop.h"
#include "base/xmalloc.h"
#include "ctl/doctorlook.h"
#include "ctl/doctormap.h"
#include "net/fetch.h"
#include "net/hostaddr.h"
#include "net/resolvconf.h"
#include "postfix/nexthop.h"

#define CALLS_MAX  64
#define TIMEOUT_MS 15000
#define SMTP_PORT  25
#define SMTPS_PORT 465

struct look {
	struct doctor_facts *facts;
	struct loop *loop;
	struct dns *dns;
	struct fetcher *fetcher;
	struct call *call;
	size_t calls, left;
};

struct call {
	struct look *look;
	size_t hop;
	const char *host; /* of the hop */
	unsigned int port;
};

/* 0: it cannot be looked at. */
static unsigned int
read_port(const struct nexthop *hop)
{
	char text[8];
	const char *error;
	unsigned int port;

	if (hop->port_len >= sizeof(text))
		return 0; /* "submission" and its like */
	memcpy(text, hop->port, hop->port_len);
	text[hop->port_len] = '\0';
	port = (unsigned int)strtonum(text, 1, 65535, &error);
	if (strcmp(text, "smtp") == 0)
		port = SMTP_PORT;
	return port == SMTPS_PORT ? 0 : port;
}

static void
end_call(struct call *call)
{
	if (--call->look->left == 0)
		loop_stop(call->look->loop);
}

static void
on_smtp(const struct smtp_result *result, void *arg)
{
	struct call *call = arg;
	struct doctor_smtp *smtp =
	    doctor_smtp_new(&call->look->facts->hop[call->hop]);

	smtp->host = xstrdup(call->host);
	smtp->end = result->end;
	smtp->detail = xstrdup(result->detail);
	if (result->end == SMTP_DONE && result->verify_error != X509_V_OK)
		smtp->certificate = xstrdup(
		    X509_verify_cert_error_string(result->verify_error));
	smtp->is_name_ok = result->is_name_ok;
	end_call(call);
}

/* The first address is enough: all are to have the same certificate. */
static void
on_address(const struct hostaddr_result *result, void *arg)
{
	static char any_v4[] = "0.0.0.0/0", any_v6[] = "::/0";
	static char *any[] = { any_v4, any_v6 };
	const struct config_list all = { any, 2 };
	struct call *call = arg;
	struct look *l = call->look;
	const char *name = doctor_value(l->facts, NULL, "myhostname");
	struct resolvconf_address address;
	struct smtp_request request = {
		.host = call->host,
		.helo =
		    domain_is_valid(name, strlen(name)) ? name : "localhost",
		.timeout_ms = TIMEOUT_MS,
		.trust = fetcher_trust(l->fetcher),
		.allow = &all,
	};
	struct buf text = { 0 };

	if (result->reason == STS_REASON_OK)
		buf_printf(&text, "%.*s:%u", (int)strcspn(result->list, ","),
		    result->list, call->port);
	if (resolvconf_parse_address(buf_str(&text), &address)) {
		request.address = &address.sock.any;
		smtp_probe(l->loop, &request, on_smtp, call);
	} else {
		end_call(call);
	}
	buf_clear(&text);
}

/* Hosts that the policy does not list are told of already. */
static void
gather_hop(struct look *l, size_t at)
{
	const struct doctor_hop *hop = &l->facts->hop[at];
	struct doctor_policy policy;
	struct nexthop parsed;
	struct call *call;
	size_t i;

	if (hop->reply == NULL || strncmp(hop->reply, "OK secure", 9) != 0 ||
	    !nexthop_parse(hop->key, strlen(hop->key), &parsed) ||
	    read_port(&parsed) == 0)
		return;
	doctor_policy_parse(&policy, hop->reply + strlen("OK "));
	for (i = 0; i < hop->host.count && l->calls < CALLS_MAX; i++) {
		if (!doctor_policy_covers(&policy, hop->host.item[i]))
			continue;
		call = &l->call[l->calls++];
		call->look = l;
		call->hop = at;
		call->host = hop->host.item[i];
		call->port = read_port(&parsed);
	}
	doctor_policy_clear(&policy);
}

/* Each ends by its own time limit. */
static void
run(struct look *l)
{
	struct hostaddr_query query = {
		.families = HOSTADDR_BOTH,
		.priority = DNS_QUERY,
	};
	size_t i;

	for (i = 0; i < l->calls; i++) {
		query.name = l->call[i].host;
		hostaddr_lookup(
		    l->loop, l->dns, &query, on_address, &l->call[i]);
	}
	l->left = l->calls;
	(void)loop_run(l->loop);
}

void
doctor_look_smtp(struct doctor_facts *f, const struct config *config)
{
	struct look l = { .facts = f };
	size_t i;

	l.call = xcalloc(CALLS_MAX, sizeof(*l.call));
	for (i = 0; i < f->hops; i++)
		gather_hop(&l, i);
	if (l.calls > 0)
		l.loop = loop_new();
	if (l.loop != NULL)
		l.dns = dns_new(l.loop, config);
	if (l.dns != NULL)
		l.fetcher = fetcher_new(l.loop, l.dns, config);
	if (l.fetcher != NULL) {
		run(&l);
		fetcher_free(l.fetcher);
	}
	if (l.dns != NULL)
		dns_free(l.dns);
	if (l.loop != NULL)
		loop_free(l.loop);
	free(l.call);
}
