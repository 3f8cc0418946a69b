/* SPDX-License-Identifier: ISC */
/*
 * junk-dns address [port]
 *
 * A name server that knows no name: NXDOMAIN, with a SOA of an hour, to every
 * query at address:port (53; UDP). As fast as the daemon asks.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#define HEAD_BYTES     12
#define QUESTION_BYTES 4 /* after the name */
#define PACKET_MAX     1232

static const unsigned char soa[] = { 0, 0, 6, 0, 1, 0, 0, 14,
	16, /* root, SOA, IN, an hour */
	0, 22, /* bytes that follow: two root names, five numbers */
	0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14,
	16 };

/* Turn a query into its answer; 0: there is none. */
static size_t
answer(unsigned char *packet, size_t len)
{
	size_t at = HEAD_BYTES;

	while (at < len && packet[at] != 0)
		at += 1u + packet[at];
	at += 1 + QUESTION_BYTES;
	if (at > len || at + sizeof(soa) > PACKET_MAX)
		return 0;
	packet[2] = 0x81; /* an answer, recursion desired */
	packet[3] = 0x83; /* ... and available; NXDOMAIN */
	memset(packet + 6, 0, 6);
	packet[9] = 1; /* in the authority section */
	memcpy(packet + at, soa, sizeof(soa));
	return at + sizeof(soa);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET }, peer;
	unsigned char packet[PACKET_MAX];
	socklen_t peer_len;
	ssize_t n;
	size_t len;
	int fd;

	if (argc < 2 || argc > 3 ||
	    inet_pton(AF_INET, argv[1], &own.sin_addr) != 1) {
		fputs("usage: junk-dns address [port]\n", stderr);
		return EX_USAGE;
	}
	own.sin_port =
	    htons((uint16_t)(argc == 3 ? strtoul(argv[2], NULL, 10) : 53));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&own, sizeof(own)) == -1) {
		perror(argv[1]);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		peer_len = sizeof(peer);
		n = recvfrom(fd, packet, sizeof(packet), 0,
		    (struct sockaddr *)&peer, &peer_len);
		len = n > HEAD_BYTES ? answer(packet, (size_t)n) : 0;
		if (len > 0)
			(void)sendto(fd, packet, len, 0,
			    (struct sockaddr *)&peer, peer_len);
	}
}
