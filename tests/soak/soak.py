# SPDX-License-Identifier: ISC
"""The daemon at work for SOAK_SECONDS, everything happening to it again and
again: is every answer right, and does nothing grow? Run by tests/soak/run; the
status is 0 when both are so."""
import os
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator, Sequence

from acts import ACTS, Act, junk
from load import Load
from sampler import Quiet, Row, Sampler, quiet, trends
from scene import Scene, scene
from trend import HEAD, Trend
from workers import WORKERS
from world.mailworld import MailWorld

RATE = 1000  # cached look-ups a second, on each socket
INTERVAL_S = 1.0
JUNK_MAX = 33_000  # more than the daemon remembers
TELL_S = 30
WARM_S = 150.0  # the heap takes so long to find its size
LEAST_S = 240
SHOWN = 10  # problems
SLOPES = ("private memory", "descriptors", "threads", "p50", "p99")


class Soak:
    def __init__(self, it: Scene, rate: int = RATE,
                 interval_s: float = INTERVAL_S) -> None:
        self.scene = it
        self.rows: list[Row] = []
        self.acts = 0
        self.faults = 0
        self._rate = rate
        self._interval_s = interval_s

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Everybody asks."""
        with ExitStack() as stack:
            load = stack.enter_context(
                Load(self.scene, self._rate, self._interval_s))
            for kind in WORKERS:
                stack.enter_context(kind(self.scene))
            stack.enter_context(
                Sampler(self.scene, load, self.rows, self._interval_s))
            yield

    def cycle(self, acts: Sequence[Act] = ACTS, is_patient: bool = False,
              end: float = float("inf")) -> None:
        """Every act once, until it is time."""
        for act in acts:
            if time.monotonic() > end:
                return
            act.play(self.scene, is_patient)
            self.acts += 1
            self.faults += act.is_fault


def leftovers(before: Quiet, after: Quiet) -> list[str]:
    """What it did not give back."""
    return [f"{name}: {now} when all is quiet, {once} before"
            for name, once, now in (
                ("descriptors", before.descriptors, after.descriptors),
                ("threads", before.threads, after.threads)) if now > once]


def tell(soak: Soak, begin: float) -> None:
    row = soak.rows[-1]
    us = f", p99 {row.latency.p99_us:.0f} us" if row.latency else ""
    print(f"{time.monotonic() - begin:5.0f} s  {soak.scene.answers} answers, "
          f"{len(soak.scene.wrong)} wrong, {soak.acts} acts, "
          f"{row.private_kib:.0f} KiB, {row.descriptors} descriptors, "
          f"{row.threads} threads{us}", flush=True)


def long_round(soak: Soak, seconds: float) -> list[Trend]:
    """At first it warms up: what is bounded is filled to its bound."""
    begin = told = time.monotonic()
    with soak.busy():
        junk(soak.scene, JUNK_MAX)
        soak.cycle()
    before = quiet(soak.scene)
    with soak.busy():
        while time.monotonic() < begin + seconds:
            if time.monotonic() > told + TELL_S:
                told = time.monotonic()
                tell(soak, begin)
            soak.cycle(ACTS, True, begin + seconds)
    after = quiet(soak.scene, before)
    soak.scene.problems += leftovers(before, after)
    return trends([row for row in soak.rows
                   if row.s > begin + max(WARM_S, seconds / 3)])


def figures(soak: Soak, seconds: float, found: Sequence[Trend]) -> str:
    slopes = ", ".join(f"{one.name} {one.per_hour:+.1f}"
                       f"{' ' if one.unit else ''}{one.unit}/h"
                       for one in found if one.name in SLOPES)
    growing = [one.name for one in found if one.is_growing]
    return (f"soak: {seconds:.0f} s, {soak.scene.answers} answers, "
            f"{len(soak.scene.wrong)} wrong, {soak.acts} acts, "
            f"{soak.faults} of them faults; {slopes}; "
            f"{' and '.join(growing) or 'nothing'} grew")


def show_wrong(soak: Soak) -> None:
    it = soak.scene
    for kind, texts in (("problem", it.problems), ("wrong", it.wrong)):
        for text in texts[:SHOWN]:
            print(f"{kind}: {text}")


def main() -> int:
    seconds = float(os.environ.get("SOAK_SECONDS", "600"))
    if seconds < LEAST_S:
        print(f"SOAK_SECONDS: {LEAST_S} at least, or nothing can be said")
        return os.EX_USAGE
    world = MailWorld(Path(os.environ["E2E_DIR"]) / "world",
                      Path(os.environ["E2E_BUILD"]))
    try:
        with scene(world, world.daemon("soak"), query_timeout="10") as it:
            soak = Soak(it)
            try:
                found = long_round(soak, seconds)
            except BaseException:
                print(it.daemon.log.text())
                show_wrong(soak)
                raise
    finally:
        world.stop()
    show_wrong(soak)
    print(HEAD, *(one.line() for one in found), sep="\n")
    print(figures(soak, seconds, found))
    return int(bool(it.problems or it.wrong
                    or any(one.is_growing for one in found)))


if __name__ == "__main__":
    sys.exit(main())
