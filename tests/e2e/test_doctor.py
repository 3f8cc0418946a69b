# SPDX-License-Identifier: ISC
"""postfix-mta-sts-ctl doctor before real configurations of Postfix, right and
broken. A golden report for each; GOLDEN=write renews them."""
import os
import re
import shutil
import socketserver
import threading
from pathlib import Path
from typing import Callable, Iterator, Optional

import pytest

from world import golden
from world.daemon import Daemon
from world.doctorworld import PROBED, Host, fake_postconf
from world.mailworld import MailWorld, policy_text
from world.signed import RESOLVER, SignedZone
from world.socketmap import query

FOLDER = golden.FOLDER.parent / "doctor"
MAP = "smtp_tls_policy_maps"
RELAY = "relay.doctor.test"
ADMIN = "unix:/run/doctor-admin.sock"


@pytest.fixture(scope="module")
def daemon(world: MailWorld) -> Iterator[Daemon]:
    """One for all, as a test leaves it as it was."""
    world.publish(PROBED)
    with world.daemon("doctor") as it:
        cache = Path(it.settings["cache_dir"])
        cache.mkdir(0o750)
        it.settings["admin_listen"] = ADMIN
        yield it.start()


@pytest.fixture
def host(world: MailWorld, daemon: Daemon) -> Iterator[Host]:
    settings = dict(daemon.settings)
    # the same for the daemon and for the one who looks after it
    yield Host(world.build, world.authority.file, settings)
    assert daemon.process is not None
    if daemon.settings != settings or daemon.process.status is not None:
        daemon.settings = settings
        daemon.restart()


def check(host: Host, name: str) -> None:
    host.write()
    text = host.golden(host.doctor())
    assert all(len(line) <= 80 for line in text.splitlines()
               if not line.startswith("      "))
    golden.compare(f"{name}.txt", text, FOLDER)


def no_map(host: Host) -> None:
    host.main[MAP] = "inline:{ {internal.test = may} }"


def name_new(host: Host) -> None:
    host.main[MAP] = "socketmap:inet:127.0.0.1:8461:postfix-3.10"


def wrong_port(host: Host) -> None:
    host.main[MAP] = "socketmap:inet:127.0.0.1:8462:postfix-3.4"


def no_ca(host: Host) -> None:
    host.main["smtp_tls_CAfile"] = ""


def ca_gone(host: Host) -> None:
    host.main["smtp_tls_CAfile"] = "/nonexistent/ca.pem"


def level_none(host: Host) -> None:
    host.main["smtp_tls_security_level"] = "none"


def dane_off(host: Host) -> None:
    host.main["smtp_tls_security_level"] = "dane"


def two_maps(host: Host) -> None:
    host.main[MAP] = ("socketmap:inet:127.0.0.1:8461:postfix-3.4,"
                      " socketmap:inet:127.0.0.1:8462:postfix-3.4")


def session_cache(host: Host) -> None:
    host.main["smtp_tls_session_cache_database"] = \
        "btree:${data_directory}/smtp_scache"


def own_options(host: Host) -> None:
    """main.cf is fine, the service of master.cf is not."""
    host.master = re.sub(
        r"^smtp unix .*$",
        r"\g<0> -o smtp_tls_policy_maps= -o smtp_tls_CAfile=/none\n"
        "out unix - - n - - smtp\n"
        "    -o smtp_tls_policy_maps=socketmap:inet:127.0.0.1:8461:QUERY\n"
        "    -o { smtp_tls_security_level = none }\n"
        "internal unix - - n - - smtp -o smtp_tls_policy_maps=",
        host.master, flags=re.M)


def proxied(host: Host) -> None:
    host.main[MAP] = "proxy:socketmap:inet:127.0.0.1:8461:postfix-3.4"


BROKEN: list[Callable[[Host], None]] = [
    no_map, name_new, wrong_port, no_ca, ca_gone, level_none, two_maps,
    session_cache, own_options, proxied]


def test_sound(host: Host) -> None:
    check(host, "sound")


@pytest.mark.parametrize("spoil", BROKEN, ids=lambda one: one.__name__)
def test_broken(host: Host, spoil: Callable[[Host], None]) -> None:
    spoil(host)
    check(host, spoil.__name__)
    # What it says to do does mend it.
    assert host.mend()
    assert host.codes() == []


