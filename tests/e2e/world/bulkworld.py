# SPDX-License-Identifier: ISC
"""Many domains that share a policy host and a few mail hosts, which count who
comes, and how many at once."""
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

from world import mx
from world.mailworld import MailWorld, policy_text
from world.mx import AnyName
from world.names import quoted
from world.script import Connection, ScriptedHost, headers, read_request

DOMAINS = 200
MAIL_ADDRESSES = ("127.0.6.1", "127.0.6.2", "127.0.6.3")
MAIL_HOSTS = 10
POLICY_ADDRESS = "127.0.6.10"
LIMIT_S = 100


PAUSE_S = 0.01  # of a slow server: who comes at once is seen together
# Starts a command and writes down what it took: a process that a large one
# starts counts that one's memory as its own.
LAUNCH = """
import os, resource, sys
status = os.spawnvp(os.P_WAIT, sys.argv[2], sys.argv[2:])
with open(sys.argv[1], "w") as out:
    out.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""


class Crowd:
    """How many are in it, and the most that were at any time. One leaves
    before it is served: what it does then is no affair of the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine = threading.local()
        self.now = self.most = 0

    def enter(self) -> None:
        self._mine.is_in = True
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def leave(self) -> None:
        if not self._mine.is_in:
            return
        time.sleep(PAUSE_S)
        self._mine.is_in = False
        with self._lock:
            self.now -= 1


class PolicyHost(ScriptedHost):
    """Serves each domain's policy by the Host of the request."""

    def __init__(self, world: MailWorld, policies: dict[str, bytes]) -> None:
        self.crowd = Crowd()
        self.policies = policies
        super().__init__(POLICY_ADDRESS, self._answer,
                         world.authority.context(*policies, ends=mx.ENDS))

    def _answer(self, connection: Connection, _: threading.Event) -> None:
        self.crowd.enter()
        found = re.search(rb"(?i)^host: *([^\s:]+)", read_request(connection),
                          re.M)
        body = self.policies[found[1].decode() if found else ""]
        self.crowd.leave()
        connection.sendall(headers(f"Content-Length: {len(body)}") + body)


class MailHost(AnyName):
    def __init__(self, address: str, world: MailWorld) -> None:
        self.crowd = Crowd()
        self.names: Counter[str] = Counter()
        super().__init__(address, world.authority)

    def _serve(self, sock: object) -> None:
        self.crowd.enter()
        super()._serve(sock)  # type: ignore[arg-type]
        self.crowd.leave()

    def _on_sni(self, sock: object, name: Optional[str],
                context: object) -> None:
        super()._on_sni(sock, name, context)
        self.names[str(name)] += 1
        self.crowd.leave()


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str
    peak_kb: int


class BulkWorld:
    def __init__(self, world: MailWorld, name: str = "bulk") -> None:
        self.world = world
        self.folder = world.folder / name
        self.folder.mkdir()
        self.domains = [f"d{at:03}.bulk.test" for at in range(DOMAINS)]
        self.policies: dict[str, bytes] = {}
        for at, domain in enumerate(self.domains):
            self._publish(at, domain)
        for at in range(MAIL_HOSTS):
            world.names.set(self.mail_name(at), "A",
                            MAIL_ADDRESSES[at % len(MAIL_ADDRESSES)])
        world.names.sync()
        self.policy_host = PolicyHost(world, self.policies)
        self.mail = [MailHost(address, world) for address in MAIL_ADDRESSES]

    @staticmethod
    def mail_name(at: int) -> str:
        return f"mx{at % MAIL_HOSTS}.bulkmail.test"

    @staticmethod
    def kind(at: int) -> str:
        return {0: "testing", 1: "missing"}.get(at % 10, "enforce")

    def _publish(self, at: int, domain: str) -> None:
        names, hosts = self.world.names, [self.mail_name(at),
                                          self.mail_name(at + 1)]
        if self.kind(at) != "missing":
            names.set(f"_mta-sts.{domain}", "TXT", quoted("v=STSv1; id=1;"))
        names.set(f"_smtp._tls.{domain}", "TXT",
                  quoted(f"v=TLSRPTv1; rua=mailto:tls@{domain}"))
        names.set(f"mta-sts.{domain}", "A", POLICY_ADDRESS)
        names.set(domain, "MX", f"10 {hosts[0]}.", f"20 {hosts[1]}.")
        mode = "testing" if self.kind(at) == "testing" else "enforce"
        self.policies[f"mta-sts.{domain}"] = policy_text(
            mode, hosts, 30 * 86400).encode()

    def list_file(self, count: int, name: str = "list") -> Path:
        """The first domains, labelled by turns."""
        path = self.folder / name
        path.write_text("# ours\n\n" + "".join(
            f"{domain}, client {'ab'[at % 2]}  # number {at}\n"
            for at, domain in enumerate(self.domains[:count])))
        return path

    def command(self, *arguments: str) -> list[str]:
        return [str(self.world.build / "postfix-mta-sts"), "--check",
                "--helo", "mail.sender.test",
                "-o", f"tls_ca_file={self.world.authority.file}",
                "-o", "allow_networks=127.0.0.0/8", *arguments]

    def run(self, *arguments: str, stdin: str = "",
            command: Optional[Sequence[str]] = None) -> Ran:
        """postfix-mta-sts --check, and how much memory it took."""
        env = {"PATH": os.environ["PATH"], "TERM": "dumb",
               "ASAN_OPTIONS": "detect_leaks=1:exitcode=99"}
        peak = self.folder / "peak"
        done = subprocess.run(
            [sys.executable, "-I", "-c", LAUNCH, str(peak),
             *(command or self.command(*arguments))], env=env,
            input=stdin.encode(), capture_output=True, timeout=LIMIT_S)
        text = done.stderr.decode()
        assert "Sanitizer" not in text and "runtime error:" not in text, text
        return Ran(done.returncode, done.stdout.decode(), text,
                   int(peak.read_text()))

    def stop(self) -> None:
        for one in [self.policy_host, *self.mail]:
            one.stop()
