/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <string.h>

#include "base/domain.h"
#include "check/fixes.h"
#include "check/providers.h"
#include "check/publish.h"
#include "check/ruletool.h"
#include "sts/mxmatch.h"

#define POLICY_PATH "/.well-known/mta-sts.txt"

bool
publish_is_id(const char *id)
{
	struct buf text = { 0 };
	bool is_good = publish_txt(&text, "example.com", id);

	buf_clear(&text);
	return is_good;
}

bool
publish_is_rua(const char *rua)
{
	struct buf text = { 0 };
	bool is_good = publish_tlsrpt(&text, "example.com", rua);

	buf_clear(&text);
	return is_good;
}

static void
put_pattern(struct buf *b, const char *pattern)
{
	struct buf line = { 0 };

	buf_printf(&line, "mx: %s\n", pattern);
	if (b->len == 0 || strstr(b->data, line.data) == NULL)
		buf_puts(b, line.data);
	buf_clear(&line);
}

/* The provider's pattern that covers the host, or the host itself. */
static void
put_host(struct buf *b, const char *host)
{
	const struct provider *p = provider_find(host);
	char name[DOMAIN_MAX + 1];
	size_t i;

	if (domain_to_ascii(host, strlen(host), name) == 0)
		return;
	for (i = 0; p != NULL && i < PROVIDER_PATTERNS_MAX; i++) {
		if (p->pattern[i] == NULL)
			break;
		if (sts_mx_match(p->pattern[i], strlen(p->pattern[i]), name,
			strlen(name))) {
			put_pattern(b, p->pattern[i]);
			return;
		}
	}
	put_pattern(b, name);
}

static bool
is_policy(const struct buf *text)
{
	struct sts_policy_file file = { 0 };
	struct sts_diags diags = { 0 };
	bool is_good =
	    sts_policy_parse(text->data, text->len, &file, &diags) == 0 &&
	    diags.count == 0;

	sts_policy_file_clear(&file);
	return is_good;
}

bool
publish_policy(
    struct buf *b, const struct check_facts *f, const struct publish_options *o)
{
	enum sts_mode mode = o->has_mode ? o->mode : STS_MODE_TESTING;
	int64_t age = o->max_age;
	struct buf mx = { 0 }, text = { 0 };
	bool is_good;
	size_t i;

	if (age == 0)
		age = mode == STS_MODE_ENFORCE ? FIX_ENFORCE_AGE_S :
						 FIX_STARTER_AGE_S;
	for (i = 0; i < f->hosts; i++)
		put_host(&mx, f->host[i].mx->host);
	buf_printf(&text, "version: STSv1\nmode: %s\n%smax_age: %" PRId64 "\n",
	    sts_mode_word(mode), buf_str(&mx), age);
	is_good = f->hosts > 0 && is_policy(&text);
	if (is_good)
		buf_put(b, text.data, text.len);
	buf_clear(&mx);
	buf_clear(&text);
	return is_good;
}

bool
publish_txt(struct buf *b, const char *domain, const char *id)
{
	struct buf text = { 0 };
	struct sts_diags diags = { 0 };
	struct sts_record record;
	char read[STS_ID_MAX + 1];
	bool is_good;

	buf_printf(&text, "v=STSv1; id=%s", id);
	record = (struct sts_record){ text.data, text.len };
	is_good = sts_txt_parse(&record, 1, read, &diags) == STS_TXT_VALID &&
	    diags.count == 0 && strcmp(read, id) == 0;
	if (is_good)
		buf_printf(
		    b, "_mta-sts.%s. IN TXT \"%s\"\n", domain, text.data);
	buf_clear(&text);
	return is_good;
}

bool
publish_tlsrpt(struct buf *b, const char *domain, const char *rua)
{
	struct buf text = { 0 };
	struct sts_diags diags = { 0 };
	struct sts_tlsrpt out = { 0 };
	struct sts_record record;
	bool is_good;

	if (rua != NULL)
		buf_printf(&text, "v=TLSRPTv1; rua=%s", rua);
	else
		buf_printf(
		    &text, "v=TLSRPTv1; rua=mailto:tls-reports@%s", domain);
	record = (struct sts_record){ text.data, text.len };
	is_good = sts_tlsrpt_parse(&record, 1, &out, &diags) == STS_TXT_VALID &&
	    diags.count == 0 && text.len <= 255 &&
	    strpbrk(text.data, "\"\\") == NULL;
	if (is_good)
		buf_printf(
		    b, "_smtp._tls.%s. IN TXT \"%s\"\n", domain, text.data);
	buf_clear(&text);
	return is_good;
}

