/* SPDX-License-Identifier: ISC */
/*
 * dns-ask [-o dns_name=value]... [-s server]... name type
 *
 * Asks as the daemon does and prints what it would be told: status, detail,
 * ad, ttl, chain, then one record a line. Exit 0 on ok, nodata and nxdomain,
 * 1 on any other status, 64 on wrong usage.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/xmalloc.h"
#include "net/dns.h"

#define EXIT_USAGE 64

struct ask {
	struct loop *loop;
	enum dns_type type;
	int status;
};

static _Noreturn void
usage(void)
{
	fputs("usage: dns-ask [-o dns_deadline=s] [-o dns_parallel=n]\n"
	      "    [-o dns_servers=a,b] [-o dns_trust_ad=net,...] [-s server]\n"
	      "    name A|AAAA|CNAME|MX|NS|SOA|TLSA|TXT\n",
	    stderr);
	exit(EXIT_USAGE);
}

static void
list_add(struct config_list *list, const char *item)
{
	list->item =
	    xreallocarray(list->item, list->count + 1, sizeof(list->item[0]));
	list->item[list->count++] = xstrdup(item);
}

static void
list_clear(struct config_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
}

static void
list_add_all(struct config_list *list, char *text)
{
	char *word;

	while ((word = strsep(&text, ", ")) != NULL)
		if (*word != '\0')
			list_add(list, word);
}

static void
set_option(struct config *config, char *text)
{
	char *value = strchr(text, '=');
	const char *error = NULL;

	if (value == NULL)
		usage();
	*value++ = '\0';
	if (strcmp(text, "dns_deadline") == 0)
		config->dns_deadline = strtonum(value, 1, 3600, &error);
	else if (strcmp(text, "dns_parallel") == 0)
		config->dns_parallel = strtonum(value, 1, 10000, &error);
	else if (strcmp(text, "dns_servers") == 0)
		list_add_all(&config->dns_servers, value);
	else if (strcmp(text, "dns_trust_ad") == 0)
		list_add_all(&config->dns_trust_ad, value);
	else
		usage();
	if (error != NULL)
		usage();
}

static enum dns_type
read_type(const char *text)
{
	static const enum dns_type types[] = { DNS_A, DNS_NS, DNS_CNAME,
		DNS_SOA, DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(dns_type_name(types[i]), text) == 0)
			return types[i];
	usage();
}

/* Printable ASCII but the backslash as it is, the rest as \xNN. */
static void
print_text(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c > 0x7e || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

static void
print_record(enum dns_type type, const struct dns_rr *rr)
{
	char address[INET6_ADDRSTRLEN];
	size_t i;

	printf("%s ", dns_type_name(type));
	switch (type) {
	case DNS_A:
		fputs(inet_ntop(AF_INET, &rr->a, address, sizeof(address)),
		    stdout);
		break;
	case DNS_AAAA:
		fputs(inet_ntop(AF_INET6, &rr->aaaa, address, sizeof(address)),
		    stdout);
		break;
	case DNS_NS:
	case DNS_CNAME:
		fputs(rr->name, stdout);
		break;
	case DNS_MX:
		printf("%u %s", (unsigned int)rr->mx.preference,
		    *rr->mx.host != '\0' ? rr->mx.host : ".");
		break;
	case DNS_TXT:
		print_text(rr->txt.data, rr->txt.len);
		break;
	case DNS_TLSA:
		printf("%u %u %u ", (unsigned int)rr->tlsa.usage,
		    (unsigned int)rr->tlsa.selector,
		    (unsigned int)rr->tlsa.matching);
		for (i = 0; i < rr->tlsa.len; i++)
			printf("%02x", (unsigned int)rr->tlsa.data[i]);
		break;
	case DNS_SOA:
		break;
	}
	putchar('\n');
}

static void
on_answer(const struct dns_answer *a, void *arg)
{
	struct ask *ask = arg;
	size_t i;

	printf("status %s\n", dns_status_word(a->status));
	printf("detail %s\n", a->detail);
	printf("ad %s\n", a->ad ? "yes" : "no");
	if (a->has_ttl)
		printf("ttl %lu\n", (unsigned long)a->ttl);
	else
		puts("ttl -");
	printf("chain %u %s\n", a->cnames, a->owner);
	for (i = 0; i < a->count; i++)
		print_record(ask->type, &a->rr[i]);
	ask->status = a->status != DNS_OK && a->status != DNS_NODATA &&
	    a->status != DNS_NXDOMAIN;
	loop_stop(ask->loop);
}

int
main(int argc, char **argv)
{
	struct config config = { .dns_deadline = 5, .dns_parallel = 100 };
	struct ask ask = { .status = 1 };
	struct dns *dns;
	int option;

	while ((option = getopt(argc, argv, "o:s:")) != -1) {
		if (option == 'o')
			set_option(&config, optarg);
		else if (option == 's')
			list_add(&config.dns_servers, optarg);
		else
			usage();
	}
	if (argc - optind != 2)
		usage();
	ask.type = read_type(argv[optind + 1]);
	clock_init();
	ask.loop = loop_new();
	dns = ask.loop == NULL ? NULL : dns_new(ask.loop, &config);
	if (dns != NULL) {
		dns_lookup(
		    dns, argv[optind], ask.type, DNS_QUERY, on_answer, &ask);
		loop_run(ask.loop);
		dns_free(dns);
	}
	loop_free(ask.loop);
	list_clear(&config.dns_servers);
	list_clear(&config.dns_trust_ad);
	return ask.status;
}
