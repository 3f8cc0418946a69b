# SPDX-License-Identifier: ISC
"""--check of many domains whose name server takes its time: what is waited
for, and what we do meanwhile."""
import os
import subprocess
import time
from typing import NamedTuple

from bench import QUICK, Bench
from hosts import DELAY_MS, SLOW_DNS_PORT, ZONE
from servers import SERVER_CPU

AT_ONCE = 16
ALONE = 8
DOMAINS = 160 if QUICK else 320
MOST = 1.25  # times what is waited for


class Ran(NamedTuple):
    took_s: float
    cpu_s: float


def check(bench: Bench, count: int, at_once: int) -> Ran:
    names = bench.folder / "domains"
    names.write_text("".join(f"{at:07}.{ZONE}\n" for at in range(count)))
    options = [word for setting in bench.hosts.settings(SLOW_DNS_PORT)
               for word in ("-o", setting)]
    begin = time.monotonic()
    child = subprocess.Popen(
        ["taskset", "-c", SERVER_CPU, bench.build / "postfix-mta-sts",
         "--check", "--no-smtp", "--jobs", str(at_once), "--format",
         "ndjson", "--domains", names, *options], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise RuntimeError(f"--check ended with {child.returncode}")
    return Ran(time.monotonic() - begin, usage.ru_utime + usage.ru_stime)


def measure(bench: Bench) -> None:
    # One after the other: what each of them waits for.
    alone = check(bench, ALONE, 1)
    waits = (alone.took_s - alone.cpu_s) / ALONE * DOMAINS / AT_ONCE
    many = check(bench, DOMAINS, AT_ONCE)
    bench.say(f"--check of {DOMAINS} domains, {AT_ONCE} at once, DNS late by "
              f"some {DELAY_MS} ms: {many.took_s:.1f} s, "
              f"{many.took_s / waits:.2f} of what is waited for; "
              f"{many.cpu_s * 1000 / DOMAINS:.1f} ms of CPU a domain",
              many.took_s <= waits * MOST, f"{MOST} at most")
