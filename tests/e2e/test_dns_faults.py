# SPDX-License-Identifier: ISC
"""Name servers that fail: one domain's fault is that domain's, only our own
blindness is everybody's."""
import itertools
from pathlib import Path
from typing import Iterator, Optional

import pytest

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.nameserver import (
    A, NXDOMAIN, REFUSED, TRUNCATED, TXT, NameServer, Question, Script, fails,
    is_silent)
from world.socketmap import query
from world.wait import until

ONE, TWO = "127.0.4.1", "127.0.4.2"
RESOLV_CONF = Path("/etc/resolv.conf")


def healthy(world: MailWorld) -> Script:
    """A script for domains with a policy at the world's nginx."""
    def script(question: Question) -> Optional[bytes]:
        if question.type == TXT and question.name.startswith("_mta-sts."):
            return question.txt("v=STSv1; id=1;")
        if question.type == A and question.name.startswith("mta-sts."):
            return question.address(world.web.address)
        return question.answer()
    return script


@pytest.fixture
def resolv_conf() -> Iterator[Path]:
    text = RESOLV_CONF.read_text()
    yield RESOLV_CONF
    RESOLV_CONF.write_text(text)


def test_truncated_udp_goes_to_tcp(world: MailWorld, idle: Daemon) -> None:
    domain = "tcp.dns.test"
    world.publish(domain)
    whole = healthy(world)

    def script(question: Question) -> Optional[bytes]:
        if not question.is_tcp:
            return question.answer(flags=TRUNCATED)
        return whole(question)

    with NameServer(ONE, script) as server:
        idle.start(dns_servers=ONE)
        assert query(domain).startswith("OK secure ")
        assert any(one.is_tcp and one.type == TXT for one in server.queries)


def test_large_txt_set(world: MailWorld, daemon: Daemon) -> None:
    """unbound truncates what 1232 bytes do not hold."""
    domain = "large.dns.test"
    world.publish(domain)
    world.names.txt(f"_mta-sts.{domain}", "v=STSv1; id=1;",
                    *(f"junk {n} " + "x" * 240 for n in range(10)))
    world.names.sync()
    assert query(domain).startswith("OK secure ")


@pytest.mark.parametrize("what, script", [
    ("fails", fails), ("silent", is_silent)])
def test_lame_delegation_is_one_domains_fault(
        world: MailWorld, idle: Daemon, what: str, script: Script) -> None:
    """unbound says SERVFAIL at once, or nothing for a long time."""
    domain = f"lame-{what}.dns.test"
    world.names.delegate(domain, ONE)
    world.publish("beside.dns.test")
    idle.start(dns_deadline="2", query_timeout="20")
    assert query("beside.dns.test").startswith("OK secure ")
    with NameServer(ONE, script):
        assert query(domain) == "NOTFOUND "
    assert idle.resolved(domain)["reason"] == "txt-lookup"


@pytest.mark.parametrize("what, script", [
    ("fails", fails), ("silent", is_silent)])
def test_lame_policy_host(
        world: MailWorld, idle: Daemon, what: str, script: Script) -> None:
    domain = f"half-{what}.dns.test"
    world.publish(domain)
    world.names.delegate(f"mta-sts.{domain}", ONE)
    world.names.sync()
    idle.start(dns_deadline="2", query_timeout="20")
    with NameServer(ONE, script):
        assert query(domain) == "NOTFOUND "
    assert idle.resolved(domain)["reason"] == "dns"


@pytest.mark.parametrize("kind", ["silent", "refused"])
def test_no_name_server_answers(
        world: MailWorld, idle: Daemon, kind: str) -> None:
    """Then nobody can say that there is no policy: TEMP."""
    domain = f"{kind}.dns.test"
    world.publish(domain)
    idle.start(dns_servers=ONE, dns_deadline="1", query_timeout="3")
    server = NameServer(ONE, is_silent) if kind == "silent" else None
    try:
        assert query(domain) == "TEMP no name server answers"
    finally:
        if server:
            server.stop()
    with NameServer(ONE, healthy(world)):
        until("it is asked again",
              lambda: query(domain).startswith("OK secure "))


