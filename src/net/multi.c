/* SPDX-License-Identifier: ISC */
/*
 * libcurl says which descriptors and which time-out it waits for; the loop
 * says what happened. Handles that are done are collected after libcurl has
 * returned, so none is ever freed inside one of its callbacks.
 *
 * A handle's first step is due at once, and whatever is called next takes all
 * steps that are due, which many that came together would make a long turn of
 * the loop: each is given to libcurl when the one before it has taken its own.
 */
#include <sys/queue.h>

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "net/multi.h"

struct multi_wait {
	TAILQ_ENTRY(multi_wait) entry;
	CURL *easy;
};

struct multi {
	struct loop *loop;
	CURLM *curlm;
	struct loop_timer *timer;
	multi_cb *cb;
	unsigned int count; /* handles in it, those that wait too */
	CURL *fresh; /* its first step is due; NULL: nobody's */
	TAILQ_HEAD(, multi_wait) waits;
};

static bool
give(struct multi *multi, CURL *easy)
{
	if (curl_multi_add_handle(multi->curlm, easy) != CURLM_OK)
		return false;
	multi->fresh = easy;
	return true;
}

static void
end_wait(struct multi *multi, struct multi_wait *wait)
{
	TAILQ_REMOVE(&multi->waits, wait, entry);
	free(wait);
}

static void
tell(struct multi *multi, CURL *easy, CURLcode code)
{
	void *arg = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &arg);
	multi->count--;
	multi->cb(easy, code, arg);
}

static void
give_next(struct multi *multi)
{
	struct multi_wait *wait;
	CURL *easy;

	while (multi->fresh == NULL &&
	    (wait = TAILQ_FIRST(&multi->waits)) != NULL) {
		easy = wait->easy;
		end_wait(multi, wait);
		if (!give(multi, easy))
			tell(multi, easy, CURLE_OUT_OF_MEMORY);
	}
}

bool
multi_add(struct multi *multi, CURL *easy)
{
	struct multi_wait *wait;

	if (multi->fresh == NULL && TAILQ_EMPTY(&multi->waits)) {
		if (!give(multi, easy))
			return false;
	} else {
		wait = xcalloc(1, sizeof(*wait));
		wait->easy = easy;
		TAILQ_INSERT_TAIL(&multi->waits, wait, entry);
	}
	multi->count++;
	return true;
}

void
multi_remove(struct multi *multi, CURL *easy)
{
	struct multi_wait *wait;

	multi->count--;
	TAILQ_FOREACH(wait, &multi->waits, entry)
	{
		if (wait->easy == easy) {
			end_wait(multi, wait);
			return;
		}
	}
	curl_multi_remove_handle(multi->curlm, easy);
	if (multi->fresh != easy)
		return;
	multi->fresh = NULL;
	give_next(multi);
}

static void
collect_done(struct multi *multi)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(multi->curlm, &left)) != NULL) {
		CURL *easy = msg->easy_handle;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_multi_remove_handle(multi->curlm, easy);
		tell(multi, easy, code);
	}
}

/* All that was due has been done. */
static void
act(struct multi *multi, curl_socket_t fd, int bits)
{
	int running;

	curl_multi_socket_action(multi->curlm, fd, bits, &running);
	multi->fresh = NULL;
	collect_done(multi);
	give_next(multi);
}

static void
on_ready(int fd, unsigned int events, void *arg)
{
	struct multi *multi = arg;
	int bits = 0;

	if (events & LOOP_READ)
		bits |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		bits |= CURL_CSELECT_OUT;
	act(multi, fd, bits);
}

static void
on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_want_timer(CURLM *curlm, long ms, void *arg)
{
	struct multi *multi = arg;

	(void)curlm;
	if (ms < 0)
		loop_timer_stop(multi->timer);
	else
		loop_timer_set(multi->timer, ms);
	return 0;
}

static int
on_want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socketp)
{
	struct multi *multi = arg;
	struct loop_fd *lfd = socketp;
	unsigned int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(multi->curlm, fd, NULL);
		loop_fd_free(lfd);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= LOOP_READ;
	if (what & CURL_POLL_OUT)
		events |= LOOP_WRITE;
	if (lfd != NULL) {
		loop_fd_set(lfd, events);
		return 0;
	}
	lfd =
	    loop_fd_new(multi->loop, fd, events, LOOP_NORMAL, on_ready, multi);
	curl_multi_assign(multi->curlm, fd, lfd);
	return 0;
}

struct multi *
multi_new(struct loop *loop, multi_cb *cb)
{
	struct multi *multi;
	CURLM *curlm = curl_multi_init();

	if (curlm == NULL) {
		log_error("fetch", "libcurl gives no multi handle");
		return NULL;
	}
	multi = xcalloc(1, sizeof(*multi));
	multi->loop = loop;
	multi->curlm = curlm;
	multi->cb = cb;
	TAILQ_INIT(&multi->waits);
	multi->timer = loop_timer_new(loop, on_timer, multi);
	curl_multi_setopt(curlm, CURLMOPT_SOCKETFUNCTION, on_want_socket);
	curl_multi_setopt(curlm, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(curlm, CURLMOPT_TIMERFUNCTION, on_want_timer);
	curl_multi_setopt(curlm, CURLMOPT_TIMERDATA, multi);
	return multi;
}

void
multi_free(struct multi *multi)
{
	if (multi == NULL)
		return;
	assert(multi->count == 0);
	curl_multi_cleanup(multi->curlm);
	loop_timer_free(multi->timer);
	free(multi);
}
