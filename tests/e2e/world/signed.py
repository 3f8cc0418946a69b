# SPDX-License-Identifier: ISC
"""A signed zone, served by an nsd of its own, and an unbound that validates
it: what is in the zone is authentic, all else (the world's root) unsigned, and
what was changed after it was signed is bogus."""
import hashlib
import shutil
from pathlib import Path
from typing import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from world.names import NSD as ROOT_NSD
from world.process import Process, run
from world.wait import is_open

NSD = "127.0.0.7"
RESOLVER = "127.0.0.6"

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
    name: "{zone}"
    zonefile: "zone.signed"
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
    module-config: "validator iterator"
    trust-anchor-file: "{dir}/{key}.key"
    do-not-query-localhost: no
    qname-minimisation: no
    local-zone: "test." nodefault
    local-zone: "invalid." nodefault
    val-bogus-ttl: 1
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
remote-control:
    control-enable: no
stub-zone:
    name: "{zone}"
    stub-addr: {address}
stub-zone:
    name: "."
    stub-addr: {root}
"""


def tlsa(certificate: Path, matches: bool = True) -> str:
    """3 1 1 of a leaf's key, or of some other."""
    leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    key = leaf.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    return "3 1 1 " + hashlib.sha256(key if matches else b"").hexdigest()


class SignedZone:
    """records: lines of a zone file, names complete. bogus: pairs of texts;
    each first one is replaced by the second when all is signed."""

    def __init__(self, folder: Path, zone: str, records: Iterable[str],
                 bogus: Iterable[tuple[str, str]] = ()) -> None:
        folder.mkdir(parents=True)
        lines = [f"{zone}. 60 IN SOA ns.{zone}. admin.{zone}. 1 3600 600 "
                 "86400 60", f"{zone}. 60 IN NS ns.{zone}.",
                 f"ns.{zone}. 60 IN A {NSD}", *records]
        (folder / "zone").write_text("\n".join(lines) + "\n")
        keys = [run("ldns-keygen", "-a", "ECDSAP256SHA256", *kind, zone,
                    cwd=folder).stdout.strip() for kind in (["-k"], [])]
        run("ldns-signzone", "-n", "-f", "zone.signed", "zone", *keys,
            cwd=folder)
        text = (folder / "zone.signed").read_text()
        for old, new in bogus:
            assert old in text
            text = text.replace(old, new)
        (folder / "zone.signed").write_text(text)
        values = {"dir": folder, "zone": zone, "address": NSD,
                  "resolver": RESOLVER, "root": ROOT_NSD, "key": keys[0]}
        (folder / "nsd.conf").write_text(NSD_CONF.format(**values))
        (folder / "unbound.conf").write_text(UNBOUND_CONF.format(**values))
        self.nsd = Process(
            "signed-nsd", ["nsd", "-d", "-c", str(folder / "nsd.conf")])
        self.nsd.until_ready("listens", lambda: is_open(NSD, 53))
        unbound = shutil.copy("/usr/sbin/unbound", folder / "unbound")
        self.unbound = Process("validator", [
            str(unbound), "-d", "-c", str(folder / "unbound.conf")])
        self.unbound.until_ready("listens", lambda: is_open(RESOLVER, 53))

    def stop(self) -> None:
        self.unbound.stop()
        self.nsd.stop()
