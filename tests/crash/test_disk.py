# SPDX-License-Identifier: ISC
"""A disk that is full, slow, broken or read-only costs nobody an answer:
cached ones go on, new policies are told from memory after commit_wait."""
import errno
import json
import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator

import pytest

from machine import HEAD, PAGES, SYNC, Control, slow_disk, tmpfs
from test_kill import NOBODY
from world.admin import Admin
from world.daemon import Daemon
from world.mailworld import MailWorld, policy_text
from world.process import run
from world.socketmap import Socketmap, query
from world.wait import until

FOREVER_MS = 3_600_000
CACHED_ASKS = 1000


@pytest.fixture
def disk(idle: Daemon) -> Iterator[Path]:
    yield from tmpfs(idle, "1m")


@pytest.fixture
def slow(idle: Daemon) -> Control:
    return slow_disk(idle)


def reply(domain: str) -> str:
    return f"OK secure match=mx.{domain} servername=hostname"


def publish(world: MailWorld, *domains: str) -> None:
    for domain in domains:
        world.publish(domain)


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    path = disk / "ballast"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as full:
            assert full.errno == errno.ENOSPC
    return path


def holds(idle: Daemon, *domains: str) -> None:
    """After kill -9 its cache alone has all of them, without a repair."""
    idle.kill()
    idle.start(dns_servers=NOBODY)
    for domain in domains:
        assert query(domain) == reply(domain)
    assert not idle.log.find("cache-"), idle.log.text()


def fails_and_recovers(idle: Daemon, fresh: list[str], cached: str) -> int:
    """While it fails: new policies and cached ones, no TEMP, one line. Where
    the log stood then."""
    mark = idle.log.mark()
    with Socketmap() as client:
        for domain in fresh:
            client.ask(domain)
            # (the commit is waited for: the cached one is not behind it)
            assert query(cached) == reply(cached)
            assert client.reply() == reply(domain)
        for _ in range(CACHED_ASKS):
            assert client.query(cached) == reply(cached)
        for domain in fresh:
            assert client.query(domain) == reply(domain)
    assert len(idle.log.find("^cache-write-failed:")) == 1
    assert not idle.log.find("^cache-write-recovered:")
    return mark


def test_full_disk(world: MailWorld, idle: Daemon, disk: Path) -> None:
    """Written when there is room again; nothing is TEMP meanwhile."""
    cached, fresh = "old.full.test", [f"new{n}.full.test" for n in range(5)]
    publish(world, cached, *fresh)
    idle.start()
    assert query(cached) == reply(cached)
    ballast = fill(disk)
    mark = fails_and_recovers(idle, fresh, cached)
    ballast.unlink()
    idle.log.wait_for("^cache-write-recovered:", mark)
    holds(idle, cached, *fresh)


def test_full_disk_at_start(
        world: MailWorld, idle: Daemon, disk: Path) -> None:
    """What is cached is answered after a restart on a full disk too."""
    cached = "start.full.test"
    publish(world, cached)
    idle.start()
    assert query(cached) == reply(cached)
    fill(disk)
    holds(idle, cached)


def test_kill_on_full_disk(
        world: MailWorld, idle: Daemon, disk: Path) -> None:
    """What could not be written is lost, what was there is not."""
    cached, fresh = "kept.full.test", "lost.full.test"
    publish(world, cached, fresh)
    idle.start()
    assert query(cached) == reply(cached)
    fill(disk)
    fails_and_recovers(idle, [fresh], cached)
    holds(idle, cached)


@pytest.mark.parametrize("error, fails", [
    (errno.EIO, SYNC), (errno.EIO, PAGES), (errno.EIO, HEAD),
    (errno.EROFS, PAGES), (errno.ENOSPC, SYNC),
])
def test_failing_disk(world: MailWorld, idle: Daemon, slow: Control,
                      error: int, fails: int) -> None:
    """The kernel lets no file system be made read-only under an open file:
    the calls fail as they would after a fault that does."""
    zone = f"{errno.errorcode[error]}-{fails}.disk.test".lower()
    cached, fresh = f"old.{zone}", [f"new.{zone}"]
    publish(world, cached, *fresh)
    idle.start()
    assert query(cached) == reply(cached)
    slow["error"], slow["fails"] = error, fails
    mark = fails_and_recovers(idle, fresh, cached)
    slow["fails"] = 0
    idle.log.wait_for("^cache-write-recovered:", mark)
    holds(idle, cached, *fresh)


