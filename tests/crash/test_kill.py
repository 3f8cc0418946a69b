# SPDX-License-Identifier: ISC
"""kill -9 at any moment: what was answered is there afterwards. Each round
has domains never seen before, and new ids for those of rounds before."""
import os
import random
import threading
import time
from pathlib import Path
from typing import Callable

from machine import slow_disk
from versions import Domains
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import Socketmap, query

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "10"))
NEW_PER_ROUND = 24
CLIENTS = 8
SLOW_SYNC_MS = 15  # in every second round: more is under way
NOBODY = "127.9.9.9"  # no name server, and no policy host either

# Answered only when durable; records looked at again by every query.
LOAD = {"commit_wait": "60", "txt_check_min": "1", "txt_check_max": "1"}


def add_round(domains: Domains, number: int) -> list[str]:
    """New domains, and new versions of some; what is to be asked for."""
    old = random.sample(sorted(domains.version),
                        min(len(domains.version), NEW_PER_ROUND))
    new = [f"d{number}-{n}.crash.test" for n in range(NEW_PER_ROUND)]
    for domain in old + new:
        domains.publish(domain)
    domains.world.names.sync()
    return old + new


class Load:
    """Clients that ask until the daemon is gone."""

    def __init__(self, domains: Domains, names: list[str]) -> None:
        self.domains = domains
        self.begun = domains.told
        self._threads = [
            threading.Thread(target=self._ask, args=(names[n::CLIENTS],))
            for n in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _ask(self, names: list[str]) -> None:
        try:
            with Socketmap() as client:
                while True:
                    for name in random.sample(names, len(names)):
                        self.domains.take(name, client.query(name))
        except (EOFError, OSError):
            pass  # killed

    def wait_for(self, count: int) -> None:
        """That many policies told, and a moment that nobody chooses."""
        end = time.monotonic() + 30
        while self.domains.told - self.begun < count:
            assert time.monotonic() < end, "no load"
        time.sleep(random.random() * 0.03)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def lost_in(domains: Domains, names: list[str]) -> list[str]:
    """Those not answered, or with an older policy, by a daemon that can only
    know them from its cache. All at once: each waits a moment for the DNS."""
    replies: dict[str, str] = {}

    def ask(domain: str) -> None:
        replies[domain] = query(domain)

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [f"{name}: v{domains.answered[name]}, then "
            f"{replies.get(name, 'nothing')}" for name in names
            if (domains.seen(name, replies.get(name, "")) or 0)
            < domains.answered[name]]


def test_kill_at_random_moments(
        world: MailWorld, idle: Daemon, disk_cache: Path,
        figures: Callable[[str], None]) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    random.seed(seed)
    disk, domains = slow_disk(idle), Domains(world)
    lost: list[str] = []
    for number in range(ROUNDS):
        names = add_round(domains, number)
        disk["delay_ms"] = SLOW_SYNC_MS if number % 2 else 0
        idle.start(**LOAD)
        load = Load(domains, names)
        load.wait_for(random.randrange(len(names)))
        idle.kill()
        load.join()
        disk["delay_ms"] = 0

        asked = [name for name in domains.version if domains.answered[name]]
        if number < ROUNDS - 1:  # all of them in the last round
            asked = [name for name in names if domains.answered[name]]
        idle.start(dns_servers=NOBODY, **LOAD)
        lost += [f"round {number}: {one}" for one in lost_in(domains, asked)]
        assert not idle.log.find("cache-|damaged"), idle.log.text()
        idle.kill()
    corrupt = list(disk_cache.glob("data.mdb.*"))
    figures(f"crash: {ROUNDS} rounds, {domains.answers} answers with "
            f"{domains.told} policies, {len(lost)} lost, "
            f"{len(corrupt)} corrupt files")
    assert not lost, lost
    assert not corrupt
    assert domains.told >= ROUNDS * NEW_PER_ROUND / 4