void
publish_host(struct buf *b, const char *domain)
{
	buf_printf(b,
	    "mta-sts.%s. IN CNAME www.%s. ; your web server; or A, AAAA\n",
	    domain, domain);
}

/* ---- web servers */

#define CERTIFICATES "/etc/letsencrypt/live/mta-sts.%s/"

static void
put_nginx(struct buf *b, const char *d)
{
	buf_printf(b,
	    "server {\n"
	    "    listen 443 ssl;\n"
	    "    listen [::]:443 ssl;\n"
	    "    server_name mta-sts.%s;\n"
	    "    ssl_certificate " CERTIFICATES "fullchain.pem;\n"
	    "    ssl_certificate_key " CERTIFICATES "privkey.pem;\n"
	    "    ssl_protocols TLSv1.2 TLSv1.3;\n"
	    "    location = " POLICY_PATH " {\n"
	    "        root " PUBLISH_ROOT ";\n"
	    "        types { }\n"
	    "        default_type text/plain;\n"
	    "    }\n"
	    "    location / {\n"
	    "        return 404;\n"
	    "    }\n"
	    "}\n",
	    d, d, d, d);
}

static void
put_apache(struct buf *b, const char *d)
{
	buf_printf(b,
	    "<VirtualHost *:443>\n"
	    "    ServerName mta-sts.%s\n"
	    "    SSLEngine on\n"
	    "    SSLProtocol -all +TLSv1.2 +TLSv1.3\n"
	    "    SSLCertificateFile " CERTIFICATES "fullchain.pem\n"
	    "    SSLCertificateKeyFile " CERTIFICATES "privkey.pem\n"
	    "    DocumentRoot " PUBLISH_ROOT "\n"
	    "    <Directory " PUBLISH_ROOT ">\n"
	    "        Options None\n"
	    "        AllowOverride None\n"
	    "        Require all granted\n"
	    "    </Directory>\n"
	    "    <Files \"mta-sts.txt\">\n"
	    "        ForceType text/plain\n"
	    "    </Files>\n"
	    "</VirtualHost>\n",
	    d, d, d, d, d);
}

/* It gets the certificate by itself. */
static void
put_caddy(struct buf *b, const char *d)
{
	buf_printf(b,
	    "mta-sts.%s {\n"
	    "    root * " PUBLISH_ROOT "\n"
	    "    header " POLICY_PATH " Content-Type text/plain\n"
	    "    file_server\n"
	    "}\n",
	    d, d);
}

const struct publish_server publish_servers[PUBLISH_SERVERS] = {
	{ "nginx", "nginx.conf", put_nginx },
	{ "Apache", "apache.conf", put_apache },
	{ "Caddy", "Caddyfile", put_caddy },
};

/* ---- all of it */

static void
put_servers(struct buf *b, const char *domain)
{
	size_t i;

	for (i = 0; i < PUBLISH_SERVERS; i++) {
		buf_printf(b, "\n# --- %s\n", publish_servers[i].name);
		publish_servers[i].put(b, domain);
	}
}

bool
publish_all(
    struct buf *b, const struct check_facts *f, const struct publish_options *o)
{
	const char *d = f->evidence->domain;
	char id[FIX_ID_SIZE];
	struct buf policy = { 0 };

	if (!publish_policy(&policy, f, o))
		return false;
	fix_id(f, id);
	buf_puts(b,
	    "# 1. The policy host: a name for a web server with a certificate\n"
	    "#    for it.\n");
	publish_host(b, d);
	buf_printf(b,
	    "\n# 2. The policy file: " PUBLISH_ROOT POLICY_PATH "\n"
	    "#    (without this comment), and one of the three below.\n",
	    d);
	buf_put(b, policy.data, policy.len);
	put_servers(b, d);
	buf_puts(b,
	    "\n# 3. When the file is served, and only then, the record; with\n"
	    "#    every change of the file a new id.\n");
	publish_txt(b, d, o->id != NULL ? o->id : id);
	buf_puts(b,
	    "\n# 4. Where senders report failures: it must exist and be "
	    "read.\n");
	publish_tlsrpt(b, d, o->rua);
	buf_printf(
	    b, "\n# 5. See that it works: postfix-mta-sts --check %s\n", d);
	buf_clear(&policy);
	return true;
}
