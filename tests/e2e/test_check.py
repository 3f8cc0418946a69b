# SPDX-License-Identifier: ISC
"""postfix-mta-sts --check against domains right and wrong in every way, as
real servers serve them. A golden report for each; GOLDEN=write renews them."""
import csv
import io
import json
import os
import re
from typing import Any, Iterator

import jsonschema
import pytest

from world import golden
from world.checkcases import CASES
from world.checkworld import Case, CheckWorld, Ran, loaded
from world.mailworld import MailWorld

FORMATS = ("text", "json", "ndjson", "csv", "markdown", "html", "nagios",
           "prometheus")
SCHEMA = golden.FOLDER.parents[2] / "docs/check.schema.json"
# Kept, so that nothing in their reports changes with the day.
SHOWN = ("good", "mx-cert-expired", "missing")
# What a terminal might obey: controls, C1 too, and changes of direction.
RAW = re.compile(r"[\0-\t\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
VERBATIM = re.compile(r"( *(dig|curl|openssl) |    OK |[^ ])")


@pytest.fixture(scope="module")
def checks(world: MailWorld) -> Iterator[CheckWorld]:
    it = CheckWorld(world, CASES)
    yield it
    it.stop()


@pytest.fixture(scope="module")
def ran(checks: CheckWorld) -> dict[str, Ran]:
    return checks.check_all()


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(SCHEMA.read_text())


def name(case: Case) -> str:
    return case.name


each = pytest.mark.parametrize("case", CASES, ids=name)


def find(wanted: str) -> Case:
    return next(case for case in CASES if case.name == wanted)


def summary(report: dict[str, Any], status: int) -> str:
    words = [report["grade"] or "N/A", report["score"], report["verdict"],
             report["status"], report["priority"], status]
    return " ".join("-" if one is None else str(one) for one in words)


def is_expected(expect: str, got: str) -> bool:
    wants, gots = expect.split(), got.split()
    lowest, _, highest = wants.pop(1).partition("-")
    score = gots.pop(1)
    if wants != gots or not lowest:
        return wants == gots and score == "-"
    return score != "-" and \
        int(lowest) <= int(score) <= int(highest or lowest)


@each
def test_judgement(case: Case, ran: dict[str, Ran]) -> None:
    report = loaded(ran[case.name])
    got = summary(report, ran[case.name].status)
    assert is_expected(case.expect, got), f"{got}, not {case.expect}"
    codes = {one["code"] for one in report["findings"]}
    assert codes == set(f"{case.usual} {case.codes}".split())
    assert ran[case.name].err == ""


@each
def test_report(case: Case, ran: dict[str, Ran], schema: Any) -> None:
    report = loaded(ran[case.name])
    jsonschema.validate(report, schema)
    golden.compare(f"{case.name}.json", golden.stable_json(report))


@each
def test_evidence(case: Case, checks: CheckWorld, ran: dict[str, Ran]
                  ) -> None:
    """What is saved gives the same report without the network, and nobody
    keeps the checker until its time is over."""
    again = checks.regrade(case, "--format", "json")
    assert again.out == ran[case.name].out
    assert again.status == ran[case.name].status
    saved = json.loads(checks.saved(case).read_text())
    assert not saved.get("is_timed_out")


@each
def test_formats(case: Case, checks: CheckWorld, ran: dict[str, Ran]) -> None:
    """Every format takes every domain; nothing of what it published reaches
    a terminal raw."""
    for word in FORMATS:
        done = checks.regrade(case, "--format", word)
        assert done.status == ran[case.name].status
        text = done.out.decode()
        raw = RAW.search(text)
        # RFC 4180 ends lines of CSV with CR LF.
        assert raw is None or (word == "csv" and raw[0] == "\r"), (word, raw)
        assert case.domain in text
        assert done.err == ""
        if word == "text":
            check_width(text)
        elif word == "csv":
            check_cells(text)


def check_width(text: str) -> None:
    """80 columns, but for what is to be pasted, and replies of ours."""
    for line in text.splitlines():
        assert len(line) <= 80 or VERBATIM.match(line) or \
            " " not in line.strip(), line


def check_cells(text: str) -> None:
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert cell[:1] not in tuple("=+-@\t\r"), row


@pytest.fixture(scope="module")
def kept(checks: CheckWorld, ran: dict[str, Ran]) -> None:
    if os.environ.get("GOLDEN") != "evidence":
        return
    for one in SHOWN:
        saved = json.loads(checks.saved(find(one)).read_text())
        saved["host"] = "mail.sender.test"
        path = golden.FOLDER / "evidence" / f"{one}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(saved, indent=1) + "\n")


@pytest.mark.parametrize("word, shown", [
    *(("text", one) for one in SHOWN),
    *((one, "mx-cert-expired") for one in FORMATS[1:])])
def test_kept(checks: CheckWorld, kept: None, word: str, shown: str) -> None:
    done = checks.run(
        "--check", "--format", word, "--evidence",
        str(golden.FOLDER / "evidence" / f"{shown}.json"))
    golden.compare(f"format/{shown}.{word}", done.out.decode())


@pytest.mark.parametrize("number, shown, arguments, status", [
    (1, "good", [], 0),
    (2, "good", ["-w", "60"], 0),
    (3, "good", ["-w", "62"], 1),
    (4, "good", ["-w", "90", "-c", "62"], 2),
    (5, "missing", [], 2),
    (6, "missing", ["--undeployed", "critical"], 2),
    (7, "missing", ["--undeployed", "warning"], 1),
    (8, "missing", ["--undeployed", "ok"], 0),
    (9, "testing", [], 1),
    (10, "servfail", [], 3),
    (11, "mx-null", [], 0),
])
def test_status(checks: CheckWorld, ran: dict[str, Ran], number: int,
                shown: str, arguments: list[str], status: int) -> None:
    done = checks.regrade(find(shown), "--format", "nagios", *arguments)
    assert done.status == status, number
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status]
    assert done.out.startswith(f"MTA-STS {word} ".encode())


