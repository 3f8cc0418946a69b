/* SPDX-License-Identifier: ISC */
/*
 * names ADDRESS PORT ZONE [DELAY_MS]
 *
 * The bench's name server: as fast as it is asked, over UDP, or each answer
 * late by half to one and a half times as much, as networks are. Every name
 * below ZONE has what its first label says:
 *
 *   _mta-sts.*  TXT "v=STSv1; id=1;"
 *   _smtp.*     TXT "v=TLSRPTv1; ..."
 *   mta-sts.*   A, one of 65,536 in 127.1.0.0/16, by the label behind it
 *   mail.*      A 127.0.0.1
 *   others      MX 10 mail.ZONE
 *
 * and no other record; other names do not exist.
 */
#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define HEAD_BYTES 12
#define PACKET_MAX 1232
#define NAME_BYTES 256
#define LATE_MAX   1024 /* answers that wait */
#define TTL_S      86400
#define TYPE_A     1
#define TYPE_SOA   6
#define TYPE_MX    15
#define TYPE_TXT   16
#define NXDOMAIN   3
#define LABEL_MAX  63

struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t len;
	struct sockaddr_in peer;
	int64_t due_us;
};

static struct packet late[LATE_MAX];
static unsigned int late_count;
static const char *zone;
static unsigned char zone_wire[NAME_BYTES];
static size_t zone_len;

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* "a.b" to its wire form. */
static size_t
write_name(const char *text, unsigned char *wire)
{
	size_t len = 0, n;

	while (*text != '\0') {
		n = strcspn(text, ".");
		wire[len++] = (unsigned char)n;
		memcpy(wire + len, text, n);
		len += n;
		text += n + (text[n] == '.');
	}
	wire[len++] = 0;
	return len;
}

/* The question's name as text; where its type is, or 0. */
static size_t
read_name(const struct packet *p, char *name)
{
	size_t at = HEAD_BYTES, len = 0, n;

	while (at < p->len && (n = p->bytes[at]) != 0) {
		if (n > LABEL_MAX || at + n >= p->len ||
		    len + n + 2 > NAME_BYTES)
			return 0;
		memcpy(name + len, p->bytes + at + 1, n);
		len += n;
		name[len++] = '.';
		at += n + 1;
	}
	if (len == 0 || at + 5 > p->len)
		return 0;
	name[len - 1] = '\0';
	return at + 1;
}

