# SPDX-License-Identifier: ISC
"""Domains for the checker: each is right in everything but what its case
changes. They are published together, then all checked."""
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from world import mx
from world.mailworld import MailWorld, policy_text
from world.names import UNASKED, quoted
from world.nameserver import NameServer, authentic, fails, zone
from world.script import Handler, ScriptedHost
from world.web import PLAIN

MONTH_S = 30 * 86400
# What a good domain is told all the same.
USUAL = "ttl subdomains tls_rpt_reader"
OWN_SERVER = "127.0.0.8"
BAD_SERVER = "127.0.0.7"
AUTHENTIC = "127.0.0.6"
LIMIT_S = 100  # of a run; its own limit is 60


@dataclass(frozen=True)
class Case:
    """A domain NAME.test. `expect`: grade, score (or lowest-highest), verdict,
    status, priority, exit status. {d} is the domain in all texts."""
    name: str
    expect: str
    codes: str = ""  # of the findings, beside those of `usual`
    usual: str = USUAL
    txt: tuple[str, ...] = ("v=STSv1; id=1;",)
    cut: int = 255  # length of the strings of a TXT record
    policy: Optional[bytes] = None  # None: a good one of mode and max_age
    has_policy: bool = True
    served_too: str = ""  # a host that has the policy, too
    mode: str = "enforce"
    max_age: int = MONTH_S
    patterns: Optional[tuple[str, ...]] = None  # None: each MX host
    at: tuple[str, ...] = (PLAIN,)  # of the policy host
    handler: Optional[Handler] = None  # it serves, at an address of its own
    certificate: dict[str, Any] = field(default_factory=dict)
    certificate_names: tuple[str, ...] = ("mta-sts.{d}",)
    hosts: tuple[tuple[str, str], ...] = (
        ("mx1.{d}", mx.GOOD), ("mx2.{d}", mx.GOOD))
    tlsrpt: tuple[str, ...] = ("v=TLSRPTv1; rua=mailto:tls@{d}",)
    # more records: what comes before the domain, type, data ...
    more: tuple[tuple[str, ...], ...] = ()
    options: tuple[str, ...] = ()
    is_delegated: bool = False  # to two servers that give different records
    is_absent: bool = False  # no such name

    @property
    def domain(self) -> str:
        return f"{self.name}.test"


@dataclass(frozen=True)
class Ran:
    status: int
    out: bytes
    err: str


