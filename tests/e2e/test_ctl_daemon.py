# SPDX-License-Identifier: ISC
"""postfix-mta-sts-ctl and the daemon it is for: every command does what it
says, and is printed as its golden file has it."""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from world import ctl
from world.ctl import Ctl
from world.daemon import Daemon
from world.mailworld import MailWorld, policy_text
from world.socketmap import query
from world.wait import until

DAY = 86400
MODES = ("enforce", "testing", "none")
MOMENTS = ((r"\((now|\d+s ago)\)", "(now)"), (r"\(in [^)]*\)", "(in TIME)"))
NUMBERS = (
    (r"pid \d+, up \d+[sm]( \d+s)?", "pid N, up TIME"),
    (r"/\S+/cache", "/CACHE"),
    (r"\d+\.\d KiB", "SIZE"),
    (r"\d+\.\d ms", "N ms"),
    (r"Connections: .*", "Connections:   N"),
    (r"Sandbox: .*", "Sandbox:       HOW"),
    (r"(?m)^(now|\d+s ago) +", f"{'now':11}  "),
)
TOP_ROW = (r"(?m)^ *\d+  .*\n", "")


@pytest.fixture
def admin(idle: Daemon) -> Daemon:
    idle.settings["admin_listen"] = f"unix:{idle.folder}/admin.sock"
    return idle.start()


@pytest.fixture
def known(world: MailWorld, admin: Daemon) -> Daemon:
    """It knows a policy of each mode."""
    for mode in MODES:
        world.publish(f"{mode}.ctl.test", mode=mode)
        query(f"{mode}.ctl.test")
        admin.log.wait_for(f"domain={mode}.ctl.test mode={mode}")
    until("all are durable", lambda: len(listed(ctl.of(admin))) == 3)
    return admin


def listed(it: Ctl, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        it.ok("list", "--json", *words))["policies"]
    return found


def domains(it: Ctl, *words: str) -> list[str]:
    return [one["domain"].split(".")[0] for one in listed(it, *words)]


def test_status(known: Daemon) -> None:
    it = ctl.of(known)
    ctl.compare("daemon-status", it.ok("status"), *NUMBERS)
    told = json.loads(it.ok("status", "--json"))
    assert told["pid"] == known.process.pid  # type: ignore[union-attr]
    assert told["policies"] == {"enforce": 1, "testing": 1, "none": 1}
    assert told["health"] == {"ok": True, "reasons": []}


def test_status_of_one_that_is_not_well(idle: Daemon) -> None:
    idle.settings["admin_listen"] = f"unix:{idle.folder}/admin.sock"
    idle.start(dns_servers="127.0.0.99", query_timeout="1")
    assert query("x.ctl.test").startswith("TEMP")
    done = ctl.of(idle).run("status")
    assert done.returncode == 1 and ": not well\n" in done.stdout
    assert "no name server answers" in done.stdout


def test_list(known: Daemon) -> None:
    it = ctl.of(known)
    ctl.compare("daemon-list", it.ok("list"), ctl.ROW)
    assert domains(it) == ["enforce", "none", "testing"]
    for words, wanted in (
            (("--mode", "none"), ["none"]),
            (("--match", "t*"), ["testing"]),
            (("--match", "*.ctl.test", "--mode", "enforce"), ["enforce"]),
            (("--match", "????.ctl.test"), ["none"]),
            (("--failing",), []), (("--expiring", "1h"), []),
            (("--expiring", "2d"), ["enforce", "none", "testing"])):
        assert domains(it, *words) == wanted, words


def test_offline_says_the_same(known: Daemon) -> None:
    it = ctl.of(known)
    words = ("--cache", known.settings["cache_dir"])
    shown = json.loads(it.ok("show", "--json", "enforce.ctl.test"))
    online = listed(it)
    exported = it.ok("export")
    known.stop()
    assert listed(it, *words) == online
    assert it.ok("export", *words) == exported
    alone = json.loads(it.ok("show", "--json", "enforce.ctl.test", *words))
    for name, value in alone.items():
        assert shown[name] == value, name


def test_show(known: Daemon) -> None:
    it = ctl.of(known)
    for mode in MODES:
        ctl.compare(f"daemon-show-{mode}",
                    it.ok("show", f"{mode}.ctl.test"), *MOMENTS)
    assert query("negative.ctl.test") == "NOTFOUND "
    ctl.compare("daemon-show-negative",
                it.ok("show", "negative.ctl.test"), *MOMENTS)
    done = it.run("show", "unheard-of.ctl.test")
    assert (done.returncode, done.stdout) == (1, "")
    ctl.compare("daemon-show-nothing", done.stderr)


def test_show_tells_what_query_answers(known: Daemon) -> None:
    it = ctl.of(known)
    for mode in MODES:
        told = json.loads(it.ok("show", "--json", f"{mode}.ctl.test"))
        for profile, reply in told["replies"].items():
            assert reply == query(f"{mode}.ctl.test", profile)
        assert set(told["replies"]) == {
            "postfix-2.10", "postfix-3.4", "postfix-3.10"}


