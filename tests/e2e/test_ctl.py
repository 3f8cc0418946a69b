# SPDX-License-Identifier: ISC
"""postfix-mta-sts-ctl beside a real daemon, and where none runs."""
import json
import re
import shutil
from pathlib import Path

import pytest

from world import ctl
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import query

NOWHERE = "127.0.0.99"  # no name server
PORT = 8467
MS = (r"\b\d+ ms\b", "N ms")


def cache_of(daemon: Daemon) -> Path:
    return Path(daemon.settings["cache_dir"])


def names_in(folder: Path) -> dict[str, int]:
    return {one.name: one.stat().st_size for one in folder.iterdir()}


@pytest.fixture
def known(world: MailWorld, daemon: Daemon) -> Daemon:
    """It knows a policy of each mode."""
    for mode in ("enforce", "testing", "none"):
        world.publish(f"{mode}.ctl.test", mode=mode)
        query(f"{mode}.ctl.test")
    for mode in ("enforce", "testing", "none"):
        daemon.log.wait_for(f"domain={mode}.ctl.test mode={mode}")
    return daemon


def test_query(known: Daemon) -> None:
    it = ctl.of(known)
    ctl.compare("query", it.ok("query", "Enforce.Ctl.test."), MS)
    ctl.compare("query-3.10", it.ok(
        "query", "--profile", "3.10", "enforce.ctl.test"), MS, is_wide=True)
    done = it.run("query", "testing.ctl.test", "--profile", "QUERY")
    assert (done.returncode, done.stderr) == (1, "")
    ctl.compare("query-notfound", done.stdout, MS)
    told = json.loads(it.ok("query", "--json", "enforce.ctl.test"))
    assert isinstance(told.pop("ms"), int)
    assert told == {"name": "postfix-3.4", "key": "enforce.ctl.test",
                    "reply": query("enforce.ctl.test")}


def test_query_of_a_daemon_that_cannot_look(idle: Daemon) -> None:
    idle.start(dns_servers=NOWHERE, query_timeout="1")
    done = ctl.of(idle).run("query", "temp.ctl.test")
    assert (done.returncode, done.stderr) == (75, "")
    ctl.compare("query-temp", done.stdout, MS)


def test_query_without_a_daemon(idle: Daemon) -> None:
    done = ctl.of(idle).run("query", "temp.ctl.test")
    assert (done.returncode, done.stdout, done.stderr) == (
        69, "", "postfix-mta-sts-ctl: inet:127.0.0.1:8461: cannot connect: "
                "Connection refused\n")


def test_cache_without_a_daemon(known: Daemon) -> None:
    """list, show, export and verify; and nothing there has changed."""
    it = ctl.of(known)
    words = ("--cache", str(cache_of(known)))
    done = it.run("list", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the daemon holds the cache: ask it" in done.stderr
    known.stop()
    before = names_in(cache_of(known))
    listed = it.ok("list", *words)
    ctl.compare("offline-list", listed, ctl.ROW)
    assert [one["domain"] for one in json.loads(it.ok(
        "list", "--json", *words))["policies"]] == [
        "enforce.ctl.test", "none.ctl.test", "testing.ctl.test"]
    for more, wanted in ((("--mode", "none"), ["none"]),
                         (("--match", "t*"), ["testing"]),
                         (("--match", "*.ctl.test", "--mode", "enforce"),
                          ["enforce"]),
                         (("--failing",), []), (("--expiring", "1h"), []),
                         (("--expiring", "2d"),
                          ["enforce", "none", "testing"])):
        told = json.loads(it.ok("list", "--json", *more, *words))
        assert [one["domain"].split(".")[0] for one in told["policies"]] \
            == wanted, more
    ctl.compare("offline-show", it.ok("show", "enforce.ctl.test", *words),
                (r"\(now\)|\(\d+s ago\)", "(now)"),
                (r"\(in [^)]*\)", "(in TIME)"))
    ctl.compare("offline-verify", it.ok("verify", *words))
    exported = it.ok("export", *words).splitlines()
    assert [json.loads(one)["domain"] for one in exported] == [
        "enforce.ctl.test", "none.ctl.test", "testing.ctl.test"]
    done = it.run("show", "other.ctl.test", *words)
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "postfix-mta-sts-ctl: other.ctl.test: nothing is known of it\n")
    assert names_in(cache_of(known)) == before


def test_damaged_record_without_a_daemon(known: Daemon) -> None:
    known.stop()
    data = cache_of(known) / "data.mdb"
    data.write_bytes(data.read_bytes().replace(
        b"mode: testing", b"mode: testinX"))
    it = ctl.of(known)
    words = ("--cache", str(cache_of(known)))
    done = it.run("verify", *words)
    assert done.returncode == 1
    ctl.compare("offline-verify-damaged", done.stdout + done.stderr)
    done = it.run("list", *words)
    assert done.returncode == 1 and "enforce.ctl.test" in done.stdout
    assert "testing.ctl.test: the record is damaged" in done.stderr


def test_no_cache_there(idle: Daemon, tmp_path: Path) -> None:
    for command in (("list",), ("verify",), ("export",),
                    ("backup", str(tmp_path / "copy"))):
        done = ctl.of(idle).run(*command, "--cache", str(tmp_path / "x"))
        assert (done.returncode, done.stdout) == (1, ""), command
        assert "data.mdb: No such file or directory" in done.stderr
    assert not list(tmp_path.iterdir())


def test_backup_serves_the_same_answers(
        world: MailWorld, known: Daemon, tmp_path: Path) -> None:
    """Made beside the daemon that writes; restored into another, which has
    nobody to ask."""
    copy = tmp_path / "copy.mdb"
    said = ctl.of(known).ok("backup", str(copy))
    ctl.compare("backup", said, (re.escape(str(tmp_path)), ""),
                (r"\d+\.\d KiB", "SIZE"))
    told = json.loads(ctl.of(known).ok("backup", "--json", str(copy)))
    assert told == {"file": str(copy), "bytes": copy.stat().st_size}
    with world.daemon("restored") as other:
        cache = cache_of(other)
        cache.mkdir()
        shutil.copy(copy, cache / "data.mdb")
        other.start(listen=f"inet:127.0.0.1:{PORT}", dns_servers=NOWHERE)
        for mode in ("enforce", "testing", "none"):
            for profile in ("postfix-2.10", "postfix-3.4", "postfix-3.10"):
                assert query(f"{mode}.ctl.test", profile, PORT) == \
                    query(f"{mode}.ctl.test", profile)
        assert query("enforce.ctl.test", where=PORT).startswith("OK secure")


def test_backup_leaves_nothing_half_made(
        known: Daemon, tmp_path: Path) -> None:
    it = ctl.of(known)
    inside = cache_of(known) / "data.mdb"
    before = inside.read_bytes()
    done = it.run("backup", str(inside))
    assert done.returncode == 1 and "folder of the cache" in done.stderr
    assert inside.read_bytes() == before
    done = it.run("backup", str(tmp_path / "absent/copy"))
    assert done.returncode == 1 and "No such file" in done.stderr
    assert not list(tmp_path.iterdir())
