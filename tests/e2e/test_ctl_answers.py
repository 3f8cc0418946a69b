# SPDX-License-Identifier: ISC
"""What postfix-mta-sts-ctl makes of answers: of every command a golden output,
of a daemon that has all there is to show, and of answers that are wrong."""
import json
import os
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from world import ctl
from world.ctl import Ctl
from world.fakeadmin import FakeAdmin, Refused

BUILD = Path(os.environ["E2E_BUILD"])
HALF_MINUTE = 30
HOUR = 3600
DAY = 24 * HOUR


def ago(seconds: int) -> int:
    """Hours: printed as that, however long the test takes."""
    return int(time.time()) - seconds


def ahead(seconds: int) -> int:
    return int(time.time()) + seconds + HALF_MINUTE


def policy(domain: str, **more: Any) -> dict[str, Any]:
    return {
        "domain": domain, "mode": "enforce", "id": "20260101",
        "mx": [f"mx1.{domain}", f"*.{domain}"], "max_age": 7 * DAY,
        "fetched": ago(2 * DAY), "expires": ahead(5 * DAY),
        "checked": ago(2 * HOUR), "next_check": ahead(22 * HOUR),
        "next_refresh": ahead(3 * HOUR), "used": ago(3 * DAY),
        "reason": None, "failures": 0, "failed_at": None, **more}


TEXT = "version: STSv1\nmode: enforce\nmx: mx1.example.com\n" \
       "x: \\x1b[31m\nmax_age: 604800\n"


def shown() -> dict[str, Any]:
    return policy(
        "example.com", source="cache", override="skip",
        first_seen=ago(40 * DAY),
        history=[{"seen": ago(2 * DAY), "id": "20260101", "mode": "enforce"},
                 {"seen": ago(40 * DAY), "id": "1", "mode": "testing"}],
        text=TEXT, reason="tls-expired",
        error={"reason": "tls-expired", "detail": "it \x1b[31mexpired",
               "time": ago(2 * HOUR), "count": 3},
        replies={
            "postfix-2.10": "OK secure match=mx1.example.com:.example.com",
            "postfix-3.4": "OK secure match=mx1.example.com:.example.com "
                           "servername=hostname",
            "postfix-3.10": "OK secure match=mx1.example.com:.example.com "
                            "servername=hostname policy_type=sts "
                            "policy_domain=example.com "
                            "{policy_string=version: STSv1} "
                            "{policy_string=mode: enforce} "
                            "mx_host_pattern=mx1.example.com "
                            "mx_host_pattern=*.example.com"},
        dane={"verdict": "some", "checked": ago(HOUR),
              "next_check": ahead(HOUR),
              "hosts": [{"host": "mx1.example.com", "usable": True,
                         "skipped": False, "why": "used"},
                        {"host": "mx2.example.com", "usable": False,
                         "skipped": True, "why": "no TLSA records"}]})


def negative() -> dict[str, Any]:
    return {
        "domain": "none.example", "source": "negative",
        "reason": "http-status",
        "next_check": ahead(HOUR), "retry_at": ahead(4 * HOUR),
        "replies": {"postfix-2.10": "NOTFOUND ", "postfix-3.4": "NOTFOUND ",
                    "postfix-3.10": "NOTFOUND "}}


def well() -> dict[str, Any]:
    return {
        "version": "0.1.0", "pid": 4711, "started": ago(3 * DAY),
        "uptime_s": 3 * DAY + 4 * HOUR,
        "health": {"ok": True, "reasons": []},
        "policies": {"enforce": 1200, "testing": 30, "none": 4},
        "negatives": 5678,
        "cache": {"dir": "/var/lib/postfix-mta-sts", "bytes": 1468006,
                  "size": 4 << 30, "write_failures": 0, "writes_queued": 0},
        "queries": {"total": 1000, "ok": 600, "notfound": 390, "temp": 9,
                    "perm": 1, "hits": 950, "misses": 50},
        "jobs": {"open": 2, "refreshes": 1, "waiting": 3},
        "fetches": {"ok": 20, "failed": 2, "in_flight": 1},
        "lookups": {"ok": 50, "failed": 0, "in_flight": 2},
        "connections": 17, "loop": {"longest_turn_us": 1234},
        "refresh_failures": 2, "failing": 1, "sandbox": "on", "errors": []}


