# SPDX-License-Identifier: ISC
"""What the system gives runs out, or the process is held up."""
import resource
import signal
import socket
from pathlib import Path
from typing import Callable

import pytest

from pulse import Pulse, reply
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import PORT, Socketmap, query
from world.wait import DEADLINE_S, until

IDLE, HALF_OPEN = 5000, 500


def pid_of(daemon: Daemon) -> int:
    assert daemon.process is not None
    return daemon.process.pid


def descriptors(daemon: Daemon) -> int:
    return len(list(Path(f"/proc/{pid_of(daemon)}/fd").iterdir()))


def test_no_descriptor(world: MailWorld, idle: Daemon,
                       figures: Callable[[str], None]) -> None:
    """Who is connected is answered; a fetch is TEMP (our fault, and no trace
    of it is kept); who comes waits to be accepted."""
    cached, fresh = "old.fds.test", "new.fds.test"
    for domain in (cached, fresh):
        world.publish(domain)
    idle.start()
    assert query(cached) == reply(cached)
    limits = resource.prlimit(pid_of(idle), resource.RLIMIT_NOFILE)
    with Socketmap() as client, Socketmap() as late, Pulse(cached) as pulse:
        assert client.query(cached) == reply(cached)
        assert late.query(cached) == reply(cached)
        pulse.beats(1)
        resource.prlimit(pid_of(idle), resource.RLIMIT_NOFILE,
                         (descriptors(idle), limits[1]))
        got = client.query(fresh)
        assert got.startswith("TEMP "), got
        with socket.create_connection(("127.0.0.1", PORT), DEADLINE_S) as one:
            one.sendall(b"24:postfix-3.4 old.fds.test,")
            idle.log.wait_for("^connection: .*cannot accept")
            pulse.beats(50)
            resource.prlimit(pid_of(idle), resource.RLIMIT_NOFILE, limits)
            one.settimeout(DEADLINE_S)
            assert reply(cached).encode() in one.recv(4096)
        assert late.query(fresh) == reply(fresh)
    figures(f"no descriptor left: {pulse.figures()}; new: {got}")


def test_memory_limit(world: MailWorld, idle: Daemon, is_sanitized: bool,
                      figures: Callable[[str], None]) -> None:
    """It ends with status 1, to be started again, and has lost nothing."""
    if is_sanitized:
        pytest.skip("a sanitizer needs its own")
    cached = "old.limit.test"
    fresh = [f"new{n}.limit.test" for n in range(30)]
    for domain in (cached, *fresh):
        world.publish(domain)
    idle.start(commit_wait="60")
    assert query(cached) == reply(cached)
    process = idle.process
    assert process is not None
    size = next(int(line.split()[1]) * 1024 for line in
                Path(f"/proc/{process.pid}/status").read_text().splitlines()
                if line.startswith("VmSize:"))
    resource.prlimit(process.pid, resource.RLIMIT_AS, (size, size))
    answered = []
    with Pulse(cached) as pulse:
        pulse.beats(100)
    for domain in fresh:
        try:
            with Socketmap() as client:
                got = client.query(domain)
        except (EOFError, ConnectionError):
            assert process.wait() == 1
            assert idle.log.find("out of memory$")
            break
        assert got == reply(domain) or got.startswith("TEMP "), got
        if got.startswith("OK "):
            answered.append(domain)
    if process.status is not None:
        idle.start(dns_servers="127.9.9.9")
    for domain in (cached, *answered):
        assert query(domain) == reply(domain)
    figures(f"no more memory: {len(answered)} new policies, then "
            f"{'the end' if process.status is not None else 'no more'}: "
            f"{pulse.figures()}")


def test_crowd_that_says_nothing(world: MailWorld, idle: Daemon,
                                 figures: Callable[[str], None]) -> None:
    """5,000 connections that never ask and 500 with half a request: the
    longest idle make room, and whoever asks is answered."""
    cached, fresh = "old.crowd.test", "new.crowd.test"
    for domain in (cached, fresh):
        world.publish(domain)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < IDLE + HALF_OPEN + 500:
        pytest.skip(f"only {hard} descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle.start()
    assert query(cached) == reply(cached)
    crowd = []
    try:
        with Pulse(cached) as pulse:
            for n in range(IDLE + HALF_OPEN):
                sock = socket.create_connection(
                    ("127.0.0.1", PORT), DEADLINE_S)
                if n % (IDLE // HALF_OPEN + 1) == 0:
                    sock.sendall(b"100:postfix-3.4 half")
                crowd.append(sock)
            assert query(fresh) == reply(fresh)
            pulse.beats(100)
            held = descriptors(idle)
    finally:
        for sock in crowd:
            sock.close()
    until("all of them are gone", lambda: descriptors(idle) < 100)
    figures(f"{IDLE} idle and {HALF_OPEN} half-open clients ({held} "
            f"descriptors held): {pulse.figures()}")


def test_stopped_and_continued(world: MailWorld, idle: Daemon) -> None:
    """What came meanwhile is answered, nothing is lost or told twice."""
    cached, fresh = "old.stopped.test", "new.stopped.test"
    for domain in (cached, fresh):
        world.publish(domain)
    idle.start()
    assert query(cached) == reply(cached)
    assert idle.process is not None
    with Socketmap() as known, Socketmap() as new, Socketmap() as late:
        new.ask(fresh)
        idle.process.signal(signal.SIGSTOP)
        for _ in range(100):
            known.ask(cached)
        late.ask(fresh)
        idle.process.signal(signal.SIGCONT)
        for _ in range(100):
            assert known.reply() == reply(cached)
        assert new.reply() == late.reply() == reply(fresh)
    assert len(idle.log.find(f"^resolved: domain={fresh} ")) == 1
