# SPDX-License-Identifier: ISC
"""The sync of a new policy returns before its reply is written. That a disk
keeps what it was told to sync is its affair: power loss is argued from this,
not tried."""
import os
import re
from pathlib import Path

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import Process
from world.socketmap import query

CALLS = "fdatasync,fsync,msync,write,pwrite64,pwritev,writev,sendto,sendmsg"


def trace(daemon: Daemon, out: Path) -> Process:
    assert daemon.process is not None
    strace = Process("strace", [
        "strace", "-f", "-s", "65536", "-e", f"trace={CALLS}",
        "-o", str(out), "-p", str(daemon.process.pid)])
    strace.log.wait_for("attached")
    return strace


def descriptors(daemon: Daemon) -> dict[str, bool]:
    """Those of the cache's file: does each write of theirs sync?"""
    assert daemon.process is not None
    folder, found = Path(f"/proc/{daemon.process.pid}"), {}
    for link in (folder / "fd").iterdir():
        if os.readlink(link).endswith("/data.mdb"):
            info = (folder / "fdinfo" / link.name).read_text()
            flags = re.search(r"^flags:\s*(\d+)", info, re.M)
            assert flags
            found[link.name] = bool(int(flags[1], 8) & os.O_DSYNC)
    return found


def ends(lines: list[str], call: str, what: str, first: int = 0) -> int:
    """The line at which such a call has returned, and well."""
    for at in range(first, len(lines)):
        if not re.search(rf"\b({call})\(", lines[at]) or what not in lines[at]:
            continue
        if "<unfinished" in lines[at]:
            thread = lines[at].split()[0]
            at = next(n for n in range(at + 1, len(lines))
                      if lines[n].startswith(f"{thread} ")
                      and re.search(rf"<\.\.\. ({call}) resumed>", lines[n]))
        assert re.search(r"= \d+$", lines[at]), lines[at][-200:]
        return at
    raise AssertionError(f"no {call} of {what!r}")


def test_reply_follows_its_sync(
        world: MailWorld, idle: Daemon) -> None:
    domain = "traced.crash.test"
    world.publish(domain)
    idle.start()
    fds = descriptors(idle)
    plain = [fd for fd, is_sync in fds.items() if not is_sync]
    head = [fd for fd, is_sync in fds.items() if is_sync]
    assert len(plain) == 1 and len(head) == 1, fds
    strace = trace(idle, idle.folder / "strace")
    assert query(domain).startswith(f"OK secure match=mx.{domain} ")
    strace.stop()
    lines = (idle.folder / "strace").read_text().splitlines()

    # The policy's page, the sync of it, the head that makes it count (each
    # write of that descriptor returns when it is on the disk), the reply.
    page = ends(lines, "pwrite64|writev", f"mx: mx.{domain}")
    sync = ends(lines, "fdatasync", f"({plain[0]})", page)
    top = ends(lines, "pwrite64", f"({head[0]}, ", sync)
    begun = next(n for n, line in enumerate(lines)
                 if f"OK secure match=mx.{domain} " in line
                 and re.search(r"\b(write|sendto)\(", line))
    assert page < sync < top < begun, "\n".join(
        line[:160] for line in lines)
