# SPDX-License-Identifier: ISC
"""A wall clock that is stepped, while the daemon runs and across a restart,
and a machine that sleeps. Ages count by the boot time; what is stored is wall
clock, and may come from a clock that was wrong."""
import pytest

from machine import Control, shifted_clock
from test_kill import NOBODY
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import query

HOUR, DAY = 3600, 86400
MONTH = 30 * DAY
STEPS = {"-400d": -400 * DAY, "-1h": -HOUR, "+1h": HOUR, "+400d": 400 * DAY}
NOTFOUND = "NOTFOUND "
QUIET = {"refresh_interval": "28d"}


@pytest.fixture
def clock(idle: Daemon) -> Control:
    return shifted_clock(idle)


def reply(domain: str, host: str = "mx") -> str:
    return f"OK secure match={host}.{domain} servername=hostname"


def withdraw(world: MailWorld, domain: str) -> None:
    """No record: what is answered now comes from the cache."""
    world.names.txt(f"_mta-sts.{domain}")
    world.names.sync()


@pytest.mark.parametrize("step", STEPS)
def test_step_while_running(world: MailWorld, idle: Daemon, clock: Control,
                            step: str) -> None:
    """It changes nothing: nobody is asked, nothing expires."""
    domain = f"run{step[1:]}-{step[0] == '-'}.clock.test".lower()
    world.publish(domain)
    idle.start()
    assert query(domain) == reply(domain)
    withdraw(world, domain)
    mark = idle.log.mark()
    clock["wall_s"] = STEPS[step]
    for _ in range(100):
        assert query(domain) == reply(domain)
    clock["wall_s"] = 0
    assert query(domain) == reply(domain)
    assert idle.log.mark() == mark, idle.log.text(mark)


@pytest.mark.parametrize("step", ["-400d", "-1h", "+1h"])
def test_kept_when_stepped_across_a_restart(
        world: MailWorld, idle: Daemon, clock: Control, step: str) -> None:
    """Fetched in the future counts as fetched now."""
    domain = f"kept{step[1:]}-{step[0] == '-'}.clock.test".lower()
    world.publish(domain, max_age=MONTH)
    idle.start()
    assert query(domain) == reply(domain)
    clock["wall_s"] = STEPS[step]
    idle.restart(dns_servers=NOBODY)
    for _ in range(3):
        assert query(domain) == reply(domain)
    clock["wall_s"] = 0
    idle.restart(dns_servers=NOBODY)
    assert query(domain) == reply(domain)
    assert not idle.log.find("cache-|policy-expired")


def test_expired_when_stepped_forward_across_a_restart(
        world: MailWorld, idle: Daemon, clock: Control) -> None:
    """Not answered; but not removed either: the clock may be wrong."""
    domain = "year.clock.test"
    world.publish(domain, max_age=31557600)
    idle.start()
    assert query(domain) == reply(domain)
    withdraw(world, domain)
    clock["wall_s"] = STEPS["+400d"]
    idle.restart()
    assert query(domain) == NOTFOUND
    idle.log.wait_for(f"^policy-expired: domain={domain} ")
    clock["wall_s"] = 0
    idle.restart()
    assert query(domain) == reply(domain)


def test_nothing_is_removed_in_the_first_hour(
        world: MailWorld, idle: Daemon, clock: Control) -> None:
    """`old` expired over 7 days ago and may go; `first` and `second` expire
    later, each a turn of the background after the one before."""
    domains = {"old": DAY, "first": 20 * DAY + 600, "second": 20 * DAY + 1500}
    for name, max_age in domains.items():
        world.publish(f"{name}.hour.clock.test", max_age=max_age)
    idle.start(**QUIET)
    for name in domains:
        assert query(f"{name}.hour.clock.test").startswith("OK ")
    old = "old.hour.clock.test"
    withdraw(world, old)

    clock["wall_s"] = 20 * DAY
    idle.restart(dns_servers=NOBODY, **QUIET)
    for slept, name in ((0, "old"), (1000, "first"), (2000, "second")):
        clock["slept_s"] = slept
        idle.log.wait_for(rf"^policy-expired: domain={name}\.hour")
    clock["wall_s"] = clock["slept_s"] = 0
    idle.restart(**QUIET)
    assert query(old) == reply(old)


def test_removed_after_the_first_hour(
        world: MailWorld, idle: Daemon, clock: Control) -> None:
    """As above, but an hour goes by before `second` expires."""
    domains = {"old": DAY, "first": 20 * DAY + 600,
               "second": 20 * DAY + 2 * HOUR, "third": 20 * DAY + 4 * HOUR}
    for name, max_age in domains.items():
        world.publish(f"{name}.gone.clock.test", max_age=max_age)
    idle.start(**QUIET)
    for name in domains:
        assert query(f"{name}.gone.clock.test").startswith("OK ")
    old = "old.gone.clock.test"
    withdraw(world, old)

    clock["wall_s"] = 20 * DAY
    idle.restart(dns_servers=NOBODY, **QUIET)
    for slept, name in ((0, "old"), (1000, "first"), (3 * HOUR, "second"),
                        (5 * HOUR, "third")):
        clock["slept_s"] = slept
        idle.log.wait_for(rf"^policy-expired: domain={name}\.gone")
    clock["wall_s"] = clock["slept_s"] = 0
    idle.restart(**QUIET)
    assert query(old) == NOTFOUND


def test_new_policy_is_stored_after_the_clock_went_back(
        world: MailWorld, idle: Daemon, clock: Control) -> None:
    """What was fetched in the future is not newer than what is fetched now:
    a clock that was wrong once does not freeze the cache."""
    domain = "back.clock.test"
    clock["wall_s"] = 20 * DAY
    world.publish(domain, max_age=MONTH)
    idle.start(**QUIET)
    assert query(domain) == reply(domain)
    clock["wall_s"] = 0
    world.publish(domain, mx=[f"mx2.{domain}"], max_age=MONTH, id="2")
    idle.restart(**QUIET)
    query(domain)
    idle.log.wait_for(rf"^resolved: domain={domain} .* id=2 source=fetch ")
    idle.restart(dns_servers=NOBODY)
    assert query(domain) == reply(domain, "mx2")


def test_eight_hours_of_sleep(
        world: MailWorld, idle: Daemon, clock: Control) -> None:
    """Ages go on while the machine sleeps: what expired meanwhile is fetched
    before it is answered, what did not is answered."""
    short, long = "short.sleep.clock.test", "long.sleep.clock.test"
    world.publish(short, max_age=6 * HOUR)
    world.publish(long, max_age=MONTH)
    idle.start()
    for domain in (short, long):
        assert query(domain) == reply(domain)
    for domain, max_age in ((short, 6 * HOUR), (long, MONTH)):
        world.publish(domain, mx=[f"new.{domain}"], max_age=max_age, id="2")
    clock["slept_s"] = 8 * HOUR
    assert query(short) == reply(short, "new")
    assert query(long) in (reply(long), reply(long, "new"))
    idle.log.wait_for(rf"^resolved: domain={long} .* id=2 source=fetch ")
