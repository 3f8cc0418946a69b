# SPDX-License-Identifier: ISC
"""A cache carried from host to host: into a running daemon, and out of it."""
import random
import subprocess
import time
from pathlib import Path

from bench import POLICIES, Bench

DAY_S = 86400
MAX_AGE_S = 30 * DAY_S
IMPORT_S = 60  # a million
LINE = ('{{"domain":"{name}","id":"20260101000000","fetched":{fetched},'
        '"expires":{expires},"checked":null,"used":{now},"policy":'
        '"version: STSv1\\r\\nmode: enforce\\r\\nmx: mx1.{name}\\r\\n'
        'mx: mx2.{name}\\r\\nmax_age: {max_age}\\r\\n"}}\n')


def write_policies(path: Path) -> None:
    """In key order; as in life, each was fetched at some time of the day.

    When its record was looked up is not said: what is measured next are answers
    from the cache, and a check that was due would come with each.
    """
    now = int(time.time())
    with path.open("w") as out:
        for at in range(POLICIES):
            fetched = now - random.randrange(DAY_S)
            out.write(LINE.format(
                name=f"{at:07}.fill.test", fetched=fetched, now=now,
                expires=fetched + MAX_AGE_S, max_age=MAX_AGE_S))


def measure(bench: Bench) -> None:
    """Starts the daemon, which then has the policies."""
    path = bench.folder / "policies"
    write_policies(path)
    server = bench.daemon("daemon", "metrics_listen=inet:127.0.0.1:9463")
    begin, cpu = time.monotonic(), server.cpu_s()
    subprocess.run(bench.ctl("daemon", "import", path), check=True,
                   stdout=subprocess.DEVNULL)
    took = time.monotonic() - begin
    cpu = server.cpu_s() - cpu
    most = IMPORT_S * POLICIES / 1e6
    bench.say(f"import {took:.1f} s, {cpu * 1e6 / POLICIES:.0f} us of CPU a "
              "policy", took < most, f"{most:.0f} s at most")
    path.unlink()
    begin = time.monotonic()
    subprocess.run(bench.ctl("daemon", "export"), check=True,
                   stdout=subprocess.DEVNULL)
    took = time.monotonic() - begin
    size = (bench.folder / "cache-daemon/data.mdb").stat().st_size
    turn = bench.status("daemon")["loop"]["longest_turn_us"] / 1000
    bench.note(f"export {took:.1f} s; {size / POLICIES:.0f} bytes of disk a "
               f"policy; longest turn of the loop {turn:.1f} ms of CPU")
