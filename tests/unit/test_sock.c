/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sock.h"
#include "base/sockaddress.h"

#define PATH_BYTES 256

static char folder[64];
static char logged[4096];

static int
set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_sock.XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void
name_of(char *out, const char *name)
{
	snprintf(out, PATH_BYTES, "unix:%s/%s", folder, name);
}

/* sock_listen(), what it logs going to `logged`. */
static int
listen_at(const char *address, const struct sock_rights *rights)
{
	int pipes[2], saved = dup(STDERR_FILENO), fd;
	ssize_t n;

	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
	fd = sock_listen(address, rights);
	dup2(saved, STDERR_FILENO);
	n = read(pipes[0], logged, sizeof(logged) - 1);
	logged[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
	return fd;
}

static size_t
count_files(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static const struct {
	const char *text;
	bool is_valid;
} addresses[] = {
	{ "inet:127.0.0.1:8461", true },
	{ "inet:0.0.0.0:1", true },
	{ "inet:localhost:65535", true },
	{ "inet:LocalHost:1", true },
	{ "inet:[::1]:8461", true },
	{ "inet:[2001:db8::192.0.2.1]:8461", true },
	{ "unix:/run/x", true },
	{ "unix:x", true },
	{ "unix:var/admin.sock", true },
	{ "", false },
	{ "8461", false },
	{ "127.0.0.1:8461", false },
	{ "/run/x", false },
	{ "INET:127.0.0.1:8461", false },
	{ "inet:", false },
	{ "inet:127.0.0.1", false },
	{ "inet:127.0.0.1:", false },
	{ "inet:127.0.0.1:0", false },
	{ "inet:127.0.0.1:08461", false },
	{ "inet:127.0.0.1:65536", false },
	{ "inet:127.0.0.1:99999", false },
	{ "inet:127.0.0.1:165537", false },
	{ "inet:127.0.0.1:-1", false },
	{ "inet:127.0.0.1:smtp", false },
	{ "inet:127.0.0.1: 1", false },
	{ "inet::8461", false },
	{ "inet:*:8461", false },
	{ "inet:127.1:8461", false },
	{ "inet:example.com:8461", false },
	{ "inet:::1:8461", false },
	{ "inet:[::1]", false },
	{ "inet:[]:1", false },
	{ "inet:[:1", false },
	{ "inet:[::1:8461", false },
	{ "inet:[127.0.0.1]:8461", false },
	{ "inet:[localhost]:8461", false },
	{ "inet:[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1]:1",
	    false },
	{ "unix:", false },
	{ "unix:/run/", false },
	{ "tcp:127.0.0.1:8461", false },
};

static void
test_addresses(void **state)
{
	char text[128] = "unix:";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		if (sockaddress_is_valid(addresses[i].text) !=
		    addresses[i].is_valid)
			fail_msg("%zu: %s", i, addresses[i].text);
	}
	memset(text + 5, 'x', 98);
	assert_true(sockaddress_is_valid(text));
	text[5 + 98] = 'x';
	assert_false(sockaddress_is_valid(text));
	assert_int_equal(listen_at(text, NULL), -1);
	assert_non_null(strstr(logged, "this is no address"));
}

static void
assert_flags(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len), 0);
	assert_int_equal(on, 1);
}

/* A port of this address that nobody has. */
static int
free_port(int family)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *sa = (struct sockaddr *)&in;
	socklen_t len = sizeof(in);
	int fd = socket(family, SOCK_STREAM, 0);

	if (family == AF_INET6) {
		sa = (struct sockaddr *)&in6;
		len = sizeof(in6);
	}
	if (fd == -1 || bind(fd, sa, len) == -1) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, sa, &len), 0);
	close(fd);
	return ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
}

static void
test_inet(void **state)
{
	char address[PATH_BYTES], want[2 * PATH_BYTES];
	int fd, port;

	(void)state;
	port = free_port(AF_INET);
	snprintf(address, sizeof(address), "inet:localhost:%d", port);
	fd = listen_at(address, NULL);
	assert_string_equal(logged, "");
	assert_true(fd >= 0);
	assert_flags(fd);

	snprintf(address, sizeof(address), "inet:127.0.0.1:%d", port);
	assert_int_equal(listen_at(address, NULL), -1);
	snprintf(want, sizeof(want),
	    "listen-failed: %s: address in use: another program listens "
	    "there\n",
	    address);
	assert_string_equal(logged, want);
	sock_unlink(address, fd); /* nothing to do */
	close(fd);

	/* 192.0.2.1 is nobody's (RFC 5737). */
	assert_int_equal(listen_at("inet:192.0.2.1:8461", NULL), -1);
	assert_non_null(strstr(logged, "inet:192.0.2.1:8461: cannot listen"));
}

