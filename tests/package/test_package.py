# SPDX-License-Identifier: ISC
"""The Debian package, on a machine of its own with systemd as process 1: in
the order of its life, from dpkg -i to dpkg --purge."""
import json
import os
import re
import signal
import stat
import subprocess
import threading
from pathlib import Path
from typing import Iterator, Union

import pytest

from machine import Machine, pid_outside
from world.log import Log
from world.mailworld import MailWorld
from world.postfix import Postfix
from world.process import run
from world.socketmap import Socketmap, query
from world.wait import until

REPO = Path(__file__).parents[2]
SERVICE = "postfix-mta-sts.service"
SOCKETS = ("postfix-mta-sts.socket", "postfix-mta-sts-admin.socket")
UNITS = REPO / "systemd"
CONF = Path("/etc/postfix-mta-sts/postfix-mta-sts.conf")
CACHE = Path("/var/lib/postfix-mta-sts")
JAIL = Path("/var/spool/postfix")
IN_JAIL = "run/postfix-mta-sts/socket"
DOMAIN = "busy.package.test"
RESTARTS = 10
CLIENTS = 4


@pytest.fixture(scope="module")
def deb(world: MailWorld) -> Path:
    found = list((world.build / "deb").glob("*.deb"))
    assert len(found) == 1, "make deb"
    return found[0]


@pytest.fixture(scope="module")
def installed(machine: Machine, deb: Path) -> Machine:
    install(machine, deb)
    return machine


def install(machine: Machine, deb: Path) -> None:
    copy = Path("/var/tmp") / deb.name
    copy.write_bytes(deb.read_bytes())
    machine.run("dpkg", "--no-triggers", "-i", str(copy))


@pytest.fixture(scope="module")
def configured(installed: Machine, world: MailWorld) -> Machine:
    """The package, with a configuration for the tests' world."""
    authority = CONF.parent / "ca.pem"
    authority.write_bytes(world.authority.file.read_bytes())
    configure(tls_ca_file=str(authority), allow_networks="127.0.0.0/8")
    return installed


@pytest.fixture(scope="module")
def journal(configured: Machine) -> Log:
    return configured.journal(SERVICE)


@pytest.fixture(scope="module")
def running(configured: Machine, journal: Log) -> Machine:
    mark = journal.mark()
    configured.systemctl("enable", "--now", SERVICE)
    journal.wait_for("^started: ", mark)
    return configured


def configure(**settings: str) -> None:
    """Add to the configuration, or change what was added."""
    lines = [line for line in CONF.read_text().splitlines()
             if line.split(" =")[0] not in settings]
    lines += [f"{name} = {value}" for name, value in settings.items()]
    CONF.write_text("".join(f"{line}\n" for line in lines))


def main_pid(machine: Machine) -> int:
    return int(machine.value(SERVICE, "MainPID"))


def test_exposure() -> None:
    run("systemd-analyze", "security", "--offline=true", "--threshold=15",
        "--no-pager", str(UNITS / SERVICE))


def test_lintian(deb: Path) -> None:
    """Nothing but what debian/*.lintian-overrides lists, with its reason."""
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit",
               "0", str(deb), check=False)
    assert done.returncode == 0 and not done.stdout, (
        done.stdout + done.stderr)


def test_installed(installed: Machine) -> None:
    """A user, folders, units, and nothing that runs."""
    entry = installed.run("getent", "passwd", "postfix-mta-sts").stdout
    assert entry.split(":")[5:] == [str(CACHE), "/usr/sbin/nologin\n"]
    for unit in (SERVICE, *SOCKETS):
        assert installed.systemctl(
            "is-active", unit, check=False) == "inactive\n"
        assert installed.systemctl(
            "is-enabled", unit, check=False) == "disabled\n"
    assert installed.run(
        "stat", "-c", "%U:%G %a", str(CACHE), "/run/postfix-mta-sts"
        ).stdout == ("postfix-mta-sts:postfix-mta-sts 750\n"
                     "postfix-mta-sts:postfix-mta-sts 755\n")
    done = installed.run("systemd-analyze", "verify", "--man=no",
                         f"/lib/systemd/system/{SERVICE}")
    assert done.stderr == ""
    assert installed.run("postfix-mta-sts", "--print-config", "-n"
                         ).stdout == ""
    files = installed.run("dpkg", "-L", "postfix-mta-sts").stdout
    for name in ("bin/postfix-mta-sts", "bin/postfix-mta-sts-ctl",
                 "share/man/man8/postfix-mta-sts.8.gz",
                 "share/man/man8/postfix-mta-sts-ctl.8.gz",
                 "share/man/man5/postfix-mta-sts.conf.5.gz",
                 "share/man/man1/postfix-mta-sts-check.1.gz",
                 "share/bash-completion/completions/postfix-mta-sts"):
        assert f"/usr/{name}\n" in files
    assert f"{CONF} " in installed.run(
        "dpkg-query", "-W", "-f", "${Conffiles}\n", "postfix-mta-sts").stdout


