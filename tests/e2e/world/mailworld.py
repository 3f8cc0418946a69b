# SPDX-License-Identifier: ISC
"""All of it together: a world in which domains publish policies and have
mail hosts, with short words for the usual things."""
from pathlib import Path
from typing import Optional, Sequence

from world.ca import Authority
from world.daemon import Daemon
from world.names import Names
from world.sink import Sink
from world.web import Web


def policy_text(mode: str, mx: Sequence[str], max_age: int) -> str:
    lines = ["version: STSv1", f"mode: {mode}",
             *(f"mx: {one}" for one in mx), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


class MailWorld:
    def __init__(self, folder: Path, build: Path) -> None:
        self.folder = folder
        self.build = build
        self.authority = Authority(folder / "ca")
        self.names = Names(folder / "names")
        self.web = Web(folder / "web", self.authority)
        self.sinks: list[Sink] = []

    def publish(self, domain: str, mode: str = "enforce",
                mx: Optional[Sequence[str]] = None, max_age: int = 86400,
                id: str = "1", text: Optional[str] = None, ttl: int = 60,
                address: Optional[str] = None,
                web: Optional[Web] = None) -> None:
        """TXT record and policy file of a domain. text: the file's own words;
        address: another policy host than web's."""
        web = web or self.web
        if text is None:
            text = policy_text(mode, mx or [f"mx.{domain}"], max_age)
        web.host(f"mta-sts.{domain}", text)
        self.names.txt(f"_mta-sts.{domain}", f"v=STSv1; id={id};", ttl=ttl)
        self.names.set(f"mta-sts.{domain}", "A", address or web.address)
        self.names.sync()

    def mail_host(self, domain: str, sink: Sink,
                  host: Optional[str] = None) -> None:
        """The domain's one MX."""
        host = host or f"mx.{domain}"
        self.names.set(domain, "MX", f"10 {host}.")
        self.names.set(host, "A", sink.address)
        self.names.sync()

    def sink(self, address: str, *names: str, **wrong: object) -> Sink:
        """A mail host with a certificate for names (none: no STARTTLS)."""
        context = self.authority.context(*names, **wrong) if names else None
        sink = Sink(address, context)
        self.sinks.append(sink)
        return sink

    def daemon(self, folder: str) -> Daemon:
        return Daemon(self.build, self.folder / folder, self.authority.file)

    def stop(self) -> None:
        for sink in self.sinks:
            sink.stop()
        self.web.stop()
        self.names.stop()