def ill() -> dict[str, Any]:
    return {
        **well(),
        "health": {"ok": False, "reasons": ["no name server answers",
                                            "cache: No space left on device"]},
        "cache": {**well()["cache"],
                  "write_failures": 7, "writes_queued": 8},
        "errors": [{"time": ago(HOUR), "event": "cache-write-failed",
                    "text": "/var/lib/postfix-mta-sts: No space left"},
                   {"time": ago(2 * HOUR), "event": "refresh-failed",
                    "domain": "example.com", "reason": "tls-expired",
                    "text": "example.com: tls-expired \x1b[31m"}]}


def top() -> dict[str, Any]:
    return {
        "now_ms": 1000, "queries": 1000, "hits": 950, "ok": 600,
        "notfound": 390, "temp": 10,
        "slowest": [{"domain": "slow.example", "ms": 10000, "outcome": "none",
                     "reason": "deadline", "time": ago(HOUR)},
                    {"domain": "example.com", "ms": 123, "outcome": "fetched",
                     "reason": None, "time": ago(2 * HOUR)}]}


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeAdmin]:
    it = FakeAdmin(tmp_path / "admin.sock")
    yield it
    it.stop()


@pytest.fixture
def client(tmp_path: Path, fake: FakeAdmin) -> Ctl:
    config = tmp_path / "conf"
    config.write_text("")
    return Ctl(BUILD, config, fake.address)


def in_pages(policies: list[dict[str, Any]], size: int) -> Any:
    """As many as `size` a page."""
    def answer(query: dict[str, str], _: str) -> Any:
        after = query["after"]
        left = [one for one in policies if one["domain"] > after]
        page = left[:size]
        return {"policies": page, "examined": len(page),
                "next": page[-1]["domain"] if len(left) > size else None}
    return answer


def test_status(client: Ctl, fake: FakeAdmin) -> None:
    told = fake.answers["GET /status"] = well()
    ctl.compare("status", client.ok("status"))
    assert json.loads(client.ok("status", "--json")) == told
    fake.answers["GET /status"] = ill()
    done = client.run("status")
    assert (done.returncode, done.stderr) == (1, "")
    ctl.compare("status-ill", done.stdout)


def test_list(client: Ctl, fake: FakeAdmin) -> None:
    policies = [
        policy("a.example"),
        policy("b.example", mode="testing", reason="several-records",
               expires=ago(HOUR)),
        policy("c." + "long-" * 10 + ".example", mode="none",
               fetched=ago(HOUR))]
    fake.answers["GET /policies"] = in_pages(policies, 2)
    ctl.compare("list", client.ok("list"))
    assert json.loads(client.ok("--json", "list")) == {"policies": policies}
    fake.answers["GET /policies"] = in_pages([], 2)
    ctl.compare("list-empty", client.ok("list"))
    assert json.loads(client.ok("--json", "list")) == {"policies": []}


def test_list_asks_for_what_is_wanted(client: Ctl, fake: FakeAdmin) -> None:
    fake.answers["GET /policies"] = in_pages([policy("a&b=c.example"),
                                              policy("d.example")], 1)
    client.ok("list", "--mode", "none", "--expiring=2d", "--failing",
              "--match", "*.ex&mple")
    assert [query for _, query, _ in fake.asked] == [
        {"limit": "1000", "after": after, "mode": "none",
         "expiring": "172800", "failing": "1", "match": "*.ex&mple"}
        for after in ("", "a&b=c.example")]


