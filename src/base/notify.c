/* SPDX-License-Identifier: ISC */
/*
 * The address is used anew for each message: the manager may have begun anew
 * too, and its socket with it.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/notify.h"

#define MESSAGE_BYTES 512
#define USEC_PER_MS   1000

static int notify_fd = -1;
static struct sockaddr_un manager;
static socklen_t manager_len;
static int64_t watchdog_ms;

/* WATCHDOG_USEC, when WATCHDOG_PID does not say that it is another's. */
static int64_t
read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid, *bad;
	long long value;

	if (usec == NULL)
		return 0;
	pid = getenv("WATCHDOG_PID");
	if (pid != NULL &&
	    (strtonum(pid, 1, INT_MAX, &bad) != (long long)getpid() ||
		bad != NULL))
		return 0;
	value = strtonum(usec, USEC_PER_MS, LLONG_MAX, &bad);
	if (bad == NULL)
		return value / USEC_PER_MS;
	log_warning("notify", "WATCHDOG_USEC=%s is %s", usec, bad);
	return 0;
}

/* False: it is no address we know. */
static bool
set_address(const char *text)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 ||
	    len >= sizeof(manager.sun_path))
		return false;
	memset(&manager, 0, sizeof(manager));
	manager.sun_family = AF_UNIX;
	memcpy(manager.sun_path, text, len);
	manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (text[0] == '@')
		manager.sun_path[0] = '\0';
	else
		manager_len++;
	return true;
}

void
notify_open(void)
{
	const char *text = getenv("NOTIFY_SOCKET");

	notify_close();
	watchdog_ms = read_watchdog();
	if (text != NULL && !set_address(text))
		log_warning("notify", "NOTIFY_SOCKET=%s: unknown form", text);
	else if (text != NULL)
		notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_close(void)
{
	if (notify_fd != -1)
		close(notify_fd);
	notify_fd = -1;
	watchdog_ms = 0;
}

bool
notify_is_on(void)
{
	return notify_fd != -1;
}

static void
tell(const char *message, int flags)
{
	if (notify_fd == -1)
		return;
	while (sendto(notify_fd, message, strlen(message), flags | MSG_NOSIGNAL,
		   (const struct sockaddr *)&manager, manager_len) == -1 &&
	    errno == EINTR)
		;
}

void
notify_ready(void)
{
	tell("READY=1", 0);
}

void
notify_reloading(void)
{
	char message[MESSAGE_BYTES];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(message, 0);
}

void
notify_stopping(void)
{
	tell("STOPPING=1", 0);
}

void
notify_status(const char *text)
{
	char message[MESSAGE_BYTES];

	snprintf(message, sizeof(message), "STATUS=%s", text);
	message[strcspn(message, "\n")] = '\0';
	tell(message, MSG_DONTWAIT);
}

void
notify_watchdog(void)
{
	tell("WATCHDOG=1", MSG_DONTWAIT);
}

int64_t
notify_watchdog_ms(void)
{
	return notify_fd != -1 ? watchdog_ms : 0;
}