def test_bulk(checks: CheckWorld) -> None:
    """The worst of them is the status: critical, unknown, warning, pass."""
    domains = ["good.test", "testing.test", "servfail.test"]
    done = checks.run("--check", "--format", "json", *checks.settings(),
                      *domains)
    assert [one["domain"] for one in json.loads(done.out)] == domains
    assert done.status == 3
    domains.append("missing.test")
    done = checks.run("--check", "--format", "ndjson", *checks.settings(),
                      *domains)
    assert [json.loads(line)["domain"]
            for line in done.out.splitlines()] == domains
    assert done.status == 2


@pytest.mark.parametrize("given", [
    "GOOD.test.", "user@good.test", "https://good.test/x", "_mta-sts.good.test",
    "mta-sts.good.test"])
def test_folded(checks: CheckWorld, given: str) -> None:
    done = checks.run("--check", "--format", "json", "--no-smtp",
                      *checks.settings(), given)
    assert loaded(done)["domain"] == "good.test"
    assert done.status == 0


@pytest.mark.parametrize("number, arguments, status", [
    (1, ["--check"], 64),
    (2, ["--check", "--format", "xml", "good.test"], 64),
    (3, ["--check", "--nonsense", "good.test"], 64),
    (4, ["--check", "--undeployed", "maybe", "good.test"], 64),
    (5, ["--check", "--evidence", "/nonexistent"], 3),
    (6, ["--check", "--evidence", "/dev/null"], 3),
    (7, ["--check", "-o", "tls_ca_file=/nonexistent", "good.test"], 3),
    (8, ["--check", "-o", "nonsense=1", "good.test"], 3),
    (9, ["--check", "not a domain"], 3),
    (10, ["--explain", "nonsense"], 64),
])
def test_refused(checks: CheckWorld, number: int, arguments: list[str],
                 status: int) -> None:
    """Nothing on stdout, a word about it on stderr."""
    done = checks.run(*arguments)
    assert (done.status, done.out) == (status, b""), (number, done.err)
    assert done.err != ""


def test_explained(checks: CheckWorld, ran: dict[str, Ran]) -> None:
    for check in loaded(ran["good"])["checks"]:
        done = checks.run("--explain", check["code"])
        assert done.status == 0 and done.out != b"", check["code"]
