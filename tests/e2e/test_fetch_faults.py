# SPDX-License-Identifier: ISC
"""Policy hosts that fail in every way: none is a reason not to deliver, and
each has its own word in the log."""
import datetime
import itertools
import ssl
from typing import Optional

import pytest

from world import script, web
from world.daemon import Daemon
from world.mailworld import MailWorld, policy_text
from world.script import ScriptedHost
from world.socketmap import query

DAY = datetime.timedelta(days=1)
LAST = 250  # of 127.0.2.x: nobody listens there
addresses = itertools.count(1)
BODY = policy_text("enforce", ["mx.faults.test"], 86400).encode()
CHUNKED = script.headers("Transfer-Encoding: chunked")


def assert_reason(world: MailWorld, daemon: Daemon, domain: str,
                  reason: str) -> dict[str, str]:
    assert query(domain) == "NOTFOUND "
    line = daemon.resolved(domain)
    assert line["reason"] == reason, line
    return line


def next_address() -> str:
    return f"127.0.2.{next(addresses)}"


def context_of(world: MailWorld, domain: str, **wrong: object
               ) -> ssl.SSLContext:
    return world.authority.context(f"mta-sts.{domain}", **wrong)


@pytest.mark.parametrize("what, address, reason", [
    ("redirect", web.REDIRECT, "redirect"),
    ("html", web.HTML, "media-type"),
    ("no-type", web.NO_TYPE, "media-type"),
    ("gzip", web.GZIP, "encoding"),
    ("old-tls", web.OLD_TLS, "tls-version"),
    ("error", web.ERROR, "http-status"),
    ("unauthorized", web.UNAUTHORIZED, "http-status"),
    ("refused", f"127.0.2.{LAST}", "connect"),
])
def test_nginx(world: MailWorld, daemon: Daemon, what: str, address: str,
               reason: str) -> None:
    domain = f"{what}.faults.test"
    world.publish(domain, address=address)
    assert_reason(world, daemon, domain, reason)


def test_no_file(world: MailWorld, daemon: Daemon) -> None:
    world.publish("missing.faults.test")
    world.web.host("mta-sts.missing.faults.test", None)
    assert_reason(world, daemon, "missing.faults.test", "http-status")


def test_media_type_with_parameters_is_fine(
        world: MailWorld, daemon: Daemon) -> None:
    world.publish("parameters.faults.test", address=web.PARAMETERS)
    assert query("parameters.faults.test").startswith("OK secure ")


def test_no_address(world: MailWorld, daemon: Daemon) -> None:
    world.publish("homeless.faults.test")
    world.names.set("mta-sts.homeless.faults.test", "A")
    world.names.sync()
    assert_reason(world, daemon, "homeless.faults.test", "dns")


def test_refused_address(world: MailWorld, idle: Daemon) -> None:
    """A policy host in a private network is not asked, unless allowed."""
    del idle.settings["allow_networks"]
    idle.start()
    domain = "private.faults.test"
    world.publish(domain)
    assert_reason(world, idle, domain, "refused-address")
    assert world.web.requests(f"mta-sts.{domain}") == 0


@pytest.mark.parametrize("what, names, wrong, reason", [
    ("expired", None, {"begins": -9 * DAY, "ends": -1 * DAY}, "tls-expired"),
    ("future", None, {"begins": 1 * DAY}, "tls-expired"),
    ("other-name", ["mta-sts.other.test"], {}, "tls-name"),
    ("domain-name", ["domain-name.faults.test"], {}, "tls-name"),
    ("partial", ["mta-*.partial.faults.test"], {}, "tls-name"),
    ("cn-only", [], {"common_name": "mta-sts.cn-only.faults.test"},
     "tls-name"),
    ("self-signed", None, {"issuer": "self"}, "tls-chain"),
    ("unknown-ca", None, {"issuer": "stranger"}, "tls-chain"),
    ("no-chain", None, {"has_chain": False}, "tls-chain"),
])
def test_certificates(world: MailWorld, daemon: Daemon, what: str,
                      names: Optional[list[str]], wrong: dict[str, object],
                      reason: str) -> None:
    """RFC 8461 section 3.3: DNS-ID, known root, not expired."""
    domain = f"{what}.faults.test"
    if names is None:
        names = [f"mta-sts.{domain}"]
    address = next_address()
    world.publish(domain, address=address)
    context = world.authority.context(*names, **wrong)
    with ScriptedHost(address, script.answers(BODY), context):
        assert_reason(world, daemon, domain, reason)


def test_wildcard_certificate_is_fine(
        world: MailWorld, daemon: Daemon) -> None:
    address = next_address()
    world.publish("star.faults.test", address=address)
    context = world.authority.context("*.star.faults.test")
    with ScriptedHost(address, script.answers(BODY), context):
        assert query("star.faults.test").startswith("OK secure ")