def test_daemon_down(host: Host, daemon: Daemon) -> None:
    daemon.stop()
    check(host, "daemon_down")
    assert "daemon_down" in host.codes()


def test_daemon_of_another_program(host: Host, daemon: Daemon) -> None:
    """Its program was replaced since it started, as an upgrade does."""
    binary, original = host.folder / "postfix-mta-sts", daemon.binary
    shutil.copy(original, binary)
    daemon.binary = binary
    try:
        daemon.restart()
        assert host.codes() == []
        fresh = host.folder / "new"
        shutil.copy(original, fresh)
        fresh.rename(binary)
        assert host.codes() == ["daemon_replaced"]
    finally:
        daemon.binary = original
        daemon.restart()


def test_daemon_unhealthy(host: Host, daemon: Daemon, world: MailWorld
                          ) -> None:
    world.names.stop_resolver()
    try:
        assert query("unhealthy.test").startswith("TEMP ")
        assert host.codes("--no-probe") == ["daemon_unhealthy"]
    finally:
        world.names.start_resolver()
        daemon.restart()


def test_all_fetches_refused(host: Host, daemon: Daemon, world: MailWorld
                             ) -> None:
    """As where every address is one that no public host has."""
    daemon.settings["allow_networks"] = "192.0.2.0/24"
    daemon.restart()
    domains = [f"refused{number}.doctor.test" for number in range(5)]
    for domain in domains:
        world.names.txt(f"_mta-sts.{domain}", "v=STSv1; id=1;")
        world.names.set(f"mta-sts.{domain}", "A", world.web.address)
    world.names.sync()
    for domain in domains:
        assert host.codes("--no-probe") == []
        assert query(domain) == "NOTFOUND "
    assert host.codes("--no-probe") == ["fetch_refused"]


def test_no_postfix(host: Host) -> None:
    (host.postfix / "main.cf").unlink()
    said = host.doctor()
    golden.compare("no_postfix.txt", host.golden(said), FOLDER)


def test_bad_configuration(host: Host) -> None:
    host.settings["dane"] = "perhaps"
    check(host, "bad_configuration")


@pytest.mark.parametrize("version, name, codes", [
    ("2.10.1", "postfix-2.10", []),
    ("2.11.3", "postfix-2.10", ["wildcard_labels"]),
    ("3.3.0", "postfix-3.4", ["map_name_new", "wildcard_labels"]),
    ("3.5.25", "QUERY", ["wildcard_labels"]),
    ("3.9.1", "postfix-2.11", ["map_name_old"]),
    ("3.10.6", "postfix-3.4", ["map_name_old"]),
    ("3.12-20260821", "QUERYwithTLSRPT", []),
])
def test_versions(host: Host, version: str, name: str,
                  codes: list[str]) -> None:
    host.main[MAP] = f"socketmap:inet:127.0.0.1:8461:{name}"
    host.write()
    host.path = fake_postconf(host.folder / "fake", version)
    assert host.codes() == codes
    if codes:
        host.mend()
        assert host.codes() == []


def test_mx_patterns_of_a_new_postfix(host: Host) -> None:
    host.main[MAP] = "socketmap:inet:127.0.0.1:8461:postfix-3.10"
    host.write()
    host.path = fake_postconf(host.folder / "fake", "3.10.6",
                              smtp_tls_enforce_sts_mx_patterns="no")
    assert host.codes() == ["mx_patterns"]


def test_dane_off(host: Host, daemon: Daemon) -> None:
    dane_off(host)
    check(host, "dane_off")
    # But for a name server that validates, which no command makes here.
    host.mend()
    daemon.settings["dane"] = "yes"
    daemon.restart()
    assert host.codes() == ["dane_resolver"]