def test_show(client: Ctl, fake: FakeAdmin) -> None:
    told = fake.answers["GET /policies/example.com"] = shown()
    fake.answers["GET /policies/none.example"] = negative()
    ctl.compare("show", client.ok("show", "example.com"))
    ctl.compare("show-negative", client.ok("show", "none.example"))
    assert json.loads(client.ok("show", "--json", "example.com")) == told
    done = client.run("show", "b\u00fccher.example/../x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "postfix-mta-sts-ctl: not known\n"
    assert fake.asked[-1][0] == "GET /policies/b\u00fccher.example/../x"


def job(fake: FakeAdmin, what: str, results: list[dict[str, Any]],
        path: str) -> None:
    """A job of which each question shows one result more."""
    fake.answers[path] = {"job": "7"}

    def answer(query: dict[str, str], _: str) -> Any:
        start = int(query["from"])
        upto = min(start + 1, len(results))
        return {"job": "7", "what": what, "running": start < len(results),
                "total": len(results), "done": upto,
                "failed": sum(one["outcome"] == "failed"
                              for one in results[:upto]),
                "results": results[start:upto], "next": upto}
    fake.answers["GET /jobs/7"] = answer


RESULTS = [
    {"domain": "a.example", "outcome": "fetched", "reason": None},
    {"domain": "b.example", "outcome": "failed", "reason": "tls-expired",
     "detail": "it expired on \x1b[31m2026-01-01"},
    {"domain": "c.example", "outcome": "none", "reason": "no-record"}]


def test_refresh(client: Ctl, fake: FakeAdmin) -> None:
    job(fake, "refresh", RESULTS, "POST /refresh")
    done = client.run("refresh", "a.example", "b.example", "c.example")
    assert (done.returncode, done.stderr) == (1, "")
    ctl.compare("refresh", done.stdout)
    assert json.loads(fake.asked[0][2]) == {
        "domains": ["a.example", "b.example", "c.example"]}
    fake.asked.clear()
    done = client.run("refresh", "--failing")
    assert json.loads(fake.asked[0][2]) == {"failing": True}
    ctl.compare("refresh-failing", done.stdout)
    done = client.run("refresh", "--all", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "results": RESULTS, "done": 3, "failed": 1}
    job(fake, "refresh", RESULTS[:1], "POST /refresh")
    assert client.run("refresh", "--all").returncode == 0


def test_refresh_of_nothing_or_of_two_things(client: Ctl) -> None:
    for words in ((), ("--all", "--failing"), ("--all", "a.example")):
        done = client.run("refresh", *words)
        assert (done.returncode, done.stdout) == (64, ""), words


def test_flush(client: Ctl, fake: FakeAdmin) -> None:
    done = client.run("flush")
    assert (done.returncode, done.stdout) == (64, "")
    assert "--yes" in done.stderr and not fake.asked
    job(fake, "flush", [], "POST /flush")
    ctl.compare("flush", client.ok("flush", "--yes"))
    assert json.loads(fake.asked[0][2]) == {"confirm": "flush"}


def test_remove(client: Ctl, fake: FakeAdmin) -> None:
    fake.answers["DELETE /policies/a.example"] = {"removed": True}
    fake.answers["DELETE /policies/b.example"] = {"removed": False}
    ctl.compare("remove", client.ok("remove", "a.example"))
    done = client.run("remove", "b.example", "a.example")
    assert (done.returncode, done.stderr) == (1, "")
    ctl.compare("remove-unknown", done.stdout)
    done = client.run("remove", "--json", "a.example", "b.example")
    assert json.loads(done.stdout) == [
        {"domain": "a.example", "removed": True},
        {"domain": "b.example", "removed": False}]


def line(domain: str) -> str:
    return json.dumps({"domain": domain, "id": "1", "fetched": 1,
                       "expires": 2, "checked": 1, "used": 1,
                       "policy": "version: STSv1\n"}) + "\n"


def exported(domains: list[str], size: int) -> Any:
    def answer(query: dict[str, str], _: str) -> str:
        left = [one for one in domains if one > query["after"]]
        end = left[size - 1] if len(left) > size else None
        return "".join(map(line, left[:size])) + \
            json.dumps({"next": end}) + "\n"
    return answer


def test_export(client: Ctl, fake: FakeAdmin, tmp_path: Path) -> None:
    domains = ["a.example", "b.example", "c.example"]
    whole = "".join(map(line, domains))
    fake.answers["GET /export"] = exported(domains, 2)
    assert client.ok("export") == whole
    to = tmp_path / "policies"
    ctl.compare("export", client.ok("export", str(to)))
    assert to.read_text() == whole and to.stat().st_mode & 0o777 == 0o644
    fake.answers["GET /export"] = exported([], 2)
    assert client.ok("export", "-") == ""


def test_export_for_a_terminal(client: Ctl, fake: FakeAdmin) -> None:
    """A policy's UTF-8 is escaped as JSON; what is no JSON stays none."""
    policy = 'version: STSv1\nx: "\u009b2J \u00e4\U0001f600\x7f"\n'
    odd = json.dumps({"domain": "a.example", "policy": policy},
                     ensure_ascii=False)
    fake.answers["GET /export"] = f'{odd}\n\x1b[2J{{\n{{"next": null}}\n'
    first, second = client.ok("export").splitlines()
    assert first.isascii() and first.isprintable()
    assert json.loads(first) == {"domain": "a.example", "policy": policy}
    assert second == "\\x1b[2J{"


def test_export_cut_short_leaves_the_old_file(
        client: Ctl, fake: FakeAdmin, tmp_path: Path) -> None:
    to = tmp_path / "policies"
    to.write_text("old")
    fake.answers["GET /export"] = line("a.example") * 2
    done = client.run("export", str(to))
    assert (done.returncode, done.stdout) == (1, "")
    assert to.read_text() == "old"
    assert not list(tmp_path.glob("policies.*"))


def importer(rejects: str, seen: list[str]) -> Any:
    def answer(_: dict[str, str], body: str) -> Any:
        lines = body.splitlines()
        assert len(body.encode()) <= (
            65536 if len(lines) > 1 else 2 * 65536 + 1024)
        seen.extend(lines)
        bad = [{"line": at, "error": "mode: what is \x1b?"}
               for at, one in enumerate(lines, 1) if rejects in one]
        return {"stored": len(lines) - len(bad), "older": 0, "expired": 0,
                "rejected": bad}
    return answer


def test_import(client: Ctl, fake: FakeAdmin, tmp_path: Path) -> None:
    seen: list[str] = []
    domains = [f"{n:04}.example" for n in range(2000)]
    text = "".join(map(line, domains[:1000])) + \
        '\n{"next": "0999.example"}\n' + "".join(map(line, domains[1000:]))
    file = tmp_path / "policies"
    file.write_text(text)
    fake.answers["POST /import"] = importer("no such", seen)
    ctl.compare("import", client.ok("import", str(file)))
    assert sorted(seen) == [line(one).rstrip() for one in domains]
    assert len(fake.asked) == 4
    seen.clear()
    client.ok("import", "-", stdin=text)
    assert len(seen) == 2000


def test_import_names_the_lines_that_are_wrong(
        client: Ctl, fake: FakeAdmin, tmp_path: Path) -> None:
    domains = [f"{n:04}.example" for n in range(2000)]
    for number in (0, 7, 1999):
        domains[number] = "bad.example"
    long = json.dumps({"policy": "x" * 2 * 65536}) + "\n"
    longer = json.dumps({"policy": "x" * (2 * 65536 + 1024)}) + "\n"
    file = tmp_path / "policies"
    file.write_text("".join(map(line, domains)) + longer + long)
    fake.answers["POST /import"] = importer("bad.example", [])
    done = client.run("import", str(file))
    assert done.returncode == 1
    ctl.compare("import-rejected", done.stdout)
    where = [one.split(" ")[1] for one in done.stderr.splitlines()]
    assert sorted(where) == sorted(
        f"{file}:{number}:" for number in (1, 8, 2000, 2001))
    assert "\x1b" not in done.stderr
    done = client.run("import", "--json", str(file))
    told = json.loads(done.stdout)
    assert told["stored"] == 1998
    assert sorted(one["line"] for one in told["rejected"]) == [
        1, 8, 2000, 2001]


def test_import_that_is_refused(
        client: Ctl, fake: FakeAdmin, tmp_path: Path) -> None:
    def refuse(*_: Any) -> Any:
        raise Refused(503, "too much is queued: try again")
    fake.answers["POST /import"] = refuse
    file = tmp_path / "policies"
    file.write_text(line("a.example"))
    done = client.run("import", str(file))
    assert done.returncode == 1
    assert "too much is queued: try again" in done.stderr
    assert "import the file again" in done.stderr
    done = client.run("import", str(tmp_path / "absent"))
    assert done.returncode == 1 and "No such file" in done.stderr


GOOD = "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400\n"


def test_verify(client: Ctl, fake: FakeAdmin) -> None:
    good = {"domain": "a.example", "id": "1", "fetched": ago(60),
            "expires": ago(60) + DAY, "checked": ago(60), "used": ago(60),
            "policy": GOOD}
    bad = {**good, "domain": "b.example", "policy": "mode: enforce\n"}
    end = '{"next": null}\n'
    pages = {"policies": [policy("a.example")], "examined": 1, "next": None}
    fake.answers["GET /policies"] = pages
    fake.answers["GET /export"] = json.dumps(good) + "\n" + end
    ctl.compare("verify", client.ok("verify"))
    fake.answers["GET /export"] = "".join(
        json.dumps(one) + "\n" for one in (good, bad)) + end
    fake.answers["GET /policies"] = {
        **pages, "examined": 3, "unreadable": ["d.example", "e\x1b.example"]}
    done = client.run("verify")
    assert done.returncode == 1
    ctl.compare("verify-faults", done.stdout + done.stderr)
    fake.answers["GET /policies"] = {**pages, "examined": 3}
    done = client.run("verify", "--json")
    assert done.returncode == 1 and "2 records are damaged" in done.stderr


def test_reload(client: Ctl, fake: FakeAdmin) -> None:
    fake.answers["POST /reload"] = {
        "reloaded": True, "changed": ["query_timeout", "log_level"],
        "restart_needed": ["listen"]}
    ctl.compare("reload", client.ok("reload"))

    def refuse(*_: Any) -> Any:
        raise Refused(422, "/etc/x:3: query_timeout: 5y is no duration")
    fake.answers["POST /reload"] = refuse
    done = client.run("reload")
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "postfix-mta-sts-ctl: /etc/x:3: query_timeout: "
               "5y is no duration\n")


