# SPDX-License-Identifier: ISC
"""The servers of a bench, what they are asked, and the lines of its table."""
import json
import os
import re
import socket
import subprocess
from pathlib import Path

from hosts import Hosts
from servers import Server, on_load_core

QUICK = os.environ.get("QUICK") == "1"
POLICIES = 100_000 if QUICK else 1_000_000
FEW = 1000
ROUNDS = 4 if QUICK else 16
SECONDS = "0.6"
# First contacts: a certificate for each.
DOMAINS = 600 if QUICK else 1500
KINDS = "inet", "unix"
NAME = "0000000.fill.test"
REPLY = f"OK secure match=mx1.{NAME}:mx2.{NAME} servername=hostname"

# A server, and the options of what asks it.
Load = tuple[str, list[str]]


def figures(text: str) -> dict[str, float]:
    """The line of figures that load and fetchrate print."""
    return {name: float(value) for name, value
            in re.findall(r"(\w+)=([\d.]+)", text)}


class Bench:
    def __init__(self, build: Path, folder: Path) -> None:
        self.build, self.folder = build, folder
        self.at: dict[tuple[str, str], str] = {}
        self.servers: dict[str, Server] = {}
        self.failed = 0
        self.hosts = Hosts(build, folder / "hosts", DOMAINS)

    def addresses(self, name: str) -> list[str]:
        number = len(self.at) // 2
        self.at["inet", name] = f"inet:127.0.0.1:{9400 + number}"
        self.at["unix", name] = f"unix:{self.folder}/{number}.sock"
        return [self.at[kind, name] for kind in KINDS]

    def daemon(self, name: str, *settings: str) -> Server:
        """Ours, with a cache of that name. Where it was before, it is again."""
        if ("unix", name) not in self.at:
            self.addresses(name)
        listen = [self.at[kind, name] for kind in KINDS]
        options = [f"cache_dir={self.folder}/cache-{name}",
                   f"listen={' '.join(listen)}",
                   f"admin_listen=unix:{self.folder}/{name}.admin",
                   *self.hosts.settings(), *settings]
        self.servers[name] = Server(
            self.build / "postfix-mta-sts",
            *(word for option in options for word in ("-o", option)),
            address=listen[1])
        return self.servers[name]

    def start_plain(self) -> None:
        """Echo, and the reference on the daemon's own cache: each is a server
        for one address."""
        cache = self.folder / "cache-daemon"
        for name, more in ("echo", []), ("reference", [cache]):
            for kind, address in zip(KINDS, self.addresses(name)):
                self.servers[f"{name} {kind}"] = Server(
                    self.build / f"tests/bench/{name}", address, *more, REPLY,
                    address=address)

    def stop(self) -> None:
        for server in self.servers.values():
            server.stop()
        self.hosts.stop()

    def ctl(self, name: str, *words: object) -> list[str]:
        """The command that asks a daemon, on the load's core."""
        return on_load_core(
            self.build / "postfix-mta-sts-ctl", "--socket",
            f"unix:{self.folder}/{name}.admin", *words)

    def status(self, name: str) -> dict:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(f"{self.folder}/{name}.admin")
            sock.sendall(b"GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n")
            with sock.makefile("rb") as stream:
                return json.loads(stream.read().partition(b"\r\n\r\n")[2])

    def server(self, kind: str, name: str) -> Server:
        return self.servers.get(name) or self.servers[f"{name} {kind}"]

    def load(self, address: str, *options: object, first: tuple[str, ...] = ()
             ) -> dict[str, float]:
        done = subprocess.run(
            [*first, *on_load_core(self.build / "tests/bench/load", "-a",
                                   address, *options)],
            check=True, stdout=subprocess.PIPE, text=True)
        return figures(done.stdout)

    def ask(self, kind: str, load: Load, keys: int = POLICIES
            ) -> dict[str, float]:
        """The figures of a run; cpu_us: of the server, a request."""
        name, options = load
        server = self.server(kind, name)
        before = server.cpu_s()
        seen = self.load(self.at[kind, name], "-k", keys, "-t", SECONDS,
                         *options)
        seen["cpu_us"] = (server.cpu_s() - before) * 1e6 / seen["replies"]
        return seen

    def say(self, what: str, is_met: bool, wanted: str) -> None:
        self.failed += not is_met
        print(f"{what}  {'PASS' if is_met else 'below target'} {wanted}",
              flush=True)

    def note(self, what: str) -> None:
        """A figure that has no target."""
        print(what, flush=True)
