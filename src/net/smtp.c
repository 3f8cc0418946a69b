/* SPDX-License-Identifier: ISC */
/*
 * One step after the other, each waiting for one reply. When the outcome is
 * known the host is told QUIT and given a moment to answer, so that its log
 * shows a client with manners (RFC 5321 section 4.1.1.10).
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/address.h"
#include "net/smtp.h"
#include "net/smtpio.h"
#include "net/smtpreply.h"

#define DETAIL_BYTES 512
#define QUIT_WAIT_MS 1000

enum step {
	STEP_CONNECT,
	STEP_BANNER,
	STEP_EHLO,
	STEP_STARTTLS,
	STEP_HANDSHAKE,
	STEP_TLS_EHLO,
	STEP_QUIT,
	STEP_OVER
};

/* What is waited for. */
static const char *const awaited[] = {
	[STEP_CONNECT] = "connection",
	[STEP_BANNER] = "banner",
	[STEP_EHLO] = "reply to EHLO",
	[STEP_STARTTLS] = "reply to STARTTLS",
	[STEP_HANDSHAKE] = "TLS handshake",
	[STEP_TLS_EHLO] = "reply to EHLO over TLS",
	[STEP_QUIT] = "reply to QUIT",
	[STEP_OVER] = "nothing",
};

struct smtp {
	struct loop *loop;
	struct loop_fd *watch;
	struct loop_timer *timer; /* the deadline; less at QUIT */
	struct loop_defer *defer;
	smtp_cb *cb;
	void *arg;
	char *host, *helo;
	X509_STORE *trust;
	int64_t timeout_ms, started_ms;
	enum step step;
	struct buf in, out;
	struct smtpreply reply;
	struct smtpio io;
	/* the outcome */
	enum smtp_end end;
	char detail[DETAIL_BYTES];
	struct buf banner, ehlo;
	const char *tls_error;
	int64_t ms;
};

static void
smtp_free(struct smtp *p)
{
	if (p->defer != NULL)
		loop_defer_cancel(p->defer);
	loop_timer_free(p->timer);
	loop_fd_free(p->watch);
	smtpio_clear(&p->io);
	X509_STORE_free(p->trust);
	smtpreply_clear(&p->reply);
	buf_clear(&p->in);
	buf_clear(&p->out);
	buf_clear(&p->banner);
	buf_clear(&p->ehlo);
	free(p->host);
	free(p->helo);
	free(p);
}

void
smtp_cancel(struct smtp *p)
{
	if (p != NULL)
		smtp_free(p);
}

/* The socket goes first: what the callback opens may need the descriptor. */
static void
deliver(struct smtp *p)
{
	struct smtp_result result = { .end = p->end,
		.detail = p->detail,
		.banner = buf_str(&p->banner),
		.banner_len = p->banner.len,
		.ehlo = buf_str(&p->ehlo),
		.ehlo_len = p->ehlo.len,
		.tls_error = p->tls_error,
		.ms = p->ms };

	loop_timer_stop(p->timer);
	loop_fd_free(p->watch);
	p->watch = NULL;
	if (p->io.tls != NULL) {
		struct smtptls_shown shown = smtptls_show(p->io.tls);

		result.tls_version = shown.version;
		result.chain = shown.chain;
		result.verify_error = shown.verify_error;
		result.verify_depth = shown.verify_depth;
		result.is_name_ok = shown.is_name_ok;
	}
	smtpio_close(&p->io);
	p->cb(&result, p->arg);
	smtp_free(p);
}

static void
on_defer(void *arg)
{
	struct smtp *p = arg;

	p->defer = NULL;
	deliver(p);
}

/* ---- the outcome */

/* The dialogue is over; quit() may follow. */
__attribute__((format(printf, 3, 4))) static void
conclude(struct smtp *p, enum smtp_end end, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->detail, sizeof(p->detail), fmt, ap);
	va_end(ap);
	p->end = end;
	p->ms = clock_ms() - p->started_ms;
	p->step = STEP_OVER;
}

static void
conclude_reply(struct smtp *p, enum smtp_end end, const char *what)
{
	char text[DETAIL_BYTES / 2];

	smtpreply_format(&p->reply, text, sizeof(text));
	conclude(p, end, "%s%s: %s", awaited[p->step], what, text);
}

static void
say(struct smtp *p, enum step step, const char *verb, const char *argument)
{
	buf_puts(&p->out, verb);
	buf_puts(&p->out, argument);
	buf_puts(&p->out, "\r\n");
	p->step = step;
}