def test_log_level(client: Ctl, fake: FakeAdmin) -> None:
    fake.answers["PUT /log-level"] = lambda _, body: json.loads(body)
    ctl.compare("log-level", client.ok("log-level", "debug"))
    assert json.loads(fake.asked[0][2]) == {"level": "debug"}


def test_metrics(client: Ctl, fake: FakeAdmin) -> None:
    fake.answers["GET /metrics"] = "# HELP a b\n# TYPE a counter\na 1\n"
    ctl.compare("metrics", client.ok("metrics"))
    assert json.loads(client.ok("metrics", "--json"))["metrics"].endswith(
        "a 1\n")


def test_top(client: Ctl, fake: FakeAdmin) -> None:
    told = fake.answers["GET /top"] = top()
    ctl.compare("top", client.ok("top", "--once"))
    assert json.loads(client.ok("top", "--once", "--json")) == told


def test_top_shows_what_happened_since_the_last_look(
        client: Ctl, fake: FakeAdmin) -> None:
    looks = [top(), {**top(), "now_ms": 3000, "queries": 1500,
                     "hits": 1450, "ok": 1000, "notfound": 490,
                     "slowest": []}]

    def answer(*_: Any) -> Any:
        if not looks:
            raise Refused(503, "enough")
        return looks.pop(0)
    fake.answers["GET /top"] = answer
    done = client.run("top", "--seconds", "1")
    assert done.returncode == 1
    ctl.compare("top-again", done.stdout)


