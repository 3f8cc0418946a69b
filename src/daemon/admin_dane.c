/* SPDX-License-Identifier: ISC */
/* What is known of DANE at a domain. */
#include "daemon/adminroute.h"

#define PORT_SMTP 25

static json_t *
show_hosts(const struct verdict_hosts *hosts)
{
	json_t *list = json_array(), *object;
	const char *host = NULL;
	enum sts_dane_use use;

	while ((host = verdict_host_next(hosts, host, &use)) != NULL) {
		object = json_object();
		admin_set_text(object, "host", host);
		admin_set(object, "usable", json_boolean(use == STS_DANE_USED));
		admin_set(object, "skipped",
		    json_boolean(
			use != STS_DANE_USED && use != STS_DANE_PENDING));
		admin_set_text(object, "why", sts_dane_use_text(use));
		(void)json_array_append_new(list, object);
	}
	return list;
}

json_t *
admin_dane(const struct admin *a, const char *domain, const struct entry *entry)
{
	struct verdict verdict[VERDICTS_MAX];
	json_t *object;
	size_t i, n = 0;

	if (a->parts.danes != NULL && a->config->dane)
		n = danes_list(a->parts.danes, domain, entry, verdict);
	for (i = 0; i < n; i++) {
		if (verdict[i].port != PORT_SMTP || verdict[i].is_bracketed)
			continue;
		object = json_object();
		admin_set_text(object, "verdict",
		    sts_dane_verdict_word(verdict[i].state.verdict));
		admin_set_int(object, "checked", verdict[i].state.checked);
		admin_set_int(
		    object, "next_check", verdict[i].state.next_check);
		admin_set(object, "hosts", show_hosts(&verdict[i].hosts));
		return object;
	}
	return json_null();
}
