# SPDX-License-Identifier: ISC
"""Domains whose policy names its version, so that each answer tells of when
it is."""
import re
import threading
from collections import defaultdict
from typing import Optional

from world.mailworld import MailWorld, policy_text


class Domains:
    """Domains whose policy names its version."""

    def __init__(self, world: MailWorld) -> None:
        self.world = world
        self.version: dict[str, int] = {}
        self.answered: dict[str, int] = defaultdict(int)
        self.answers = 0
        self.told = 0  # policies: answers that none before had given
        self._lock = threading.Lock()

    def publish(self, domain: str) -> None:
        version = self.version[domain] = self.version.get(domain, 0) + 1
        host, names = f"mta-sts.{domain}", self.world.names
        self.world.web.host(
            host, policy_text("enforce", [f"v{version}.{domain}"], 86400))
        names.txt(f"_{host}", f"v=STSv1; id={version};", ttl=1)
        names.set(host, "A", self.world.web.address)

    def take(self, domain: str, reply: str) -> None:
        version = self.seen(domain, reply)
        if version is not None:
            with self._lock:
                self.answers += 1
                self.told += version > self.answered[domain]
                self.answered[domain] = max(self.answered[domain], version)

    @staticmethod
    def seen(domain: str, reply: str) -> Optional[int]:
        found = re.match(rf"OK secure match=v(\d+)\.{re.escape(domain)} ",
                         reply)
        return int(found[1]) if found else None
