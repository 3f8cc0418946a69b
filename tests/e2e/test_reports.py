# SPDX-License-Identifier: ISC
"""--reports: TLS-RPT reports as senders send them, and as they do not."""
import base64
import datetime
import gzip
import json
import os
from pathlib import Path
from typing import Any, Iterator

import pytest

from world.bulkworld import BulkWorld
from world.mailworld import MailWorld

DAY = datetime.timedelta(days=1)
TODAY = datetime.datetime.utcnow().replace(
    hour=0, minute=0, second=0, microsecond=0)
DOMAIN = "d000.bulk.test"


@pytest.fixture(scope="module")
def bulk(world: MailWorld) -> Iterator[BulkWorld]:
    it = BulkWorld(world, "reports")
    yield it
    it.stop()


@pytest.fixture
def folder(bulk: BulkWorld, request: pytest.FixtureRequest) -> Path:
    path = bulk.folder / request.node.name
    path.mkdir()
    return path


def report(days_ago: int = 1, sender: str = "Big Mail", good: int = 100,
           *failures: tuple[str, int], **other: Any) -> dict[str, Any]:
    begin = TODAY - days_ago * DAY
    return {
        "organization-name": sender,
        "date-range": {
            "start-datetime": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
            "end-datetime": f"{begin + DAY:%Y-%m-%dT%H:%M:%SZ}"},
        "contact-info": "x@example.com", "report-id": f"{days_ago}",
        "policies": [{
            "policy": {"policy-type": "sts", "policy-domain": DOMAIN,
                       "policy-string": ["version: STSv1"],
                       "mx-host": ["mx0.bulkmail.test"]},
            "summary": {
                "total-successful-session-count": good,
                "total-failure-session-count": sum(
                    one for _, one in failures)},
            "failure-details": [
                {"result-type": word, "failed-session-count": count,
                 "receiving-mx-hostname": "mx0.bulkmail.test"}
                for word, count in failures]}], **other}


def mail(body: dict[str, Any]) -> bytes:
    packed = base64.encodebytes(gzip.compress(json.dumps(body).encode()))
    return b"\r\n".join([
        b"From: reports@example.com", b"Subject: Report Domain: x",
        b'Content-Type: multipart/report; report-type="tlsrpt";',
        b' boundary="--=1"', b"", b"----=1", b"Content-Type: text/plain",
        b"", b"A report.", b"----=1",
        b"Content-Type: application/tlsrpt+gzip",
        b"Content-Transfer-Encoding: base64", b"",
        packed.replace(b"\n", b"\r\n") + b"----=1--", b""])


def fill(folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps(report(1)))
    (folder / "b.json.gz").write_bytes(
        gzip.compress(json.dumps(report(1)).encode()))  # the same again
    (folder / "new").mkdir()
    (folder / "new" / "1.host").write_bytes(
        mail(report(2, "Other Mail", 50, ("certificate-expired", 3))))
    (folder / ".hidden").write_text("nothing")


def spoil(folder: Path) -> set[str]:
    """Files that are no reports; their names."""
    bad: dict[str, bytes] = {
        "bomb.gz": gzip.compress(b"{" + b" " * 40_000_000),
        "deep": b'{"a":' + b"[" * 100_000,
        "huge": json.dumps(report(3, good=10 ** 13)).encode(),
        "type": json.dumps(report(3, policies={})).encode(),
        "text": b"hello\n", "empty": b"",
        "raw": b'{"\x1b[2J\x9b": \x1b]0;owned\x07',
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe")
    return {*bad, "pipe"}


def test_alone(bulk: BulkWorld, folder: Path) -> None:
    fill(folder)
    done = bulk.run(command=[bulk.command()[0], "--reports", str(folder)])
    assert done.err == "" and done.status == 2
    assert done.out.startswith(
        "TLS-RPT: 2 reports read, 1 of them twice\n\n"
        f"{DOMAIN}: 2 reports of 2 senders, ")
    assert "  under MTA-STS    150 sessions good, 3 failed\n" in done.out
    assert " 3  certificate-expired          mx0.bulkmail.test" in done.out


def test_hostile(bulk: BulkWorld, folder: Path) -> None:
    """Refused by name; the others count; nothing raw reaches a terminal."""
    fill(folder)
    bad = spoil(folder)
    done = bulk.run(command=[
        bulk.command()[0], "--reports", str(folder / "a.json"), "--format",
        "json", *(str(folder / one) for one in bad), str(folder)])
    named = {line.split(": ")[1].rsplit("/", 1)[1]
             for line in done.err.splitlines()}
    assert named == bad
    assert done.err.isascii() and done.err.replace("\n", "").isprintable()
    total = json.loads(done.out)
    assert total["reports"] == 2 and total["refused"] == 2 * len(bad)
    assert total["domains"][0]["sessions"]["sts"] == {
        "successful": 150, "failed": 3}
    assert total["domains"][0]["failures"] == [{
        "policy_type": "sts", "result": "certificate-expired",
        "mx": "mx0.bulkmail.test", "sessions": 3, "blocking": True}]


def test_evidence(bulk: BulkWorld, folder: Path) -> None:
    """With --check they stand in the rollout, and say whether to enforce."""
    for day in range(1, 15):
        (folder / f"{day}.json").write_text(json.dumps(report(day)))
    (folder / "old.json").write_text(json.dumps(
        report(40, "Old Mail", 1, ("certificate-expired", 9))))
    done = bulk.run("--no-smtp", "--format", "json",
                    "--reports", str(folder), DOMAIN)
    one = json.loads(done.out)
    assert "Evidence: 14 reports of 1 sender, " in one["rollout"]
    assert "1400 sessions under MTA-STS that were good and 0 that failed. " \
        "Enforce would have held up none." in one["rollout"]
    assert "tls_rpt_reader" not in one["unproven"]
    (folder / "bad.json").write_text(json.dumps(
        report(2, "Other Mail", 0, ("validation-failure", 2))))
    done = bulk.run("--no-smtp", "--format", "json",
                    "--reports", str(folder), DOMAIN)
    one = json.loads(done.out)
    assert "Enforce would have held up 2 of them: mx0.bulkmail.test: " \
        "validation-failure (2). Repair that first." in one["rollout"]


@pytest.mark.parametrize("number, arguments, status", [
    (1, ["--reports", "/nonexistent"], 3),
    (2, ["--reports", "/dev/null"], 3),
    (3, ["--reports"], 64),
    (4, ["--reports", "/dev/null", "--format", "csv"], 64),
])
def test_refused(bulk: BulkWorld, number: int, arguments: list[str],
                 status: int) -> None:
    done = bulk.run(command=[bulk.command()[0], *arguments])
    assert done.status == status and done.err != "", number
