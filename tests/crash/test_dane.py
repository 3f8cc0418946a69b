# SPDX-License-Identifier: ISC
"""Verdicts on DANE grow old, and are reached anew: by signed answers, and under
the attack that names a host with TLSA records of its own in unsigned ones."""
from typing import Iterator

import pytest

from machine import shifted_clock
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.signed import RESOLVER, SignedZone
from world.socketmap import query
from world.wait import until

ZONE = "aging.test"
TLSA = "3 1 1 " + "ab" * 32
HOUR, DAY = 3600, 86400


@pytest.fixture
def zone(world: MailWorld) -> Iterator[SignedZone]:
    records = [f"{ZONE}. 60 IN MX 10 mx.{ZONE}.",
               f"mx.{ZONE}. 60 IN A 127.0.5.60",
               f"_25._tcp.mx.{ZONE}. 60 IN TLSA {TLSA}",
               f'_mta-sts.{ZONE}. 60 IN TXT "v=STSv1; id=1;"',
               f"mta-sts.{ZONE}. 60 IN A {world.web.address}"]
    world.web.host(
        f"mta-sts.{ZONE}", "version: STSv1\r\nmode: enforce\r\n"
        f"mx: mx.{ZONE}\r\nmax_age: 2592000\r\n")
    it = SignedZone(world.folder / "aging", ZONE, records)
    yield it
    it.stop()


def test_verdicts_are_reached_anew(
        world: MailWorld, idle: Daemon, zone: SignedZone) -> None:
    domain = "victim.aging-too.test"
    clock = shifted_clock(idle)
    world.publish(domain, max_age=30 * DAY)
    world.names.set(domain, "MX", f"10 mx.{domain}.")
    world.names.sync()
    secure = f"OK secure match=mx.{domain} servername=hostname"
    settings = {"dane": "yes", "dns_servers": RESOLVER,
                "refresh_interval": "28d"}
    idle.start(**settings)
    assert query(domain) == secure
    assert query(ZONE) == "OK dane-only"
    # The attack begins: mx.aging.test has TLSA records that are signed.
    world.names.set(domain, "MX", f"10 mx.{ZONE}.")
    world.names.sync()
    clock["slept_s"] += 3 * HOUR
    mark = idle.log.mark()
    assert query(domain) == secure
    idle.log.wait_for(
        rf"^dane: nexthop={domain} verdict=none source=dns", mark)
    idle.restart(**settings)
    clock["slept_s"] += 2 * DAY
    mark = idle.log.mark()
    assert query(domain) == secure
    idle.log.wait_for(
        rf"^dane: nexthop={domain} verdict=none source=dns", mark)
    # Behind an answer, when it is only a little overdue.
    assert query(ZONE) == "OK dane-only"
    clock["slept_s"] += HOUR + 60
    mark = idle.log.mark()
    assert query(ZONE) == "OK dane-only"
    until("it is looked at again",
          lambda: idle.log.find(rf"^dane: nexthop={ZONE} .*source=dns", mark))
    # Without DNSSEC there is no verdict; the last one stands for a day.
    zone.nsd.stop()
    clock["slept_s"] += 20 * HOUR
    assert query(ZONE) == "OK dane-only"
    clock["slept_s"] += 5 * HOUR
    assert query(ZONE).startswith("TEMP whether DANE applies is unknown: ")
