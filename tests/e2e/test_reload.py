# SPDX-License-Identifier: ISC
"""SIGHUP: a new configuration, wholly or not at all, and nobody notices but
those it is meant for."""
import json
import socket
import threading
from typing import Iterator

import pytest

from world.ca import Issuer
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.reloaded import Reloaded
from world.socketmap import Socketmap, query

NOTFOUND = "NOTFOUND "
RELOADS = 200
CLIENTS = 4


@pytest.fixture
def it(idle: Daemon) -> Iterator[Reloaded]:
    yield Reloaded(idle)


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_default_profile(world: MailWorld, it: Reloaded) -> None:
    """Also of replies that are asked for again and again."""
    world.publish("profile.load.test")
    it.start()
    with Socketmap() as client:
        for _ in range(3):
            assert client.query("profile.load.test", "x") == (
                "OK secure match=mx.profile.load.test servername=hostname")
        it.reload(default_profile="postfix-2.10")
        assert client.query("profile.load.test", "x") == (
            "OK secure match=mx.profile.load.test")


def test_smarthost_policy(world: MailWorld, it: Reloaded) -> None:
    world.publish("smart.load.test", mx=["smart.load.test"])
    it.start()
    for _ in range(3):
        assert query("smart.load.test:587").startswith("OK secure ")
    it.reload(smarthost_policy="no")
    assert query("smart.load.test:587") == NOTFOUND


def test_overrides(world: MailWorld, it: Reloaded) -> None:
    """Their file is read again whenever anything is; a bad one is not."""
    world.publish("over.load.test")
    file = it.daemon.folder / "overrides"
    file.write_text("")
    it.start(overrides=str(file))
    for _ in range(3):
        assert query("over.load.test").startswith("OK secure ")
    file.write_text("over.load.test skip\n")
    it.hang_up("^reloaded: no setting has changed$")
    assert query("over.load.test") == NOTFOUND
    file.write_text("over.load.test enforce mx=a.test\nx.test perhaps\n")
    it.hang_up(r"^reload-failed: \S*/overrides:2: ")
    assert query("over.load.test") == NOTFOUND
    it.reload(overrides="")
    assert query("over.load.test").startswith("OK secure ")


@pytest.mark.parametrize("name, value, expected", [
    ("query_timeout", "soon", r"reload\.conf:7: query_timeout"),
    ("no_such_setting", "1", r"reload\.conf:7: .*no_such_setting"),
    ("negative_min", "1d", r"reload\.conf:7: negative_min"),
    ("overrides", "/nonexistent", "/nonexistent: cannot be opened"),
    ("tls_ca_file", "/nonexistent", "/nonexistent"),
    ("proxy", "https://x", "proxy: must be http"),
    ("dns_servers", "127.0.0.1 " * 17, "more than 16"),
    ("listen", "inet:127.0.0.1:8461, inet:127.0.0.1:8999",
     r"127\.0\.0\.1:8999: address in use"),
    ("listen", "inet:0.0.0.0:8461",
     r"0\.0\.0\.0:8461: inet:127\.0\.0\.1:8461 has the port"),
])
def test_bad_file(world: MailWorld, it: Reloaded, name: str, value: str,
                  expected: str) -> None:
    """Nothing of it counts, though another line of it is fine."""
    world.publish("bad.load.test")
    it.start(default_profile="postfix-3.4")
    good = it.settings.copy()
    with socket.create_server(("127.0.0.1", 8999)), Socketmap() as client:
        before = client.query("bad.load.test", "x")
        it.write(default_profile="postfix-2.10", **{name: value})
        it.hang_up(rf"^reload-failed: .*{expected}.*: nothing was changed$")
        assert client.query("bad.load.test", "x") == before
        assert query("bad.load.test", "x") == before
    it.settings = good
    it.reload(default_profile="postfix-2.10")
    assert query("bad.load.test", "x") != before


def test_file_is_gone(it: Reloaded) -> None:
    it.start()
    it.file.unlink()
    it.hang_up(r"^reload-failed: \S*/reload\.conf: cannot be opened")
    assert query("[127.0.0.1]") == NOTFOUND


