# SPDX-License-Identifier: ISC
"""No memory, at each allocation that a first question for a domain makes: it
is answered, or refused for the moment, or the process ends to be started
again with nothing lost. That there is no policy is never said."""
import os
import random
from collections import Counter
from typing import Callable

import pytest

from machine import Control
from world.daemon import Daemon
from world.mailworld import MailWorld, policy_text
from world.socketmap import Socketmap

# Places at random; `make faults` tries every one.
SAMPLES = int(os.environ.get("FAULTS_ALLOCATIONS", "25"))
ZONE = "memory.test"


def reply(domain: str) -> str:
    return f"OK secure match=mx.{domain} servername=hostname"


def ask(domain: str) -> str:
    """"" when there is no reply."""
    try:
        with Socketmap() as client:
            return client.query(domain)
    except (EOFError, ConnectionError):
        return ""


class Round:
    """Failures at places chosen so far, and what came of them."""

    def __init__(self, world: MailWorld, idle: Daemon, control: Control,
                 burst: int) -> None:
        self.world, self.idle, self.control = world, idle, control
        self.burst = burst
        self.ended: Counter[str] = Counter()
        self.kept = f"kept.{ZONE}"

    def check_lost_nothing(self) -> None:
        mark = self.idle.log.mark()
        assert ask(self.kept) == reply(self.kept)
        assert not self.idle.log.find(f"domain={self.kept} ", mark)

    def fail_at(self, place: int, domain: str) -> bool:
        """False: so many allocations there are not."""
        process = self.idle.process
        assert process is not None
        self.control["failed"] = 0
        self.control["burst"] = self.burst
        self.control["left"] = place
        first = ask(domain)
        self.control["left"] = self.control["burst"] = 0
        if self.control["failed"] == 0:
            return False
        where = f"allocation {place}: {first!r}\n{self.idle.log.text()}"
        if first.startswith("OK "):
            assert first == reply(domain), where
            self.ended["answered"] += 1
        elif first:
            assert first.startswith("TEMP "), where
            self.ended["refused"] += 1
        else:
            self.end(process, where)
        assert ask(domain) == reply(domain), where
        return True

    def end(self, process: object, where: str) -> None:
        """No reply: it was the connection's memory, or the process ended."""
        try:
            status = process.wait(2)  # type: ignore[attr-defined]
        except TimeoutError:
            pytest.fail(f"neither a reply nor an end: {where}")
        assert status == 1, where
        assert self.idle.log.find("out of memory$"), where
        self.ended["ended"] += 1
        self.idle.start()
        self.check_lost_nothing()


def publish(world: MailWorld, names: list[str]) -> None:
    for domain in names:
        host = f"mta-sts.{domain}"
        world.web.host(host, policy_text("enforce", [f"mx.{domain}"], 86400))
        world.names.txt(f"_{host}", "v=STSv1; id=1;", ttl=3600)
        world.names.set(host, "A", world.web.address)
    world.names.sync()


@pytest.mark.parametrize("burst", [1, 1000])
def test_no_memory(world: MailWorld, idle: Daemon, is_sanitized: bool,
                   burst: int, figures: Callable[[str], None]) -> None:
    if is_sanitized:
        pytest.skip("a sanitizer has its own malloc")
    control = Control(world.build, idle.folder, "failalloc",
                      "left", "burst", "seen", "failed")
    idle.environment = control.environment
    idle.settings["commit_wait"] = "60"
    publish(world, [f"kept.{ZONE}", *(f"count{n}.{ZONE}" for n in range(3))])
    idle.start()
    assert ask(f"kept.{ZONE}") == reply(f"kept.{ZONE}")
    for n in range(3):
        before = control["seen"]
        assert ask(f"count{n}.{ZONE}") == reply(f"count{n}.{ZONE}")
    count = control["seen"] - before

    places = list(range(1, count + 1))
    if SAMPLES < count:
        places = sorted(random.sample(places, SAMPLES))
    domain = {place: f"d{place}-{burst}.{ZONE}" for place in places}
    publish(world, list(domain.values()))
    it = Round(world, idle, control, burst)
    tried = sum(it.fail_at(place, domain[place]) for place in places)
    assert tried > 0
    it.check_lost_nothing()
    figures(f"memory: {count} allocations for a new domain, {tried} places "
            f"failed ({burst} in a row): "
            + ", ".join(f"{n} {how}" for how, n in sorted(it.ended.items())))
