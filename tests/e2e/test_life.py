# SPDX-License-Identifier: ISC
"""A policy's life, with real time: RFC 8461 sections 3.3, 5.1 and 10.2. What
takes hours is held by the scenario tests."""
import itertools
from typing import Iterator

import pytest

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.nameserver import NameServer, fails
from world.socketmap import query
from world.wait import until
from world.web import Web

NOTFOUND = "NOTFOUND "
LAME = "127.0.4.1"
numbers = itertools.count(1)


@pytest.fixture
def web(world: MailWorld) -> Iterator[Web]:
    """A policy host that can be switched off."""
    number = next(numbers)
    it = Web(world.folder / f"web-{number}", world.authority,
             f"127.0.6.{number}")
    yield it
    it.stop()


@pytest.fixture
def brisk(idle: Daemon) -> Daemon:
    """A record counts for a second at most."""
    return idle.start(txt_check_min="1", txt_check_max="1",
                      negative_min="1", negative_max="1")


def reply(host: str) -> str:
    return f"OK secure match={host} servername=hostname"


def until_reply(domain: str, expected: str) -> None:
    until(f"{domain}: {expected}", lambda: query(domain) == expected)


def test_new_id_brings_the_new_policy(
        world: MailWorld, brisk: Daemon) -> None:
    domain = "changes.life.test"
    world.publish(domain, mx=["old.life.test"])
    assert query(domain) == reply("old.life.test")
    world.publish(domain, mx=["new.life.test"], id="2")
    until_reply(domain, reply("new.life.test"))


@pytest.mark.parametrize("before, after", [
    ("testing", "enforce"), ("enforce", "testing"), ("enforce", "none"),
    ("none", "enforce"),
])
def test_new_mode(world: MailWorld, brisk: Daemon, before: str,
                  after: str) -> None:
    domain = f"{before}-{after}.life.test"
    replies = {mode: reply(f"mx.{domain}") if mode == "enforce"
               else NOTFOUND for mode in (before, after)}
    world.publish(domain, mode=before)
    assert query(domain) == replies[before]
    world.publish(domain, mode=after, id="2")
    until_reply(domain, replies[after])
    if replies[before] == replies[after]:
        brisk.log.wait_for(f"domain={domain} mode={after} ")


def test_broken_new_policy_does_not_replace_the_old(
        world: MailWorld, brisk: Daemon) -> None:
    domain = "breaks.life.test"
    world.publish(domain)
    assert query(domain) == reply(f"mx.{domain}")
    world.publish(domain, text="mode: enforce\n", id="2")
    start = brisk.log.mark()
    until("the broken one is fetched",
          lambda: query(domain) == reply(f"mx.{domain}")
          and brisk.log.find(f"domain={domain} .*reason=syntax", start))
    assert query(domain) == reply(f"mx.{domain}")
    # a new id is not held back by the other one's failure
    world.publish(domain, mx=["mended.life.test"], id="3")
    until_reply(domain, reply("mended.life.test"))


def test_kept_while_the_policy_host_is_down(
        world: MailWorld, brisk: Daemon, web: Web) -> None:
    domain = "down.life.test"
    world.publish(domain, web=web)
    assert query(domain) == reply(f"mx.{domain}")
    web.stop()
    world.publish(domain, id="2", web=web)
    start = brisk.log.mark()
    until("the fetch fails",
          lambda: query(domain) == reply(f"mx.{domain}")
          and brisk.log.find(f"domain={domain} .*reason=connect", start))
    assert query(domain) == reply(f"mx.{domain}")


@pytest.mark.parametrize("how", ["gone", "several", "malformed", "servfail"])
def test_kept_when_the_record_is(
        world: MailWorld, brisk: Daemon, how: str) -> None:
    """RFC 8461 section 3.3: an unexpired policy is applied."""
    domain = f"record-{how}.life.test"
    world.publish(domain)
    assert query(domain) == reply(f"mx.{domain}")
    record = f"_mta-sts.{domain}"
    texts = {"several": ["v=STSv1; id=1;", "v=STSv1; id=2;"],
             "malformed": ["v=STSv1; id=;"]}
    world.names.txt(record, *texts.get(how, []))
    if how == "servfail":
        world.names.delegate(record, LAME)
    world.names.sync()
    word = {"gone": "no-record", "several": "several-records",
            "malformed": "malformed-record", "servfail": "txt-lookup"}[how]
    with NameServer(LAME, fails):
        start = brisk.log.mark()
        until("the record is missed",
              lambda: query(domain) == reply(f"mx.{domain}")
              and brisk.log.find(f"domain={domain} .*reason={word}", start))
        assert query(domain) == reply(f"mx.{domain}")


def test_record_appears(world: MailWorld, brisk: Daemon) -> None:
    domain = "appears.life.test"
    assert query(domain) == NOTFOUND
    world.publish(domain)
    until_reply(domain, reply(f"mx.{domain}"))


def test_hot_answers_ask_nobody(world: MailWorld, daemon: Daemon) -> None:
    domain = "hot.life.test"
    world.publish(domain)
    for _ in range(200):
        assert query(domain) == reply(f"mx.{domain}")
    assert world.web.requests(f"mta-sts.{domain}") == 1


def test_short_max_age_never_lapses(
        world: MailWorld, daemon: Daemon) -> None:
    """max_age 3: fetched again in time, not once answered NOTFOUND."""
    domain = "short.life.test"
    world.publish(domain, max_age=3)
    host = f"mta-sts.{domain}"
    until("third fetch", lambda: query(domain) == reply(f"mx.{domain}")
          and world.web.requests(host) >= 3)


def test_hostile_max_age_is_no_loop(
        world: MailWorld, daemon: Daemon) -> None:
    """max_age 1: at most two fetches a query, and none without one."""
    domain = "hostile.life.test"
    world.publish(domain, max_age=1)
    host = f"mta-sts.{domain}"
    for count in range(1, 4):
        assert query(domain) == reply(f"mx.{domain}")
        assert world.web.requests(host) <= 2 * count


def test_withdrawn_by_max_age_0(
        world: MailWorld, brisk: Daemon) -> None:
    """Used once, then durably gone."""
    domain = "withdrawn.life.test"
    world.publish(domain, max_age=31557600)
    assert query(domain) == reply(f"mx.{domain}")
    world.publish(domain, mode="none", max_age=0, id="2")
    until_reply(domain, NOTFOUND)
    world.names.txt(f"_mta-sts.{domain}")
    world.names.sync()
    brisk.restart()
    assert query(domain) == NOTFOUND


def blind(world: MailWorld) -> None:
    """Neither DNS nor policy host: only the cache can answer."""
    world.names.stop_resolver()
    world.web.stop()


@pytest.fixture
def recovering(world: MailWorld) -> Iterator[None]:
    yield
    world.names.start_resolver()
    if world.web.nginx.status is not None:
        world.web.start()


@pytest.mark.parametrize("how", ["kill -9", "clean stop"])
def test_cache_survives(world: MailWorld, daemon: Daemon, recovering: None,
                        how: str) -> None:
    """What was answered is known after the restart, and no repair is
    needed."""
    names = [f"kept{n}-{how.split()[0]}.life.test" for n in range(5)]
    for name in names:
        world.publish(name)
    for name in names:
        assert query(name) == reply(f"mx.{name}")
    blind(world)
    if how == "kill -9":
        daemon.kill()
        daemon.start()
    else:
        daemon.restart()
    for name in names:
        assert query(name) == reply(f"mx.{name}")
    assert not daemon.log.find("moved|damaged|corrupt")
