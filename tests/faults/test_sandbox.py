# SPDX-License-Identifier: ISC
"""What the daemon itself can no longer do, and what still works. (That TLS,
DNS, a renamed resolv.conf and the disk do is shown by every other test: they
all run in the sandbox, and a refused system call fails them.)"""
import errno
import os
import pwd
import socket
from pathlib import Path
from typing import Iterator

import pytest

from machine import Control
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import run
from world.socketmap import Socketmap, query
from world.wait import DEADLINE_S, until

USER = "postfix-mta-sts"
EXEC, READ, WRITE, FORK, RAW, UNLINK = range(1, 7)


@pytest.fixture
def confined(world: MailWorld, idle: Daemon) -> Daemon:
    if "-DWITHOUT_SANDBOX" in (world.build / ".flags").read_text():
        pytest.skip("there is no sandbox in a build that checks itself")
    return idle


def status_of(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return {name: value.strip()
            for name, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("user", ["", USER])
def test_status(confined: Daemon, user: str) -> None:
    """Of every thread: the cache's writer too."""
    confined.start(user=user)
    assert confined.log.find("^sandbox: in force: seccomp")
    assert confined.process is not None
    threads = list(Path(f"/proc/{confined.process.pid}/task").iterdir())
    assert len(threads) == 2
    for thread in threads:
        status = status_of(thread / "status")
        assert status["Seccomp"] == "2"
        assert status["NoNewPrivs"] == "1"
        for kind in ("Eff", "Prm", "Inh", "Amb"):
            assert int(status[f"Cap{kind}"], 16) == 0, kind
        uid = str(pwd.getpwnam(USER).pw_uid if user else 0)
        assert status["Uid"].split() == [uid] * 4


def test_off(confined: Daemon) -> None:
    confined.start(sandbox="no")
    assert confined.process is not None
    status = status_of(Path(f"/proc/{confined.process.pid}/status"))
    assert status["Seccomp"] == "0"
    assert not confined.log.find("^sandbox:")


@pytest.mark.parametrize("what, path, error", [
    (EXEC, "/bin/true", errno.EPERM),
    (FORK, "", errno.EPERM),
    (RAW, "", errno.EPERM),  # for want of a capability
    (READ, "{private}/secret", errno.EACCES),
    (WRITE, "{dir}/new", errno.EACCES),
    (WRITE, "/etc/passwd", errno.EACCES),
    (UNLINK, "{private}/secret", errno.EACCES),
    (READ, "/etc/hosts", 0),
    (WRITE, "{cache}/new", 0),
])
def test_intruder(world: MailWorld, confined: Daemon, what: int, path: str,
                  error: int) -> None:
    """Code that has taken the daemon over gets nowhere, even as root; the
    daemon goes on."""
    # (Not in the daemon's folder: files may be removed where its sockets are.)
    secret = world.folder / f"private-{confined.folder.name}" / "secret"
    secret.parent.mkdir()
    secret.write_text("secret")
    control = Control(world.build, confined.folder, "intruder",
                      "attempt", "result", *(f"path{n}" for n in range(62)))
    confined.environment = control.environment
    confined.start()
    control.text("path0", path.format(
        dir=confined.folder, private=secret.parent,
        cache=confined.settings["cache_dir"]))
    control["result"] = -1
    control["attempt"] = what
    assert query("example.invalid") == "NOTFOUND "
    assert control["result"] == error, os.strerror(control["result"])
    if what == EXEC:
        confined.log.wait_for("^sandbox-refused: the system call execve")
    assert query("example.invalid") == "NOTFOUND "
    assert secret.exists()
    assert not (confined.folder / "new").exists()
    confined.kill()  # a stop would complain of what was refused


def test_socket_is_made_and_removed(confined: Daemon) -> None:
    """In a folder that belongs to the user it has become."""
    folder = confined.folder / "run"
    folder.mkdir()
    os.chown(folder, pwd.getpwnam(USER).pw_uid, -1)
    for parent in folder.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o111)
    path = folder / "socket"
    confined.start(user=USER, listen=f"unix:{path}",
                   pid_file=str(folder / "pid"))
    assert query("example.invalid", where=str(path)) == "NOTFOUND "
    assert (folder / "pid").exists()
    confined.stop()
    assert list(folder.iterdir()) == []


@pytest.fixture
def dev(confined: Daemon) -> Iterator[Path]:
    """A /dev of our own: the one outside is not to get a log."""
    folder = confined.folder / "dev"
    folder.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "dev", str(folder))
    for name in ("null", "zero", "random", "urandom"):
        (folder / name).touch()
        run("mount", "--bind", f"/dev/{name}", str(folder / name))
    run("mount", "--rbind", str(folder), "/dev")
    yield Path("/dev")
    run("umount", "-R", "/dev")
    run("umount", "-R", str(folder))


class Syslogd:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))
        self.sock.settimeout(DEADLINE_S)

    def wait_for(self, text: str) -> None:
        until(f"{text!r} in the system's log",
              lambda: text.encode() in self.sock.recv(65536))

    def stop(self) -> None:
        self.sock.close()
        self.path.unlink()


def test_restarted_syslogd(
        world: MailWorld, confined: Daemon, dev: Path) -> None:
    domain = "syslog.sandbox.test"
    world.publish(domain)
    log = Syslogd(dev / "log")
    process = confined.process = confined.spawn(
        log_target="syslog", log_answers="yes")
    log.wait_for("sandbox: in force: seccomp")
    log.wait_for("started: ")
    with Socketmap() as client:
        assert client.query(domain).startswith("OK secure ")
        log.wait_for(f"resolved: domain={domain}")
        log.stop()
        assert client.query(domain).startswith("OK secure ")
        log = Syslogd(dev / "log")
        assert client.query(domain).startswith("OK secure ")
        log.wait_for(f"domain={domain}")
    confined.stop()
    assert process.status == 0
    log.wait_for("stopped: status 0")
    log.stop()
