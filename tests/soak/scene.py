# SPDX-License-Identifier: ISC
"""What all parts of a soak share: the daemon with its world, what is known of
the domains in it, and what went wrong."""
import os
import re
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

from machine import Control, slow_disk
from pulse import reply
from versions import Domains
from world.admin import raw
from world.ctl import Ctl
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import run
from world.reloaded import Reloaded
from world.socketmap import Socketmap

USER = "postfix-mta-sts"
FILLED = 2000  # policies for tests/bench/load
STEADY = [f"s{n}.steady.soak.test" for n in range(20)]
CHANGING = [f"c{n}.changing.soak.test" for n in range(12)]
METRICS = ("127.0.0.1", 9461)


def metrics() -> dict[str, float]:
    """Those without labels, without their common beginning."""
    page = raw(METRICS, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
               "Connection: close\r\n\r\n")
    return {name: float(value) for name, value in re.findall(
        r"(?m)^postfix_mta_sts_(\w+) (\S+)$", page)}


class Weather:
    """Whether somebody the daemon depends on is being troubled."""

    def __init__(self) -> None:
        self._count = 0
        self._is_bad = False

    @contextmanager
    def trouble(self) -> Iterator[None]:
        """Until it is over and seen to be."""
        self._is_bad = True
        self._count += 1
        yield
        self._is_bad = False

    def mark(self) -> Optional[int]:
        return None if self._is_bad else self._count

    def was_calm(self, mark: Optional[int]) -> bool:
        """From mark until now."""
        return mark is not None and mark == self.mark()


class Scene:
    def __init__(self, world: MailWorld, daemon: Daemon) -> None:
        self.world = world
        self.daemon = daemon
        self.disk = slow_disk(daemon)
        self.weather = Weather()
        self.domains = Domains(world)
        self.passing: list[str] = []  # domains that come and go
        self.problems: list[str] = []
        self.wrong: list[str] = []
        self.answers = 0
        self._lock = threading.Lock()
        folder = daemon.folder
        self.unix = str(folder / "run" / "socket")
        self.exported = folder / "export.ndjson"  # as things were at first
        self.config = Reloaded(daemon)
        self.ctl = Ctl(world.build, self.config.file)

    @property
    def pid(self) -> int:
        assert self.daemon.process is not None
        return self.daemon.process.pid

    def start(self, **settings: str) -> None:
        """With policies in its cache, as its own user, in its sandbox."""
        cache = Path(self.config.settings["cache_dir"])
        run(str(self.world.build / "tests/tools/fill-cache"), str(cache),
            str(FILLED))
        for path in (cache, *cache.iterdir()):
            shutil.chown(path, USER, USER)
        self.daemon.folder.chmod(0o755)
        os.mkdir(Path(self.unix).parent)
        shutil.chown(Path(self.unix).parent, USER, USER)
        overrides = self.daemon.folder / "overrides"
        overrides.write_text("")
        for domain in STEADY:
            self.world.publish(domain)
        for domain in CHANGING:
            self.domains.publish(domain)
        self.world.names.sync()
        self.config.start(
            user=USER, listen=f"inet:127.0.0.1:8461, unix:{self.unix}",
            metrics_listen="inet:{}:{}".format(*METRICS),
            overrides=str(overrides), txt_check_min="1", negative_min="1h",
            max_connections="1024", **settings)
        with Socketmap() as client:
            for domain in STEADY:
                self.ask(client, domain)
            for domain in CHANGING:
                self.ask_version(client, domain)
        self.ctl.ok("export", str(self.exported))

    def problem(self, text: str) -> None:
        with self._lock:
            self.problems.append(text)

    def count(self, domain: str, got: str, is_right: bool,
              expected: str = "another") -> None:
        with self._lock:
            self.answers += 1
            if not is_right:
                self.wrong.append(f"{domain}: {got!r}, not {expected!r}")

    def ask(self, client: Socketmap, domain: str,
            expected: Optional[str] = None) -> None:
        got = client.query(domain)
        if expected is None:
            expected = reply(domain)
        self.count(domain, got, got == expected, expected)

    def ask_version(self, client: Socketmap, domain: str) -> int:
        """No version that was never published, and none that is older than
        one answered before. 0: it was neither."""
        least = self.domains.answered[domain]
        got = client.query(domain)
        version = self.domains.seen(domain, got) or 0
        self.count(domain, got, max(1, least) <= version
                   <= self.domains.version[domain])
        self.domains.take(domain, got)
        return version


@contextmanager
def scene(world: MailWorld, daemon: Daemon, more: Optional[Control] = None,
          **settings: str) -> Iterator[Scene]:
    """Started; at the end the daemon must stop well. more: is preloaded too.
    """
    with daemon:
        it = Scene(world, daemon)
        if more is not None:
            both = ":".join(one.environment["LD_PRELOAD"]
                            for one in (it.disk, more))
            daemon.environment.update(more.environment, LD_PRELOAD=both)
        it.start(**settings)
        yield it
