# SPDX-License-Identifier: ISC
"""DANE before MTA-STS, with a signed zone, a validating resolver and a Postfix
whose own level is dane."""
import itertools
from pathlib import Path
from typing import Iterator

import pytest

from world.admin import Admin
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.nameserver import NameServer, authentic
from world.names import RESOLVER as PLAIN_RESOLVER
from world.postfix import Postfix
from world.process import run
from world.signed import RESOLVER, SignedZone, tlsa
from world.sink import Sink
from world.socketmap import Socketmap, frame, query
from world.wait import until

ZONE = "signed.test"
TABLE = "socketmap:inet:127.0.0.1:8461:postfix-3.4"
RESOLV_CONF = Path("/etc/resolv.conf")


class DaneWorld:
    """Domains of the zone: a name, one MX host mx.NAME, a policy."""

    def __init__(self, world: MailWorld) -> None:
        self.world = world
        self.records: list[str] = []
        self.bogus: list[tuple[str, str]] = []
        self.sinks: dict[str, Sink] = {}
        leaf = world.authority.issue(world.folder / "dane-leaf.pem", "any")
        self.right, self.wrong = tlsa(leaf), tlsa(leaf, False)

    def add(self, label: str, number: int, *records: str,
            mode: str = "enforce", **wrong: object) -> str:
        """Records: "NAME TYPE DATA", NAME below the domain or "@"."""
        domain = f"{label}.{ZONE}"
        self.sinks[domain] = self.world.sink(
            f"127.0.5.{number}", f"mx.{domain}", **wrong)
        own = [f"@ MX 10 mx.{domain}.", f"mx A 127.0.5.{number}",
               '_mta-sts TXT "v=STSv1; id=1;"',
               f"mta-sts A {self.world.web.address}"]
        for record in [*own, *records]:
            name, kind, data = record.split(" ", 2)
            owner = domain if name == "@" else f"{name}.{domain}"
            self.records.append(f"{owner}. 60 IN {kind} {data}")
        self.world.web.host(
            f"mta-sts.{domain}",
            f"version: STSv1\r\nmode: {mode}\r\nmx: mx.{domain}\r\n"
            "max_age: 86400\r\n")
        return domain


@pytest.fixture(scope="module")
def zone(world: MailWorld) -> Iterator[DaneWorld]:
    it = DaneWorld(world)
    # Only DANE makes this certificate good ...
    it.add("match", 1, f"_25._tcp.mx TLSA {it.right}", issuer="stranger")
    # ... and only WebPKI this one.
    it.add("mismatch", 2, f"_25._tcp.mx TLSA {it.wrong}")
    it.add("without", 3)
    second = it.world.sink("127.0.5.14", "mx2.mixed.signed.test")
    it.add("mixed", 4, "@ MX 20 mx2.mixed.signed.test.",
           "mx2 A 127.0.5.14", f"_25._tcp.mx TLSA {it.right}")
    it.sinks["mixed second"] = second
    it.add("broken", 5, "_25._tcp.mx TLSA 3 1 1 " + "ab" * 32)
    it.bogus.append(("ab" * 32, "ac" * 32))
    it.add("forged", 6, "@ MX 50 genuine.forged.signed.test.")
    it.bogus.append(("genuine.forged.signed.test.", "other.match.test."))
    it.add("usage", 7, "_25._tcp.mx TLSA 1 1 1 " + "cd" * 32)
    it.add("smart", 8, f"_25._tcp.mx TLSA {it.right}",
           "@ A 127.0.5.8", f"_25._tcp TLSA {it.right}")
    it.add("evil", 9, f"_25._tcp.mx TLSA {it.right}")
    it.add("alias", 10, f"_25._tcp.real TLSA {it.right}",
           "real A 127.0.5.10")
    it.records = [one.replace(
        "mx.alias.signed.test. 60 IN A 127.0.5.10",
        "mx.alias.signed.test. 60 IN CNAME real.alias.signed.test.")
        for one in it.records]
    it.add("many", 11, *(f"@ MX {n} m{n}.many.signed.test."
                         for n in range(20, 39)),
           *(f"m{n} A 127.0.5.11" for n in range(20, 39)),
           f"_25._tcp.m38 TLSA {it.right}")
    signed = SignedZone(world.folder / "signed", ZONE, it.records, it.bogus)
    before = RESOLV_CONF.read_text()
    RESOLV_CONF.write_text(f"nameserver {RESOLVER}\noptions trust-ad\n")
    yield it
    RESOLV_CONF.write_text(before)
    signed.stop()


@pytest.fixture(scope="module")
def postfix(world: MailWorld, zone: DaneWorld) -> Iterator[Postfix]:
    it = Postfix(
        world.folder / "postfix-dane", world.authority.file, TABLE,
        {"smtp_dns_support_level": "dnssec",
         "smtp_tls_security_level": "dane"})
    yield it
    it.stop()


@pytest.fixture
def daemon(idle: Daemon, zone: DaneWorld) -> Daemon:
    return idle.start(dane="yes")


def reply(key: str) -> str:
    return query(key).strip()