static void
put(struct packet *p, const void *bytes, size_t len)
{
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void
put16(struct packet *p, unsigned int n)
{
	const unsigned char bytes[2] = { (unsigned char)(n >> 8),
		(unsigned char)n };

	put(p, bytes, sizeof(bytes));
}

/* All of a record but its data; owner: where its name is in the packet. */
static void
put_head(struct packet *p, unsigned int owner, unsigned int type, size_t len)
{
	put16(p, 0xc000u | owner);
	put16(p, type);
	put16(p, 1);
	put16(p, 0);
	put16(p, TTL_S / 2);
	put16(p, (unsigned int)len);
}

static void
put_soa(struct packet *p)
{
	static const unsigned char rest[22] = { 0, 0, 0, 0, 0, 1, 0, 0, 14, 16,
		0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14, 16 };

	/* Of the root: whose it is, nobody looks at. */
	put(p, "", 1);
	put16(p, TYPE_SOA);
	put16(p, 1);
	put16(p, 0);
	put16(p, 3600);
	put16(p, sizeof(rest));
	put(p, rest, sizeof(rest));
	p->bytes[9]++;
}

static void
put_txt(struct packet *p, const char *text)
{
	unsigned char len = (unsigned char)strlen(text);

	put_head(p, HEAD_BYTES, TYPE_TXT, 1u + len);
	put(p, &len, 1);
	put(p, text, len);
	p->bytes[7]++;
}

static int
begins(const char *name, const char *label)
{
	return strncasecmp(name, label, strlen(label)) == 0;
}

static void
put_a(struct packet *p, const char *name)
{
	unsigned long n = strtoul(name + strlen("mta-sts."), NULL, 10);
	const unsigned char mail[4] = { 127, 0, 0, 1 };
	const unsigned char policy[4] = { 127, 1, (unsigned char)(n >> 8),
		(unsigned char)n };

	put_head(p, HEAD_BYTES, TYPE_A, sizeof(policy));
	put(p, begins(name, "mail.") ? mail : policy, sizeof(policy));
	p->bytes[7]++;
}

static void
put_mx(struct packet *p)
{
	put_head(p, HEAD_BYTES, TYPE_MX, 2 + 5 + zone_len);
	put16(p, 10);
	put(p, "\4mail", 5);
	put(p, zone_wire, zone_len);
	p->bytes[7]++;
}

static int
is_below_zone(const char *name)
{
	size_t len = strlen(name), want = strlen(zone);

	return len >= want && strcasecmp(name + len - want, zone) == 0 &&
	    (len == want || name[len - want - 1] == '.');
}

static void
put_records(struct packet *p, const char *name, unsigned int type)
{
	if (type == TYPE_TXT && begins(name, "_mta-sts."))
		put_txt(p, "v=STSv1; id=1;");
	else if (type == TYPE_TXT && begins(name, "_smtp."))
		put_txt(p, "v=TLSRPTv1; rua=mailto:tls@example.com");
	else if (type == TYPE_A &&
	    (begins(name, "mta-sts.") || begins(name, "mail.")))
		put_a(p, name);
	else if (type == TYPE_MX && name[0] != '_')
		put_mx(p);
	else
		put_soa(p);
}

/* Turn a query into its answer; 0: there is none. */
static int
answer(struct packet *p)
{
	char name[NAME_BYTES];
	unsigned int type;
	size_t at;

	at = p->len > HEAD_BYTES ? read_name(p, name) : 0;
	if (at == 0)
		return 0;
	type = (unsigned int)p->bytes[at] << 8 | p->bytes[at + 1];
	p->len = at + 4;
	p->bytes[2] = 0x85; /* an answer, of the zone's own server */
	p->bytes[3] = 0x80;
	memset(p->bytes + 6, 0, 6);
	if (!is_below_zone(name)) {
		p->bytes[3] |= NXDOMAIN;
		put_soa(p);
	} else
		put_records(p, name, type);
	return 1;
}

static void
send_answer(int fd, const struct packet *p)
{
	(void)sendto(fd, p->bytes, p->len, 0, (const struct sockaddr *)&p->peer,
	    sizeof(p->peer));
}

static int
receive(int fd, struct packet *p)
{
	socklen_t len = sizeof(p->peer);
	ssize_t n = recvfrom(fd, p->bytes, sizeof(p->bytes), 0,
	    (struct sockaddr *)&p->peer, &len);

	p->len = n > 0 ? (size_t)n : 0;
	return n >= 0 && answer(p);
}

static struct packet *
soonest(void)
{
	struct packet *p, *first = late;

	for (p = late; p < late + late_count; p++)
		if (p->due_us < first->due_us)
			first = p;
	return first;
}

static void
serve_late(int fd, int64_t delay_us)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct timespec wait;
	struct packet *p;
	int64_t left;

	for (;;) {
		p = soonest();
		left = late_count > 0 ? p->due_us - now_us() : delay_us;
		if (late_count > 0 && left <= 0) {
			send_answer(fd, p);
			*p = late[--late_count];
			continue;
		}
		wait.tv_sec = left / 1000000;
		wait.tv_nsec = left % 1000000 * 1000;
		if (late_count == LATE_MAX ||
		    ppoll(&ready, 1, &wait, NULL) != 1)
			continue;
		p = &late[late_count];
		if (receive(fd, p)) {
			p->due_us =
			    now_us() + delay_us / 2 + random() % delay_us;
			late_count++;
		}
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	struct packet packet;
	int64_t delay_us;
	int fd;

	if (argc < 4 || argc > 5 || strlen(argv[3]) > 64 ||
	    inet_pton(AF_INET, argv[1], &own.sin_addr) != 1)
		errx(64, "usage: names ADDRESS PORT ZONE [DELAY_MS]");
	zone = argv[3];
	zone_len = write_name(zone, zone_wire);
	delay_us = argc == 5 ? strtol(argv[4], NULL, 10) * 1000 : 0;
	own.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&own, sizeof(own)) == -1)
		err(1, "%s", argv[1]);
	if (delay_us > 0)
		serve_late(fd, delay_us);
	for (;;)
		if (receive(fd, &packet))
			send_answer(fd, &packet);
}
