# SPDX-License-Identifier: ISC
"""--check over many domains in one process."""
import csv
import io
import json
import os
import pty
import re
import subprocess
from typing import Iterator

import pytest

from world.bulkworld import (DOMAINS, MAIL_HOSTS, BulkWorld, Crowd, Ran)
from world.mailworld import MailWorld

FEW = 20
# What a list ten times as long may cost: rows, names, places in the spool.
GROWTH_KB = 2 * 1024


@pytest.fixture(scope="module")
def bulk(world: MailWorld) -> Iterator[BulkWorld]:
    it = BulkWorld(world)
    yield it
    it.stop()


@pytest.fixture(scope="module")
def few(bulk: BulkWorld) -> Ran:
    return bulk.run("--domains", str(bulk.list_file(FEW, "few")),
                    "--format", "ndjson")


def crowds(bulk: BulkWorld) -> list[Crowd]:
    return [bulk.policy_host.crowd, *(one.crowd for one in bulk.mail)]


def test_all(bulk: BulkWorld, few: Ran) -> None:
    """Order kept, nobody hit by more than two at once, each MX host asked
    once, memory that does not grow with the list."""
    for one in bulk.mail:
        one.names.clear()
    done = bulk.run("--domains", str(bulk.list_file(DOMAINS)),
                    "--jobs", "16", "--format", "ndjson")
    reports = [json.loads(line) for line in done.out.splitlines()]
    assert [one["domain"] for one in reports] == bulk.domains
    for at, one in enumerate(reports):
        assert one["status"] == {
            "testing": "testing", "missing": "not_deployed",
            "enforce": "enforcing"}[bulk.kind(at)], one["findings"]
        assert [host["smtp"]["result"] for host in one["mx"]] == \
            ["STARTTLS"] * 2
    assert done.status == 2 and done.err == ""
    assert 0 < max(one.most for one in crowds(bulk)) <= 2
    asked = {name: times for one in bulk.mail
             for name, times in one.names.items()}
    assert asked == {bulk.mail_name(at): 1 for at in range(MAIL_HOSTS)}
    if not is_instrumented(bulk):
        assert done.peak_kb - few.peak_kb < GROWTH_KB


def is_instrumented(bulk: BulkWorld) -> bool:
    """A sanitizer keeps what was freed."""
    symbols = (bulk.world.build / "postfix-mta-sts").read_bytes()
    return b"__asan_init" in symbols or b"__gcov_" in symbols


def test_stdin_and_labels(bulk: BulkWorld) -> None:
    text = ("\ufeff# a list\r\n" + bulk.domains[2] + ",=client \"x\"\r\n"
            + "user@" + bulk.domains[3].upper() + ".\n"
            + bulk.domains[2] + ",twice\nnot a domain,z\n")
    done = bulk.run("--domains", "-", "--format", "csv", bulk.domains[4],
                    stdin=text)
    rows = list(csv.reader(io.StringIO(done.out)))
    assert [row[:2] for row in rows[1:]] == [
        [bulk.domains[4], ""], [bulk.domains[2], "'=client \"x\""],
        [bulk.domains[3], ""]]
    assert done.status == 3
    assert "standard input:5: not a domain is no domain" in done.err


def test_priority(bulk: BulkWorld, few: Ran) -> None:
    done = bulk.run("--domains", str(bulk.list_file(FEW, "few")),
                    "--format", "json", "--sort", "priority")
    ranks = ["high", "medium", "low", "normal"]
    places = [ranks.index(one["priority"]) for one in json.loads(done.out)]
    assert len(places) == FEW and places == sorted(places)
    assert places != sorted(places, reverse=True)
    assert done.status == few.status


def test_summary(bulk: BulkWorld) -> None:
    done = bulk.run("--domains", str(bulk.list_file(FEW, "few")),
                    "--no-smtp", "--format", "text")
    text = done.out[done.out.index("SUMMARY OF 20 DOMAINS"):]
    assert "Grades: A 16, C 2, F 2\n" in text
    assert re.search(r"First certificate to end: d000\.bulk\.test, .* "
                     r"\(61 days left\)", text)
    assert re.search(r" 2  missing_record +\S", text)
    assert re.search(r"client a +A 8, C 2\n", text)
    assert re.search(r"client b +A 8, F 2\n", text)
    assert done.out.count("\n\n\n") == FEW


def test_nagios(bulk: BulkWorld) -> None:
    done = bulk.run("--domains", str(bulk.list_file(FEW, "few")),
                    "--no-smtp", "--format", "nagios",
                    "--undeployed", "warning")
    lines = done.out.splitlines()
    assert lines[0] == (
        "MTA-STS WARNING - 20 domains: 0 critical, 4 warning, 0 unknown, "
        "16 ok | critical=0 warning=4 unknown=0 ok=16 cert_days=61;14:;7:")
    assert len(lines) == FEW + 1 and done.status == 1


def test_one_file(bulk: BulkWorld) -> None:
    """The page replaces what was there when all of it is written."""
    path = bulk.folder / "all.html"
    path.write_text("before")
    path.chmod(0o640)
    done = bulk.run("--domains", str(bulk.list_file(FEW, "few")),
                    "--no-smtp", "--format", "html", "--output", str(path))
    text = path.read_text()
    assert done.out == "" and text.endswith("</html>\n")
    assert text.count('<details class="domain"') == FEW
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in bulk.folder.glob("all.html*")] == [path.name]


def test_cannot_write(bulk: BulkWorld) -> None:
    done = bulk.run("--no-smtp", "--output", "/nonexistent/x",
                    bulk.domains[2])
    assert done.status == 3 and "/nonexistent/x" in done.err
    done = bulk.run("--no-smtp", "--output", "/dev/full", bulk.domains[2])
    assert done.status == 3 and "/dev/full: No space" in done.err


def test_terminal(bulk: BulkWorld) -> None:
    """A bar, and a summary where the format has none; all on stderr."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        bulk.command("--no-smtp", "--format", "csv", *bulk.domains[:4]),
        stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    out, _ = child.communicate(timeout=60)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:
        pass  # Linux: the other side has closed it
    os.close(master)
    assert out.count(b"\r\n") == 5
    assert b"[########################################] 4/4" in shown
    assert b"SUMMARY OF 4 DOMAINS" in shown


@pytest.mark.parametrize("number, arguments", [
    (1, ["--jobs", "0", "good.test"]),
    (2, ["--sort", "colour", "good.test"]),
    (3, ["--domains", "x", "--evidence", "y"]),
])
def test_usage(bulk: BulkWorld, number: int, arguments: list[str]) -> None:
    done = bulk.run(*arguments)
    assert done.status == 64 and done.out == "", number


def test_no_list(bulk: BulkWorld) -> None:
    done = bulk.run("--domains", "/nonexistent")
    assert (done.status, done.out) == (3, "")
    assert "/nonexistent" in done.err
