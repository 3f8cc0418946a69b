# SPDX-License-Identifier: ISC
"""A hundred thousand domains that do not exist: what is known of them is
bounded, and costs no policy and no answer."""
import threading
from typing import Callable

from crowd import Crowd
from machine import private_dirty
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import Process
from world.socketmap import Socketmap

JUNK_SERVER = "127.0.4.9"
JUNK = 100_000
POLICIES = 20
CLIENTS = 64

# At most 32,768 negative answers are kept, of about 160 bytes each with such
# names (5 MB); the rest is for the connections, jobs and look-ups at once.
GROWTH_MAX_BYTES = 10 << 20


def test_junk_is_bounded(
        world: MailWorld, idle: Daemon, is_sanitized: bool,
        figures: Callable[[str], None]) -> None:
    kept = [f"kept{n}.junk.test" for n in range(POLICIES)]
    for domain in kept:
        world.publish(domain)
    idle.start()
    replies = {domain: f"OK secure match=mx.{domain} servername=hostname"
               for domain in kept}
    with Socketmap() as client:
        for domain in kept:
            assert client.query(domain) == replies[domain]

    server = Process("junk-dns", [
        str(world.build / "tests/tools/junk-dns"), JUNK_SERVER])
    server.log.wait_for("^ready")
    idle.restart(dns_servers=JUNK_SERVER, txt_check_min="1d")
    assert idle.process is not None
    pid, before = idle.process.pid, private_dirty(idle.process.pid)
    done, answered, wrong = threading.Event(), 0, []

    def ask_cached() -> None:
        nonlocal answered
        with Socketmap() as client:
            while not done.is_set() or answered < POLICIES:
                domain = kept[answered % POLICIES]
                reply = client.query(domain)
                if reply != replies[domain]:
                    wrong.append(f"{domain}: {reply}")
                answered += 1

    cached = threading.Thread(target=ask_cached)
    cached.start()
    try:
        with Crowd(CLIENTS) as crowd:
            junk = [f"d{n}.junk-{n % 7}.invalid" for n in range(JUNK)]
            half = JUNK // 2
            for part in (junk[:half], junk[half:]):
                assert set(crowd.ask(part)) == {"NOTFOUND "}
            grown = private_dirty(pid) - before
    finally:
        done.set()
        cached.join()
        server.kill()
    assert not wrong, wrong[:5]
    assert answered > 10 * POLICIES
    assert len(idle.log.find(r"^resolved: domain=d\d+\.junk")) == JUNK
    figures(f"junk: {JUNK} domains, private memory grew by {grown >> 10} KiB, "
            f"{answered} cached answers meanwhile")
    assert is_sanitized or grown < GROWTH_MAX_BYTES
    # The policies are all there, and known without any name server.
    idle.restart(dns_servers="127.9.9.9")
    with Socketmap() as client:
        for domain in kept:
            assert client.query(domain) == replies[domain]
