# SPDX-License-Identifier: ISC
"""Cached answers while all else goes on: first contacts with their commits, a
list of the whole cache, scrapes. Echo is asked in turn with the daemon, on
the same core, and the daemon goes on with all of it meanwhile: its core is as
busy for echo as for the daemon's own answers. The rest, nginx and names and
ctl, shares the load's core; the load goes before it."""
import statistics
import subprocess
import threading
import time
import urllib.request

from bench import DOMAINS, KINDS, POLICIES, QUICK, Bench
from hosts import ZONE
from servers import on_load_core

TURNS = 3 if QUICK else 5
SECONDS = 2
PER_S = 20_000
FETCHES_PER_S = 20
SCRAPE_S = 1
LOAD_FIRST = ("chrt", "-f", "10")
MOST_P999 = 2.0
MOST_TURN_US = 5000
METRICS = "http://127.0.0.1:9463/metrics"


class Neighbours:
    """What goes on beside the answers, until it is stopped."""

    def __init__(self, bench: Bench, kind: str, first: int) -> None:
        self.scrapes = self.listed = 0
        self._is_ending = False
        self._bench = bench
        self._fetching = subprocess.Popen(
            on_load_core(bench.build / "tests/bench/load", "-a",
                         bench.at[kind, "daemon"], "-c", "8", "-u", "-f",
                         first, "-k", DOMAINS // 2, "-r", FETCHES_PER_S,
                         "-t", "600", "-s", f".{ZONE}"),
            stdout=subprocess.DEVNULL)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=work)
                         for work in (self._list, self._scrape)]
        for thread in self._threads:
            thread.start()

    def _start_list(self) -> bool:
        with self._lock:
            if self._is_ending:
                return False
            self._listing = subprocess.Popen(
                self._bench.ctl("daemon", "list"), stdout=subprocess.PIPE)
            return True

    def _list(self) -> None:
        """Again and again; what comes is counted."""
        while self._start_list():
            out = self._listing.stdout
            assert out is not None
            while chunk := out.read(65536):
                self.listed += chunk.count(b"\n")
            self._listing.wait()

    def _scrape(self) -> None:
        while not self._is_ending:
            with urllib.request.urlopen(METRICS) as answer:
                answer.read()
            self.scrapes += 1
            time.sleep(SCRAPE_S)

    def stop(self) -> None:
        with self._lock:
            self._is_ending = True
        self._fetching.terminate()
        self._fetching.wait()
        self._listing.terminate()
        for thread in self._threads:
            thread.join()


def paced(bench: Bench, kind: str, name: str) -> float:
    """p99.9 in microseconds, from when each request was due."""
    seen = bench.load(bench.at[kind, name], "-c", 16, "-k", POLICIES, "-z",
                      "-r", PER_S, "-t", SECONDS, first=LOAD_FIRST)
    return seen["p999_us"]


def measure(bench: Bench, kind: str) -> None:
    alone = statistics.median(paced(bench, kind, "echo")
                              for _ in range(TURNS))
    before = bench.status("daemon")["fetches"]["ok"]
    beside = Neighbours(bench, kind, DOMAINS // 2 * KINDS.index(kind))
    begin = time.monotonic()
    ours, echo = [], []
    try:
        for _ in range(TURNS):
            echo.append(paced(bench, kind, "echo"))
            ours.append(paced(bench, kind, "daemon"))
    finally:
        beside.stop()
    took = time.monotonic() - begin
    status = bench.status("daemon")
    fetched = status["fetches"]["ok"] - before
    bench.note(f"{kind} beside: {fetched / took:.0f} first contacts/s, "
               f"{beside.listed / took:.0f} policies listed/s, "
               f"{beside.scrapes} scrapes, {took:.0f} s")
    of = statistics.median(a / b for a, b in zip(ours, echo))
    bench.say(f"{kind} p99.9 beside these, {PER_S}/s: {of:4.2f} of echo's "
              f"({statistics.median(ours):.0f}, "
              f"{statistics.median(echo):.0f} us; echo without them "
              f"{alone:.0f})", of <= MOST_P999, f"{MOST_P999:.1f} at most")
    turn = status["loop"]["longest_turn_us"]
    bench.say(f"{kind} longest turn of the loop so far: {turn / 1000:.1f} ms "
              "of CPU", turn < MOST_TURN_US, f"{MOST_TURN_US / 1000:.0f} "
              "at most")
