# SPDX-License-Identifier: ISC
"""Cached answers that go on while something is wrong: each is right, and how
long it took is told (never asserted: the machine may have other work)."""
import threading
import time

from world.socketmap import Socketmap
from world.wait import until


# All that were, for the last line of the run.
all_pulses: list["Pulse"] = []


def reply(domain: str) -> str:
    return f"OK secure match=mx.{domain} servername=hostname"


class Pulse:
    """Asks for one cached domain, again and again, on one connection."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.wrong: list[str] = []
        self.times_ms: list[float] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        all_pulses.append(self)

    def _ask(self) -> None:
        with Socketmap() as client:
            while not self._done.is_set():
                begun = time.monotonic()
                got = client.query(self.domain)
                self.times_ms.append((time.monotonic() - begun) * 1000)
                if got != reply(self.domain):
                    self.wrong.append(got)
                self._done.wait(0.001)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.beats(100)
        self._done.set()
        self._thread.join()
        if kind is None:
            assert not self.wrong, self.wrong[:5]

    def beats(self, count: int) -> None:
        """So many more answers."""
        start = len(self.times_ms)
        until(f"{count} cached answers",
              lambda: len(self.times_ms) >= start + count
              or not self._thread.is_alive())
        assert self._thread.is_alive(), "the connection was closed"

    def p99_ms(self) -> float:
        times = sorted(self.times_ms)
        return times[len(times) * 99 // 100]

    def figures(self) -> str:
        return (f"{len(self.times_ms)} cached answers, "
                f"p99 {self.p99_ms():.1f} ms")