@pytest.mark.parametrize("what, handler, reason", [
    ("cut-off", script.says(
        script.headers("Content-Length: 500") + BODY), "truncated"),
    ("cut-chunk", script.says(
        CHUNKED + b"%x\r\n" % len(BODY) + BODY + b"\r\n"), "truncated"),
    ("no-notify", script.says(
        script.headers("Connection: close") + BODY, is_clean=False),
     "truncated"),
    ("huge", script.answers(b"x" * 65537), "too-large"),
    ("endless", script.floods(script.headers(), b"x: y\r\n" * 500),
     "too-large"),
    ("endless-chunks", script.floods(
        CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), "too-large"),
    ("many-headers", script.floods(
        b"HTTP/1.1 200 OK\r\n", b"X-Junk: " + b"y" * 500 + b"\r\n"),
     "header-flood"),
    ("one-header", script.floods(
        b"HTTP/1.1 200 OK\r\nX-Junk: ", b"y" * 4096), "header-flood"),
    ("endless-103", script.floods(
        b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
     "header-flood"),
    ("two-types", script.answers(BODY, "Content-Type: text/html"),
     "media-type"),
    ("reset", script.resets, "reset"),
    ("empty", script.answers(b""), "syntax"),
    ("no-content", script.says(
        script.headers("Content-Length: 0", status="204 No Content")),
     "http-status"),
])
def test_scripted(world: MailWorld, daemon: Daemon, what: str,
                  handler: script.Handler, reason: str) -> None:
    domain = f"{what}.faults.test"
    address = next_address()
    world.publish(domain, address=address)
    with ScriptedHost(address, handler, context_of(world, domain)):
        assert_reason(world, daemon, domain, reason)


def test_closed_with_notify_is_whole(
        world: MailWorld, daemon: Daemon) -> None:
    domain = "clean.faults.test"
    address = next_address()
    world.publish(domain, address=address)
    handler = script.says(script.headers("Connection: close") + BODY)
    with ScriptedHost(address, handler, context_of(world, domain)):
        assert query(domain).startswith("OK secure ")


@pytest.mark.parametrize("what, handler", [
    ("hang", script.hangs),
    ("slow", script.trickles(script.headers(), b"v", 0.1)),
])
def test_too_slow(world: MailWorld, idle: Daemon, what: str,
                  handler: script.Handler) -> None:
    domain = f"{what}.faults.test"
    address = next_address()
    world.publish(domain, address=address)
    idle.start(fetch_timeout="2", fetch_connect_timeout="1",
               query_timeout="20")
    with ScriptedHost(address, handler, context_of(world, domain)):
        assert_reason(world, idle, domain, "timeout")


def test_hangs_before_tls(world: MailWorld, idle: Daemon) -> None:
    domain = "mute.faults.test"
    address = next_address()
    world.publish(domain, address=address)
    idle.start(fetch_connect_timeout="1", query_timeout="20")
    with ScriptedHost(address, script.hangs):
        assert_reason(world, idle, domain, "timeout")


def test_slow_host_outlives_the_query(
        world: MailWorld, idle: Daemon) -> None:
    """The query is answered at query_timeout; the fetch goes on and covers
    the next message."""
    domain = "late.faults.test"
    address = next_address()
    world.publish(domain, address=address)
    idle.start(query_timeout="1")

    def handler(connection: script.Connection, ending: object) -> None:
        script.read_request(connection)
        idle.log.wait_for(f"^deadline: {domain}: ")
        connection.sendall(script.headers(
            f"Content-Length: {len(BODY)}") + BODY)

    with ScriptedHost(address, handler, context_of(world, domain)):
        start = idle.log.mark()
        assert query(domain) == "NOTFOUND "
        idle.log.wait_for(f"domain={domain} .*reason=ok", start)
        assert query(domain).startswith("OK secure ")


def test_not_tls_at_all(world: MailWorld, daemon: Daemon) -> None:
    domain = "clear-text.faults.test"
    address = next_address()
    world.publish(domain, address=address)

    def handler(connection: script.Connection, _ending: object) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with ScriptedHost(address, handler):
        assert_reason(world, daemon, domain, "tls-handshake")


@pytest.mark.parametrize("what, text, line", [
    ("no-version", "mode: enforce\nmx: a.test\nmax_age: 86400\n", None),
    ("no-mx", "version: STSv1\nmode: enforce\nmax_age: 86400\n", None),
    ("bad-mx", "version: STSv1\nmode: enforce\nmx: a.test.\n"
               "max_age: 86400\n", 3),
    ("injection", "version: STSv1\nmode: enforce\n"
                  "mx: a.test servername=evil.test\nmax_age: 86400\n", 3),
    ("html-body", "<html>\n", 1),
    ("only-address", "version: STSv1\nmode: enforce\nmx: 192.0.2.1\n"
                     "max_age: 86400\n", None),
])
def test_syntax(world: MailWorld, daemon: Daemon, what: str, text: str,
                line: Optional[int]) -> None:
    domain = f"{what}.faults.test"
    world.publish(domain, text=text)
    fields = assert_reason(world, daemon, domain, "syntax")
    if line is not None:
        assert f"line {line}" in fields["detail"], fields


def test_failed_host_is_left_alone(world: MailWorld, daemon: Daemon) -> None:
    """RFC 8461 section 3.3: at least 5 minutes until the next try."""
    domain = "patience.faults.test"
    world.publish(domain)
    world.web.host(f"mta-sts.{domain}", None)
    for _ in range(20):
        assert query(domain) == "NOTFOUND "
    assert world.web.requests(f"mta-sts.{domain}") == 1


def test_twenty_queries_to_a_dead_host(
        world: MailWorld, idle: Daemon) -> None:
    """They share one deadline and one fetch."""
    domain = "dead.faults.test"
    address = next_address()
    world.publish(domain, address=address)
    idle.start(query_timeout="1")
    with ScriptedHost(address, script.hangs,
                      context_of(world, domain)) as host:
        for _ in range(20):
            assert query(domain) == "NOTFOUND "
        assert host.connections == 1