def test_command_line_goes_first(world: MailWorld, it: Reloaded) -> None:
    world.publish("option.load.test")
    it.write(default_profile="postfix-3.4")
    it.daemon.start("--config", str(it.file), default_profile="postfix-2.10")
    it.write(default_profile="postfix-3.10")
    it.hang_up("^reloaded: no setting has changed$")
    assert query("option.load.test", "x") == (
        "OK secure match=mx.option.load.test")


def test_addresses(world: MailWorld, it: Reloaded) -> None:
    """They come and go; who has connected to one that goes stays."""
    world.publish("listen.load.test")
    it.start()
    with Socketmap(8461) as first:
        it.reload(listen="inet:127.0.0.1:8461, inet:[::1]:8462")
        assert query("listen.load.test").startswith("OK ")
        with socket.create_connection(("::1", 8462)):
            pass
        it.reload(listen="inet:127.0.0.1:8463")
        assert is_refused(8461)
        assert query("listen.load.test", where=8463).startswith("OK ")
        assert first.query("listen.load.test").startswith("OK ")
        it.reload(listen="inet:127.0.0.1:8461")
        assert is_refused(8463)
        assert first.query("listen.load.test").startswith("OK ")
    assert query("listen.load.test").startswith("OK ")


def test_what_needs_a_restart(world: MailWorld, it: Reloaded) -> None:
    """It is said, each time, and nothing else is held up by it."""
    world.publish("restart.load.test")
    old = it.daemon.folder / "old"
    new = it.daemon.folder / "new"
    it.start(listen=f"unix:{old}")
    it.write(listen=f"unix:{new}, inet:127.0.0.1:8461", listen_mode="0600",
             cache_dir="/nonexistent", user="nobody", pid_file="/x",
             default_profile="postfix-2.10")
    for changed in (": listen default_profile", ""):
        mark = it.daemon.log.mark()
        it.hang_up(rf"^reloaded: (changed{changed}|no setting .*)$")
        assert it.daemon.log.wait_for(r"^restart-needed: .*: (.*)$", mark)[
            1] == "listen listen_mode cache_dir user pid_file"
        assert query("restart.load.test", "x", str(old)) == (
            "OK secure match=mx.restart.load.test")
        assert query("restart.load.test", "x", 8461) == (
            "OK secure match=mx.restart.load.test")
        assert not new.exists()
    # Even when nothing of what is wanted can be had, it listens somewhere.
    it.write(listen=f"unix:{new}")
    it.hang_up("^restart-needed: .*: listen ")
    assert query("[127.0.0.1]", where=str(old)) == NOTFOUND
    it.write(listen=f"unix:{old}", listen_mode="0666", user="", pid_file="",
             cache_dir=str(it.daemon.folder / "cache"))
    it.hang_up("^reloaded: ")
    assert old.exists()


def test_only_other_sockets_wanted(it: Reloaded) -> None:
    it.start()
    it.write(listen=f"unix:{it.daemon.folder}/new")
    it.hang_up("^restart-needed: .*: listen$")
    assert query("[127.0.0.1]") == NOTFOUND
    it.write(listen="inet:127.0.0.1:8461")
    it.hang_up("^reloaded: no setting has changed$")


def test_max_connections(it: Reloaded) -> None:
    """Nobody is dropped for a lower limit, but it is come down to."""
    it.start()
    clients = [Socketmap() for _ in range(4)]
    for client in clients:
        assert client.query("[127.0.0.1]") == NOTFOUND
    it.reload(max_connections="2")
    for client in clients:
        assert client.query("[127.0.0.1]") == NOTFOUND
    clients.append(Socketmap())
    assert clients[4].query("[127.0.0.1]") == NOTFOUND
    assert clients[0].is_closed()
    for client in clients:
        client.close()


def test_trust_store(world: MailWorld, it: Reloaded) -> None:
    """The file is read again though its name has not changed."""
    other = Issuer("Other Root")
    file = it.daemon.folder / "ca.pem"
    file.write_bytes(other.certify(other))
    for name in ("one", "two", "three"):
        world.publish(f"{name}.ca.load.test")
    it.start(tls_ca_file=str(file))
    assert query("one.ca.load.test") == NOTFOUND
    assert it.daemon.resolved("one.ca.load.test")["reason"] == "tls-chain"
    file.write_bytes(world.authority.file.read_bytes())
    it.hang_up("^reloaded: no setting has changed$")
    assert query("two.ca.load.test").startswith("OK secure ")
    file.write_text("no certificate\n")
    it.hang_up(r"^reload-failed: .*ca\.pem.*: nothing was changed$")
    assert query("three.ca.load.test").startswith("OK secure ")