def test_colour_on_a_terminal_only(client: Ctl, fake: FakeAdmin) -> None:
    fake.answers["GET /status"] = ill()
    status, text = client.on_terminal("status")
    assert status == 1 and "\x1b[1;31mnot well\x1b[0m" in text
    assert client.on_terminal("status", NO_COLOR="1") == (
        1, client.run("status").stdout)
    assert "\x1b" not in client.run("status").stdout


def test_progress_on_a_terminal_only(client: Ctl, fake: FakeAdmin) -> None:
    job(fake, "refresh", RESULTS, "POST /refresh")
    _, text = client.on_terminal("refresh", "--all")
    assert "] 1/3 refreshed" in text and "\r\x1b[K" in text
    assert client.run("refresh", "--all").stderr == ""


@pytest.mark.parametrize("answer", [
    "", "[]", '{"policies": ', "null", '"x"', "\xff", "{" * 100000])
def test_answers_that_are_no_object(
        client: Ctl, fake: FakeAdmin, answer: str) -> None:
    for path in ("/status", "/policies", "/policies/a", "/top"):
        fake.answers[f"GET {path}"] = answer
    for words in (("status",), ("list",), ("show", "a"), ("top", "--once")):
        done = client.run(*words)
        assert (done.returncode, done.stderr) == (
            1, "postfix-mta-sts-ctl: the daemon's answer is no JSON object: "
               "is it of another version?\n"), words