static void
quit(struct smtp *p)
{
	int64_t left = p->started_ms + p->timeout_ms - clock_ms();

	if (left > QUIT_WAIT_MS)
		left = QUIT_WAIT_MS;
	loop_timer_set(p->timer, left > 0 ? left : 0);
	say(p, STEP_QUIT, "QUIT", "");
}

/* It said no. */
static void
refuse(struct smtp *p, enum smtp_end end)
{
	conclude_reply(p, end, "");
	quit(p);
}

/* The first line of the banner; all lines of EHLO's. In part, if it stays so. */
static void
keep_reply(struct smtp *p)
{
	const struct buf *text = &p->reply.text;
	const char *end;

	if (p->step == STEP_BANNER && text->len > 0) {
		end = memchr(text->data, '\n', text->len);
		buf_put(&p->banner, text->data,
		    end == NULL ? text->len : (size_t)(end - text->data));
	} else if (p->step == STEP_EHLO)
		buf_put(&p->ehlo, buf_str(text), text->len);
}

static void
on_lost(struct smtp *p, enum smtptls_io io)
{
	enum smtp_end end = SMTP_UNREACHABLE;

	if (p->step == STEP_QUIT) {
		p->step = STEP_OVER;
		return;
	}
	keep_reply(p);
	if (io == SMTPTLS_FAILED || p->step == STEP_HANDSHAKE)
		p->tls_error = p->io.fault;
	/* A host that offers STARTTLS and then hangs up is no accident. */
	if (p->tls_error != NULL || p->step == STEP_STARTTLS)
		end = SMTP_STARTTLS_FAILED;
	conclude(p, end, "%s: %s", awaited[p->step], p->io.fault);
}

/* Silence proves nothing, in the handshake neither: a slow host, a slow net. */
static void
on_timeout(void *arg)
{
	struct smtp *p = arg;

	if (p->step != STEP_QUIT) {
		keep_reply(p);
		if (p->step == STEP_HANDSHAKE)
			p->tls_error = "timed out";
		conclude(p, SMTP_UNREACHABLE, "no %s within %lld ms",
		    awaited[p->step], (long long)p->timeout_ms);
	}
	deliver(p);
}

/* ---- steps */

static void
on_ehlo(struct smtp *p)
{
	if (p->reply.code / 100 != 2)
		refuse(p, SMTP_TURNED_AWAY);
	else if (!smtpreply_has_keyword(&p->reply, "STARTTLS")) {
		conclude(p, SMTP_NO_STARTTLS, "EHLO offers no STARTTLS");
		quit(p);
	} else if (p->in.len > 0)
		/* It would be taken for the reply to STARTTLS. */
		conclude(p, SMTP_STARTTLS_FAILED,
		    "%zu bytes more than the reply to EHLO: injected?",
		    p->in.len);
	else
		say(p, STEP_STARTTLS, "STARTTLS", "");
}

/*
 * What comes in clear text behind this reply was never sent by the host that
 * TLS will prove; a client that kept it would read it as said over TLS
 * (RFC 3207 section 6).
 */
static void
on_starttls(struct smtp *p)
{
	if (p->reply.code / 100 != 2) {
		refuse(p, SMTP_STARTTLS_FAILED);
		return;
	}
	if (p->in.len > 0) {
		conclude(p, SMTP_STARTTLS_FAILED,
		    "%zu bytes in clear text after the reply to STARTTLS: "
		    "injected?",
		    p->in.len);
		return;
	}
	if (smtpio_begin_tls(&p->io, p->host, p->trust))
		p->step = STEP_HANDSHAKE;
	else
		conclude(p, SMTP_UNREACHABLE, "this host: no TLS");
}

static void
on_reply(struct smtp *p)
{
	keep_reply(p);
	switch (p->step) {
	case STEP_BANNER:
		if (p->reply.code / 100 == 2)
			say(p, STEP_EHLO, "EHLO ", p->helo);
		else
			refuse(p, SMTP_TURNED_AWAY);
		break;
	case STEP_EHLO:
		on_ehlo(p);
		break;
	case STEP_STARTTLS:
		on_starttls(p);
		break;
	case STEP_TLS_EHLO:
		if (p->reply.code / 100 != 2) {
			refuse(p, SMTP_TURNED_AWAY);
			break;
		}
		conclude(p, SMTP_DONE, "%s", "");
		quit(p);
		break;
	case STEP_QUIT:
	case STEP_CONNECT:
	case STEP_HANDSHAKE:
	case STEP_OVER:
		p->step = STEP_OVER;
		break;
	}
	smtpreply_reset(&p->reply);
}