def test_refresh_of_domains(world: MailWorld, known: Daemon) -> None:
    """A new id and a broken file; nothing is due for long."""
    it = ctl.of(known)
    world.publish("enforce.ctl.test", mx=["new.ctl.test"], id="2")
    world.publish("testing.ctl.test", text="mode: testing\n", id="2")
    done = it.run("refresh", "enforce.ctl.test", "testing.ctl.test",
                  "missing.ctl.test")
    lines = done.stdout.splitlines(keepends=True)
    # whichever ends first is first
    ctl.compare("daemon-refresh", "".join(
        [lines[0], *sorted(lines[1:-2]), *lines[-2:]]), is_wide=True)
    assert query("enforce.ctl.test") == \
        "OK secure match=new.ctl.test servername=hostname"
    world.publish("testing.ctl.test", mode="testing", id="3")


def test_refresh_failing_and_all(world: MailWorld, known: Daemon) -> None:
    it = ctl.of(known)
    world.publish("testing.ctl.test", text="mode: testing\n", id="2")
    it.run("refresh", "testing.ctl.test")
    assert domains(it, "--failing") == ["testing"]
    shown = json.loads(it.ok("show", "--json", "testing.ctl.test"))
    assert shown["error"]["reason"] == "syntax"
    world.publish("testing.ctl.test", mode="testing", id="3")
    # a back-off runs, but an admin asks
    it.ok("refresh", "--failing")
    assert domains(it, "--failing") == []
    told = json.loads(it.ok("refresh", "--all", "--json"))
    assert told["done"] == 3 and told["failed"] == 0


def test_remove(known: Daemon) -> None:
    it = ctl.of(known)
    ctl.compare("daemon-remove",
                it.ok("remove", "enforce.ctl.test", "testing.ctl.test"))
    assert domains(it) == ["none"]
    done = it.run("remove", "unheard-of.ctl.test")
    assert done.returncode == 1
    known.restart()
    assert domains(it) == ["none"]


def test_flush(known: Daemon) -> None:
    it = ctl.of(known)
    assert it.run("flush").returncode == 64
    assert len(listed(it)) == 3
    ctl.compare("daemon-flush", it.ok("flush", "--yes"))
    assert listed(it) == []
    assert query("enforce.ctl.test").startswith("OK secure")


def test_export_and_import(
        world: MailWorld, known: Daemon, tmp_path: Path) -> None:
    """What another daemon is given it serves, and exports again."""
    it = ctl.of(known)
    file = tmp_path / "policies"
    ctl.compare("daemon-export", it.ok("export", str(file)))
    replies = {mode: query(f"{mode}.ctl.test") for mode in MODES}
    known.stop()
    with world.daemon("importer") as other:
        other.settings["admin_listen"] = f"unix:{other.folder}/admin.sock"
        other.start(dns_servers="127.0.0.99")
        it = ctl.of(other)
        ctl.compare("daemon-import", it.ok("import", str(file)))
        assert it.ok("export") == file.read_text()
        for mode in MODES:
            assert query(f"{mode}.ctl.test") == replies[mode]
        ctl.compare("daemon-import-again", it.ok("import", str(file)))


def test_largest_policies(
        world: MailWorld, admin: Daemon, tmp_path: Path) -> None:
    """As large as the daemon takes them, of what JSON has to escape; before
    and after them small ones."""
    fills = {"quote": "x: " + "\"\\" * 32768, "crlf": "\r\n" * 32768,
             "tab": "\t" * 65536, "letter": "x: " + "y" * 65536}
    texts = {}
    for name, fill in fills.items():
        for domain in (f"{name}.large.test", f"{name}-small.large.test"):
            head = policy_text("enforce", [f"mx.{domain}"], DAY)
            texts[domain] = head if "-small" in domain else head + fill[
                :65536 - len(head) - 1] + "\n"
            world.publish(domain, text=texts[domain])
    replies = {domain: query(domain) for domain in texts}
    for domain, reply in replies.items():
        assert reply.startswith(f"OK secure match=mx.{domain} ")
    it = ctl.of(admin)
    until("all are durable", lambda: len(listed(it)) == len(texts))
    file = tmp_path / "policies"
    it.ok("export", str(file))
    lines = file.read_text().splitlines()
    assert {one["domain"]: one["policy"] for one in map(json.loads, lines)
            } == texts
    assert max(map(len, lines)) > 2 * 65000
    it.ok("remove", *texts)
    assert listed(it) == []
    it.ok("import", str(file))
    assert it.ok("export") == file.read_text()
    admin.stop()
    with world.daemon("importer-of-large") as other:
        other.settings["admin_listen"] = f"unix:{other.folder}/admin.sock"
        other.start(dns_servers="127.0.0.99")
        it = ctl.of(other)
        assert it.ok("import", str(file)).startswith(f"{len(texts)} stored, 0")
        assert it.ok("export") == file.read_text()
        for domain, reply in replies.items():
            assert query(domain) == reply