@pytest.mark.parametrize("answer", [
    {}, {"policies": 7, "next": 5}, {"policies": [7, None, {}, "x"]},
    {"health": [], "errors": {}, "queries": "x", "version": 8},
    {"slowest": [1, {}], "now_ms": "x"},
    {"mx": [1, None], "history": [1, {}], "error": [], "dane": {"hosts": [1]},
     "replies": {"x": 1}, "text": 5, "source": 1, "mode": {}},
    {"job": 7}, {"results": [{}], "next": "x"}, {"removed": "x"}])
def test_answers_with_other_members(
        client: Ctl, fake: FakeAdmin, answer: Any) -> None:
    """None ends it by a signal or a sanitizer."""
    for path in ("GET /status", "GET /policies", "GET /policies/a",
                 "GET /top", "POST /refresh", "POST /flush", "POST /reload",
                 "DELETE /policies/a"):
        fake.answers[path] = answer
    for words in (("status",), ("list",), ("show", "a"), ("top", "--once"),
                  ("refresh", "a"), ("reload",), ("remove", "a")):
        assert client.run(*words).returncode in (0, 1), words


def test_nobody_listens(client: Ctl, fake: FakeAdmin) -> None:
    path = fake.address + "x"
    done = client.run("status", "--socket", path)
    assert (done.returncode, done.stdout, done.stderr) == (
        69, "", f"postfix-mta-sts-ctl: cannot reach the daemon at {path}: No "
                "such file or directory; is it running? (systemctl status "
                "postfix-mta-sts)\n")


@pytest.mark.parametrize("words, status", [
    ((), 64), (("nonsense",), 64), (("list", "--nonsense"), 64),
    (("list", "x"), 64), (("show",), 64), (("show", "a", "b"), 64),
    (("status", "--cache", "/"), 64), (("list", "--mode", "x"), 64),
    (("list", "--expiring", "x"), 64), (("top", "--seconds", "0"), 64),
    (("status", "--socket", "x"), 64), (("status", "--socket", ""), 78),
    (("--help",), 0), (("--help", "list"), 0), (("list", "--help"), 0),
    (("nonsense", "--help"), 64)])
def test_command_lines(client: Ctl, words: tuple[str, ...], status: int
                       ) -> None:
    done = client.run(*words)
    assert done.returncode == status
    assert bool(done.stdout) == (status == 0)
    assert bool(done.stderr) == (status != 0)


def test_bad_configuration(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("query_timeout = x\n")
    done = Ctl(BUILD, config).run("status")
    assert done.returncode == 78 and f"{config}:1: " in done.stderr