/* No SMTP: not a word more to it. */
static void
on_bad_reply(struct smtp *p, enum smtpreply_status status)
{
	enum smtp_end end =
	    p->step == STEP_STARTTLS ? SMTP_STARTTLS_FAILED : SMTP_TURNED_AWAY;

	keep_reply(p);
	if (p->step == STEP_QUIT)
		p->step = STEP_OVER;
	else if (status == SMTPREPLY_TOO_LONG)
		conclude(p, end, "%s over %d bytes", awaited[p->step],
		    SMTP_REPLY_MAX_BYTES);
	else
		conclude_reply(p, end, " is not SMTP");
}

static enum smtptls_io
take_connection(struct smtp *p)
{
	enum smtptls_io io = smtpio_finish(&p->io);

	if (io == SMTPTLS_OK)
		p->step = STEP_BANNER;
	return io;
}

static enum smtptls_io
take_handshake(struct smtp *p)
{
	enum smtptls_io io = smtpio_handshake(&p->io);

	if (io == SMTPTLS_OK)
		/* What was offered in clear does not count: RFC 3207 4.2. */
		say(p, STEP_TLS_EHLO, "EHLO ", p->helo);
	return io;
}

/* Send what is to be sent, then read until the reply is whole. */
static enum smtptls_io
take_reply(struct smtp *p)
{
	enum smtpreply_status status = SMTPREPLY_MORE;
	enum smtptls_io io = smtpio_write(&p->io, &p->out);
	size_t used;

	while (io == SMTPTLS_OK && status == SMTPREPLY_MORE) {
		status = smtpreply_take(
		    &p->reply, buf_str(&p->in), p->in.len, &used);
		buf_consume(&p->in, used);
		if (status == SMTPREPLY_MORE)
			io = smtpio_read(&p->io, &p->in);
	}
	if (status == SMTPREPLY_WHOLE)
		on_reply(p);
	else if (status != SMTPREPLY_MORE)
		on_bad_reply(p, status);
	return io;
}

static enum smtptls_io
advance(struct smtp *p)
{
	if (p->step == STEP_CONNECT)
		return take_connection(p);
	if (p->step == STEP_HANDSHAKE)
		return take_handshake(p);
	return take_reply(p);
}

static void
on_ready(int fd, unsigned int events, void *arg)
{
	enum smtptls_io io = SMTPTLS_OK;
	struct smtp *p = arg;

	(void)fd;
	(void)events;
	while (p->step != STEP_OVER && io == SMTPTLS_OK)
		io = advance(p);
	if (io == SMTPTLS_CLOSED || io == SMTPTLS_FAILED)
		on_lost(p, io);
	if (p->step == STEP_OVER)
		deliver(p);
	else
		loop_fd_set(p->watch,
		    io == SMTPTLS_WANT_WRITE ? LOOP_WRITE : LOOP_READ);
}

/* ---- start */

/* False: concluded. */
static bool
start(struct smtp *p, const struct smtp_request *request)
{
	if (!address_is_allowed(request->address, request->allow)) {
		conclude(p, SMTP_REFUSED_ADDRESS,
		    "private, loopback or reserved address");
		return false;
	}
	if (smtpio_open(&p->io, request->address) == SMTPTLS_FAILED) {
		conclude(p, SMTP_UNREACHABLE, "%s: %s",
		    p->io.fd == -1 ? "this host: socket" : awaited[p->step],
		    p->io.fault);
		return false;
	}
	p->watch = loop_fd_new(
	    p->loop, p->io.fd, LOOP_WRITE, LOOP_NORMAL, on_ready, p);
	return true;
}

struct smtp *
smtp_probe(struct loop *loop, const struct smtp_request *request, smtp_cb *cb,
    void *arg)
{
	struct smtp *p = xcalloc(1, sizeof(*p));

	assert(strpbrk(request->helo, "\r\n") == NULL);
	p->loop = loop;
	p->cb = cb;
	p->arg = arg;
	p->host = xstrdup(request->host);
	p->helo = xstrdup(request->helo);
	X509_STORE_up_ref(request->trust);
	p->trust = request->trust;
	p->io.fd = -1;
	p->timeout_ms = request->timeout_ms;
	p->started_ms = clock_ms();
	p->timer = loop_timer_new(loop, on_timeout, p);
	if (start(p, request))
		loop_timer_set(p->timer, p->timeout_ms);
	else
		p->defer = loop_defer(loop, LOOP_NORMAL, on_defer, p);
	return p;
}
