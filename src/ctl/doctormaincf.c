/* SPDX-License-Identifier: ISC */
/* doctor --main-cf: what main.cf still lacks, as lines for it. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "ctl/doctorrules.h"

struct lines {
	struct buf *out;
	const struct doctor_facts *facts;
	size_t count;
};

/* One that is there already must go: Postfix warns of two, and takes the last.
 */
static void
put_line(struct lines *l, const char *name, const char *value)
{
	const char *have = doctor_params_get(&l->facts->postfix.set, name);

	if (have != NULL) {
		buf_printf(l->out, "# in place of: %s = ", name);
		text_escape(l->out, have, strlen(have));
		buf_putc(l->out, '\n');
	}
	buf_printf(l->out, "%s = ", name);
	text_escape(l->out, value, strlen(value));
	buf_putc(l->out, '\n');
	l->count++;
}

static void
put_tls(struct lines *l)
{
	const struct doctor_facts *f = l->facts;
	const char *loglevel = doctor_value(f, NULL, "smtp_tls_loglevel");
	struct doctor_run run = { .facts = f };

	if (strcmp(doctor_level(&run), "none") == 0)
		put_line(l, "smtp_tls_security_level", DOCTOR_LEVEL_WANTED);
	if (*doctor_value(f, NULL, "smtp_tls_CAfile") == '\0' &&
	    *doctor_value(f, NULL, "smtp_tls_CApath") == '\0')
		put_line(l, "smtp_tls_CAfile", doctor_ca_wanted(f));
	if (*loglevel == '\0' || strcmp(loglevel, "0") == 0)
		put_line(l, "smtp_tls_loglevel", "1");
	if (doctor_postfix_is(f, 2, 11, 0) && !doctor_postfix_is(f, 3, 6, 0) &&
	    strcasecmp(
		doctor_value(f, NULL, "tls_wildcard_matches_multiple_labels"),
		"no") != 0)
		put_line(l, "tls_wildcard_matches_multiple_labels", "no");
	if (doctor_has_dane(&run) &&
	    strcasecmp(
		doctor_value(f, NULL, "smtp_dns_support_level"), "dnssec") != 0)
		put_line(l, "smtp_dns_support_level", "dnssec");
}

/* A client that stands for all: a chrooted one is the most particular. */
static const struct doctor_client *
find_client(const struct doctor_facts *f)
{
	const struct doctor_client *found = NULL, *c;
	size_t i;

	for (i = 0; i < f->postfix.clients; i++) {
		c = &f->postfix.client[i];
		if (doctor_client_counts(f, c) &&
		    doctor_params_get(&c->option, "smtp_tls_policy_maps") ==
			NULL &&
		    (found == NULL || c->is_chrooted))
			found = c;
	}
	return found;
}

static void
put_map(struct lines *l)
{
	static const char name[] = "smtp_tls_policy_maps";
	const struct doctor_facts *f = l->facts;
	const struct doctor_client *client = find_client(f);
	struct buf want = { 0 }, address = { 0 };
	const char *have = doctor_params_get(&f->postfix.set, name);

	if (!doctor_address_wanted(&address, f, client))
		buf_printf(l->out,
		    "# the daemon must listen there, too:\n"
		    "# listen = ..., unix:%s/%s\n",
		    doctor_value(f, NULL, "queue_directory"),
		    address.data + strlen("unix:"));
	doctor_map_wanted(&want, f, client);
	if (have == NULL || strcmp(have, want.data) != 0)
		put_line(l, name, want.data);
	buf_clear(&address);
	buf_clear(&want);
}

void
doctor_main_cf(struct buf *out, const struct doctor_facts *f)
{
	struct lines lines = { .out = out, .facts = f };

	if (f->postfix.version != NULL)
		buf_printf(out, "# Postfix %s\n", f->postfix.version);
	else
		buf_puts(out,
		    "# No Postfix was found here: this is for 3.4 to 3.9.\n");
	put_tls(&lines);
	put_map(&lines);
	if (lines.count == 0)
		buf_puts(out, "# main.cf has all it needs\n");
	else
		buf_puts(out, "# then: postfix reload\n");
}
