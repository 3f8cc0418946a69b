/* SPDX-License-Identifier: ISC */
/* What was seen, as JSON: all of it that a program may want to judge. */
#include "check/reportjson.h"

#include <openssl/x509_vfy.h>

static json_t *
integer(int64_t n)
{
	return json_integer((json_int_t)n);
}

/* null: it was not asked. */
static json_t *
record(const struct ev_dns *dns)
{
	json_t *json, *list;
	size_t i;

	if (!dns->is_asked)
		return json_null();
	json = json_object();
	list = json_array();
	report_json_set(json, "name", report_json_text(dns->name));
	report_json_set(json, "type", json_string(dns_type_name(dns->type)));
	report_json_set(
	    json, "status", json_string(dns_status_word(dns->status)));
	report_json_set(
	    json, "ttl", dns->has_ttl ? integer(dns->ttl) : json_null());
	report_json_set(json, "ad", json_boolean(dns->ad));
	for (i = 0; i < dns->count; i++)
		report_json_append(list,
		    report_json_bytes(
			dns->rr[i].text.data, dns->rr[i].text.len));
	report_json_set(json, "values", list);
	return json;
}

json_t *
report_json_records(const struct check_report *report)
{
	const struct evidence *e = report->facts->evidence;
	const struct {
		const char *key;
		const struct ev_dns *dns;
	} all[] = {
		{ "mta_sts", &e->txt },
		{ "tls_rpt", &e->tlsrpt },
		{ "spf", &e->spf },
		{ "dmarc", &e->dmarc },
		{ "ns", &e->ns },
		{ "mx", &e->mx },
		{ "policy_host_a", &e->host_a },
		{ "policy_host_aaaa", &e->host_aaaa },
		{ "policy_host_cname", &e->host_cname },
	};
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		report_json_set(json, all[i].key, record(all[i].dns));
	report_json_set(json, "id",
	    report->facts->has_txt && report->facts->txt == STS_TXT_VALID ?
		report_json_text(report->facts->id) :
		json_null());
	return json;
}

static json_t *
patterns(const struct sts_mxlist *list)
{
	json_t *json = json_array();
	const char *p = NULL;

	while ((p = sts_mxlist_next(list, p)) != NULL)
		report_json_append(json, report_json_text(p));
	return json;
}

json_t *
report_json_policy(const struct check_report *report)
{
	const struct check_facts *facts = report->facts;
	const struct ev_fetch *fetch = &facts->evidence->fetch;
	const struct ev_bytes *type = ev_header_find(fetch, "Content-Type");
	bool is_valid = facts->is_valid;
	json_t *json;

	if (!fetch->is_asked)
		return json_null();
	json = json_object();
	report_json_set(json, "url", report_json_text(fetch->url));
	report_json_set(json, "address", report_json_text(fetch->address));
	report_json_set(
	    json, "reason", json_string(sts_reason_word(fetch->reason)));
	report_json_set(json, "detail", report_json_text(fetch->detail));
	report_json_set(json, "http_status",
	    fetch->status != 0 ? integer(fetch->status) : json_null());
	report_json_set(json, "content_type",
	    type != NULL ? report_json_bytes(type->data, type->len) :
			   json_null());
	report_json_set(json, "milliseconds", integer(fetch->ms));
	report_json_set(json, "valid", json_boolean(is_valid));
	report_json_set(json, "mode",
	    facts->has_mode ? json_string(sts_mode_word(facts->mode)) :
			      json_null());
	report_json_set(json, "max_age",
	    is_valid ? integer(facts->file.policy.max_age) : json_null());
	report_json_set(json, "mx",
	    is_valid ? patterns(&facts->file.policy.mx) : json_array());
	report_json_set(json, "text",
	    facts->has_body ?
		report_json_bytes(fetch->body.data, fetch->body.len) :
		json_null());
	return json;
}

