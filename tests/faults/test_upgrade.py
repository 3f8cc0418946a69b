# SPDX-License-Identifier: ISC
"""A cache that another version wrote: what is older is answered, and written
anew as its time comes; what is newer, or another program's, is moved aside."""
from pathlib import Path
from typing import Callable

import pytest

from pulse import reply
from world import ctl
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import run
from world.socketmap import query
from world.wait import until

NOBODY = "127.9.9.9"  # no name server: nothing can be looked up
NO_SERVER = "TEMP no name server answers"


def make(world: MailWorld, idle: Daemon, kind: str, *domains: str) -> Path:
    """The daemon's folder, with a cache of that kind."""
    for domain in domains:
        world.publish(domain)
    folder = Path(idle.settings["cache_dir"])
    folder.mkdir()
    run(str(world.build / "tests/tools/old-cache"), str(folder), kind,
        *domains)
    return folder


def looks(world: MailWorld, folder: Path) -> dict[str, tuple[str, str]]:
    """Of each domain: its record's format, and the bytes in the index."""
    lines = run(str(world.build / "tests/tools/old-cache"), str(folder),
                "look").stdout.splitlines()
    return {domain: (form, due) for domain, form, due in
            (line.split() for line in lines)}


def test_first_format(world: MailWorld, idle: Daemon) -> None:
    """Answered without anybody; the next write makes it as it is today."""
    read, renewed = "read.first.test", "renewed.first.test"
    folder = make(world, idle, "first", read, renewed)
    assert looks(world, folder) == {read: ("1", "0"), renewed: ("1", "0")}
    idle.start(dns_servers=NOBODY)
    for domain in read, renewed:
        assert query(domain) == reply(domain)
    shown = ctl.of(idle).ok("show", renewed)
    assert f"mx.{renewed}" in shown and "enforce" in shown
    assert "2 policies" in ctl.of(idle).ok("verify")
    idle.restart()
    ctl.of(idle).ok("refresh", renewed)
    assert world.web.requests(f"mta-sts.{renewed}") == 1
    assert query(renewed) == reply(renewed)
    idle.stop()
    assert looks(world, folder) == {read: ("1", "0"), renewed: ("1", "8")}
    idle.start(dns_servers=NOBODY)
    for domain in read, renewed:
        assert query(domain) == reply(domain)
    assert not idle.log.find("^cache-|damaged|another format")
    assert not list(folder.glob("data.mdb.*"))


@pytest.mark.parametrize("dane", ["yes", "no"])
def test_verdicts(world: MailWorld, idle: Daemon, dane: str) -> None:
    """A record with verdicts on DANE is read with and without dane = yes."""
    domain = f"{dane}.verdict.test"
    folder = make(world, idle, "dane", domain)
    assert looks(world, folder) == {domain: ("2", "8")}
    idle.start(dns_servers=NOBODY, dane=dane)
    assert query(domain) == ("OK dane-only" if dane == "yes"
                             else reply(domain))


def test_record_that_is_newer(world: MailWorld, idle: Daemon) -> None:
    """As after a step back to this version: that one domain is fetched anew,
    and until then it is TEMP, never "no policy"."""
    newer, known = "newer.record.test", "known.record.test"
    folder = make(world, idle, "record", newer, known)
    idle.start(dns_servers=NOBODY, query_timeout="1s")
    assert query(known) == reply(known)
    assert query(newer) == NO_SERVER
    idle.log.wait_for(f"{newer}: the record has another format")
    idle.restart()
    assert query(newer) == reply(newer)
    assert world.web.requests(f"mta-sts.{newer}") == 1
    idle.stop()
    assert looks(world, folder)[newer] == ("1", "8")
    assert not list(folder.glob("data.mdb.*"))


@pytest.mark.parametrize("kind, why", [
    ("newer", "format"), ("foreign", "foreign")])
def test_file_of_another_format(
        world: MailWorld, idle: Daemon, kind: str, why: str,
        figures: Callable[[str], None]) -> None:
    """Kept, beside the one that is begun; and told."""
    domain = f"{kind}.file.test"
    folder = make(world, idle, kind, domain)
    before = (folder / "data.mdb").read_bytes()
    idle.start(dns_servers=NOBODY, query_timeout="1s")
    line = idle.log.wait_for("^cache-moved-aside: .*")[0]
    aside, = folder.glob(f"data.mdb.{why}-*")
    assert aside.name in line
    assert aside.read_bytes() == before
    assert query(domain) == NO_SERVER
    assert "0 policies" in ctl.of(idle).ok("verify")
    idle.restart()
    assert query(domain) == reply(domain)
    assert not idle.log.find("^cache-moved-aside:")
    assert looks(world, folder) == {domain: ("1", "8")}
    figures(f"a cache that is {kind}: {line}")
