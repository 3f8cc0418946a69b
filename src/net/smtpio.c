/* SPDX-License-Identifier: ISC */
/* One set of results for both kinds of bytes, so that a dialogue needs none. */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "net/smtpio.h"

#define READ_BYTES 4096

enum smtptls_io
smtpio_open(struct smtpio *io, const struct sockaddr *to)
{
	socklen_t len = to->sa_family == AF_INET ? sizeof(struct sockaddr_in) :
						   sizeof(struct sockaddr_in6);

	io->fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (io->fd == -1 ||
	    (connect(io->fd, to, len) == -1 && errno != EINPROGRESS)) {
		io->fault = strerror(errno);
		return SMTPTLS_FAILED;
	}
	return SMTPTLS_WANT_WRITE;
}

enum smtptls_io
smtpio_finish(struct smtpio *io)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0)
		return SMTPTLS_OK;
	io->fault = strerror(error);
	return SMTPTLS_CLOSED;
}

bool
smtpio_begin_tls(struct smtpio *io, const char *host, X509_STORE *store)
{
	io->tls = smtptls_new(io->fd, host, store);
	return io->tls != NULL;
}

enum smtptls_io
smtpio_handshake(struct smtpio *io)
{
	enum smtptls_io result = smtptls_connect(io->tls);

	io->fault = smtptls_error(io->tls);
	return result;
}

static enum smtptls_io
judge_errno(struct smtpio *io, enum smtptls_io want)
{
	if (errno == EAGAIN || errno == EINTR)
		return want;
	io->fault = strerror(errno);
	return SMTPTLS_CLOSED;
}

static enum smtptls_io
read_clear(struct smtpio *io, char *bytes, size_t size, size_t *count)
{
	ssize_t n = recv(io->fd, bytes, size, 0);

	if (n == -1)
		return judge_errno(io, SMTPTLS_WANT_READ);
	if (n == 0) {
		io->fault = "connection closed";
		return SMTPTLS_CLOSED;
	}
	*count = (size_t)n;
	return SMTPTLS_OK;
}

static enum smtptls_io
write_clear(struct smtpio *io, const char *bytes, size_t len, size_t *count)
{
	ssize_t n = send(io->fd, bytes, len, MSG_NOSIGNAL);

	if (n == -1)
		return judge_errno(io, SMTPTLS_WANT_WRITE);
	*count = (size_t)n;
	return SMTPTLS_OK;
}

enum smtptls_io
smtpio_read(struct smtpio *io, struct buf *in)
{
	enum smtptls_io result;
	char bytes[READ_BYTES];
	size_t count = 0;

	if (io->tls == NULL)
		result = read_clear(io, bytes, sizeof(bytes), &count);
	else {
		result = smtptls_read(io->tls, bytes, sizeof(bytes), &count);
		io->fault = smtptls_error(io->tls);
	}
	if (result == SMTPTLS_OK)
		buf_put(in, bytes, count);
	return result;
}

enum smtptls_io
smtpio_write(struct smtpio *io, struct buf *out)
{
	enum smtptls_io result = SMTPTLS_OK;

	while (out->len > 0 && result == SMTPTLS_OK) {
		size_t count = 0;

		if (io->tls == NULL)
			result = write_clear(io, out->data, out->len, &count);
		else {
			result =
			    smtptls_write(io->tls, out->data, out->len, &count);
			io->fault = smtptls_error(io->tls);
		}
		if (result == SMTPTLS_OK)
			buf_consume(out, count);
	}
	return result;
}

void
smtpio_close(struct smtpio *io)
{
	if (io->fd == -1)
		return;
	if (io->tls != NULL)
		smtptls_close(io->tls);
	close(io->fd);
	io->fd = -1;
}

void
smtpio_clear(struct smtpio *io)
{
	smtpio_close(io);
	smtptls_free(io->tls);
	io->tls = NULL;
}