json_t *
report_json_certificate(const struct ev_tls *tls, int64_t now)
{
	const struct ev_cert *cert = tls->cert;
	json_t *json, *names;
	size_t i;

	if (tls->cert_count == 0)
		return json_null();
	json = json_object();
	names = json_array();
	for (i = 0; i < cert->san_count; i++)
		report_json_append(names, report_json_text(cert->san[i]));
	report_json_set(json, "subject", report_json_text(cert->subject));
	report_json_set(json, "issuer", report_json_text(cert->issuer));
	report_json_set(json, "names", names);
	report_json_set(json, "not_before", report_json_time(cert->not_before));
	report_json_set(json, "not_after", report_json_time(cert->not_after));
	report_json_set(
	    json, "days", integer(report_days(cert->not_after, now)));
	report_json_set(json, "chain", integer((int64_t)tls->cert_count));
	report_json_set(json, "name_ok", json_boolean(tls->is_name_ok));
	report_json_set(json, "chain_error",
	    tls->verify_error != X509_V_OK ?
		report_json_text(
		    X509_verify_cert_error_string(tls->verify_error)) :
		json_null());
	report_json_set(json, "tls_version", report_json_text(tls->version));
	report_json_set(json, "tls_error", report_json_text(tls->error));
	return json;
}

/* {profile: {delivers: true, false or null, why}} */
static json_t *
deliveries(const struct check_report *report, size_t host)
{
	const struct check_delivery *d;
	json_t *json = json_object(), *one;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (report->postfix[i].host == NULL)
			continue;
		d = &report->postfix[i].host[host];
		one = json_object();
		report_json_set(one, "delivers",
		    d->does == CHECK_NOT_KNOWN ?
			json_null() :
			json_boolean(d->does == CHECK_DELIVERS));
		report_json_set(one, "why", report_json_text(d->why));
		report_json_set(
		    json, answer_profile_name(report->postfix[i].profile), one);
	}
	return json;
}

static void
append_addresses(json_t *list, const struct ev_dns *dns)
{
	size_t i;

	for (i = 0; i < dns->count; i++)
		report_json_append(list,
		    report_json_bytes(
			dns->rr[i].text.data, dns->rr[i].text.len));
}

static json_t *
smtp(const struct ev_mx *mx)
{
	json_t *json = json_object();

	report_json_set(json, "result", json_string(report_smtp_word(mx->end)));
	report_json_set(json, "address", report_json_text(mx->address));
	report_json_set(json, "detail", report_json_text(mx->detail));
	report_json_set(json, "banner",
	    mx->banner.data != NULL ?
		report_json_bytes(mx->banner.data, mx->banner.len) :
		json_null());
	report_json_set(json, "tls_version", report_json_text(mx->tls.version));
	report_json_set(json, "milliseconds", integer(mx->ms));
	return json;
}

json_t *
report_json_mx(const struct check_report *report)
{
	const struct check_facts *facts = report->facts;
	const struct check_host *host;
	json_t *json = json_array(), *one, *list;
	size_t i;

	for (i = 0; i < facts->hosts; i++) {
		host = &facts->host[i];
		one = json_object();
		list = json_array();
		append_addresses(list, &host->mx->a);
		append_addresses(list, &host->mx->aaaa);
		report_json_set(one, "host", report_json_text(host->mx->host));
		report_json_set(
		    one, "preference", integer(host->mx->preference));
		report_json_set(
		    one, "implicit", json_boolean(host->mx->is_implicit));
		report_json_set(one, "addresses", list);
		report_json_set(one, "covered", json_boolean(host->is_covered));
		report_json_set(
		    one, "pattern", report_json_text(host->pattern));
		report_json_set(one, "failing", json_boolean(host->is_failing));
		report_json_set(one, "proven", json_boolean(host->is_proven));
		report_json_set(one, "smtp", smtp(host->mx));
		report_json_set(one, "certificate",
		    report_json_certificate(
			&host->mx->tls, facts->evidence->time));
		report_json_set(one, "postfix", deliveries(report, i));
		report_json_append(json, one);
	}
	return json;
}
