# SPDX-License-Identifier: ISC
"""Cached answers, as fast as they can be asked for."""
import socket
import statistics
import subprocess
import time
from typing import NamedTuple, Optional

from bench import FEW, NAME, POLICIES, REPLY, ROUNDS, Bench, Load

HITS = "daemon"
ZIPF = ["-z"]
LONG = ["-z", "-p", "postfix-3.10"]
PARENT = ["-N", "-w", "NOTFOUND "]
SOME = ["-k", "10000"]
NEGATIVE = [*SOME, "-s", ".junk.test", "-w", "NOTFOUND "]
MEMORY_KIB = 20 * 1024
START_MS = 100


class Line(NamedTuple):
    """A server with its load, another with its own, the ratio wanted."""
    what: str
    ours: Load
    theirs: Load
    least: float  # of requests/s
    p99: Optional[float] = None  # at most


def lines(kind: str) -> list[Line]:
    zipf = 0.90 if kind == "inet" else 0.80
    c16, c128 = ["-c", "16"], ["-c", "128"]
    return [
        Line("uniform, 16 connections", (HITS, c16), ("reference", c16),
             0.90, 1.3),
        Line("uniform, 128 connections", (HITS, c128), ("reference", c128),
             0.90),
        Line("Zipf, 16 connections", (HITS, c16 + ZIPF),
             ("echo", c16 + ZIPF), zipf),
        Line("Zipf, 128 connections", (HITS, c128 + ZIPF),
             ("echo", c128 + ZIPF), zipf),
        Line("3.10 (long replies)", (HITS, c16 + LONG),
             (HITS, c16 + ZIPF), 0.75),
        Line("negative, as hits", (HITS, c16 + NEGATIVE),
             (HITS, c16 + SOME), 1.00),
        Line("parents, as hits", (HITS, c16 + PARENT),
             (HITS, c16 + SOME), 1.00),
    ]


def compare(bench: Bench, kind: str, line: Line) -> None:
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    pair = (theirs, line.theirs), (ours, line.ours)
    # Now one is first, now the other: a machine that gets slower hits both.
    for number in range(ROUNDS):
        for seen, load in pair if number % 2 else reversed(pair):
            seen.append(bench.ask(kind, load))
    of = {name: statistics.median(a[name] / b[name]
                                  for a, b in zip(ours, theirs))
          for name in ("per_s", "p50_us", "p99_us", "p999_us")}
    cpu = (min(run["cpu_us"] for run in ours)
           / min(run["cpu_us"] for run in theirs))
    is_met = of["per_s"] >= line.least and (
        line.p99 is None or of["p99_us"] <= line.p99)
    wanted = f"{line.least:.2f}" + (
        f", p99 {line.p99}" if line.p99 is not None else "")
    per_s = statistics.median(run["per_s"] for run in ours)
    bench.say(f"{kind} {line.what:24} {of['per_s']:5.2f} of "
              f"{line.theirs[0]:9} cpu {cpu:4.2f}  p50 {of['p50_us']:4.2f}"
              f" p99 {of['p99_us']:4.2f} p99.9 {of['p999_us']:4.2f}"
              f" ({per_s:.0f}/s)", is_met, wanted)


def flat(bench: Bench, kind: str) -> None:
    """How the CPU of a request grows, with policies and connections."""
    zipf, many = ["-c", "16", *ZIPF], ["-c", "512", *ZIPF]
    seen: dict[str, list[float]] = {}
    for _ in range(ROUNDS * 3 // 4):
        for what, name, load, keys in (
                ("few", "few", zipf, FEW), ("hits", HITS, zipf, POLICIES),
                ("hits 512", HITS, many, POLICIES),
                ("echo", "echo", zipf, POLICIES),
                ("echo 512", "echo", many, POLICIES)):
            seen.setdefault(what, []).append(
                bench.ask(kind, (name, load), keys)["cpu_us"])
    cpu = {what: min(runs) for what, runs in seen.items()}
    grown = cpu["hits"] / cpu["few"]
    bench.say(f"{kind} cpu, {FEW} -> {POLICIES} policies, Zipf: "
              f"{grown:4.2f}", grown <= 1.15, "1.15 at most")
    ours = cpu["hits 512"] / cpu["hits"]
    echo = cpu["echo 512"] / cpu["echo"]
    bench.say(f"{kind} cpu, 16 -> 512 connections: {ours:4.2f}"
              f", echo {echo:4.2f}", ours <= echo + 0.25, "echo + 0.25")


def start_few(bench: Bench) -> None:
    subprocess.run([bench.build / "tests/tools/fill-cache",
                    bench.folder / "cache-few", str(FEW)], check=True,
                   stdout=subprocess.DEVNULL)
    bench.daemon("few")


def measure(bench: Bench, kind: str) -> None:
    # Each negative is looked up once; then they are known.
    bench.ask(kind, (HITS, ["-c", "64", "-t", "4", *NEGATIVE]))
    for line in lines(kind):
        compare(bench, kind, line)
    flat(bench, kind)


def memory(bench: Bench) -> None:
    private = bench.servers[HITS].private_kib()
    bench.say(f"private memory {private} KiB", private <= MEMORY_KIB,
              f"{MEMORY_KIB} at most")


def start_again(bench: Bench) -> None:
    """A clean stop, a start: until somebody is answered."""
    bench.servers.pop(HITS).stop()
    begin = time.monotonic()
    bench.daemon(HITS)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(bench.at["unix", HITS].partition(":")[2])
        request = f"postfix-3.4 {NAME}"
        sock.sendall(f"{len(request)}:{request},".encode())
        reply = f"{len(REPLY)}:{REPLY},"
        assert sock.recv(4096).decode() == reply
    ms = (time.monotonic() - begin) * 1000
    bench.say(f"start to first answer {ms:.0f} ms", ms < START_MS,
              f"{START_MS} at most")
