# SPDX-License-Identifier: ISC
"""The file of certificate authorities is spoiled while the daemon runs: what
was loaded counts until a good one is, whoever asks for a reload."""
import signal
from pathlib import Path
from typing import Callable

import pytest

from pulse import Pulse, reply
from world import ctl
from world.ca import Issuer
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import query

EMPTY = b""
JUNK = b"-----BEGIN CERTIFICATE-----\nAAAA\n\xff\0"
REFUSED = r"tls_ca_file: no certificate in \S*/store\.pem"


def stranger() -> bytes:
    one = Issuer("Somebody Else's Root")
    return one.certify(one)


def hang_up(idle: Daemon, expected: str) -> None:
    assert idle.process is not None
    mark = idle.log.mark()
    idle.process.signal(signal.SIGHUP)
    idle.log.wait_for(expected, mark)


@pytest.mark.parametrize("what, spoil", [
    ("empty", lambda good: EMPTY),
    ("junk", lambda good: JUNK),
    ("cut", lambda good: good[:len(good) // 2]),
    ("cut-behind-a-good-one", lambda good: stranger() + good[:-100]),
    ("gone", None),
])
def test_spoiled(world: MailWorld, idle: Daemon, what: str,
                 spoil: Callable[[bytes], bytes],
                 figures: Callable[[str], None]) -> None:
    """Nothing is lost, and each reload says why it has changed nothing; such
    a file at the start is refused; mended, it is loaded, and the daemon
    starts."""
    zone = f"{what}.store.test"
    cached, *new = (f"{n}.{zone}" for n in range(6))
    for domain in (cached, *new):
        world.publish(domain)
    store = idle.folder / "store.pem"
    good = world.authority.file.read_bytes()
    store.write_bytes(good)
    idle.start(tls_ca_file=str(store))
    assert query(cached) == reply(cached)
    with Pulse(cached) as pulse:
        if spoil is None:
            store.unlink()
        else:
            store.write_bytes(spoil(good))
        assert query(new[0]) == reply(new[0])
        hang_up(idle, f"^reload-failed: {REFUSED}: nothing was changed$")
        assert query(new[1]) == reply(new[1])
        told = ctl.of(idle).run("reload")
        assert told.returncode != 0 and "no certificate in" in told.stderr
        assert query(new[2]) == reply(new[2])
        store.write_bytes(good)
        hang_up(idle, "^reloaded: ")
        assert ctl.of(idle).ok("reload") == "reloaded\n"
        assert query(new[3]) == reply(new[3])
        pulse.beats(50)
    idle.stop()
    if spoil is None:
        store.unlink()
    else:
        store.write_bytes(spoil(good))
    refused = idle.spawn(tls_ca_file=str(store))
    assert refused.wait() == 1
    assert refused.log.find(f"^trust-store: {REFUSED}")
    store.write_bytes(good)
    idle.start(tls_ca_file=str(store))
    assert query(new[4]) == reply(new[4])
    figures(f"certificate store {what}: {pulse.figures()}")


def test_another(world: MailWorld, idle: Daemon) -> None:
    """A good file of somebody else is what the admin said: it counts at the
    next reload, and fewer certificates than before are told. Policies stand;
    new domains, and refreshes, fail with the reason; mended, they do not."""
    cached, first, new, later = (f"{n}.another.test" for n in (
        "cached", "first", "new", "later"))
    for domain in cached, first, new, later:
        world.publish(domain)
    store = idle.folder / "store.pem"
    good = world.authority.file.read_bytes()
    store.write_bytes(good + stranger())
    idle.start(tls_ca_file=str(store))
    assert query(cached) == reply(cached)
    with Pulse(cached) as pulse:
        store.write_bytes(stranger())
        assert query(first) == reply(first)
        hang_up(idle, r"^trust-store: \S*/store\.pem: 1 certificates, "
                "2 before$")
        assert query(new) == "NOTFOUND "
        assert idle.resolved(new)["reason"] == "tls-chain"
        shown = ctl.of(idle).run("refresh", cached)
        assert shown.returncode != 0 and "tls-chain" in (
            shown.stdout + shown.stderr)
        assert query(cached) == reply(cached)
        store.write_bytes(good + stranger())
        hang_up(idle, r"^trust-store: \S*/store\.pem: 2 certificates, "
                "1 before$")
        assert query(later) == reply(later)
        ctl.of(idle).ok("refresh", cached)
        ctl.of(idle).ok("refresh", new)
        assert query(new) == reply(new)
        pulse.beats(50)
