/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/service.h"

#define NAME_SIZE 64
#define PORT_MAX  65535

/* Whatever the system's file says: some lack submissions. */
static const struct {
	const char *name;
	uint16_t port;
} known[] = {
	{ "smtp", 25 },
	{ "submission", 587 },
	{ "submissions", 465 },
	{ "smtps", 465 },
};

uint16_t
service_port(const char *text, size_t len)
{
	char name[NAME_SIZE];
	const struct servent *service;
	const char *bad;
	long long number;
	size_t i;

	if (len == 0 || len >= sizeof(name))
		return 0;
	memcpy(name, text, len);
	name[len] = '\0';
	if (strspn(name, "0123456789") == len) {
		number = strtonum(name, 1, PORT_MAX, &bad);
		return (uint16_t)number; /* 0 when it is none */
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i].name, name) == 0)
			return known[i].port;
	service = getservbyname(name, "tcp");
	return service != NULL ? ntohs((uint16_t)service->s_port) : 0;
}