/* The v6 address of a port does not take its v4 one. */
static void
test_inet6(void **state)
{
	char address[PATH_BYTES];
	int fd, fd4, port;

	(void)state;
	port = free_port(AF_INET6);
	if (port == -1)
		skip(); /* no IPv6 here */
	snprintf(address, sizeof(address), "inet:[::1]:%d", port);
	fd = listen_at(address, NULL);
	assert_true(fd >= 0);
	assert_flags(fd);
	close(fd);
	snprintf(address, sizeof(address), "inet:[::]:%d", port);
	fd = listen_at(address, NULL);
	assert_true(fd >= 0);
	snprintf(address, sizeof(address), "inet:127.0.0.1:%d", port);
	fd4 = listen_at(address, NULL);
	assert_true(fd4 >= 0);
	close(fd);
	close(fd4);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)strlcpy(un.sun_path, path, sizeof(un.sun_path));
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
test_unix(void **state)
{
	struct sock_rights rights = { 0620, "", "" };
	char address[PATH_BYTES];
	const char *path = address + 5;
	int fd, again, client;

	(void)state;
	name_of(address, "s");
	fd = listen_at(address, &rights);
	assert_string_equal(logged, "");
	assert_true(fd >= 0);
	assert_flags(fd);
	assert_int_equal(mode_of(path), 0620);
	assert_int_equal(count_files(folder), 1);
	client = connect_to(path);
	assert_true(client >= 0);
	close(client);

	/* Somebody answers there: never taken, nothing left behind. */
	again = listen_at(address, &rights);
	assert_int_equal(again, -1);
	assert_non_null(strstr(logged, path));
	assert_non_null(strstr(logged, "address in use"));
	assert_int_equal(count_files(folder), 1);

	/* Dead: replaced. */
	close(fd);
	fd = listen_at(address, &rights);
	assert_true(fd >= 0);
	assert_int_equal(count_files(folder), 1);
	sock_unlink(address, fd);
	assert_int_equal(count_files(folder), 0);
	sock_unlink(address, fd); /* gone already */
	close(fd);
}

/* mode -1 is what the umask gives; nobody else's mask is changed. */
static void
test_unix_mask(void **state)
{
	struct sock_rights rights = { (mode_t)-1, NULL, NULL };
	char address[PATH_BYTES];
	mode_t mask;
	int fd;

	(void)state;
	name_of(address, "s");
	mask = umask(027);
	fd = listen_at(address, &rights);
	assert_int_equal(umask(mask), 027);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(address + 5), 0750);
	sock_unlink(address, fd);
	close(fd);
	fd = listen_at(address, NULL);
	assert_int_equal(mode_of(address + 5), 0777 & ~mask);
	sock_unlink(address, fd);
	close(fd);
}

static void
test_unix_owner(void **state)
{
	struct sock_rights rights = { 0660, NULL, NULL };
	struct passwd *pw = getpwuid(geteuid());
	struct group *gr = getgrgid(getegid());
	char address[PATH_BYTES], number[16];
	struct stat st;
	int fd;

	(void)state;
	name_of(address, "s");
	rights.owner = "no-such-user";
	assert_int_equal(listen_at(address, &rights), -1);
	assert_non_null(strstr(logged, "there is no user no-such-user"));
	assert_int_equal(count_files(folder), 0);
	rights.owner = NULL;
	rights.group = "no-such-group";
	assert_int_equal(listen_at(address, &rights), -1);
	assert_non_null(strstr(logged, "there is no group no-such-group"));
	assert_int_equal(count_files(folder), 0);

	/* Root may give it away; others may name themselves. */
	rights.group = gr != NULL ? gr->gr_name : NULL;
	rights.owner = pw != NULL ? pw->pw_name : NULL;
	if (geteuid() == 0) {
		snprintf(number, sizeof(number), "%d", 64321);
		rights.owner = rights.group = number;
	}
	fd = listen_at(address, &rights);
	assert_string_equal(logged, "");
	assert_true(fd >= 0);
	assert_int_equal(stat(address + 5, &st), 0);
	assert_int_equal(st.st_uid, geteuid() == 0 ? 64321 : geteuid());
	assert_int_equal(st.st_gid, geteuid() == 0 ? 64321 : getegid());
	assert_int_equal(mode_of(address + 5), 0660);
	sock_unlink(address, fd);
	close(fd);
}

static void
test_unix_in_the_way(void **state)
{
	char address[PATH_BYTES], target[PATH_BYTES];
	const char *path = address + 5;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd;

	(void)state;
	name_of(address, "s");
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(listen_at(address, NULL), -1);
	assert_non_null(strstr(logged, "no socket is in the way"));
	assert_int_equal(unlink(path), 0);

	/* A link is not followed, not even to where nothing is. */
	snprintf(target, sizeof(target), "%s/t", folder);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(listen_at(address, NULL), -1);
	assert_non_null(strstr(logged, "no socket is in the way"));
	assert_int_equal(unlink(path), 0);

	/* A living socket of another kind is somebody's too. */
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	(void)strlcpy(un.sun_path, path, sizeof(un.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen_at(address, NULL), -1);
	assert_non_null(strstr(logged, "address in use"));
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(count_files(folder), 0);
}

static void
test_unix_folder(void **state)
{
	char address[PATH_BYTES], path[PATH_BYTES];
	mode_t mask;
	int fd;

	(void)state;
	name_of(address, "d/s");
	snprintf(path, sizeof(path), "%s/d", folder);
	mask = umask(077);
	fd = listen_at(address, NULL);
	(void)umask(mask);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(path), 0755);
	sock_unlink(address, fd);
	close(fd);
	assert_int_equal(rmdir(path), 0);

	name_of(address, "d/e/s");
	assert_int_equal(listen_at(address, NULL), -1);
	assert_non_null(strstr(logged, "cannot make the folder"));
	assert_int_equal(count_files(folder), 0);
}

