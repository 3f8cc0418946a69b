/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/configvalue.h"
#include "base/configfile.h"
#include "base/xmalloc.h"

#define ERROR_BYTES   512
#define OVERRIDES_MAX 4
#define NOBODY        65534

static char folder[64];
static char path[96];

static int
set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_config.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/c", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void
write_file(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Load text as the file, overrides ending with NULL; error without folder. */
static struct config *
load(const char *text, const char *const *override, char *error)
{
	struct config_overrides overrides = { override, 0 };
	struct config *config;
	size_t len = strlen(folder) + 1;

	while (override != NULL && override[overrides.count] != NULL)
		overrides.count++;
	write_file(text, strlen(text));
	error[0] = '\0';
	config = config_load(path, &overrides, error, ERROR_BYTES);
	if (strncmp(error, path, len) == 0)
		memmove(error, error + len, strlen(error + len) + 1);
	return config;
}

static char *
print(const struct config *config, bool only_changed)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	config_print(config, only_changed, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
test_defaults(void **state)
{
	char error[ERROR_BYTES];
	struct config *c = load("", NULL, error);
	char *changed;

	(void)state;
	assert_string_equal(error, "");
	assert_non_null(c);
	assert_int_equal(c->listen.count, 1);
	assert_string_equal(c->listen.item[0], "inet:127.0.0.1:8461");
	assert_int_equal(c->listen_mode, 0666);
	assert_string_equal(c->listen_owner, "");
	assert_int_equal(c->max_connections, 4096);
	assert_int_equal(c->default_profile, 1);
	assert_true(c->smarthost_policy);
	assert_false(c->testing_reports);
	assert_string_equal(c->main_level, "");
	assert_false(c->dane);
	assert_string_equal(c->cache_dir, "/var/lib/postfix-mta-sts");
	assert_int_equal(c->cache_size, INT64_C(4) << 30);
	assert_int_equal(c->commit_wait, 1);
	assert_int_equal(c->query_timeout, 10);
	assert_int_equal(c->revalidate_wait, 1);
	assert_int_equal(c->txt_check_min, 60);
	assert_int_equal(c->txt_check_max, 86400);
	assert_int_equal(c->negative_min, 60);
	assert_int_equal(c->negative_max, 3600);
	assert_int_equal(c->refresh_interval, 86400);
	assert_int_equal(c->refresh_min, 300);
	assert_int_equal(c->keep_unused, 30 * 86400);
	assert_int_equal(c->dns_servers.count, 0);
	assert_int_equal(c->dns_deadline, 5);
	assert_int_equal(c->dns_parallel, 100);
	assert_int_equal(c->fetch_timeout, 60);
	assert_int_equal(c->fetch_connect_timeout, 15);
	assert_int_equal(c->fetch_parallel, 32);
	assert_int_equal(c->policy_port, 443);
	assert_string_equal(
	    c->admin_listen, "unix:/run/postfix-mta-sts/admin.sock");
	assert_string_equal(c->metrics_listen, "");
	assert_int_equal(c->log_target, LOG_TARGET_STDERR);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_int_equal(c->log_format, LOG_FORMAT_TEXT);
	assert_false(c->log_answers);
	assert_string_equal(c->pid_file, "");

	/* Each default is written as it is printed. */
	changed = print(c, true);
	assert_string_equal(changed, "");
	free(changed);
	config_free(c);
	config_free(NULL);
}

static void
test_table(void **state)
{
	const struct config_setting *s;
	size_t count, i;

	(void)state;
	s = config_settings(&count);
	assert_int_equal(count, 44);
	for (i = 0; i < count; i++) {
		if (s[i].doc == NULL || strlen(s[i].doc) > 70)
			fail_msg("%s: doc", s[i].name);
		if ((s[i].is_valid == NULL) != (s[i].expected == NULL))
			fail_msg("%s: expected", s[i].name);
		if (s[i].type == CONFIG_WORD && s[i].words == NULL)
			fail_msg("%s: words", s[i].name);
	}
}

static const struct {
	const char *text;
	const char *override[OVERRIDES_MAX];
	const char *changed; /* as --print-config -n */
} good[] = {
	{ "# comment\n\n  \t\n  # another\n", { NULL }, "" },
	{ "query_timeout=5s", { NULL }, "query_timeout = 5s\n" },
	{ "query_timeout \t=\t 5 \r\n", { NULL }, "query_timeout = 5s\n" },
	{ "query_timeout\n = 1m\n", { NULL }, "query_timeout = 1m\n" },
	{ "query_timeout = 90\n", { NULL }, "query_timeout = 90s\n" },
	{ "query_timeout = 5s\n", { "query_timeout=6s", "query_timeout = 7s" },
	    "query_timeout = 7s\n" },
	{ "", { "main_level=" }, "" },
	{ "keep_unused = 2w", { NULL }, "keep_unused = 2w\n" },
	{ "keep_unused = 48h", { NULL }, "keep_unused = 2d\n" },
	{ "keep_unused = 720h", { NULL }, "" },
	{ "cache_size = 2048M", { NULL }, "cache_size = 2G\n" },
	{ "cache_size = 1048577", { NULL }, "cache_size = 1048577\n" },
	{ "cache_size = 1025K", { NULL }, "cache_size = 1025K\n" },
	{ "cache_size = 1024G", { NULL }, "cache_size = 1024G\n" },
	{ "listen = inet:127.0.0.1:1,\n\n# c\n\tinet:[::1]:2 unix:a/b\n",
	    { NULL }, "listen = inet:127.0.0.1:1, inet:[::1]:2, unix:a/b\n" },
	{ "listen_mode = 660", { NULL }, "listen_mode = 0660\n" },
	{ "listen_mode = 0", { NULL }, "listen_mode = 0000\n" },
	{ "listen_mode = 0777", { NULL }, "listen_mode = 0777\n" },
	{ "default_profile = 2.10", { NULL },
	    "default_profile = postfix-2.10\n" },
	{ "default_profile = 3.4", { NULL }, "" },
	{ "default_profile = postfix-3.10", { NULL },
	    "default_profile = postfix-3.10\n" },
	{ "main_level = may\ntesting_reports = yes", { NULL },
	    "testing_reports = yes\nmain_level = may\n" },
	{ "main_level = dane-only", { NULL }, "main_level = dane-only\n" },
	{ "smarthost_policy = no", { NULL }, "smarthost_policy = no\n" },
	{ "dns_servers = 192.0.2.1 192.0.2.1:53 2001:db8::1 [2001:db8::1]:5353",
	    { NULL },
	    "dns_servers = 192.0.2.1, 192.0.2.1:53, 2001:db8::1, "
	    "[2001:db8::1]:5353\n" },
	{ "allow_networks = 10.0.0.0/8, ::1, fd00::/128, 192.0.2.1/32, ::/0",
	    { NULL },
	    "allow_networks = 10.0.0.0/8, ::1, fd00::/128, 192.0.2.1/32, "
	    "::/0\n" },
	{ "dns_trust_ad = ,", { NULL }, "" },
	{ "log_level = debug\nlog_target = syslog\nlog_format = json\n",
	    { NULL },
	    "log_target = syslog\nlog_level = debug\nlog_format = json\n" },
	{ "txt_check_min = 2h\ntxt_check_max = 2h\n", { NULL },
	    "txt_check_min = 2h\ntxt_check_max = 2h\n" },
	{ "negative_min = 2h\n", { "negative_max=2h" },
	    "negative_min = 2h\nnegative_max = 2h\n" },
	{ "tls_ca_file = /etc/ca#1.pem\nproxy = http://a=b\n", { NULL },
	    "tls_ca_file = /etc/ca#1.pem\nproxy = http://a=b\n" },
	{ "dane = no\nsandbox = yes\noverrides =\nadmin_listen=\n", { NULL },
	    "admin_listen =\n" },
	{ "overrides = /etc/o\n", { NULL }, "overrides = /etc/o\n" },
};

static void
test_good(void **state)
{
	char error[ERROR_BYTES];
	struct config *c;
	char *changed;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c = load(good[i].text, good[i].override, error);
		if (c == NULL)
			fail_msg("%zu: %s", i, error);
		changed = print(c, true);
		if (strcmp(changed, good[i].changed) != 0)
			fail_msg("%zu: %s", i, changed);
		free(changed);
		config_free(c);
	}
}

#define NOT_SOCKET                                         \
	" is not an address such as inet:127.0.0.1:8461, " \
	"inet:[::1]:8461 or unix:/path"
#define NOT_SERVER                                               \
	" is not a name server such as 127.0.0.1, 127.0.0.1:53 " \
	"or [::1]:53"
#define NOT_NETWORK " is not a network such as 192.0.2.0/24 or 2001:db8::/32"

static const struct {
	const char *text;
	const char *override[OVERRIDES_MAX];
	const char *error;
} bad[] = {
	{ "\nquery_timeout = 5x\n", { NULL },
	    "c:2: query_timeout: 5x is not a duration such as 10s (1s-90s)" },
	{ "query_timeout =\n", { NULL },
	    "c:1: query_timeout: \"\" is not a duration such as 10s "
	    "(1s-90s)" },
	{ "query_timeout = 2m\n", { NULL },
	    "c:1: query_timeout: 2m is out of bounds (1s-90s)" },
	{ "query_timeout = 0\n", { NULL },
	    "c:1: query_timeout: 0 is out of bounds (1s-90s)" },
	{ "query_timeout = -1\n", { NULL },
	    "c:1: query_timeout: -1 is not a duration such as 10s (1s-90s)" },
	{ "query_timeout = +1\n", { NULL },
	    "c:1: query_timeout: +1 is not a duration such as 10s (1s-90s)" },
	{ "query_timeout = 1.5\n", { NULL },
	    "c:1: query_timeout: 1.5 is not a duration such as 10s "
	    "(1s-90s)" },
	{ "query_timeout = 1ss\n", { NULL },
	    "c:1: query_timeout: 1ss is not a duration such as 10s "
	    "(1s-90s)" },
	{ "query_timeout = 1 0\n", { NULL },
	    "c:1: query_timeout: 1 0 is not a duration such as 10s "
	    "(1s-90s)" },
	{ "query_timeout = 0x10\n", { NULL },
	    "c:1: query_timeout: 0x10 is not a duration such as 10s "
	    "(1s-90s)" },
	/* 2^64 + 10, and 2^64 weeks and more: no wrapping round */
	{ "query_timeout = 18446744073709551626\n", { NULL },
	    "c:1: query_timeout: 18446744073709551626 is out of bounds "
	    "(1s-90s)" },
	{ "query_timeout = 9223372036854775807w\n", { NULL },
	    "c:1: query_timeout: 9223372036854775807w is out of bounds "
	    "(1s-90s)" },
	{ "cache_size = 9007199254740992K\n", { NULL },
	    "c:1: cache_size: 9007199254740992K is out of bounds "
	    "(1M-1024G)" },
	/* 2^64 + 2 MiB */
	{ "cache_size = 18014398509484032K\n", { NULL },
	    "c:1: cache_size: 18014398509484032K is out of bounds "
	    "(1M-1024G)" },
	{ "cache_size = 4T\n", { NULL },
	    "c:1: cache_size: 4T is not a size such as 4G (1M-1024G)" },
	{ "listen_mode = 0888\n", { NULL },
	    "c:1: listen_mode: 0888 is not an octal mode such as 0666 "
	    "(0000-0777)" },
	{ "listen_mode = 4755\n", { NULL },
	    "c:1: listen_mode: 4755 is out of bounds (0000-0777)" },
	{ "policy_port = 65536\n", { NULL },
	    "c:1: policy_port: 65536 is out of bounds (1-65535)" },
	{ "policy_port = https\n", { NULL },
	    "c:1: policy_port: https is not a whole number (1-65535)" },
	{ "policy_port = 1K\n", { NULL },
	    "c:1: policy_port: 1K is not a whole number (1-65535)" },
	{ "smarthost_policy = Yes\n", { NULL },
	    "c:1: smarthost_policy: Yes is neither yes nor no" },
	{ "log_level = inf\n", { NULL },
	    "c:1: log_level: inf is none of: error warning info debug" },
	{ "default_profile = 3.5\n", { NULL },
	    "c:1: default_profile: 3.5 is none of: postfix-2.10 postfix-3.4 "
	    "postfix-3.10" },
	{ "default_profile =\n", { NULL },
	    "c:1: default_profile: \"\" is none of: postfix-2.10 postfix-3.4 "
	    "postfix-3.10" },
	{ "main_level = dane only\n", { NULL },
	    "c:1: main_level: dane only is none of: none may encrypt dane "
	    "dane-only fingerprint verify secure (or empty)" },
	{ "listen =\n", { NULL }, "c:1: listen: may not be empty" },
	{ "cache_dir =\n", { NULL }, "c:1: cache_dir: may not be empty" },
	{ "listen = inet:127.0.0.1:1 8461\n", { NULL },
	    "c:1: listen: 8461" NOT_SOCKET },
	{ "admin_listen = /run/x\n", { NULL },
	    "c:1: admin_listen: /run/x" NOT_SOCKET },
	{ "dns_servers = ns.example.com\n", { NULL },
	    "c:1: dns_servers: ns.example.com" NOT_SERVER },
	{ "dns_servers = 192.0.2.1:0\n", { NULL },
	    "c:1: dns_servers: 192.0.2.1:0" NOT_SERVER },
	{ "dns_servers = 192.0.2.1:65536\n", { NULL },
	    "c:1: dns_servers: 192.0.2.1:65536" NOT_SERVER },
	{ "dns_servers = [192.0.2.1]:53\n", { NULL },
	    "c:1: dns_servers: [192.0.2.1]:53" NOT_SERVER },
	{ "dns_servers = [2001:db8::1:53\n", { NULL },
	    "c:1: dns_servers: [2001:db8::1:53" NOT_SERVER },
	{ "dns_servers = [2001:db8::1]\n", { NULL },
	    "c:1: dns_servers: [2001:db8::1]" NOT_SERVER },
	{ "dns_trust_ad = 192.0.2.0/33\n", { NULL },
	    "c:1: dns_trust_ad: 192.0.2.0/33" NOT_NETWORK },
	{ "dns_trust_ad = 192.0.2.0/\n", { NULL },
	    "c:1: dns_trust_ad: 192.0.2.0/" NOT_NETWORK },
	{ "dns_trust_ad = 192.0.2/24\n", { NULL },
	    "c:1: dns_trust_ad: 192.0.2/24" NOT_NETWORK },
	{ "dns_trust_ad = ::/129\n", { NULL },
	    "c:1: dns_trust_ad: ::/129" NOT_NETWORK },
	{ "dns_trust_ad = "
	  "0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:"
	  "0:0:0:0:0/1\n",
	    { NULL },
	    "c:1: dns_trust_ad: 0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:"
	    "0:0:0:0:0:0:0:0:0:0/1" NOT_NETWORK },
	{ "dns_trust_ad = ::/08\n", { NULL },
	    "c:1: dns_trust_ad: ::/08" NOT_NETWORK },
	{ "quer_timeouts = 1\n", { NULL },
	    "c:1: quer_timeouts: there is no such setting; did you mean "
	    "query_timeout?" },
	{ "negativ_mun = 1\n", { NULL },
	    "c:1: negativ_mun: there is no such setting; did you mean "
	    "negative_min?" },
	{ "smtp_tls_policy_maps = 1\n", { NULL },
	    "c:1: smtp_tls_policy_maps: there is no such setting" },
	{ "a_name_that_is_longer_than_any_setting_there_is = 1\n", { NULL },
	    "c:1: a_name_that_is_longer_than_any_s...: there is no such "
	    "setting" },
	{ "query_timeout = 5s\n\n\nquery_timeout = 5s\n", { NULL },
	    "c:4: query_timeout: is already set in line 1" },
	{ "# c\n\n  query_timeout = 5s\n", { NULL },
	    "c:3: begins with white space, but there is no line that it "
	    "could continue" },
	{ "query_timeout 5s\n", { NULL }, "c:1: this is not \"name = value\"" },
	{ "dane = no\n= 5s\n", { NULL }, "c:2: this is not \"name = value\"" },
	{ "Dane = no\n", { NULL }, "c:1: this is not \"name = value\"" },
	{ "dane\n x = no\n", { NULL }, "c:1: this is not \"name = value\"" },
	{ "log_level = info # usual\n", { NULL },
	    "c:1: a comment must stand on a line of its own" },
	{ "log_level = # usual\n", { NULL },
	    "c:1: a comment must stand on a line of its own" },
	{ "txt_check_min = 2h\n\ntxt_check_max = 1h\n", { NULL },
	    "c:1: txt_check_min (2h) is more than txt_check_max (1h)" },
	{ "\ntxt_check_max = 1s\n", { NULL },
	    "c:2: txt_check_min (1m) is more than txt_check_max (1s)" },
	{ "", { "negative_max=59" },
	    "-o negative_min (1m) is more than negative_max (59s)" },
	{ "\ntesting_reports = yes\n", { NULL },
	    "c:2: testing_reports = yes needs dane = yes or "
	    "main_level = may" },
	{ "testing_reports = yes\nmain_level = dane\n", { NULL },
	    "c:1: testing_reports = yes needs dane = yes or "
	    "main_level = may" },
	{ "", { "query_timeout=5x" },
	    "-o query_timeout: 5x is not a duration such as 10s (1s-90s)" },
	{ "", { "query_timeout" },
	    "-o query_timeout: this is not \"name=value\"" },
	{ "", { "", NULL }, "-o : this is not \"name=value\"" },
	{ "", { "querytimeout=1" },
	    "-o querytimeout: there is no such setting; did you mean "
	    "query_timeout?" },
	{ "log_level = \033[1m\xff\n", { NULL },
	    "c:1: log_level: ?[1m? is none of: error warning info debug" },
};

static void
test_bad(void **state)
{
	char error[ERROR_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (load(bad[i].text, bad[i].override, error) != NULL)
			fail_msg("%zu: taken: %s", i, bad[i].text);
		if (strcmp(error, bad[i].error) != 0)
			fail_msg("%zu: %s", i, error);
	}
}

/* The error is cut to what the caller has room for. */
static void
test_short_error(void **state)
{
	char error[8] = "xxxxxxx";

	(void)state;
	write_file("dane = yeah\n", 12);
	assert_null(config_load(path, NULL, error, 5));
	assert_string_equal(error, "/tmp");
	assert_int_equal(error[5], 'x');
	assert_null(config_load(path, NULL, error, 0));
	assert_string_equal(error, "/tmp");
}

static void
test_print(void **state)
{
	char error[ERROR_BYTES];
	struct config *c, *again;
	char *text, *text_again;

	(void)state;
	c = load("listen = inet:127.0.0.1:1, unix:x\nproxy = http://p:1\n"
		 "refresh_min = 61\ncache_size = 3M\nlisten_mode = 7\n",
	    NULL, error);
	assert_non_null(c);
	text = print(c, false);
	assert_non_null(strstr(text, "\nlisten_mode = 0007\nlisten_owner =\n"));
	assert_ptr_equal(
	    strstr(text, "listen = inet:127.0.0.1:1, unix:x\n"), text);
	/* What is printed can be read, and means the same. */
	again = load(text, NULL, error);
	assert_string_equal(error, "");
	assert_non_null(again);
	text_again = print(again, false);
	assert_string_equal(text, text_again);
	free(text);
	free(text_again);
	config_free(c);
	config_free(again);
}

static void
test_files(void **state)
{
	char error[ERROR_BYTES], text[160];
	size_t len = CONFIGFILE_MAX_BYTES;
	struct config *c;
	char *big;

	(void)state;
	assert_null(config_load(folder, NULL, error, sizeof(error)));
	snprintf(text, sizeof(text), "%s: is a directory", folder);
	assert_string_equal(error, text);

	(void)unlink(path);
	assert_null(config_load(path, NULL, error, sizeof(error)));
	snprintf(text, sizeof(text),
	    "%s: cannot be opened: No such file or directory", path);
	assert_string_equal(error, text);

	big = xcalloc(1, len + 2);
	memset(big, '\n', len);
	write_file(big, len);
	c = config_load(path, NULL, error, sizeof(error));
	assert_non_null(c);
	config_free(c);
	big[len] = '\n';
	write_file(big, len + 1);
	assert_null(config_load(path, NULL, error, sizeof(error)));
	snprintf(text, sizeof(text), "%s: is larger than 1 MiB", path);
	assert_string_equal(error, text);
	free(big);

	write_file("dane = no\n#\0\n", 13);
	assert_null(config_load(path, NULL, error, sizeof(error)));
	snprintf(text, sizeof(text),
	    "%s:2: a NUL byte: this is not a text file", path);
	assert_string_equal(error, text);
}

/* A file that may be absent: only its absence is forgiven. */
static void
test_absent(void **state)
{
	struct configfile file = { 0 };
	struct buf error = { 0 };
	char below[sizeof(path) + 2];

	(void)state;
	(void)unlink(path);
	assert_int_equal(configfile_read(path, true, &file, &error), 0);
	assert_int_equal(file.count, 0);
	assert_int_equal(configfile_read(folder, true, &file, &error), -1);
	assert_int_equal(file.count, 0);
	write_file("a = b\nc =\n d\n", 13);
	snprintf(below, sizeof(below), "%s/x", path);
	assert_int_equal(configfile_read(below, true, &file, &error), -1);
	buf_reset(&error);
	assert_int_equal(configfile_read(path, true, &file, &error), 0);
	assert_int_equal(file.count, 2);
	assert_string_equal(file.item[1].name, "c");
	assert_string_equal(file.item[1].value, "d");
	assert_int_equal(file.item[1].line, 2);
	configfile_clear(&file);
	buf_clear(&error);
}

static void
test_unreadable(void **state)
{
	bool is_root = geteuid() == 0;
	struct config *c;
	char error[ERROR_BYTES], text[160];

	(void)state;
	write_file("", 0);
	assert_int_equal(chmod(path, 0), 0);
	/* Root reads everything. */
	if (is_root)
		assert_int_equal(seteuid(NOBODY), 0);
	c = config_load(path, NULL, error, sizeof(error));
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_null(c);
	snprintf(text, sizeof(text), "%s: cannot be opened: Permission denied",
	    path);
	assert_string_equal(error, text);
}

/* Of every setting two values, told apart and exchanged. */
static void
test_exchange(void **state)
{
	static const char one[] = "listen = inet:127.0.0.1:1\n"
				  "listen_mode = 0600\n"
				  "smarthost_policy = no\n"
				  "main_level = may\n"
				  "default_profile = 2.10\n"
				  "query_timeout = 7s\n"
				  "cache_size = 2M\n"
				  "max_connections = 9\n";
	const struct config_setting *s;
	struct config *a, *b;
	char error[512];
	size_t count, i, differ = 0;

	(void)state;
	write_file(one, sizeof(one) - 1);
	a = config_load(path, NULL, error, sizeof(error));
	b = config_load("/dev/null", NULL, error, sizeof(error));
	assert_non_null(a);
	assert_non_null(b);
	s = config_settings(&count);
	for (i = 0; i < count; i++) {
		if (configvalue_is_equal(a, b, &s[i]))
			continue;
		differ++;
		configvalue_exchange(a, b, &s[i]);
	}
	assert_int_equal(differ, 8);
	assert_string_equal(a->listen.item[0], "inet:127.0.0.1:8461");
	assert_string_equal(b->listen.item[0], "inet:127.0.0.1:1");
	assert_string_equal(a->main_level, "");
	assert_string_equal(b->main_level, "may");
	assert_true(a->smarthost_policy);
	assert_false(b->smarthost_policy);
	assert_int_equal(a->query_timeout, 10);
	assert_int_equal(b->query_timeout, 7);
	assert_int_equal(b->listen_mode, 0600);
	assert_int_equal(b->default_profile, 0);
	assert_int_equal(b->cache_size, 2 * 1024 * 1024);
	assert_int_equal(b->max_connections, 9);
	config_free(a);
	config_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_short_error),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_exchange),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