def test_read_only_at_start(
        world: MailWorld, idle: Daemon, disk: Path) -> None:
    """A cache that cannot be written to at all is a mistake to be told; it
    is whole when the mistake is mended."""
    cached = "readonly.disk.test"
    publish(world, cached)
    idle.start()
    assert query(cached) == reply(cached)
    idle.stop()
    run("mount", "-o", "remount,ro", str(disk))
    refused = idle.spawn()
    assert refused.wait() == 1
    assert refused.log.find(f"{disk}.*{os.strerror(errno.EROFS)}")
    assert not refused.log.find("^started:")
    run("mount", "-o", "remount,rw", str(disk))
    idle.start()
    holds(idle, cached)


def test_slow_sync_delays_no_cached_answer(
        world: MailWorld, idle: Daemon, slow: Control) -> None:
    """By order, not by time: the sync is held up until all is answered."""
    cached, fresh = "old.slow.test", "new.slow.test"
    publish(world, cached, fresh)
    idle.start()
    assert query(cached) == reply(cached)
    until("nothing is to be written", lambda: slow["begun"] == slow["ended"])
    slow["delay_ms"], before = FOREVER_MS, slow["ended"]
    with Socketmap() as waiting, Socketmap() as client:
        waiting.ask(fresh)
        until("the commit syncs", lambda: slow["begun"] > before)
        for _ in range(CACHED_ASKS):
            assert client.query(cached) == reply(cached)
        assert waiting.reply() == reply(fresh)  # from memory
        for _ in range(CACHED_ASKS):
            assert client.query(fresh) == reply(fresh)
        assert slow["ended"] == before
        slow["delay_ms"] = 0
        until("the commit ends", lambda: slow["ended"] == slow["begun"])
        assert client.query(fresh) == reply(fresh)
    assert not idle.log.find("^cache-write-failed:")
    idle.stop()
    idle.start(dns_servers=NOBODY)
    for domain in (cached, fresh):
        assert query(domain) == reply(domain)


def imported(text: str, n: int, count: int = 1) -> str:
    now = int(time.time())
    return "".join(json.dumps({
        "domain": f"{n}-{k}.t", "id": "", "fetched": now - 60,
        "expires": now + 9999, "policy": text}) + "\n" for k in range(count))


NONE = "version:STSv1\nmode:none\nmax_age:99999\n"
LARGE = NONE + "\n" * (65536 - len(NONE))


@pytest.mark.parametrize("text, count, fit", [
    (NONE, 450, 10), (LARGE, 1, 12)], ids=["many", "large"])
def test_what_imports_leave_to_the_disk_is_bounded(
        world: MailWorld, idle: Daemon, slow: Control, text: str, count: int,
        fit: int) -> None:
    cached = "old.imported.test"
    publish(world, cached)
    idle.settings["admin_listen"] = f"unix:{idle.folder}/admin.sock"
    idle.start()
    assert query(cached) == reply(cached)
    until("nothing is to be written", lambda: slow["begun"] == slow["ended"])
    slow["delay_ms"], before = FOREVER_MS, slow["ended"]
    with Admin(idle) as admin, ExitStack() as clients:
        for n in range(fit):
            clients.enter_context(Admin(idle)).send(
                "POST", "/import", imported(text, n, count))
            until("it waits for the disk", lambda: admin.get(
                "/status")["cache"]["writes_queued"] == count * (n + 1))
        refused = admin.ask("POST", "/import", imported(text, fit))
        assert refused.status == 503
        assert "too much waits" in refused.json["error"]
        assert query(cached) == reply(cached)
        assert slow["ended"] == before
        slow["delay_ms"] = 0
        until("all are durable", lambda: admin.get(
            "/status")["policies"]["none"] == count * fit)
        assert admin.ask(
            "POST", "/import", imported(text, fit)).json["stored"] == 1
    holds(idle, cached)


def test_kill_during_a_sync(
        world: MailWorld, idle: Daemon, slow: Control) -> None:
    """Nobody was told, so nothing is owed; the file is whole."""
    cached, fresh = "old.midsync.test", "new.midsync.test"
    publish(world, cached, fresh)
    idle.start()
    assert query(cached) == reply(cached)
    until("nothing is to be written", lambda: slow["begun"] == slow["ended"])
    slow["delay_ms"], before = FOREVER_MS, slow["ended"]
    with Socketmap() as waiting:
        waiting.ask(fresh)
        until("the commit syncs", lambda: slow["begun"] > before)
        idle.kill()
        assert waiting.is_closed()
    slow["delay_ms"] = 0
    idle.start(dns_servers=NOBODY)
    assert query(cached) == reply(cached)
    assert not idle.log.find("cache-"), idle.log.text()
