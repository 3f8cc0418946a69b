/* SPDX-License-Identifier: ISC */
/*
 * The files of a fix. What is right is not among them; what only the owner of
 * a host can do (a certificate, STARTTLS) is in the README's list.
 */
#include <string.h>

#include "check/fixes.h"
#include "check/publish.h"
#include "check/ruletool.h"
#include "check/tlsrpt.h"

struct fixing {
	const struct check_report *report;
	const struct check_facts *facts;
	struct publish_file *file;
	size_t count;
	struct buf steps; /* of the README */
	unsigned int step;
};

static bool
is_wrong(const struct check_report *r, enum check_stage stage)
{
	return r->chip[stage] == CHECK_FAIL || r->chip[stage] == CHECK_WARN;
}

static bool
has_found(const struct check_report *r, const char *code)
{
	const struct check_finding *f = check_finding_find(r->findings, code);

	return f != NULL && f->severity != CHECK_INFO;
}

/* What the policy shall say; false: none is to be published. */
static bool
wanted(const struct check_report *r, struct fix_policy *want, bool *is_starter)
{
	*want = (struct fix_policy){ 0 };
	*is_starter = false;
	switch (r->status) {
	case CHECK_NO_DOMAIN:
	case CHECK_NULL_MX:
	case CHECK_UNKNOWN:
	case CHECK_LEAVING:
		return false;
	case CHECK_MISPLACED:
	case CHECK_NOT_DEPLOYED:
		*is_starter = true;
		break;
	case CHECK_BROKEN:
	case CHECK_PARTIAL:
		/* Mail has to flow first. */
		*want = (struct fix_policy){ .has_mode = true,
			.mode = STS_MODE_TESTING,
			.max_age = FIX_STARTER_AGE_S };
		break;
	case CHECK_UNUSABLE:
	case CHECK_ENFORCING:
	case CHECK_READY:
	case CHECK_TESTING:
		break;
	}
	return true;
}

/* Read once more, whoever made it. */
static bool
is_valid_policy(const struct buf *text)
{
	struct sts_policy_file file = { 0 };
	bool is_good =
	    sts_policy_parse(buf_str(text), text->len, &file, NULL) == 0;

	sts_policy_file_clear(&file);
	return is_good;
}

static bool
make_policy(struct fixing *x, struct buf *text)
{
	const struct ev_bytes *live = &x->facts->evidence->fetch.body;
	struct fix_policy want;
	bool is_starter, is_made;

	if (!wanted(x->report, &want, &is_starter))
		return false;
	is_made = is_starter ?
	    publish_policy(text, x->facts, &(struct publish_options){ 0 }) :
	    fix_policy_file(text, x->facts, &want);
	if (!is_made || !is_valid_policy(text))
		return false;
	/* As it is served: nothing to do. */
	return is_starter || is_wrong(x->report, CHECK_FETCH) ||
	    is_wrong(x->report, CHECK_SYNTAX) || live->len != text->len ||
	    memcmp(live->data, text->data, text->len) != 0;
}

/* Is there anything that a new file would mend? */
static bool
is_policy_due(const struct fixing *x)
{
	const struct check_report *r = x->report;

	return r->status == CHECK_MISPLACED ||
	    r->status == CHECK_NOT_DEPLOYED || r->status == CHECK_BROKEN ||
	    r->status == CHECK_PARTIAL || is_wrong(r, CHECK_FETCH) ||
	    is_wrong(r, CHECK_SYNTAX) || is_wrong(r, CHECK_MX) ||
	    has_found(r, "max_age_short");
}

static struct buf *
add(struct fixing *x, const char *name, const char *what)
{
	struct publish_file *f = &x->file[x->count++];

	f->name = name;
	if (what != NULL)
		buf_printf(&x->steps, "%u. %s: %s\n", ++x->step, name, what);
	return &f->text;
}

static void
add_host(struct fixing *x)
{
	const struct evidence *e = x->facts->evidence;

	if (check_has_records(&e->host_a) || check_has_records(&e->host_aaaa))
		return;
	publish_host(add(x, "1-host-record.txt",
			 "publish this record, with your web server's name"),
	    e->domain);
}

