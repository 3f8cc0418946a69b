# SPDX-License-Identifier: ISC
"""Clients of the administration socket and of metrics_listen that hang, many
at once: Postfix's answers go on, whoever behaves is served, and all that they
took is given back."""
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Callable, Optional, Sequence

import pytest

from machine import private_dirty
from pulse import Pulse, reply
from world import ctl
from world.admin import Connection, Reply, dial
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import Process
from world.socketmap import query
from world.wait import until

CLIENTS = 300 if "FAULTS_ALL" in os.environ else 64  # of each socket
PLACES = 16  # of each socket
KNOWN = 2000  # policies: a page of them is more than a socket holds
METRICS = ("127.0.0.1", 8462)
MEMORY_MAX_BYTES = 32 << 20
HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
LONGEST = 132096  # of bodies


def imports(body: bytes, length: int) -> bytes:
    return (b"POST /import HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: %d\r\n\r\n" % length) + body


def lines() -> bytes:
    """As many as a body takes."""
    now = int(time.time())
    one = ('{"domain":"%04d.t","id":"","fetched":%d,"expires":%d,"policy":'
           '"version:STSv1\\nmode:none\\nmax_age:99999\\n"}\n')
    return "".join(one % (n, now - 60, now + 9999)
                   for n in range(65536 // len(one % (0, now, now)))).encode()


def asks(*paths: str) -> bytes:
    return b"".join(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    % path.encode() for path in paths)


class Crowd:
    """Clients that connect, send what they have to say, and hang: they read
    nothing. With more they go on, each with so many bytes at a time."""

    def __init__(self, says: bytes, more: bytes = b"",
                 pause_s: float = 0) -> None:
        self.says, self.more, self.pause_s = says, more, pause_s
        self.socks: list[socket.socket] = []
        self._done = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def come(self, where: object) -> None:
        for _ in range(CLIENTS):
            sock = dial(where)  # type: ignore[arg-type]
            sock.setblocking(False)
            self.socks.append(sock)
            self._send(sock, self.says)

    def go_on(self) -> None:
        if self.more:
            self._thread = threading.Thread(target=self._go_on, daemon=True)
            self._thread.start()

    def _go_on(self) -> None:
        while not self._done.wait(self.pause_s):
            for sock in self.socks:
                self._send(sock, self.more)

    @staticmethod
    def _send(sock: socket.socket, data: bytes) -> None:
        try:
            sock.send(data)
        except OSError:
            pass  # closed already, or full

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        for sock in self.socks:
            sock.close()


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def full_cache(world: MailWorld, idle: Daemon) -> None:
    fill = Process("fill-cache", [
        str(world.build / "tests/tools/fill-cache"),
        idle.settings["cache_dir"], str(KNOWN)])
    assert fill.wait() == 0, fill.log.text()


@pytest.mark.parametrize("what, crowd", [
    ("say nothing", Crowd(b"")),
    ("stop in the head", Crowd(HALF)),
    ("stop in the body", Crowd(imports(b"{" * (LONGEST - 1), LONGEST))),
    ("import, and never read", Crowd(
        imports(lines(), len(lines())) + imports(b"x" * LONGEST, LONGEST))),
    ("send a byte a second", Crowd(HALF, b"x", 1)),
    ("never read", Crowd(asks("/export", "/policies?limit=1000",
                              "/metrics"))),
    ("never read, and never stop asking",
     Crowd(asks("/export"), 100 * asks("/metrics"), 0.001)),
])
def test_hanging_clients(world: MailWorld, idle: Daemon, what: str,
                         crowd: Crowd, is_sanitized: bool,
                         figures: Callable[[str], None]) -> None:
    domain = f"{'-'.join(what.replace(',', '').split())}.hang.test"
    world.publish(domain)
    full_cache(world, idle)
    idle.start(metrics_listen="inet:%s:%d" % METRICS)
    assert query(domain) == reply(domain)
    assert idle.process is not None
    pid = idle.process.pid
    few, small = descriptors(pid), private_dirty(pid)
    most, large = few, small
    with crowd, Pulse(domain) as pulse:
        for where in (idle.settings["admin_listen"].removeprefix("unix:"),
                      METRICS):
            crowd.come(where)
        crowd.go_on()
        begun = time.monotonic()
        told: list[str] = []
        asker = threading.Thread(
            target=lambda: told.append(ctl.of(idle).ok("status", "--json")))
        asker.start()
        while asker.is_alive():
            most = max(most, descriptors(pid))
            large = max(large, private_dirty(pid))
            asker.join(0.05)
        assert json.loads(told[0])["health"]["ok"]
        connection = Connection(METRICS)
        connection.request("GET", "/healthz")
        assert Reply(connection.getresponse()).status == 200
        connection.close()
        waited = time.monotonic() - begun
        pulse.beats(50)
    until("all descriptors are back", lambda: descriptors(pid) <= few)
    grown = (large - small) / 1e6
    figures(f"{CLIENTS} admin and {CLIENTS} metrics clients that {what}: "
            f"{pulse.figures()}; ctl and a scraper served in {waited:.1f} s; "
            f"{most - few} descriptors, {grown:.1f} MB")
    # One of Pulse's, and one accepted a moment before another is closed.
    assert most - few <= 2 * PLACES + 2
    if not is_sanitized:
        assert large - small < MEMORY_MAX_BYTES