def test_dane_fine(host: Host, daemon: Daemon, world: MailWorld) -> None:
    """A name server that validates, and a Postfix that asks it to."""
    domain = "probe.seen.test"
    world.web.host(f"mta-sts.{domain}", policy_text("enforce", ["x"], 86400))
    zone = SignedZone(world.folder / "signed-doctor", "seen.test", [
        f'_mta-sts.{domain}. 60 IN TXT "v=STSv1; id=1;"',
        f"mta-sts.{domain}. 60 IN A {world.web.address}"])
    try:
        host.settings.update(dane="yes", dns_servers=RESOLVER)
        daemon.settings.update(dane="yes", dns_servers=RESOLVER)
        daemon.restart()
        host.main.update({"smtp_tls_security_level": "dane",
                          "smtp_dns_support_level": "dnssec"})
        host.write()
        assert host.codes("--probe", domain) == []
        assert host.codes() == ["dane_resolver"]
    finally:
        zone.stop()


def test_dane(host: Host) -> None:
    """All that breaks dane-only at once."""
    host.main.update({
        "smtp_tls_security_level": "dane-only",
        "ignore_mx_lookup_error": "yes",
        "smtp_host_lookup": "native",
        "smtp_dns_resolver_options": "res_dnsrch"})
    check(host, "dane")
    assert host.codes() == [
        "dane_off", "dane_dns_support", "dane_mx_error", "dane_host_lookup",
        "dane_resolver_options", "dane_resolver"]


def listen(host: Host, daemon: Daemon, *addresses: str) -> None:
    host.settings["listen"] = daemon.settings["listen"] = " ".join(addresses)
    daemon.restart()


def jail(host: Host, mode: int = 0o755) -> Path:
    run_folder = host.queue / "run/postfix-mta-sts"
    run_folder.mkdir(parents=True)
    run_folder.chmod(mode)
    return run_folder / "socket"


def test_chroot(host: Host, daemon: Daemon) -> None:
    """The daemon listens outside, smtp(8) looks inside."""
    path = host.folder / "socket"
    listen(host, daemon, f"unix:{path}")
    host.master = host.master.replace("smtp unix - - n", "smtp unix - - y")
    host.main[MAP] = f"socketmap:unix:{path}:postfix-3.4"
    check(host, "chroot")
    host.mend()  # main.cf, and the daemon's own file
    inside = jail(host)
    listen(host, daemon, f"unix:{path}", f"unix:{inside}")
    assert host.codes() == []


def test_socket_rights(host: Host, daemon: Daemon) -> None:
    path = jail(host, 0o700)
    listen(host, daemon, f"unix:{path}")
    host.main[MAP] = "socketmap:unix:run/postfix-mta-sts/socket:postfix-3.4"
    check(host, "socket_rights")
    host.mend()
    assert host.codes() == []
    path.chmod(0o600)
    assert host.codes() == ["map_rights"]


