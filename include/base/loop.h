/* SPDX-License-Identifier: ISC */
/*
 * The event loop (libevent). Everything but LMDB commits runs on it, in one
 * thread. Two priorities: look-ups first, all else after them, one callback
 * of the lower kind at a time (and 2 ms of them after 4,096 of the higher,
 * so that no flood of look-ups holds the rest up). All objects are made and
 * freed on the loop's thread; freeing one inside its own callback is fine, and
 * no callback comes after the free.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_last;
struct loop_timer;
struct loop_defer;
struct loop_signal;

enum loop_priority {
	LOOP_LOOKUP, /* Postfix's requests */
	LOOP_NORMAL /* DNS, HTTPS, commits, admin, timers */
};

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_EDGE = 4, /* to be asked for, with LOOP_READ */
	LOOP_CLOSED = 8 /* told with LOOP_EDGE: the end can be read, too */
};

typedef void loop_fd_cb(int fd, unsigned int events, void *arg);
typedef void loop_cb(void *arg);

/* NULL when the kernel refuses (logged). */
struct loop *loop_new(void);
void loop_free(struct loop *);

/* Runs until loop_stop(); 0, or -1 on a fault of the loop itself (logged). */
int loop_run(struct loop *);
void loop_stop(struct loop *);

/*
 * Watch fd (never closed here) for events, a set of LOOP_READ and LOOP_WRITE, or
 * LOOP_READ and LOOP_EDGE, until changed or freed; 0 pauses.
 *
 * With LOOP_EDGE (a stream of plain bytes that does not block) the kernel tells
 * once of what has come, not as long as it is there, and need not look again. It
 * tells anew when the events change, and after loop_fd_again(), which is to be
 * called by whoever
 * - was given as many bytes as asked for,
 * - was told LOOP_CLOSED, and has not read the end,
 * - will not write soon: that the other side reset the connection behind its
 *   bytes is not told apart, but a write would fail.
 */
struct loop_fd *loop_fd_new(struct loop *, int fd, unsigned int events,
    enum loop_priority, loop_fd_cb *, void *arg);
void loop_fd_set(struct loop_fd *, unsigned int events);
void loop_fd_free(struct loop_fd *);

/* Tell once more, in the next turn, of what is there by then. */
void loop_fd_again(struct loop_fd *);

/*
 * Call once the look-ups that are ready now have run, before anything of
 * normal priority and before the kernel is asked what else is ready. Set from a
 * look-up's callback. Returns how many other callbacks were ready when it was
 * set; 0: none are, so there is nothing to wait for, and it is not set.
 */
struct loop_last *loop_last_new(struct loop *, loop_cb *, void *arg);
size_t loop_last_set(struct loop_last *);
void loop_last_free(struct loop_last *);

/* One-shot timer of normal priority, not armed. Setting it again re-arms. */
struct loop_timer *loop_timer_new(struct loop *, loop_cb *, void *arg);
void loop_timer_set(struct loop_timer *, int64_t ms);
void loop_timer_stop(struct loop_timer *);
bool loop_timer_is_set(const struct loop_timer *);
void loop_timer_free(struct loop_timer *);

/*
 * Call once, later, from the loop. The handle is gone when the callback
 * begins; cancel before that.
 */
struct loop_defer *
loop_defer(struct loop *, enum loop_priority, loop_cb *, void *arg);
void loop_defer_cancel(struct loop_defer *);

struct loop_signal *
loop_signal_new(struct loop *, int signo, loop_cb *, void *arg);
void loop_signal_free(struct loop_signal *);

/*
 * How long callbacks of normal priority held everybody up, in CPU time of the
 * loop's thread: the longest of all, and how many took over LOOP_SLOW_US.
 * Look-ups are not measured: each is over after some microseconds, and a turn
 * takes one read of each connection. Nor is what libevent does by itself.
 */
#define LOOP_SLOW_US 5000

struct loop_turns {
	int64_t longest_us;
	uint64_t slow;
};
void loop_count(const struct loop *, struct loop_turns *);

/* "libevent 2.1.12-stable", for --version. */
const char *loop_library_version(void);

#endif