@pytest.mark.parametrize("kind", ["dead", "silent", "servfail", "refused"])
def test_second_server_is_asked(
        world: MailWorld, idle: Daemon, kind: str) -> None:
    domain = f"second-{kind}.dns.test"
    world.publish(domain)
    bad = {
        "silent": is_silent,
        "servfail": fails,
        "refused": lambda question: question.answer(rcode=REFUSED),
    }
    first = NameServer(ONE, bad[kind]) if kind in bad else None
    with NameServer(TWO, healthy(world)):
        idle.start(dns_servers=f"{ONE} {TWO}", query_timeout="20")
        assert query(domain).startswith("OK secure ")
    if first:
        assert first.queries
        first.stop()


def test_resolv_conf_is_followed(
        world: MailWorld, idle: Daemon, resolv_conf: Path) -> None:
    domain = "moved.dns.test"
    world.publish(domain)
    with NameServer(ONE, lambda question: question.answer(
            rcode=NXDOMAIN)) as first, NameServer(
            TWO, healthy(world)) as second:
        resolv_conf.write_text(f"nameserver {ONE}\n")
        idle.start()
        assert query("before.dns.test") == "NOTFOUND "
        assert first.queries
        assert not second.queries
        # as most tools do it: a new file under the old name
        fresh = resolv_conf.with_suffix(".new")
        fresh.write_text(f"nameserver {TWO}\n")
        fresh.rename(resolv_conf)
        numbers = itertools.count()
        until("the new server is asked", lambda: query(
            f"try{next(numbers)}.dns.test") and second.queries)
        assert query(domain).startswith("OK secure ")
        assert second.queries


def test_dead_name_server_then_back(
        world: MailWorld, daemon: Daemon) -> None:
    """The resolver is restarted under us; what is known is answered."""
    world.publish("known.dns.test")
    world.publish("unknown.dns.test")
    assert query("known.dns.test").startswith("OK secure ")
    world.names.stop_resolver()
    try:
        assert query("known.dns.test").startswith("OK secure ")
    finally:
        world.names.start_resolver()
    assert query("unknown.dns.test").startswith("OK secure ")


@pytest.mark.parametrize("what, texts, reason", [
    ("absent", [], "no-record"),
    ("unrelated", ["v=spf1 -all"], "no-record"),
    ("several", ["v=STSv1; id=1;", "v=STSv1; id=2;"], "several-records"),
    ("malformed", ["v=STSv1; id=not ok;"], "malformed-record"),
    ("no-id", ["v=STSv1; x=1;"], "malformed-record"),
])
def test_records_that_do_not_count(
        world: MailWorld, daemon: Daemon, what: str, texts: list[str],
        reason: str) -> None:
    """RFC 8461 section 3.1."""
    domain = f"{what}.dns.test"
    world.publish(domain)
    world.names.txt(f"_mta-sts.{domain}", *texts)
    world.names.sync()
    assert query(domain) == "NOTFOUND "
    assert daemon.resolved(domain)["reason"] == reason
    assert world.web.requests(f"mta-sts.{domain}") == 0


def test_unrelated_records_do_not_hide_ours(
        world: MailWorld, daemon: Daemon) -> None:
    domain = "crowded.dns.test"
    world.publish(domain)
    world.names.txt(f"_mta-sts.{domain}", "v=spf1 -all", "v=STSv1; id=1;",
                    "v=STSv12; id=2;")
    world.names.sync()
    assert query(domain).startswith("OK secure ")


def test_delegated_by_cname(world: MailWorld, daemon: Daemon) -> None:
    """RFC 8461 section 8.2: both names may be aliases."""
    domain = "customer.dns.test"
    world.publish(domain)
    address = world.web.address
    world.names.txt("_mta-sts.provider.dns.test", "v=STSv1; id=1;")
    world.names.set("hosting.dns.test", "A", address)
    for name in (f"_mta-sts.{domain}", f"mta-sts.{domain}"):
        world.names.set(name, "TXT")
        world.names.set(name, "A")
    world.names.set(f"_mta-sts.{domain}", "CNAME",
                    "_mta-sts.provider.dns.test.")
    world.names.set(f"mta-sts.{domain}", "CNAME", "hosting.dns.test.")
    world.names.sync()
    assert query(domain).startswith("OK secure ")
