/* SPDX-License-Identifier: ISC */
/* A service manager's end of the socket. */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/notify.h"
#include "fakelog.h"

static int manager = -1;
static char address[64];

/* A manager that listens at address, "@..." or a path. */
static void
begin(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len;

	snprintf(address, sizeof(address), "%s.%ld", name, (long)getpid());
	len = strlen(address);
	memcpy(sun.sun_path, address, len);
	if (address[0] == '@')
		sun.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(manager, (const struct sockaddr *)&sun,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	setenv("NOTIFY_SOCKET", address, 1);
	notify_open();
	assert_null(getenv("NOTIFY_SOCKET"));
}

static int
tear_down(void **state)
{
	(void)state;
	notify_close();
	close(manager);
	if (address[0] == '/')
		unlink(address);
	buf_clear(&logged);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

/* The next message, or "". */
static const char *
heard(void)
{
	static char text[1024];
	ssize_t n = read(manager, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_messages(void **state)
{
	static const char *const at[] = { "@test_notify", "/tmp/test_notify" };
	long long usec, now;
	struct timespec ts;
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(at[i]);
		assert_true(notify_is_on());
		notify_ready();
		assert_string_equal(heard(), "READY=1");
		notify_status("12 policies");
		assert_string_equal(heard(), "STATUS=12 policies");
		/* No word of ours may be taken for another variable. */
		notify_status("a\nSTOPPING=1");
		assert_string_equal(heard(), "STATUS=a");
		notify_watchdog();
		assert_string_equal(heard(), "WATCHDOG=1");
		notify_reloading();
		assert_int_equal(
		    sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%lld", &usec),
		    1);
		clock_gettime(CLOCK_MONOTONIC, &ts);
		now = (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
		assert_true(usec <= now && usec > now - 10000000);
		notify_stopping();
		assert_string_equal(heard(), "STOPPING=1");
		assert_string_equal(heard(), "");
		tear_down(state);
	}
}

/* A manager that does not read holds nobody up. */
static void
test_busy_manager(void **state)
{
	int i;

	(void)state;
	begin("@test_notify");
	for (i = 0; i < 10000; i++)
		notify_status("x");
	notify_watchdog();
	assert_string_equal(heard(), "STATUS=x");
}

static void
test_no_manager(void **state)
{
	static const char *const bad[] = { "", "relative", "@", "/",
		"vsock:2:1234" };
	char long_name[200];
	size_t i;

	(void)state;
	notify_open();
	assert_false(notify_is_on());
	notify_ready();
	notify_reloading();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		notify_open();
		if (notify_is_on() || count_logged("NOTIFY_SOCKET") != i + 1)
			fail_msg("row %zu", i);
	}
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", long_name, 1);
	notify_open();
	assert_false(notify_is_on());
	/* One that is gone meanwhile. */
	setenv("NOTIFY_SOCKET", "@test_notify.nobody", 1);
	notify_open();
	assert_true(notify_is_on());
	notify_ready();
	notify_stopping();
}

static void
test_watchdog(void **state)
{
	static const struct {
		const char *usec, *pid; /* pid NULL: ours */
		int64_t ms;
	} rows[] = {
		{ "30000000", "", 30000 },
		{ "30000000", NULL, 30000 },
		{ "1999", "", 1 },
		{ "30000000", "1", 0 },
		{ "30000000", "x", 0 },
		{ "", "", 0 },
		{ "0", "", 0 },
		{ "999", "", 0 },
		{ "-5000", "", 0 },
		{ "soon", "", 0 },
	};
	char pid[32];
	size_t i;

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid == NULL)
			setenv("WATCHDOG_PID", pid, 1);
		else if (*rows[i].pid != '\0')
			setenv("WATCHDOG_PID", rows[i].pid, 1);
		begin("@test_notify");
		if (notify_watchdog_ms() != rows[i].ms ||
		    getenv("WATCHDOG_USEC") != NULL ||
		    getenv("WATCHDOG_PID") != NULL)
			fail_msg("row %zu: %lld", i,
			    (long long)notify_watchdog_ms());
		tear_down(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_messages, tear_down),
		cmocka_unit_test_teardown(test_busy_manager, tear_down),
		cmocka_unit_test_teardown(test_no_manager, tear_down),
		cmocka_unit_test_teardown(test_watchdog, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
