/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "base/sockio.h"

ssize_t
sock_recv(int fd, void *bytes, size_t size)
{
	return (ssize_t)syscall(SYS_recvfrom, fd, bytes, size, 0, NULL, NULL);
}

ssize_t
sock_send(int fd, const void *bytes, size_t len)
{
	return (ssize_t)syscall(
	    SYS_sendto, fd, bytes, len, MSG_NOSIGNAL, NULL, 0);
}
