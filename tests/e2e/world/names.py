# SPDX-License-Identifier: ISC
"""The DNS: nsd serves one zone, the root, so that every name is ours; unbound
resolves in front of it at 127.0.0.1, as on a mail host."""
import shutil
import signal
import socket
import struct
from pathlib import Path
from typing import Optional

from world.process import Process, is_alive, leaves
from world.wait import DEADLINE_S, is_open, until

NSD = "127.0.0.2"
RESOLVER = "127.0.0.1"
UNASKED = "127.0.0.9"  # a name server that unbound never asks
TYPE_SOA = 6

NSD_CONF = """\
server:
    ip-address: {address}
    username: ""
    chroot: ""
    database: ""
    server-count: 1
    zonesdir: "{dir}"
    pidfile: "{dir}/nsd.pid"
    xfrdfile: "{dir}/xfrd.state"
    xfrdir: "{dir}"
    zonelistfile: "{dir}/zone.list"
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
"""

UNBOUND_CONF = """\
server:
    interface: {resolver}
    do-ip6: no
    num-threads: 1
    username: ""
    chroot: ""
    directory: "{dir}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    module-config: "iterator"
    do-not-query-localhost: no
    do-not-query-address: {unasked}
    qname-minimisation: no
    local-zone: "test." nodefault
    local-zone: "invalid." nodefault
    rrset-roundrobin: no
remote-control:
    control-enable: yes
    control-interface: {dir}/control
    control-use-cert: no
stub-zone:
    name: "."
    stub-addr: {address}
"""


def quoted(text: str, length: int = 255) -> str:
    """Text as the character strings of one TXT record."""
    parts = [text[at:at + length]
             for at in range(0, len(text), length)] or [""]
    return " ".join('"' + "".join(
        one if one.isascii() and one.isprintable() and one not in '\\"'
        else f"\\{ord(one):03}" for one in part) + '"' for part in parts)


def encoded(name: str) -> bytes:
    labels = [part.encode() for part in name.split(".") if part]
    return b"".join(bytes([len(part)]) + part for part in labels) + b"\0"


def soa_serial(address: str) -> Optional[int]:
    """The root zone's serial number, as a server answers it."""
    query = struct.pack(">6H", 4711, 0, 1, 0, 0, 0) + encoded(".") \
        + struct.pack(">2H", TYPE_SOA, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        try:
            sock.connect((address, 53))
            sock.send(query)
            answer = sock.recv(4096)
        except OSError:
            return None
    if struct.unpack_from(">4H", answer)[3] == 0:
        return None
    # header, question (5), owner, type, class, ttl, length; two names, both
    # uncompressed roots or pointers: the serial is the last but four words
    at = 12 + 5
    at += 2 if answer[at] & 0xc0 else 1
    length = struct.unpack_from(">H", answer, at + 8)[0]
    return struct.unpack_from(">I", answer, at + 10 + length - 20)[0]


class Names:
    """Records by name and type. Changes take effect with sync()."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._records: dict[tuple[str, str], list[str]] = {}
        self._serial = 0
        self._write()
        (folder / "nsd.conf").write_text(
            NSD_CONF.format(address=NSD, dir=folder))
        (folder / "unbound.conf").write_text(UNBOUND_CONF.format(
            address=NSD, resolver=RESOLVER, unasked=UNASKED, dir=folder))
        # An AppArmor profile of the system, if any, is about the usual path.
        unbound = shutil.copy("/usr/sbin/unbound", folder / "unbound")
        self.nsd = Process(
            "nsd", ["nsd", "-d", "-c", str(folder / "nsd.conf")])
        self._unbound_argv = [
            str(unbound), "-d", "-c", str(folder / "unbound.conf")]
        self.nsd.until_ready("answers", lambda: soa_serial(NSD) is not None)
        self.unbound = self._start_unbound()

    def _start_unbound(self) -> Process:
        unbound = Process("unbound", self._unbound_argv)
        unbound.until_ready("listens", lambda: is_open(RESOLVER, 53)
                            and (self.folder / "control").exists())
        return unbound

    def set(self, name: str, kind: str, *data: str, ttl: int = 60) -> None:
        """All records of a name and type; none given: none is left."""
        key = (name.rstrip("."), kind)
        self._records.pop(key, None)
        if data:
            self._records[key] = [f"{ttl} IN {kind} {one}" for one in data]

    def txt(self, name: str, *texts: str, ttl: int = 60) -> None:
        self.set(name, "TXT", *map(quoted, texts), ttl=ttl)

    def delegate(self, name: str, address: str) -> None:
        """Leave a name, and all below it, to another name server."""
        for key in [key for key in self._records if key[0] == name]:
            del self._records[key]
        self.set(name, "NS", f"ns.{name}.")
        self.set(f"ns.{name}", "A", address)

    def _write(self) -> None:
        self._serial += 1
        lines = ["$TTL 60",
                 f". IN SOA ns.invalid. admin.invalid. {self._serial}"
                 " 3600 600 86400 60",
                 ". IN NS ns.invalid.", f"ns.invalid. IN A {NSD}"]
        for (name, _), records in self._records.items():
            lines += [f"{name}. {record}" for record in records]
        fresh = self.folder / "root.zone.new"
        fresh.write_text("\n".join(lines) + "\n")
        fresh.rename(self.folder / "root.zone")

    def sync(self) -> None:
        """Until nsd serves what was set and unbound has forgotten the rest."""
        self._write()
        old = leaves(self.nsd.pid)
        self.nsd.signal(signal.SIGHUP)
        until(f"nsd serves serial {self._serial}: {self.nsd.log.text()}",
              lambda: soa_serial(NSD) == self._serial)
        # Those that serve the old zone go on until they are told to end.
        until("nsd's old processes end",
              lambda: not any(map(is_alive, old)))
        if self.unbound.status is None:
            self.control("flush_zone .")
            self.control("flush_infra all")

    def control(self, command: str) -> str:
        """Ask unbound, as unbound-control does."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE_S)
            sock.connect(str(self.folder / "control"))
            sock.sendall(f"UBCT1 {command}\n".encode())
            answer = b""
            while chunk := sock.recv(4096):
                answer += chunk
        return answer.decode()

    def stop_resolver(self) -> None:
        self.unbound.stop()

    def start_resolver(self) -> None:
        if self.unbound.status is not None:
            (self.folder / "control").unlink(missing_ok=True)
            self.unbound = self._start_unbound()

    def stop(self) -> None:
        self.unbound.stop()
        self.nsd.stop()
