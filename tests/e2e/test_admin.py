# SPDX-License-Identifier: ISC
"""The administration API, request by request, on a daemon that resolves."""
import json
import os
import socket
import time
from typing import Any, Iterator

import pytest

from world import script
from world.admin import Admin, dial, raw
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import run
from world.script import ScriptedHost
from world.socketmap import Socketmap, query
from world.wait import until

MANY = 3000
SLOW = "127.0.6.1"


@pytest.fixture
def admin(daemon: Daemon) -> Iterator[Admin]:
    with Admin(daemon) as it:
        yield it


def known(world: MailWorld, domain: str, **policy: Any) -> str:
    """Publish it, and have the daemon know it."""
    world.publish(domain, **policy)
    return query(domain)


def until_stored(admin: Admin, domain: str) -> Any:
    until(f"{domain} in the cache", lambda: any(
        one["domain"] == domain for one in admin.get("/policies")["policies"]))
    return admin.show(domain)


def test_status(world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    known(world, "a.status.test")
    query("a.status.test")
    query("none.status.test")
    query(".bad.status.test")
    with Socketmap() as client:
        client.send(b"7:nothing,")
        assert client.reply().startswith("PERM")
        status = admin.get("/status")
        assert status["connections"] == 1
    assert daemon.process is not None
    assert status["pid"] == daemon.process.pid
    assert status["health"] == {"ok": True, "reasons": []}
    assert status["queries"] == {"total": 5, "ok": 2, "notfound": 2,
                                 "temp": 0, "perm": 1, "hits": 1, "misses": 2}
    assert status["fetches"]["ok"] == 1
    assert status["lookups"]["ok"] >= 3
    assert status["negatives"] == 1
    assert status["cache"]["dir"] == daemon.settings["cache_dir"]
    assert status["loop"]["longest_turn_us"] > 0
    events = [error["event"] for error in status["errors"]]
    assert "user" in events  # running as root


def test_show(world: MailWorld, admin: Admin) -> None:
    domain = "a.show.test"
    world.publish(domain, mx=["mx1.show.test", "*.mx2.show.test"], id="77")
    assert query(domain).startswith("OK ")
    shown = until_stored(admin, domain)
    now = time.time()
    assert shown["source"] == "cache"
    assert shown["mode"] == "enforce"
    assert shown["id"] == "77"
    assert shown["mx"] == ["mx1.show.test", "*.mx2.show.test"]
    assert shown["max_age"] == 86400
    assert abs(shown["fetched"] - now) < 60
    assert shown["expires"] == shown["fetched"] + 86400
    assert shown["error"] is None
    assert shown["override"] is None
    assert [past["id"] for past in shown["history"]] == ["77"]
    assert shown["text"].splitlines()[:2] == ["version: STSv1",
                                              "mode: enforce"]
    match = "OK secure match=mx1.show.test:.mx2.show.test"
    assert shown["replies"]["postfix-2.10"] == match
    assert shown["replies"]["postfix-3.4"] == f"{match} servername=hostname"
    for name, reply in shown["replies"].items():
        assert query(domain, name) == reply
    # Any form of a name will do; showing it is no query.
    before = admin.get("/status")["queries"]["total"]
    assert admin.show("A.SHOW.test.")["domain"] == domain
    assert admin.get("/status")["queries"]["total"] == before


def test_show_negative_and_unknown(world: MailWorld, admin: Admin) -> None:
    assert query("none.show.test") == "NOTFOUND "
    shown = admin.show("none.show.test")
    assert shown["source"] == "negative"
    assert shown["reason"] == "no-record"
    assert shown["replies"]["postfix-3.10"] == "NOTFOUND "
    assert admin.ask("GET", "/policies/never.show.test").status == 404
    assert admin.ask("GET", "/policies/a..b").status == 400
    # Looking is not asking.
    assert admin.ask("GET", "/policies/never.show.test").status == 404


def test_show_failing(world: MailWorld, admin: Admin) -> None:
    domain = "fails.show.test"
    known(world, domain)
    until_stored(admin, domain)
    world.publish(domain, text="mode: none\r\n")
    job = admin.job("/refresh", {"domains": [domain]})
    assert job["failed"] == 1
    result = job["results"][0]
    assert (result["outcome"], result["reason"]) == ("kept", "syntax")
    until("the failure is stored",
          lambda: admin.show(domain)["failures"] == 1)
    shown = admin.show(domain)
    assert shown["error"]["reason"] == "syntax"
    assert shown["error"]["count"] == 1
    assert "policy_version" in shown["error"]["detail"]
    assert shown["replies"]["postfix-3.4"].startswith("OK secure")
    failing = admin.get("/policies", failing="1")["policies"]
    assert [one["domain"] for one in failing] == [domain]
    assert admin.get("/status")["failing"] == 1
    assert admin.get("/health")["fetch_last"][0]["reason"] == "syntax"
    # By the job for all that fail; then it is well again.
    world.publish(domain)
    job = admin.job("/refresh", {"failing": True})
    assert [one["outcome"] for one in job["results"]] == ["fetched"]
    until("the success is stored",
          lambda: admin.show(domain)["failures"] == 0)
    assert admin.get("/status")["failing"] == 0


def test_override(world: MailWorld, idle: Daemon) -> None:
    (idle.folder / "overrides").write_text(
        "skip.show.test skip\nheld.show.test enforce mx=mx.held.show.test\n")
    idle.start(overrides=str(idle.folder / "overrides"))
    with Admin(idle) as admin:
        shown = admin.show("held.show.test")
        assert shown["source"] == shown["override"].replace(
            "enforce", "override")
        assert shown["replies"]["postfix-2.10"] == (
            "OK secure match=mx.held.show.test")
        assert admin.show("skip.show.test")["override"] == "skip"


def names(pages: list[Any]) -> list[str]:
    return [one["domain"] for page in pages for one in page["policies"]]


def test_many(world: MailWorld, idle: Daemon) -> None:
    """Thousands of policies, a page at a time, while queries go on."""
    run(str(world.build / "tests/tools/fill-cache"),
        idle.settings["cache_dir"], str(MANY))
    expected = [f"{n:07}.fill.test" for n in range(MANY)]
    idle.start()
    with Admin(idle) as admin, Socketmap() as client:
        pages = admin.pages("/policies", limit=1000)
        assert names(pages) == expected
        assert all(page["examined"] <= 1000 for page in pages)
        assert len(admin.get("/policies", limit=7)["policies"]) == 7
        # Without a match there is a next all the same.
        pages = admin.pages("/policies", match="*299?.fill*")
        assert names(pages) == expected[2990:]
        assert all(page["examined"] <= 1000 for page in pages)
        assert pages[0]["next"] is not None
        for mode, count in ("enforce", MANY), ("testing", 0):
            assert len(names(admin.pages(
                "/policies", mode=mode, limit=1000))) == count
        assert not names(admin.pages("/policies", expiring=86400))
        assert len(names(admin.pages(
            "/policies", expiring=31 * 86400, limit=1000))) == MANY
        # All of it out, and in again elsewhere.
        lines: list[str] = []
        after = ""
        while after is not None:
            *page, last = admin.ask(
                "GET", "/export", after=after).text.splitlines()
            lines += page
            after = json.loads(last)["next"]
            assert client.query("0000000.fill.test").startswith("OK ")
        assert [json.loads(line)["domain"] for line in lines] == expected
        job = admin.job("/flush", {"confirm": "flush"})
        assert job["done"] == MANY and not job["results"]
        assert not admin.get("/policies")["policies"]
        assert sum(admin.get("/status")["policies"].values()) == 0
        stored = 0
        for at in range(0, MANY, 100):
            reply = admin.ask("POST", "/import",
                              "\n".join(lines[at:at + 100]))
            assert reply.json["rejected"] == []
            stored += reply.json["stored"]
        assert stored == MANY
        assert admin.get("/status")["policies"]["enforce"] == MANY
        assert client.query("0002999.fill.test").startswith("OK ")
        assert admin.get("/status")["loop"]["slow_turns"] == 0


@pytest.mark.parametrize("path, query", [
    ("/policies", {"mode": "strict"}),
    ("/policies", {"failing": "yes"}),
    ("/policies", {"limit": "many"}),
    ("/policies", {"expiring": "-1"}),
    ("/policies", {"after": "a..b"}),
    ("/export", {"limit": "1001"}),
    ("/jobs/1", {"from": "x"}),
])
def test_bad_parameters(admin: Admin, path: str, query: Any) -> None:
    reply = admin.ask("GET", path, **query)
    assert reply.status == 400
    assert reply.json["error"]


@pytest.mark.parametrize("method, path, allowed", [
    ("POST", "/status", "GET, HEAD"),
    ("GET", "/refresh", "POST"),
    ("PUT", "/policies/a.test", "GET, HEAD, DELETE"),
    ("DELETE", "/log-level", "PUT"),
])
def test_methods(admin: Admin, method: str, path: str, allowed: str) -> None:
    reply = admin.ask(method, path)
    assert reply.status == 405
    assert reply.headers["Allow"] == allowed
    assert reply.json["error"]


@pytest.mark.parametrize("path, body", [
    ("/refresh", ""), ("/refresh", "[]"), ("/refresh", "{"),
    ("/refresh", "{}"), ("/refresh", '{"domains":[]}'),
    ("/refresh", '{"domains":["a..b"]}'), ("/refresh", '{"domains":[1]}'),
    ("/refresh", '{"all":true,"failing":true}'),
    ("/flush", "{}"), ("/flush", '{"confirm":true}'),
])
def test_bad_bodies(admin: Admin, path: str, body: str) -> None:
    assert admin.ask("POST", path, body).status == 400
    assert admin.ask("GET", "/jobs").json == {"jobs": []}


def test_nothing_of_that_name(admin: Admin) -> None:
    for path in ("/", "/policies/", "/jobs/", "/jobs/1", "/statusx", "//"):
        assert admin.ask("GET", path).status == 404, path


def test_remove(world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    """Forgotten in the cache and in memory, also in finished replies."""
    domain = "a.remove.test"
    assert known(world, domain).startswith("OK ")
    until_stored(admin, domain)
    assert query(domain).startswith("OK ")
    world.publish(domain, mx=["new.remove.test"], id="2")
    assert admin.ask("DELETE", f"/policies/{domain}").json == {
        "removed": True}
    assert admin.ask("GET", f"/policies/{domain}").status == 404
    assert admin.ask("DELETE", f"/policies/{domain}").json == {
        "removed": False}
    assert "new.remove.test" in query(domain)
    # "No policy" is forgotten as well.
    assert query("b.remove.test") == "NOTFOUND "
    world.publish("b.remove.test")
    assert query("b.remove.test") == "NOTFOUND "
    assert admin.ask("DELETE", "/policies/b.remove.test").json == {
        "removed": True}
    assert query("b.remove.test").startswith("OK ")
    # What was removed is gone for good.
    admin.ask("DELETE", "/policies/b.remove.test")
    daemon.restart()
    with Admin(daemon) as again:
        assert again.ask("GET", "/policies/b.remove.test").status == 404


def test_remove_while_somebody_waits(
        world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    """The fetch under way counts no longer: it is made again."""
    domain = "slow.remove.test"
    world.publish(domain, address=SLOW)
    context = world.authority.context(f"mta-sts.{domain}")
    with ScriptedHost(SLOW, script.hangs, context) as host, \
            Socketmap() as client:
        client.ask(domain)
        script.until_connected(host)
        world.publish(domain)
        assert admin.ask("DELETE", f"/policies/{domain}").json == {
            "removed": True}
        # The name server has told the old address for a minute: not ours.
        assert client.reply().startswith("OK secure")


def test_refresh_all(world: MailWorld, admin: Admin) -> None:
    """A refresh by hand does not wait for anything."""
    domains = [f"{n}.refresh-all.test" for n in range(5)]
    for domain in domains:
        known(world, domain)
    for domain in domains:
        until_stored(admin, domain)
        world.publish(domain, mx=[f"new.{domain}"])  # the same id
    job = admin.job("/refresh", {"all": True})
    assert (job["what"], job["total"], job["done"], job["failed"]) == (
        "refresh", 5, 5, 0)
    assert sorted(one["domain"] for one in job["results"]) == domains
    for domain in domains:
        assert f"new.{domain}" in query(domain)
    listed = admin.get("/jobs")["jobs"]
    assert [one["job"] for one in listed] == [job["job"]]
    assert "results" not in listed[0]
    assert admin.get("/jobs/" + job["job"], **{"from": 4})["results"] == [
        job["results"][4]]


def test_refresh_ignores_the_back_off(
        world: MailWorld, admin: Admin) -> None:
    domain = "off.refresh-now.test"
    world.publish(domain, text="nonsense")
    assert query(domain) == "NOTFOUND "
    world.publish(domain)
    assert query(domain) == "NOTFOUND "
    job = admin.job("/refresh", {"domains": [domain, "no.refresh-now.test"]})
    ends = {one["domain"]: one["outcome"] for one in job["results"]}
    assert ends == {domain: "fetched", "no.refresh-now.test": "none"}
    assert query(domain).startswith("OK ")


def line(domain: str, fetched: int, **more: Any) -> str:
    return json.dumps({
        "domain": domain, "id": "9", "fetched": fetched,
        "expires": fetched + 86400, "checked": fetched,
        "policy": "version: STSv1\nmode: enforce\nmx: imported.test\n"
                  "max_age: 86400\n", **more})


def test_import(world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    now = int(time.time())
    held = "held.import.test"
    known(world, held)
    until_stored(admin, held)
    assert query("neg.import.test") == "NOTFOUND "
    lines = [
        line("a.import.test", now - 60),
        line("NEG.import.test.", now - 60),
        "",
        line(held, now - 600),
        line("old.import.test", now - 100000),
        line("bad.import.test", now - 60, policy="mode: enforce\n"),
        line("ahead.import.test", now + 5000),
        "nonsense",
        line("unchecked.import.test", now - 60, checked=None),
    ]
    reply = admin.ask("POST", "/import", "\n".join(lines) + "\n").json
    assert (reply["stored"], reply["older"], reply["expired"]) == (3, 1, 1)
    assert [one["line"] for one in reply["rejected"]] == [6, 7, 8]
    assert "policy_version" in reply["rejected"][0]["error"]
    # Answered when durable: it can be killed at once.
    daemon.kill()
    daemon.start()
    with Admin(daemon) as again:
        assert again.show("a.import.test")["mx"] == ["imported.test"]
        assert again.show("a.import.test")["id"] == "9"
        shown = again.show("unchecked.import.test")
        assert now < shown["next_check"] <= now + 86400 + 60
        assert f"mx.{held}" in again.show(held)["mx"]
    assert "imported.test" in query("neg.import.test")


def test_import_forgets_what_memory_knew(
        world: MailWorld, admin: Admin) -> None:
    domain = "neg2.import.test"
    assert query(domain) == "NOTFOUND "
    reply = admin.ask("POST", "/import", line(domain, int(time.time()) - 5))
    assert reply.json["stored"] == 1
    assert "imported.test" in query(domain)


def test_import_too_large(admin: Admin) -> None:
    for body, status in (
            ("x" * 65536, 200), ("\n" * 65536, 200), ("\n" * 65537, 413),
            ("x" * 65537, 200), ("x" * 132095 + "\n", 200),
            ("\n" + "x" * 132095, 413), ("x" * 132094 + "\n\n", 413)):
        assert admin.ask("POST", "/import", body).status == status
    for path in "/refresh", "/flush":
        assert admin.ask("POST", path, "x" * 65537).status == 413
    assert raw(admin.where, "POST /import HTTP/1.1\r\nHost: x\r\n"
               "Content-Length: 132097\r\n\r\n").startswith("HTTP/1.1 413 ")


def test_config(daemon: Daemon, admin: Admin) -> None:
    told = admin.get("/config")
    settings = told["settings"]
    for name, value in daemon.settings.items():
        assert settings[name] == value
    assert settings["query_timeout"] == "10s"
    assert told["binary"] == {"path": str(daemon.binary), "replaced": False}


def test_log_level(world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    assert admin.ask("PUT", "/log-level", {"level": "error"}).json == {
        "level": "error"}
    mark = daemon.log.mark()
    assert query("quiet.log.test") == "NOTFOUND "
    assert not daemon.log.find("quiet.log.test", mark)
    assert admin.ask("PUT", "/log-level", {"level": "loud"}).status == 400
    admin.ask("PUT", "/log-level", {"level": "info"})
    assert query("told.log.test") == "NOTFOUND "
    daemon.log.wait_for("resolved: domain=told.log.test", mark)


def test_reload(world: MailWorld, idle: Daemon) -> None:
    file = idle.folder / "reload.conf"
    file.write_text("")
    idle.start("--config", str(file))
    with Admin(idle) as admin:
        assert admin.get("/config")["file"] == str(file)
        file.write_text("negative_max = 2h\n")
        reply = admin.ask("POST", "/reload").json
        assert reply == {"reloaded": True, "changed": ["negative_max"],
                         "restart_needed": []}
        assert admin.get("/config")["settings"]["negative_max"] == "2h"
        file.write_text("negative_max = soon\n")
        reply = admin.ask("POST", "/reload")
        assert reply.status == 422
        assert "negative_max" in reply.json["error"]
        assert admin.get("/config")["settings"]["negative_max"] == "2h"


def test_top(world: MailWorld, admin: Admin) -> None:
    known(world, "a.top.test")
    query("a.top.test")
    top = admin.get("/top")
    assert (top["queries"], top["hits"], top["ok"]) == (2, 1, 2)
    assert top["slowest"][0]["domain"] == "a.top.test"
    assert top["slowest"][0]["outcome"] == "fetch"


def test_health(world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    known(world, "a.health.test")
    health = admin.get("/health")
    assert health["ok"]
    assert health["resolver"] == {"servers": "127.0.0.1",
                                  "ad_believed": True, "from": "resolv.conf"}
    assert health["trust"]["certificates"] == 1
    assert health["trust"]["file"] == daemon.settings["tls_ca_file"]
    assert health["fetch_last"][0]["domain"] == "a.health.test"
    assert health["user"] == "root"
    assert health["listeners"] == [daemon.settings["listen"]]
    assert health["clock_suspect"] is False


def test_rights(world: MailWorld, idle: Daemon) -> None:
    """0660, the daemon's own group; its folder is made and left tidy."""
    path = idle.folder / "run/admin.sock"
    idle.settings["admin_listen"] = f"unix:{path}"
    idle.folder.chmod(0o755)
    idle.start(user="postfix-mta-sts")
    stat = path.stat()
    assert (stat.st_mode & 0o777, stat.st_uid, stat.st_gid) == (
        0o660, 903, 903)
    assert path.parent.stat().st_uid == 903
    with Admin(idle) as admin:
        assert admin.get("/health")["user"] == "postfix-mta-sts"
    idle.stop()
    assert not path.exists()


def test_default_without_rights(world: MailWorld, idle: Daemon) -> None:
    """Nobody asked for that address: the daemon does without."""
    idle.folder.chmod(0o755)
    (idle.folder / "cache").mkdir()
    os.chown(idle.folder / "cache", 65534, 65534)
    settings = {**idle.settings}
    del settings["admin_listen"]
    argv = [str(idle.binary)]
    for item in settings.items():
        argv += ["-o", "=".join(item)]
    idle.binary_before = argv  # for the report
    idle.settings["admin_listen"] = "unix:/run/postfix-mta-sts/admin.sock"
    script_ = idle.folder / "as-nobody"
    script_.write_text("#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 "
                       f"--clear-groups {idle.binary} \"$@\"\n")
    script_.chmod(0o755)
    binary, idle.binary = idle.binary, script_
    idle.start()
    idle.log.wait_for("admin: unix:/run/postfix-mta-sts/admin.sock cannot be "
                      "made without root")
    assert query("x.rights.test") == "NOTFOUND "
    idle.stop()
    # Another one was asked for: that is an error.
    process = idle.spawn(admin_listen="unix:/run/other/admin.sock")
    assert process.wait() == 1
    idle.binary = binary


def test_stop_while_a_request_waits(
        world: MailWorld, daemon: Daemon, admin: Admin) -> None:
    """Half a request, a whole one, and none: all are closed."""
    clients = [dial(admin.where) for _ in range(3)]
    clients[0].sendall(b"GET /sta")
    clients[1].sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
    assert clients[1].recv(10) == b"HTTP/1.1 2"
    daemon.stop()
    for client in clients:
        try:
            while client.recv(65536):
                pass
        except ConnectionResetError:
            pass
        client.close()


def descriptors(daemon: Daemon) -> int:
    assert daemon.process is not None
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def test_hostile_clients(world: MailWorld, daemon: Daemon,
                         admin: Admin) -> None:
    """They have 16 places for a moment; Postfix never waits for them."""
    domain = "a.hostile.test"
    reply = known(world, domain)
    assert reply.startswith("OK ")
    before = descriptors(daemon)
    start = time.monotonic()
    clients = [dial(admin.where) for _ in range(40)]
    with Socketmap() as client:
        for n, one in enumerate(clients):
            try:
                if n % 4 == 1:
                    one.sendall(b"GET /status HTTP/1.1\r\nX: ")
                elif n % 4 == 2:
                    one.sendall(b"POST /import HTTP/1.1\r\n"
                                b"Content-Length: 60000\r\n\r\nx")
                elif n % 4 == 3:
                    one.sendall(b"\x00" * 100)
            except OSError:
                pass  # closed already
            assert client.query(domain) == reply
        assert descriptors(daemon) <= before + 16 + 1
        # Drip, byte by byte, for longer than the deadline.
        while time.monotonic() - start < 5.5:
            for one in clients:
                try:
                    one.sendall(b"x")
                except OSError:
                    pass
            assert client.query(domain) == reply
            assert descriptors(daemon) <= before + 16 + 1
    # Everybody has had a turn by then.
    assert admin_answers(admin)
    for one in clients:
        one.close()
    until("all descriptors back", lambda: descriptors(daemon) <= before)
    assert world.web.requests(f"mta-sts.{domain}") == 1


def admin_answers(admin: Admin) -> bool:
    """In the end its turn comes."""
    with Admin.__new__(Admin) as late:
        late.where = admin.where
        late._connection = type(admin._connection)(admin.where)
        return late.get("/status")["health"]["ok"]


def test_pipelined(world: MailWorld, admin: Admin) -> None:
    known(world, "a.pipe.test")
    requests = ("GET /status HTTP/1.1\r\nHost: x\r\n\r\n"
                "DELETE /policies/a.pipe.test HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /policies/a.pipe.test HTTP/1.1\r\nHost: x\r\n"
                "Connection: close\r\n\r\n")
    answer = raw(admin.where, requests)
    assert [part[:3] for part in answer.split("HTTP/1.1 ")[1:]] == [
        "200", "200", "404"]


def test_any_host_on_a_unix_socket(daemon: Daemon, admin: Admin) -> None:
    for head in "Host: evil.example\r\n", "":
        assert raw(admin.where, "GET /status HTTP/1.1\r\n" + head +
                   "Connection: close\r\n\r\n").startswith("HTTP/1.1 200 ")


def test_full_of_connections(world: MailWorld, idle: Daemon) -> None:
    """Neither of the two takes a descriptor from the other."""
    domain = "a.full.test"
    idle.start(max_connections="4")
    known(world, domain)
    with Admin(idle) as admin:
        busy = [Socketmap() for _ in range(4)]
        try:
            for client in busy:
                assert client.query(domain).startswith("OK ")
            idlers = [dial(admin.where) for _ in range(16)]
            for client in busy:
                assert client.query(domain).startswith("OK ")
            for one in idlers:
                one.close()
            assert admin.get("/status")["connections"] == 4
        finally:
            for client in busy:
                client.close()


def test_gone_before_the_reply(world: MailWorld, admin: Admin) -> None:
    """A client that does not wait for its answer harms nobody."""
    for _ in range(50):
        with dial(admin.where) as client:
            client.sendall(b"DELETE /policies/x.gone.test HTTP/1.1\r\n\r\n")
            client.shutdown(socket.SHUT_RDWR)
    assert admin.get("/status")["health"]["ok"]