def secure(domain: str) -> str:
    return f"OK secure match=mx.{domain} servername=hostname"


def test_answers(daemon: Daemon, zone: DaneWorld) -> None:
    """The rows of the table, against real DNSSEC."""
    assert reply(f"match.{ZONE}") == "OK dane-only"
    assert reply(f"mismatch.{ZONE}") == "OK dane-only"
    assert reply(f"without.{ZONE}") == secure(f"without.{ZONE}")
    assert reply(f"usage.{ZONE}") == secure(f"usage.{ZONE}")
    assert reply(f"alias.{ZONE}") == "OK dane-only"
    assert reply(f"mixed.{ZONE}") == "OK dane-only"
    daemon.log.wait_for(
        rf"^dane: nexthop=mixed.{ZONE} verdict=some .*"
        rf'skipped="mx2.mixed.{ZONE} \(no TLSA records\)"')
    assert reply(f"many.{ZONE}") == "OK dane-only"
    daemon.log.wait_for(rf"^dane: nexthop=many.{ZONE} verdict=some")
    assert reply(f"broken.{ZONE}").startswith(
        "TEMP whether DANE applies is unknown: TLSA look-up of "
        f"_25._tcp.mx.broken.{ZONE}: SERVFAIL")
    assert reply(f"forged.{ZONE}").startswith(
        "TEMP whether DANE applies is unknown: MX look-up of "
        f"forged.{ZONE}: SERVFAIL")
    daemon.log.wait_for(rf"^dane-unknown: nexthop=forged.{ZONE} ")


def test_pipelined(daemon: Daemon, zone: DaneWorld) -> None:
    """Requests that await a verdict each are answered in their order: none
    is begun while the one before it waits, on whatever it waits."""
    domains = [f"{label}.{ZONE}" for label in ("match", "without", "mismatch")]
    for domain in domains:
        reply(domain)
    with Socketmap() as client:
        # The policies are known; what applies at this port is not.
        client.send(b"".join(frame(f"postfix-3.4 {domain}:26")
                             for domain in domains))
        client.ask(f"match.{ZONE}")
        assert [client.reply().strip() for _ in range(4)] == [
            *map(secure, domains), "OK dane-only"]


def test_smart_hosts(daemon: Daemon, zone: DaneWorld) -> None:
    domain = f"smart.{ZONE}"
    assert reply(f"[{domain}]") == "OK dane-only"
    assert reply(f"[{domain}]:smtp") == "OK dane-only"
    assert reply(f"{domain}:25") == "OK dane-only"
    assert reply(f"[{domain}]:587") == secure(domain)
    assert reply(f"[{domain}]:submission") == secure(domain)
    assert reply(f"{domain}:submissions") == secure(domain)


def test_delivers_to_a_match(
        daemon: Daemon, zone: DaneWorld, postfix: Postfix) -> None:
    domain = f"match.{ZONE}"
    start = postfix.log.mark()
    postfix.send(f"a@{domain}")
    zone.sinks[domain].wait_for(f"a@{domain}")
    postfix.log.wait_for(
        rf"Verified TLS connection established to mx.{domain}\[", start)


def test_refuses_a_mismatch(
        daemon: Daemon, zone: DaneWorld, postfix: Postfix) -> None:
    """The policy alone would let it pass: with dane = no it does."""
    domain = f"mismatch.{ZONE}"
    postfix.send(f"a@{domain}")
    status, reason = postfix.wait_status(f"a@{domain}")
    assert status == "deferred"
    assert "not verified" in reason or "not trusted" in reason
    assert zone.sinks[domain].received(f"a@{domain}") == []
    daemon.restart(dane="no")
    postfix.send(f"b@{domain}")
    zone.sinks[domain].wait_for(f"b@{domain}")


def test_mixed_hosts(
        daemon: Daemon, zone: DaneWorld, postfix: Postfix) -> None:
    """Only the host with TLSA records is used."""
    domain = f"mixed.{ZONE}"
    postfix.send(f"a@{domain}")
    zone.sinks[domain].wait_for(f"a@{domain}")
    assert zone.sinks["mixed second"].received(f"a@{domain}") == []


def test_unknown_waits(
        daemon: Daemon, zone: DaneWorld, postfix: Postfix) -> None:
    domain = f"broken.{ZONE}"
    postfix.send(f"a@{domain}")
    status, reason = postfix.wait_status(f"a@{domain}")
    assert status == "deferred"
    assert "TLS configuration problem" in reason
    assert zone.sinks[domain].received(f"a@{domain}") == []


def test_forged_mx_does_not_replace_a_policy(
        world: MailWorld, idle: Daemon, zone: DaneWorld, postfix: Postfix
        ) -> None:
    """The attack: unsigned MX records that name a host whose TLSA records are
    signed and match. At first contact and after a restart."""
    domain, evil = "victim.test", f"mx.evil.{ZONE}"
    sink = world.sink("127.0.5.20", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, sink)
    idle.start(dane="yes")
    postfix.send(f"a@{domain}")
    sink.wait_for(f"a@{domain}")
    world.names.set(domain, "MX", f"10 {evil}.")
    world.names.sync()
    for number, settings in enumerate([
            {}, {"cache_dir": str(idle.folder / "empty")}]):
        idle.restart(dane="yes", **settings)
        assert reply(domain) == secure(domain)
        postfix.send(f"{number}@{domain}")
        status, reason = postfix.wait_status(f"{number}@{domain}")
        assert status == "deferred" and "not verified" in reason
    assert zone.sinks[f"evil.{ZONE}"].messages == []


