/* SPDX-License-Identifier: ISC */
/*
 * The configuration: one file in Postfix's own style ("name = value",
 * continuation by leading white space, # comments), one table of settings
 * (config_settings()), overridden by -o name=value. Durations are held in
 * seconds, sizes in bytes.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"

/* Where the administration socket is by default. */
#define CONFIG_ADMIN_LISTEN "unix:/run/postfix-mta-sts/admin.sock"

/* Items of a list setting, in order. */
struct config_list {
	char **item;
	size_t count;
};

/* One member a setting, by its name. Strings are never NULL. */
struct config {
	struct config_list listen;
	int64_t listen_mode;
	char *listen_owner;
	char *listen_group;
	int64_t max_connections;
	int64_t default_profile; /* enum answer_profile */
	bool smarthost_policy;
	bool testing_reports;
	char *main_level; /* "": unknown */
	bool dane;
	char *overrides;
	char *cache_dir;
	int64_t cache_size;
	int64_t commit_wait;
	int64_t query_timeout;
	int64_t revalidate_wait;
	int64_t txt_check_min;
	int64_t txt_check_max;
	int64_t negative_min;
	int64_t negative_max;
	int64_t refresh_interval;
	int64_t refresh_min;
	int64_t keep_unused;
	struct config_list dns_servers; /* empty: resolv.conf */
	int64_t dns_deadline;
	int64_t dns_parallel;
	struct config_list dns_trust_ad;
	int64_t fetch_timeout;
	int64_t fetch_connect_timeout;
	int64_t fetch_parallel;
	char *tls_ca_file; /* "": the system's */
	struct config_list allow_networks;
	char *proxy;
	int64_t policy_port;
	char *admin_listen;
	char *metrics_listen;
	int64_t log_target; /* enum log_target */
	int64_t log_level; /* enum log_level */
	int64_t log_format; /* enum log_format */
	bool log_answers;
	char *user;
	char *group;
	char *pid_file;
	bool sandbox;
};

enum config_type {
	CONFIG_STRING, /* with `words`: one of them, or empty */
	CONFIG_LIST,
	CONFIG_BOOL, /* yes, no */
	CONFIG_SECONDS, /* bare, s, m, h, d, w */
	CONFIG_BYTES, /* bare, K, M, G: powers of 1024 */
	CONFIG_NUMBER,
	CONFIG_MODE, /* octal */
	CONFIG_WORD /* one of `words`; "postfix-" may be left out */
};

struct config_setting {
	const char *name;
	enum config_type type;
	size_t offset; /* in struct config */
	const char *fallback; /* default, as config_print() writes it */
	int64_t min, max; /* of numbers */
	const char *words; /* "a b c", index = value */
	bool is_required; /* a string or list that may not be empty */
	bool (*is_valid)(const char *item); /* of a string, or each item */
	const char *expected; /* what is_valid wants: "a network ..." */
	bool is_reloadable;
	const char *doc; /* one line */
};

/* The table, in the order of the manual. */
const struct config_setting *config_settings(size_t *count);

/* "-o" arguments, each "name=value". */
struct config_overrides {
	const char *const *text;
	size_t count;
};

/*
 * A new configuration: defaults, then the file, then the overrides, then the
 * checks between settings. path NULL: the built-in path, which may be absent;
 * a named file must exist. NULL on any error; error then says
 * "file:line: reason" ("-o name: reason" for an override).
 */
struct config *config_load(const char *path, const struct config_overrides *,
    char *error, size_t error_size);
void config_free(struct config *);

/*
 * Print "name = value" of every setting; with only_changed, those that differ
 * from the default (as postconf -n).
 */
void config_print(const struct config *, bool only_changed, FILE *);

#endif
