/* SPDX-License-Identifier: ISC */
/* DANE beside MTA-STS: RFC 8461 section 2, RFC 7672. */
#include <string.h>
#include <strings.h>

#include "ctl/doctortable.h"

void
doctor_rule_dane_off(struct doctor_run *run)
{
	const char *level = doctor_level(run);

	if (strncmp(level, "dane", 4) != 0 ||
	    strcmp(doctor_setting(run->facts, "dane"), "no") != 0)
		return;
	doctor_fix_setting(run,
	    doctor_add(run, DOCTOR_CRITICAL,
		"The level in %s is %s, but the daemon's setting dane is no: "
		"its answer \"secure\" replaces that level, and switches DANE "
		"off for all domains that enforce a policy (RFC 8461 section "
		"2).",
		DOCTOR_WHERE(run), level),
	    "dane", "yes");
}

void
doctor_rule_dane_postfix_old(struct doctor_run *run)
{
	if (strcmp(doctor_setting(run->facts, "dane"), "yes") != 0 ||
	    doctor_postfix_is(run->facts, 2, 11, 0))
		return;
	doctor_fix_setting(run,
	    doctor_add(run, DOCTOR_CRITICAL,
		"The daemon's setting dane is yes, but Postfix %s knows no "
		"DANE: the answer \"dane-only\" defers all mail. DANE came "
		"with 2.11.",
		run->facts->postfix.version),
	    "dane", "no");
}

/* Why DANE is looked at: for a sentence. */
static const char *
who_wants_dane(const struct doctor_run *run)
{
	return strcmp(doctor_setting(run->facts, "dane"), "yes") == 0 ?
	    "the daemon's setting dane is yes" :
	    doctor_level(run)[4] == '\0' ?
	    "smtp_tls_security_level is dane" :
	    "smtp_tls_security_level is dane-only";
}

static void
add_broken(struct doctor_run *run, const char *name, const char *problem,
    const char *value)
{
	doctor_fix_postconf(run,
	    doctor_add(run, DOCTOR_CRITICAL,
		"In %s, %s is %s, and %s: %s. \"dane-only\" is then an error "
		"for every mail, and \"dane\" no better than may.",
		DOCTOR_WHERE(run), name,
		*doctor_param(run, name) != '\0' ? doctor_param(run, name) :
						   "empty",
		who_wants_dane(run), problem),
	    name, value);
}

void
doctor_rule_dane_dns_support(struct doctor_run *run)
{
	static const char name[] = "smtp_dns_support_level";

	if (doctor_has_dane(run) &&
	    strcasecmp(doctor_param(run, name), "dnssec") != 0)
		add_broken(run, name, "Postfix asks for no DNSSEC", "dnssec");
}

void
doctor_rule_dane_mx_error(struct doctor_run *run)
{
	static const char name[] = "ignore_mx_lookup_error";

	if (doctor_has_dane(run) &&
	    strcasecmp(doctor_param(run, name), "yes") == 0)
		add_broken(run, name,
		    "a failed look-up would be taken for a domain without MX",
		    "no");
}

/* Is the word in the list? */
static bool
has_word(const char *list, const char *word)
{
	struct doctor_texts item = { 0 };
	bool is_found = false;
	size_t i;

	doctor_split(&item, list);
	for (i = 0; i < item.count; i++)
		is_found |= strcasecmp(item.item[i], word) == 0;
	doctor_texts_clear(&item);
	return is_found;
}

void
doctor_rule_dane_host_lookup(struct doctor_run *run)
{
	static const char name[] = "smtp_host_lookup";

	if (doctor_has_dane(run) && !has_word(doctor_param(run, name), "dns"))
		add_broken(run, name,
		    "names from elsewhere cannot be authenticated", "dns");
}

void
doctor_rule_dane_resolver_options(struct doctor_run *run)
{
	static const char name[] = "smtp_dns_resolver_options";
	const char *value = doctor_param(run, name);
	struct doctor_texts item = { 0 };
	struct buf rest = { 0 };
	size_t i;

	if (!doctor_has_dane(run) ||
	    (!has_word(value, "res_defnames") &&
		!has_word(value, "res_dnsrch")))
		return;
	doctor_split(&item, value);
	for (i = 0; i < item.count; i++) {
		if (strcasecmp(item.item[i], "res_defnames") != 0 &&
		    strcasecmp(item.item[i], "res_dnsrch") != 0)
			buf_printf(&rest, "%s%s", rest.len > 0 ? ", " : "",
			    item.item[i]);
	}
	add_broken(run, name, "the resolver may put a domain behind a name",
	    buf_str(&rest));
	doctor_texts_clear(&item);
	buf_clear(&rest);
}

static void
add_resolver(struct doctor_run *run, const char *servers, const char *problem)
{
	struct doctor_finding *finding;

	finding = doctor_add(run, DOCTOR_CRITICAL,
	    "DANE is asked for, since %s, but %s (%s): no TLSA record is "
	    "believed, and DANE protects nothing.",
	    who_wants_dane(run), problem,
	    servers != NULL ? servers : "address not known");
	doctor_fix(finding, "apt-get install unbound");
	doctor_fix(finding,
	    "# put \"nameserver 127.0.0.1\" first into /etc/resolv.conf");
	doctor_fix_restart(run, finding);
}

/* Ours first: main.cf's level and the daemon's setting both count on it. */
void
doctor_rule_dane_resolver(struct doctor_run *run)
{
	const struct doctor_daemon *d = &run->facts->daemon;
	const struct doctor_net *net = &run->facts->net;

	if (!doctor_has_dane(run))
		return;
	if (net->has_ad && !net->is_ad)
		add_resolver(run, net->servers,
		    "the name server does not validate: its answer for a "
		    "signed name does not say \"authenticated\"");
	else if (d->has_resolver && !d->is_ad_believed)
		add_resolver(run, d->servers,
		    "the daemon cannot believe a name server that is neither "
		    "on loopback nor in dns_trust_ad");
	else if (net->has_ad && !net->is_ad_believed)
		add_resolver(run, net->servers,
		    "a name server that is neither on loopback nor in "
		    "dns_trust_ad cannot be believed");
	else if (!net->has_ad && !d->has_resolver)
		doctor_skip(run, "no name server was asked");
}