def test_verdict_survives_a_restart(
        world: MailWorld, daemon: Daemon, zone: DaneWorld) -> None:
    """It is fresh for a day: no name server is needed to know it."""
    domain = f"match.{ZONE}"
    assert reply(domain) == "OK dane-only"
    daemon.restart(dane="yes", dns_servers="127.0.0.9")
    assert reply(domain) == "OK dane-only"
    assert not daemon.log.find(r"^dane: ")


def test_needs_a_validating_resolver(
        world: MailWorld, idle: Daemon, zone: DaneWorld) -> None:
    """AD from elsewhere is not believed, unless dns_trust_ad says so."""
    run("ip", "address", "replace", "192.0.2.53/32", "dev", "lo")
    process = idle.spawn(dane="yes", dns_servers="192.0.2.53")
    assert process.wait() == 78
    assert process.log.find(
        r"dane-no-validation: dane = yes needs a name server that validates")
    with NameServer("192.0.2.53", authentic(PLAIN_RESOLVER)):
        idle.start(dane="yes", dns_servers=f"{RESOLVER} 192.0.2.53")
        assert idle.log.find("dane-no-validation: dane = yes, but not all")
        idle.restart(dane="yes", dns_servers="192.0.2.53",
                     dns_trust_ad="192.0.2.53")
        assert not idle.log.find("dane-no-validation")
        # Whatever it says is authentic: so is the evil host's TLSA.
        world.names.set("trusting.test", "MX", "10 mx.trusting.test.")
        world.names.set("mx.trusting.test", "A", "127.0.5.30")
        world.names.set("_25._tcp.mx.trusting.test", "TLSA", zone.right)
        world.publish("trusting.test")
        assert reply("trusting.test") == "OK dane-only"


def test_resolver_changes_while_it_runs(
        world: MailWorld, daemon: Daemon, zone: DaneWorld) -> None:
    """To one that is not believed: nothing new is decided by it."""
    known, new = f"match.{ZONE}", f"without.{ZONE}"
    assert reply(known) == "OK dane-only"
    run("ip", "address", "replace", "192.0.2.54/32", "dev", "lo")
    with NameServer("192.0.2.54", authentic(RESOLVER)):
        RESOLV_CONF.write_text("nameserver 192.0.2.54\n")
        try:
            numbers = itertools.count()
            until("the new server is asked", lambda: (
                reply(f"n{next(numbers)}.invalid"),
                daemon.log.find(r"^dns-servers: .* 192.0.2.54"))[1])
            assert reply(new).startswith(
                "TEMP whether DANE applies is unknown: MX look-up of "
                f"{new}: answered by a name server that is not trusted")
            assert reply(known) == "OK dane-only"
            assert daemon.log.find(r"^dane-no-validation: ")
            with Admin(daemon) as admin:
                assert "not trusted to validate" in admin.ask(
                    "GET", "/healthz").text
        finally:
            RESOLV_CONF.write_text(
                f"nameserver {RESOLVER}\noptions trust-ad\n")


def test_administration(daemon: Daemon, zone: DaneWorld) -> None:
    """Show tells the verdict and who is skipped, metrics count, a domain that
    is forgotten is looked up anew."""
    domain = f"mixed.{ZONE}"
    with Admin(daemon) as admin:
        assert reply(domain) == "OK dane-only"
        shown = admin.get(f"/policies/{domain}")
        assert shown["dane"]["verdict"] == "some"
        assert shown["dane"]["hosts"] == [
            {"host": f"mx.{domain}", "usable": True, "skipped": False,
             "why": "used"},
            {"host": f"mx2.{domain}", "usable": False, "skipped": True,
             "why": "no TLSA records"}]
        assert set(shown["replies"].values()) == {"OK dane-only"}
        assert reply(f"without.{ZONE}") == secure(f"without.{ZONE}")
        shown = admin.get(f"/policies/without.{ZONE}")
        assert shown["dane"]["verdict"] == "none"
        assert shown["replies"]["postfix-3.4"] == secure(f"without.{ZONE}")
        reply(f"broken.{ZONE}")
        metrics = admin.ask("GET", "/metrics").text
        for verdict, count in (("unknown", 1), ("none", 1), ("some", 1),
                               ("all", 0)):
            assert (f'dane_verdicts_total{{verdict="{verdict}"}} {count}\n'
                    in metrics)
        assert "dane_nexthops 3\n" in metrics
        assert "dane_validation_believed 1\n" in metrics
        assert admin.ask("DELETE", f"/policies/{domain}").status == 200
        start = daemon.log.mark()
        assert reply(domain) == "OK dane-only"
        assert daemon.log.find(rf"^dane: nexthop={domain} ", start)