/* Relative paths: what a socket below Postfix's queue directory is. */
static void
test_unix_relative(void **state)
{
	char back[PATH_BYTES];
	int fd;

	(void)state;
	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(folder), 0);
	fd = listen_at("unix:s", NULL);
	assert_true(fd >= 0);
	assert_int_equal(count_files("."), 1);
	sock_unlink("unix:s", fd);
	assert_int_equal(count_files("."), 0);
	close(fd);
	assert_int_equal(chdir(back), 0);
}

/* Another one has taken the path since: it stays. */
static void
test_unlink_not_ours(void **state)
{
	char address[PATH_BYTES], other[PATH_BYTES];
	int fd, fd_other;

	(void)state;
	name_of(address, "s");
	name_of(other, "t");
	fd = listen_at(address, NULL);
	fd_other = listen_at(other, NULL);
	assert_int_equal(rename(other + 5, address + 5), 0);
	sock_unlink(address, fd);
	assert_int_equal(count_files(folder), 1);
	sock_unlink("inet:127.0.0.1:1", fd_other);
	sock_unlink("nonsense", fd_other);
	assert_int_equal(count_files(folder), 1);
	sock_unlink(address, fd_other);
	assert_int_equal(count_files(folder), 0);
	close(fd);
	close(fd_other);
}

static void
test_compare(void **state)
{
	static const struct {
		const char *one, *other;
		bool is_same, covers;
	} rows[] = {
		{ "inet:127.0.0.1:1", "inet:127.0.0.1:1", true, false },
		{ "inet:localhost:1", "inet:127.0.0.1:1", true, false },
		{ "inet:[::1]:1", "inet:[0::1]:1", true, false },
		{ "inet:127.0.0.1:1", "inet:127.0.0.1:2", false, false },
		{ "inet:127.0.0.1:1", "inet:127.0.0.2:1", false, false },
		{ "inet:127.0.0.1:1", "inet:[::1]:1", false, false },
		{ "inet:0.0.0.0:1", "inet:127.0.0.1:1", false, true },
		{ "inet:127.0.0.1:1", "inet:0.0.0.0:1", false, true },
		{ "inet:0.0.0.0:1", "inet:127.0.0.1:2", false, false },
		{ "inet:[::]:1", "inet:[::1]:1", false, true },
		{ "inet:[::]:1", "inet:127.0.0.1:1", false, false },
		{ "inet:0.0.0.0:1", "inet:0.0.0.0:1", true, true },
		{ "unix:/a", "unix:/a", true, false },
		{ "unix:/a", "unix:/b", false, false },
		{ "unix:/a", "inet:0.0.0.0:1", false, false },
		{ "bad", "bad", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (sockaddress_is_same(rows[i].one, rows[i].other) !=
			rows[i].is_same ||
		    sockaddress_covers(rows[i].one, rows[i].other) !=
			rows[i].covers)
			fail_msg("row %zu", i);
	}
	assert_true(sockaddress_is_unix("unix:/a"));
	assert_false(sockaddress_is_unix("inet:127.0.0.1:1"));
	assert_false(sockaddress_is_unix("unix:"));
}

static void
test_describe(void **state)
{
	static const char *const given[] = { "inet:127.0.0.1:18461",
		"inet:[::1]:18461" };
	struct sockaddr_un abstract = { .sun_family = AF_UNIX };
	char name[PATH_BYTES];
	struct buf text = { 0 };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 2; i++) {
		fd = listen_at(given[i], NULL);
		assert_true(fd != -1);
		buf_reset(&text);
		sockaddress_describe(fd, &text);
		assert_string_equal(buf_str(&text), given[i]);
		close(fd);
	}
	/* A path is that which it was bound to. */
	name_of(name, "s");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strlcpy(abstract.sun_path, name + 5, sizeof(abstract.sun_path));
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&abstract, sizeof(abstract)), 0);
	buf_reset(&text);
	sockaddress_describe(fd, &text);
	assert_string_equal(buf_str(&text), name);
	unlink(name + 5);
	close(fd);
	buf_reset(&text);
	sockaddress_describe(-1, &text);
	assert_string_equal(buf_str(&text), "?");
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_inet),
		cmocka_unit_test(test_inet6),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_mask),
		cmocka_unit_test(test_unix_owner),
		cmocka_unit_test(test_unix_in_the_way),
		cmocka_unit_test(test_unix_folder),
		cmocka_unit_test(test_unix_relative),
		cmocka_unit_test(test_unlink_not_ours),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