class Hangup(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Whoever connects is told nothing."""


def test_stranger(host: Host) -> None:
    with socketserver.ThreadingTCPServer(
            ("127.0.0.1", 8462), Hangup) as server:
        threading.Thread(target=server.serve_forever).start()
        wrong_port(host)
        host.write()
        found = host.json()["findings"]
        server.shutdown()
    assert [one["code"] for one in found] == ["map_address"]
    assert "does not answer as a socketmap" in found[0]["message"]


def test_next_hops(host: Host, world: MailWorld) -> None:
    """Each place that can name one; only what a policy defers is told."""
    world.publish(RELAY, mx=["mx." + RELAY])
    world.publish("fine.doctor.test", mx=["*.fine.doctor.test"])
    world.publish("half.doctor.test", mx=["mx.half.doctor.test"])
    for domain, hosts in (("fine.doctor.test", ["mx.fine.doctor.test"]),
                          ("half.doctor.test", ["mx.half.doctor.test",
                                                "old.doctor.test"])):
        world.names.set(domain, "MX", *(f"10 {one}." for one in hosts))
    world.names.sync()
    transport = host.folder / "transport"
    transport.write_text("a.test smtp:half.doctor.test\n"
                         "b.test :fine.doctor.test\n"
                         "c.test local:\n"
                         f"d.test relay:[{RELAY}]\n")
    host.main.update({
        "relayhost": f"[{RELAY}]:587",
        "smtp_fallback_relay": "fine.doctor.test",
        "transport_maps":
            f"texthash:{transport}, regexp:{host.folder}/regexp"})
    (host.folder / "regexp").write_text("/x/ smtp:[y]\n")
    check(host, "next_hops")
    # An exception of the admin's own comes first.
    host.main[MAP] = f"inline:{{ {{[{RELAY}]:587 = may}}, " \
        f"{{[{RELAY}] = may}} }}, {host.main[MAP]}"
    host.write()
    assert [one["severity"] for one in host.json()["findings"]] == ["warning"]


def test_hosts_of_next_hops(host: Host, world: MailWorld) -> None:
    """What a policy asks of a host, it shows: TLS, a chain, a name."""
    sinks = {
        "good": world.sink("127.0.9.1", "good.hop.test"),
        "clear": world.sink("127.0.9.2"),
        "other": world.sink("127.0.9.3", "elsewhere.test")}
    for name, sink in sinks.items():
        world.publish(f"{name}.hop.test", mx=[f"{name}.hop.test"])
        world.names.set(f"{name}.hop.test", "A", sink.address)
    world.names.sync()
    host.main["smtp_fallback_relay"] = " ".join(
        f"[{name}.hop.test]" for name in sinks)
    check(host, "next_hop_hosts")
    assert host.codes() == ["nexthop_tls", "nexthop_tls"]
    assert host.codes("--no-probe") == []


def test_cache_rights(host: Host) -> None:
    cache = Path(host.settings["cache_dir"])
    cache.chmod(0o777)
    assert host.codes() == ["cache_rights"]
    host.mend()
    assert cache.stat().st_mode & 0o777 == 0o750
    assert host.codes() == []


def test_way_out(host: Host, world: MailWorld) -> None:
    """No name server; then a policy host that cannot be reached."""
    world.names.stop_resolver()
    try:
        found = host.json()["findings"]
    finally:
        world.names.start_resolver()
    assert [one["code"] for one in found] == ["dns"]
    assert found[0]["severity"] == "critical"
    host.settings["allow_networks"] = ""
    host.write()
    assert host.codes() == ["fetch_refused"]
    host.settings.update(allow_networks="127.0.0.0/8", policy_port="444")
    host.write()
    assert host.codes() == ["https"]
    assert host.codes("--no-probe") == []


@pytest.mark.parametrize("lacks", ["all", "nothing", "map"])
def test_main_cf(host: Host, lacks: str) -> None:
    if lacks == "all":
        for name in (MAP, "smtp_tls_security_level", "smtp_tls_CAfile",
                     "smtp_tls_loglevel"):
            del host.main[name]
    elif lacks == "map":
        host.main[MAP] = "hash:/etc/postfix/tls_policy"
    host.write()
    said = host.doctor("--main-cf")
    ca = "/etc/ssl/certs/ca-certificates.crt"
    wanted = {
        "all": ["smtp_tls_security_level = may", f"smtp_tls_CAfile = {ca}",
                "smtp_tls_loglevel = 1",
                f"{MAP} = socketmap:inet:127.0.0.1:8461:postfix-3.4"],
        "nothing": [],
        "map": [f"{MAP} = hash:/etc/postfix/tls_policy, "
                "socketmap:inet:127.0.0.1:8461:postfix-3.4"]}[lacks]
    lines = said.out.splitlines()
    assert [line for line in lines if line[0] != "#"] == wanted
    assert said.status == 0
    if lacks == "all":
        with (host.postfix / "main.cf").open("a") as main:
            main.write(said.out)
        host.main["smtp_tls_CAfile"] = ca
        assert not [code for code in host.codes() if code != "session_cache"]


def test_nothing_changes(host: Host) -> None:
    """It only reads: no file of the host is made or written."""
    def state() -> dict[Path, Optional[float]]:
        return {path: path.lstat().st_mtime
                for path in sorted(host.folder.rglob("*"))}
    two_maps(host)
    host.write()
    before = state()
    host.doctor()
    host.doctor("--main-cf")
    assert state() == before


def test_without_root(host: Host) -> None:
    """As nobody it says less, and nothing that is wrong."""
    host.user = 65534
    assert host.codes() == []


def test_usage(host: Host) -> None:
    said = host.doctor("--probe", "not a domain")
    assert said.status == 64 and "not a domain" in said.err
    said = host.doctor("--no-such")
    assert said.status == 64
