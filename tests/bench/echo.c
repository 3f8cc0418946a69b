/* SPDX-License-Identifier: ISC */
/*
 * The bare server to compare with: epoll, one read and one write a request, a
 * constant reply. echo ADDRESS REPLY (inet:host:port or unix:path).
 */
#include <err.h>
#include <signal.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sock.h"
#include "postfix/netstring.h"

#define EVENTS     512
#define READ_BYTES 16384

int
main(int argc, char **argv)
{
	const struct sock_rights rights = {
		.mode = 0666, .owner = "", .group = ""
	};
	struct epoll_event ev = { .events = EPOLLIN }, events[EVENTS];
	struct buf reply = { 0 };
	char bytes[READ_BYTES];
	int listener, ep, n, i, fd;

	if (argc != 3)
		errx(64, "usage: echo ADDRESS REPLY");
	netstring_write(&reply, argv[2], strlen(argv[2]));
	if ((listener = sock_listen(argv[1], &rights)) == -1)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	ep = epoll_create1(EPOLL_CLOEXEC);
	ev.data.fd = listener;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	for (;;) {
		n = epoll_wait(ep, events, EVENTS, -1);
		for (i = 0; i < n; i++) {
			fd = events[i].data.fd;
			if (fd == listener) {
				fd = accept4(listener, NULL, NULL,
				    SOCK_NONBLOCK | SOCK_CLOEXEC);
				ev.data.fd = fd;
				if (fd != -1)
					epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
				continue;
			}
			if (read(fd, bytes, sizeof(bytes)) <= 0 ||
			    write(fd, reply.data, reply.len) == -1)
				close(fd);
		}
	}
}