def line(number: int, **more: Any) -> str:
    domain = f"{number:06}.import.test"
    now = int(time.time())
    return json.dumps({
        "domain": domain, "id": "1", "fetched": now - 60,
        "expires": now + DAY - 60, "checked": now - 60, "used": now,
        "policy": policy_text("enforce", [f"mx.{domain}"], DAY),
        **more}) + "\n"


def test_import_of_wrong_lines(known: Daemon, tmp_path: Path) -> None:
    file = tmp_path / "policies"
    file.write_text(
        line(1) + "not JSON\n" + line(2, policy="version: STSv1\n")
        + line(3, domain="..") + line(4, fetched=1, expires=DAY)
        + line(5, expires="soon") + line(6))
    done = ctl.of(known).run("import", str(file))
    assert done.returncode == 1
    ctl.compare("daemon-import-wrong", done.stdout + done.stderr,
                (re.escape(str(tmp_path)), ""), is_wide=True)
    assert domains(ctl.of(known), "--match", "*.import.test") == [
        "000001", "000006"]


def test_newer_is_not_replaced(known: Daemon, tmp_path: Path) -> None:
    it = ctl.of(known)
    old = json.loads(it.ok("export").splitlines()[0])
    file = tmp_path / "policies"
    file.write_text(json.dumps({
        **old, "fetched": old["fetched"] - 100, "id": "0",
        "policy": policy_text("none", [], DAY)}) + "\n")
    assert it.ok("import", str(file)).startswith("0 stored, 1 older")
    assert listed(it)[0]["id"] == "1"


def test_killed_while_it_imports(known: Daemon, tmp_path: Path) -> None:
    """What was there stays; what was stored is whole; it can begin again."""
    it = ctl.of(known)
    count = 20000
    file = tmp_path / "policies"
    file.write_text("".join(map(line, range(count))))
    with subprocess.Popen([*it.argv, "import", str(file)],
                          stdout=subprocess.DEVNULL) as child:
        until("some are stored",
              lambda: len(listed(it, "--match", "0000*.import.test")) > 50)
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert it.run("verify").returncode == 0
    for mode in MODES:
        assert [one["domain"] for one in listed(
            it, "--match", f"{mode}.ctl.test")] == [f"{mode}.ctl.test"]
    told = json.loads(it.ok("import", "--json", str(file)))
    assert told["stored"] + told["older"] == count
    assert len(listed(it, "--match", "*.import.test")) == count
    assert query("enforce.ctl.test").startswith("OK secure")


def test_verify(known: Daemon) -> None:
    ctl.compare("daemon-verify", ctl.of(known).ok("verify"))


def test_log_level(world: MailWorld, known: Daemon) -> None:
    it = ctl.of(known)
    ctl.compare("daemon-log-level", it.ok("log-level", "error"))
    mark = known.log.mark()
    world.publish("quiet.ctl.test")
    query("quiet.ctl.test")
    it.ok("log-level", "info")
    world.publish("loud.ctl.test")
    query("loud.ctl.test")
    known.log.wait_for("domain=loud.ctl.test", mark)
    assert "quiet.ctl.test" not in known.log.text(mark)
    done = it.run("log-level", "shout")
    assert (done.returncode, done.stdout) == (1, "")


def test_reload(idle: Daemon) -> None:
    """Its client reads the file that it does."""
    config = idle.folder / "conf"
    socket = f"unix:{idle.folder}/admin.sock"
    config.write_text(f"admin_listen = {socket}\nquery_timeout = 9s\n")
    idle.start("-c", str(config))
    it = Ctl(idle.binary.parent, config)
    config.write_text(f"admin_listen = {socket}\nquery_timeout = 8s\n"
                      "listen_mode = 0600\n")
    ctl.compare("daemon-reload", it.ok("reload"))
    config.write_text(f"admin_listen = {socket}\nquery_timeout = 5y\n")
    done = Ctl(idle.binary.parent, Path("/dev/null"), socket).run("reload")
    assert (done.returncode, done.stdout) == (1, "")
    ctl.compare("daemon-reload-bad", done.stderr,
                (re.escape(str(config)), "/CONF"), is_wide=True)


def test_metrics(known: Daemon) -> None:
    text = ctl.of(known).ok("metrics")
    assert "# TYPE " in text and "# HELP " in text
    for one in text.splitlines():
        assert re.fullmatch(r"#.*|[a-z_]+(\{.*\})? \S+", one), one


def test_top(known: Daemon) -> None:
    it = ctl.of(known)
    ctl.compare("daemon-top", it.ok("top", "--once"), TOP_ROW)
    told = json.loads(it.ok("top", "--once", "--json"))
    assert {one["domain"] for one in told["slowest"]} == {
        f"{mode}.ctl.test" for mode in MODES}


def test_only_root_and_the_group(known: Daemon) -> None:
    it = ctl.of(known)
    known.folder.chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534",
         "--clear-groups", *it.argv, "status"], text=True,
        capture_output=True, check=False)
    assert done.returncode == 69
    assert "Permission denied" in done.stderr
    assert "be root" in done.stderr
