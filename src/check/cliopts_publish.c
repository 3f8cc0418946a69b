/* SPDX-License-Identifier: ISC */
/* The options of --check-policy, --generate, --fix, --wait and --mx. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/cliopts.h"

#define WAIT_MAX_S INT64_C(604800)

static bool
fault(const char *option, const char *value, const char *why)
{
	fprintf(
	    stderr, "postfix-mta-sts: %s: \"%s\": %s\n", option, value, why);
	return false;
}

/* "90", "90s", "5m", "2h", "1d", "1w", of at least 1 and at most max. */
static bool
read_time(const char *option, const char *value, int64_t max, int64_t *out)
{
	static const struct {
		char letter;
		int64_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 } };
	int64_t n = 0, unit = 1;
	size_t digits = strspn(value, "0123456789"), i;

	for (i = 0; i < digits && digits <= 10; i++)
		n = n * 10 + (value[i] - '0');
	if (value[digits] != '\0') {
		unit = 0;
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (value[digits] == units[i].letter)
				unit = units[i].s;
	}
	if (digits == 0 || digits > 10 || unit == 0 ||
	    (value[digits] != '\0' && value[digits + 1] != '\0'))
		return fault(option, value, "no time, such as 30m or 1d");
	if (n < 1 || n > max / unit)
		return fault(option, value, "too short or too long");
	*out = n * unit;
	return true;
}

static bool
read_mode(const char *value, struct publish_options *publish)
{
	static const enum sts_mode modes[] = { STS_MODE_NONE, STS_MODE_TESTING,
		STS_MODE_ENFORCE };
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(value, sts_mode_word(modes[i])) != 0)
			continue;
		publish->has_mode = true;
		publish->mode = modes[i];
		return true;
	}
	return fault("--mode", value, "none of none, testing, enforce");
}

static bool
read_publish(struct check_cliopts *o, int option, const char *value)
{
	o->has_publish = true;
	switch (option) {
	case OPT_MODE:
		return read_mode(value, &o->publish);
	case OPT_MAX_AGE:
		return read_time(
		    "--max-age", value, STS_MAX_AGE_MAX_S, &o->publish.max_age);
	case OPT_RUA:
		if (!publish_is_rua(value))
			return fault("--rua", value,
			    "no mailto: or https: that can stand in a record");
		o->publish.rua = value;
		return true;
	default:
		if (!publish_is_id(value))
			return fault(
			    "--id", value, "not 1 to 32 letters and digits");
		o->publish.id = value;
		return true;
	}
}

bool
cliopts_publish_read(struct check_cliopts *o, int option, const char *value)
{
	switch (option) {
	case OPT_CHECK_POLICY:
		o->check_policy = value;
		break;
	case OPT_DOMAIN:
		o->policy_domain = value;
		break;
	case OPT_TXT:
		o->txt = value;
		break;
	case OPT_TLS_RPT:
		o->tls_rpt = value;
		break;
	case OPT_GENERATE:
		o->is_generate = true;
		break;
	case OPT_FIX:
		o->fix = value;
		break;
	case OPT_WAIT:
		return read_time("--wait", value, WAIT_MAX_S, &o->wait_s);
	case OPT_MX:
		if (!probe_mx_is_list(value))
			return fault("--mx", value,
			    "no list of host names, a comma between them");
		o->probe.mx = value;
		break;
	default:
		return read_publish(o, option, value);
	}
	return true;
}

const char *
cliopts_publish_fault(const struct check_cliopts *o)
{
	int tasks = (o->check_policy != NULL) + o->is_generate +
	    (o->fix != NULL) + (o->wait_s > 0);

	if (tasks > 0 && (o->is_mine || o->is_queue || o->report_paths > 0))
		return "--check-policy, --generate, --fix, --wait: not with "
		       "--mine, --queue or --reports";
	if (tasks > 1)
		return "--check-policy, --generate, --fix, --wait: one of them";
	if (o->check_policy != NULL &&
	    (o->domains > 0 || o->list != NULL || o->evidence != NULL))
		return "--check-policy: give the domain by --domain";
	if (o->check_policy == NULL &&
	    (o->policy_domain != NULL || o->txt != NULL || o->tls_rpt != NULL))
		return "--domain, --txt, --tls-rpt: with --check-policy only";
	if (tasks == 1 && o->check_policy == NULL &&
	    (o->domains != 1 || o->list != NULL || o->evidence != NULL))
		return "--generate, --fix, --wait: of one domain";
	if (o->has_publish && !o->is_generate &&
	    !(o->wait_s > 0 && o->publish.id != NULL))
		return "--mode, --max-age, --rua, --id: with --generate only "
		       "(--id also with --wait)";
	if (o->probe.mx != NULL && o->evidence != NULL)
		return "--mx: what was seen is seen";
	return NULL;
}
