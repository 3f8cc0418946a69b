# SPDX-License-Identifier: ISC
"""What the process takes, measured again and again while it works."""
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Sequence

from load import Latency, Load
from machine import private_memory
from scene import Scene, metrics
from trend import Point, Trend, judge
from workers import Worker
from world.wait import until

QUIET = ("connections", "jobs", "waiting_requests", "fetches_running",
         "fetches_queued", "dns_lookups_running", "dns_lookups_queued",
         "cache_writes_queued")


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


class Row(NamedTuple):
    s: float
    private_kib: float
    descriptors: int
    threads: int
    slow_turns: int
    longest_turn_ms: float
    latency: Optional[Latency]


class Sampler(Worker):
    def __init__(self, scene: Scene, load: Load, rows: list[Row],
                 interval_s: float) -> None:
        super().__init__(scene)
        self.pause_s = interval_s
        self._load = load
        self._rows = rows

    def step(self) -> None:
        seen = metrics()
        pid = self.scene.pid
        self._rows.append(Row(
            time.monotonic(), private_memory(pid) / 1024, descriptors(pid),
            threads(pid), int(seen["slow_turns_total"]),
            seen["longest_turn_seconds"] * 1000, self._load.latency()))


class Quiet(NamedTuple):
    """When nobody asks and nothing is under way."""
    private_kib: float
    descriptors: int
    threads: int


def quiet(scene: Scene, before: Optional[Quiet] = None) -> Quiet:
    """before: wait for no more descriptors than there were then."""
    def now() -> Quiet:
        return Quiet(private_memory(scene.pid) / 1024,
                     descriptors(scene.pid), threads(scene.pid))

    def is_quiet() -> bool:
        seen = metrics()
        return not any(seen[name] for name in QUIET)

    until("nothing is under way", is_quiet)
    if before is not None:
        most = before.descriptors
        try:
            until("descriptors are closed",
                  lambda: descriptors(scene.pid) <= most)
        except TimeoutError:
            pass  # who called compares
    return now()


class Measure(NamedTuple):
    name: str
    unit: str
    of: Callable[[Row], float]
    allowed: float  # growth, over what is judged
    allowed_part: float = 0


def _latency(row: Row) -> Latency:
    assert row.latency is not None
    return row.latency


MEASURES = (
    Measure("private memory", "KiB", lambda row: row.private_kib, 512),
    Measure("descriptors", "", lambda row: row.descriptors, 2),
    Measure("threads", "", lambda row: row.threads, 0),
)
# Of a busy machine these say little; how often the time of a server that does
# nothing, asked at the same moment, is judged.
TOLD = float("inf")
TIMES = (
    Measure("longest turn", "ms", lambda row: row.longest_turn_ms, TOLD),
    Measure("turns over 5 ms", "", lambda row: row.slow_turns, TOLD),
    Measure("p50", "us", lambda row: _latency(row).p50_us, TOLD),
    Measure("p99", "us", lambda row: _latency(row).p99_us, TOLD),
    Measure("p50 by echo's", "x", lambda row: _latency(row).p50_us
            / _latency(row).echo_p50_us, 0.1, 0.25),
)


def trends(rows: Sequence[Row]) -> list[Trend]:
    timed = [row for row in rows if row.latency is not None]
    return [judge(one.name, one.unit,
                  [Point(row.s, one.of(row)) for row in seen],
                  one.allowed, one.allowed_part)
            for measures, seen in ((MEASURES, rows), (TIMES, timed))
            for one in measures]