static void
add_servers(struct fixing *x)
{
	static const char *const names[PUBLISH_SERVERS] = { "2-nginx.conf",
		"2-apache.conf", "2-Caddyfile" };
	const char *d = x->facts->evidence->domain;
	size_t i;

	/* A web server that serves a file needs none of it. */
	if (x->facts->has_body && !is_wrong(x->report, CHECK_FETCH) &&
	    !is_wrong(x->report, CHECK_CERTIFICATE))
		return;
	for (i = 0; i < PUBLISH_SERVERS; i++)
		publish_servers[i].put(add(x, names[i], NULL), d);
	buf_printf(&x->steps,
	    "%u. 2-nginx.conf, 2-apache.conf or 2-Caddyfile: let your web "
	    "server serve it.\n",
	    ++x->step);
}

static void
add_policy(struct fixing *x, bool *is_changed)
{
	struct buf text = { 0 };

	*is_changed = false;
	if (is_policy_due(x) && make_policy(x, &text)) {
		*is_changed = true;
		buf_put(add(x, "2-mta-sts.txt",
			    "put it where the web server has "
			    ".well-known/mta-sts.txt"),
		    text.data, text.len);
		add_servers(x);
	}
	buf_clear(&text);
}

static void
add_record(struct fixing *x, bool is_changed)
{
	const struct check_report *r = x->report;

	if (!is_changed && !is_wrong(r, CHECK_DNS) && !has_found(r, "stale_id"))
		return;
	fix_txt(add(x, "3-mta-sts-record.txt",
		    is_changed ? "when the file is served, publish this "
				 "record (it has a new id)" :
				 "publish this record (it has a new id)"),
	    x->facts, true);
}

static void
add_tlsrpt(struct fixing *x)
{
	enum tlsrpt_use use = tlsrpt_use(x->facts);

	if (use != TLSRPT_MISSING && use != TLSRPT_INVALID)
		return;
	publish_tlsrpt(add(x, "4-tls-rpt-record.txt",
			   "publish this record; its mailbox must exist"),
	    x->facts->evidence->domain, NULL);
}

/* What no record or file of these mends. */
static void
put_by_hand(struct fixing *x, struct buf *b)
{
	const struct check_findings *all = x->report->findings;
	const char *title = "\nBesides, on the hosts themselves:\n";
	enum check_stage stage;
	size_t i;

	for (i = 0; i < all->count; i++) {
		stage = all->item[i].rule->stage;
		if (all->item[i].severity == CHECK_INFO ||
		    (stage != CHECK_CERTIFICATE && stage != CHECK_SMTP &&
			stage != CHECK_DANE))
			continue;
		buf_printf(b, "%s- %s: %s\n", title, all->item[i].rule->code,
		    all->item[i].message);
		title = "";
	}
}

static void
put_readme(struct fixing *x)
{
	const char *d = x->facts->evidence->domain;
	struct buf *b = &x->file[0].text;

	buf_printf(b, "What puts MTA-STS of %s right, as of %s.\n\n", d,
	    CHECK_TIME(x->facts->now));
	buf_printf(b, "In this order:\n%s", buf_str(&x->steps));
	put_by_hand(x, b);
	buf_printf(b, "\nThen: postfix-mta-sts --check --wait 30m %s\n", d);
}

size_t
publish_fix(const struct check_report *report,
    struct publish_file file[PUBLISH_FILES_MAX], const char **why)
{
	struct fixing x = {
		.report = report, .facts = report->facts, .file = file
	};
	bool is_changed = false;

	memset(file, 0, PUBLISH_FILES_MAX * sizeof(*file));
	if (report->status == CHECK_UNKNOWN ||
	    report->status == CHECK_NO_DOMAIN ||
	    report->status == CHECK_NULL_MX) {
		*why = report->status_text;
		return 0;
	}
	add(&x, "README.txt", NULL);
	if (report->status != CHECK_LEAVING)
		add_host(&x);
	add_policy(&x, &is_changed);
	add_record(&x, is_changed);
	add_tlsrpt(&x);
	if (x.step == 0) {
		*why = "Nothing that records and files could mend.";
		x.count = 0;
	} else {
		put_readme(&x);
	}
	buf_clear(&x.steps);
	return x.count;
}