def test_started(running: Machine, journal: Log, world: MailWorld) -> None:
    """As nobody special, on the sockets of systemd, saying how it is."""
    world.publish(DOMAIN)
    for unit in (SERVICE, *SOCKETS):
        assert running.systemctl("is-active", unit) == "active\n"
        assert running.systemctl("is-enabled", unit) == "enabled\n"
    assert re.match(r"0 policies \(0 enforce\), 0 connections$",
                    running.value(SERVICE, "StatusText"))
    pid = pid_outside(main_pid(running))
    status = Path(f"/proc/{pid}/status").read_text()
    for name, value in (("CapEff", "0000000000000000"),
                        ("CapBnd", "0000000000000000"),
                        ("NoNewPrivs", "1"), ("Seccomp", "2")):
        assert f"\n{name}:\t{value}\n" in status
    uid = running.run("id", "-u", "postfix-mta-sts").stdout.strip()
    assert f"\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in status
    assert journal.find("^listening: inet:127.0.0.1:8461$")
    assert journal.find(f"^listening: unix:{JAIL / IN_JAIL}$")
    assert journal.find("^sandbox: in force: seccomp, Landlock$")
    assert not journal.find("listen-failed|sandbox-refused")
    assert query(DOMAIN).startswith("OK secure ")
    assert query(DOMAIN, where=str(JAIL / IN_JAIL)).startswith("OK secure ")


def connects_as(user: str, path: Path) -> bool:
    code = ("import socket, sys\n"
            "socket.socket(socket.AF_UNIX).connect(sys.argv[1])")
    return run("setpriv", "--reuid", user, "--regid", user, "--clear-groups",
               "/usr/bin/python3", "-c", code, str(path), check=False
               ).returncode == 0


def test_socket_is_for_postfix_alone(running: Machine) -> None:
    path = JAIL / IN_JAIL
    info = path.stat()
    assert stat.S_IMODE(info.st_mode) == 0o660
    assert info.st_uid == 0
    assert connects_as("postfix", path)
    assert not connects_as("daemon", path)


def test_delivery_from_the_chroot(running: Machine, world: MailWorld) -> None:
    domain = "mail.package.test"
    sink = world.sink("127.0.3.40", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, sink)
    postfix = Postfix(
        world.folder / "postfix", world.authority.file,
        f"socketmap:unix:{IN_JAIL}:postfix-3.4", chroot=True, queue=JAIL)
    postfix.send(f"a@{domain}")
    sink.wait_for(f"a@{domain}")
    postfix.log.wait_for(
        rf"Verified TLS connection established to mx.{domain}\[")
    postfix.stop()


def test_reload(running: Machine, journal: Log) -> None:
    pid = main_pid(running)
    with Socketmap() as client:
        assert "servername" in client.query(DOMAIN, "x")
        configure(default_profile="postfix-2.10")
        mark = journal.mark()
        running.systemctl("reload", SERVICE)
        journal.wait_for("^reloaded: changed: default_profile$", mark)
        assert "servername" not in client.query(DOMAIN, "x")
        configure(default_profile="soon")
        mark = journal.mark()
        running.systemctl("reload", SERVICE)
        journal.wait_for(r"^reload-failed: \S+\.conf:\d+: default_pro", mark)
        configure(default_profile="postfix-3.4")
        mark = journal.mark()
        running.systemctl("reload", SERVICE)
        journal.wait_for("^reloaded: ", mark)
        assert "servername" in client.query(DOMAIN, "x")
    until("it is active again",
          lambda: running.value(SERVICE, "ActiveState") == "active")
    assert main_pid(running) == pid


def ctl(machine: Machine, *argv: str, check: bool = True
        ) -> "subprocess.CompletedProcess[str]":
    return machine.run("postfix-mta-sts-ctl", *argv, check=check)


def test_ctl(running: Machine, journal: Log) -> None:
    """Over systemd's admin socket, for root and the daemon's group alone."""
    path = "/run/postfix-mta-sts/admin.sock"
    assert running.run("stat", "-c", "%G %a", path).stdout == (
        "postfix-mta-sts 660\n")
    status = json.loads(ctl(running, "status", "--json").stdout)
    assert status["pid"] == main_pid(running)
    assert status["health"]["ok"]
    assert DOMAIN in ctl(running, "list").stdout
    assert f"mx.{DOMAIN}" in ctl(running, "show", DOMAIN).stdout
    assert "OK secure " in ctl(running, "query", DOMAIN).stdout
    configure(query_timeout="9s")
    mark = journal.mark()
    assert "query_timeout" in ctl(running, "reload").stdout
    journal.wait_for("^reloaded: changed: query_timeout$", mark)
    configure(query_timeout="soon")
    done = ctl(running, "reload", check=False)
    assert done.returncode != 0 and "query_timeout" in done.stderr
    configure(query_timeout="10s")
    ctl(running, "reload")