def test_name_servers(world: MailWorld, it: Reloaded) -> None:
    world.publish("dns.load.test")
    it.start(dns_servers="127.0.0.200", dns_deadline="1s", query_timeout="1s")
    assert query("dns.load.test").startswith("TEMP ")
    it.reload(dns_servers="127.0.0.1")
    assert query("dns.load.test").startswith("OK secure ")
    it.reload(dns_servers="")
    world.publish("dns2.load.test")
    assert query("dns2.load.test").startswith("OK secure ")


def test_allowed_networks(world: MailWorld, it: Reloaded) -> None:
    for name in ("one", "two"):
        world.publish(f"{name}.net.load.test")
    it.start(allow_networks="")
    assert query("one.net.load.test") == NOTFOUND
    assert it.daemon.resolved("one.net.load.test")["reason"] == (
        "refused-address")
    it.reload(allow_networks="127.0.0.0/8")
    assert query("two.net.load.test").startswith("OK secure ")


def test_log_settings(world: MailWorld, it: Reloaded) -> None:
    world.publish("log.load.test")
    it.start()
    it.write(log_format="json", log_answers="yes")
    line = json.loads(it.hang_up(r"^.*\"reloaded\".*$"))
    assert line["message"] == "changed: log_format log_answers"
    mark = it.daemon.log.mark()
    assert query("log.load.test").startswith("OK ")
    line = json.loads(it.daemon.log.wait_for(
        r"^.*\"event\":\"answered\".*$", mark)[0])
    assert line["domain"] == "log.load.test"


def test_after_the_ids_are_given_up(world: MailWorld, it: Reloaded) -> None:
    """What the user of the daemon may not read or bind is refused."""
    it.daemon.folder.chmod(0o755)
    it.start(user="postfix-mta-sts")
    it.write(listen="inet:127.0.0.1:8461, inet:127.0.0.1:26")
    it.hang_up(r"^reload-failed: .*127\.0\.0\.1:26.*Permission denied")
    it.write(listen="inet:127.0.0.1:8461")
    it.file.chmod(0o600)
    it.hang_up(r"^reload-failed: .*reload\.conf.*Permission denied")
    it.file.chmod(0o644)
    it.hang_up("^reloaded: no setting has changed$")


def ask_on(domain: str, expected: set[str], seen: list[str],
           end: threading.Event) -> None:
    """One connection; every reply is one of those expected."""
    with Socketmap() as client:
        while not end.is_set():
            reply = client.query(domain, "x")
            if reply not in expected:
                raise AssertionError(reply)
            seen.append(reply)


def test_reload_under_load(world: MailWorld, it: Reloaded) -> None:
    """Each of many reloads takes effect; no connection is closed, and no
    reply is any but the one before or the one after."""
    domain = "busy.load.test"
    world.publish(domain)
    it.start(listen="inet:127.0.0.1:8461")
    replies = {"postfix-3.4": query(domain, "x"),
               "postfix-2.10": f"OK secure match=mx.{domain}"}
    end = threading.Event()
    seen: list[list[str]] = [[] for _ in range(CLIENTS)]
    failed: list[BaseException] = []

    def work(mine: list[str]) -> None:
        try:
            ask_on(domain, set(replies.values()), mine, end)
        except BaseException as error:  # pylint: disable=broad-except
            failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in seen]
    for thread in threads:
        thread.start()
    for number in range(RELOADS):
        profile = list(replies)[(number + 1) % 2]
        other = 8470 + number % 3
        it.write(default_profile=profile,
                 listen=f"inet:127.0.0.1:8461, inet:127.0.0.1:{other}")
        it.hang_up(r"^reloaded: changed: listen default_profile$")
        assert query(domain, "x") == replies[profile]
        assert query(domain, "x", other) == replies[profile]
    end.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert all(set(one) == set(replies.values()) for one in seen)