class CheckWorld:
    def __init__(self, world: MailWorld, cases: list[Case]) -> None:
        self.world = world
        self.cases = cases
        self.folder = world.folder / "check"
        self.folder.mkdir()
        self.mail = mx.MailHosts(world.authority)
        self.scripted: list[ScriptedHost] = []
        self.servers = [NameServer(BAD_SERVER, fails),
                        NameServer(AUTHENTIC, authentic("127.0.0.1"))]
        for case in cases:
            if not case.is_absent:
                self._publish(case)
        world.names.sync()

    def _records(self, case: Case) -> dict[tuple[str, str], tuple[str, ...]]:
        """By name and type, in the words of a zone file, TXT unquoted."""
        d = case.domain
        found: dict[tuple[str, str], tuple[str, ...]] = {}

        def put(name: str, kind: str, *data: str) -> None:
            if data:
                found[name.format(d=d).rstrip("."), kind] = tuple(
                    one.replace("{d}", d) for one in data)

        put("_mta-sts.{d}", "TXT", *case.txt)
        put("_smtp._tls.{d}", "TXT", *case.tlsrpt)
        put("mta-sts.{d}", "A", *self._addresses(case))
        put("{d}", "MX", *(f"{at}0 {host}." for at, (host, _) in
                           enumerate(case.hosts, 1)))
        for host, address in case.hosts:
            put(host, "A", address)
        for name, kind, *data in case.more:
            put(name + "{d}", kind, *data)
        return found

    def _addresses(self, case: Case) -> tuple[str, ...]:
        if case.handler is None:
            return case.at
        address = f"127.0.5.{len(self.scripted) + 1}"
        self.scripted.append(ScriptedHost(
            address, case.handler, self.world.authority.context(
                f"mta-sts.{case.domain}", ends=mx.ENDS)))
        return (address,)

    def _publish(self, case: Case) -> None:
        records = self._records(case)
        if case.is_delegated:
            self._delegate(case, records)
        else:
            for (name, kind), data in records.items():
                if kind == "TXT":
                    data = tuple(quoted(one, case.cut) for one in data)
                self.world.names.set(name, kind, *data)
        self._serve(case)

    def _delegate(self, case: Case, records: dict[
            tuple[str, str], tuple[str, ...]]) -> None:
        """Two servers; the resolver asks the first alone."""
        d, names = case.domain, self.world.names
        servers = {f"ns1.{d}": OWN_SERVER, f"ns2.{d}": UNASKED}
        records[d, "NS"] = tuple(f"{host}." for host in servers)
        for host, address in servers.items():
            records[host, "A"] = (address,)
            names.set(host, "A", address)
        names.set(d, "NS", *records[d, "NS"])
        stale = {**records, (f"_mta-sts.{d}", "TXT"): ("v=STSv1; id=0;",)}
        self.servers += [NameServer(OWN_SERVER, zone(records)),
                         NameServer(UNASKED, zone(stale))]

    def _serve(self, case: Case) -> None:
        d, folder = case.domain, self.world.web.folder
        text = case.policy
        if text is None:
            hosts = case.patterns or tuple(host for host, _ in case.hosts)
            text = policy_text(case.mode, [one.format(d=d) for one in hosts],
                               case.max_age).encode()
        too = [case.served_too.format(d=d)] if case.served_too else []
        for host in [f"mta-sts.{d}"] * case.has_policy + too:
            (folder / f"{host}.txt").write_bytes(
                text.replace(b"{d}", d.encode()))
        self.world.authority.issue(
            folder / f"mta-sts.{d}.pem",
            *(one.format(d=d) for one in case.certificate_names),
            **{"ends": mx.ENDS, **case.certificate})
        for host in too:
            self.world.authority.issue(folder / f"{host}.pem", host)

    def run(self, *arguments: str) -> Ran:
        """postfix-mta-sts, with nothing of the caller's surroundings."""
        env = {"PATH": os.environ["PATH"], "TERM": "dumb",
               "ASAN_OPTIONS": "detect_leaks=1:exitcode=99",
               "UBSAN_OPTIONS": "print_stacktrace=1"}
        done = subprocess.run(
            [str(self.world.build / "postfix-mta-sts"), *arguments],
            env=env, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=LIMIT_S)
        err = done.stderr.decode("utf-8", "replace")
        assert "Sanitizer" not in err and "runtime error:" not in err, err
        return Ran(done.returncode, done.stdout, err)

    def saved(self, case: Case) -> Path:
        return self.folder / f"{case.name}.evidence"

    def settings(self) -> list[str]:
        return ["--helo", "mail.sender.test",
                "-o", f"tls_ca_file={self.world.authority.file}",
                "-o", "allow_networks=127.0.0.0/8"]

    def check(self, case: Case) -> Ran:
        return self.run("--check", "--format", "json", *self.settings(),
                        *case.options, "--save-evidence",
                        str(self.saved(case)), case.domain)

    def check_all(self) -> dict[str, Ran]:
        with ThreadPoolExecutor(8) as pool:
            done = pool.map(self.check, self.cases)
            return {case.name: ran for case, ran in zip(self.cases, done)}

    def regrade(self, case: Case, *arguments: str) -> Ran:
        """From what check() has saved."""
        return self.run("--check", "--evidence", str(self.saved(case)),
                        *arguments)

    def stop(self) -> None:
        for one in [*self.scripted, *self.servers]:
            one.stop()
        self.mail.stop()


def loaded(ran: Ran) -> dict[str, Any]:
    return json.loads(ran.out)  # type: ignore[no-any-return]