class Client(threading.Thread):
    """Asks the same again and again, as Postfix does: after an unexpected
    end of its connection once more, and then no more."""

    def __init__(self, where: Union[int, str]) -> None:
        super().__init__()
        self.where = where
        self.end = threading.Event()
        self.answered = 0
        self.reconnected = 0
        self.failed: list[str] = []

    def run(self) -> None:
        client = Socketmap(self.where)
        while not self.end.is_set():
            try:
                client = self.ask(client)
            except (OSError, EOFError) as error:
                self.failed.append(repr(error))
                return

    def ask(self, client: Socketmap) -> Socketmap:
        try:
            reply = client.query(DOMAIN)
        except (EOFError, ConnectionResetError, BrokenPipeError):
            client.close()
            client = Socketmap(self.where)
            self.reconnected += 1
            reply = client.query(DOMAIN)
        if reply.startswith("OK secure "):
            self.answered += 1
        else:
            self.failed.append(reply)
        return client


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    them = [Client(where) for where in (8461, str(JAIL / IN_JAIL))
            for _ in range(CLIENTS // 2)]
    for client in them:
        client.start()
    yield them
    for client in them:
        client.end.set()
        client.join()


def assert_none_failed(clients: list[Client]) -> None:
    for client in clients:
        client.end.set()
        client.join()
    assert [one.failed for one in clients] == [[]] * len(clients)
    assert all(one.answered > 0 for one in clients)


def test_restart_loses_no_look_up(
        running: Machine, journal: Log, clients: list[Client]) -> None:
    for _ in range(RESTARTS):
        seen = [client.answered for client in clients]
        pid = main_pid(running)
        running.systemctl("reset-failed", SERVICE)
        running.systemctl("restart", SERVICE)
        assert main_pid(running) not in (0, pid)
        until("all are answered again", lambda: all(
            client.failed or client.answered > before + 1
            for client, before in zip(clients, seen)))
    assert_none_failed(clients)
    assert all(client.reconnected >= RESTARTS for client in clients)
    assert not journal.find("Sanitizer|listen-failed")


def test_crash_loses_no_look_up(
        running: Machine, clients: list[Client]) -> None:
    """Killed, it is there again, and so are its sockets all the time."""
    for _ in range(2):
        pid = main_pid(running)
        running.systemctl("reset-failed", SERVICE)
        os.kill(pid_outside(pid), signal.SIGKILL)
        until("another one runs",
              lambda: main_pid(running) not in (0, pid))
    assert_none_failed(clients)


def test_watchdog(running: Machine) -> None:
    """A daemon that hangs is ended, and another takes its place."""
    drop_in = Path("/etc/systemd/system") / f"{SERVICE}.d"
    drop_in.mkdir()
    (drop_in / "test.conf").write_text(
        "[Service]\nWatchdogSec=500ms\nTimeoutAbortSec=100ms\n")
    running.systemctl("daemon-reload")
    running.systemctl("restart", SERVICE)
    pid = main_pid(running)
    # It is alive for longer than that by its own doing.
    query(DOMAIN)
    os.kill(pid_outside(pid), signal.SIGSTOP)
    until("another one runs", lambda: main_pid(running) not in (0, pid))
    assert query(DOMAIN).startswith("OK secure ")
    (drop_in / "test.conf").unlink()
    drop_in.rmdir()
    running.systemctl("daemon-reload")


def test_upgrade_loses_no_look_up(
        running: Machine, deb: Path, clients: list[Client]) -> None:
    """What runs is what is installed; the configuration is the admin's."""
    before = CONF.read_text()
    pid = main_pid(running)
    running.systemctl("reset-failed", SERVICE)
    install(running, deb)
    assert main_pid(running) not in (0, pid)
    assert CONF.read_text() == before
    assert_none_failed(clients)


def test_stopped(running: Machine, journal: Log) -> None:
    """Who asks next starts it again: the sockets are still there."""
    mark = journal.mark()
    running.systemctl("stop", SERVICE)
    journal.wait_for("^stopped: status 0$", mark)
    assert query(DOMAIN).startswith("OK secure ")
    assert running.systemctl("is-active", SERVICE) == "active\n"


def test_removed(running: Machine) -> None:
    running.run("dpkg", "--no-triggers", "-r", "postfix-mta-sts")
    for unit in (SERVICE, *SOCKETS):
        assert running.systemctl(
            "is-active", unit, check=False) == "inactive\n"
    assert CONF.exists() and CACHE.exists()
    assert not (JAIL / IN_JAIL).exists()
    with pytest.raises(ConnectionRefusedError):
        query(DOMAIN)


def test_purged(running: Machine) -> None:
    running.run("dpkg", "--no-triggers", "--purge", "postfix-mta-sts")
    assert not CACHE.exists()
    assert not CONF.exists()
    left = subprocess.run(
        ["find", "/usr", "/etc", "/lib/systemd", "-name", "*mta-sts*"],
        text=True, capture_output=True, check=True).stdout
    assert left.split() == ["/etc/postfix-mta-sts"] or not left

