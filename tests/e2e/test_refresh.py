# SPDX-License-Identifier: ISC
"""The background, with real time made short: RFC 8461 sections 3.3, 10.2."""
import pytest

from world import script
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.nameserver import NameServer, fails
from world.script import ScriptedHost
from world.socketmap import Socketmap, query
from world.wait import until

LAME = "127.0.4.1"
LIFE_S = 5  # of a policy that is refreshed every second


@pytest.fixture
def eager(idle: Daemon) -> Daemon:
    """Refreshes as soon as it may; looks at no record meanwhile."""
    return idle.start(refresh_min="1", refresh_interval="1",
                      txt_check_min="3600")


def reply(host: str) -> str:
    return f"OK secure match={host} servername=hostname"


def until_fetched(world: MailWorld, domain: str, count: int) -> None:
    """count times, and never once without its policy."""
    host = f"mta-sts.{domain}"
    until(f"{count} fetches for {domain}",
          lambda: query(domain) == reply(f"mx.{domain}")
          and world.web.requests(host) >= count)


def test_changed_file_under_the_same_id(
        world: MailWorld, eager: Daemon) -> None:
    """Owners forget to change the id."""
    domain = "forgotten.refresh.test"
    world.publish(domain, mx=["old.refresh.test"])
    assert query(domain) == reply("old.refresh.test")
    world.publish(domain, mx=["new.refresh.test"])
    until(domain, lambda: query(domain) == reply("new.refresh.test"))


def test_refreshed_without_a_query(world: MailWorld, eager: Daemon) -> None:
    domain = "quiet.refresh.test"
    world.publish(domain)
    assert query(domain) == reply(f"mx.{domain}")
    world.web.wait_requests(f"mta-sts.{domain}", 3)


@pytest.mark.parametrize("how", ["gone", "servfail"])
def test_record_blocked_for_a_whole_life(
        world: MailWorld, eager: Daemon, how: str) -> None:
    """Who blocks the record must not end the policy (10.2)."""
    domain = f"blocked-{how}.refresh.test"
    record = f"_mta-sts.{domain}"
    world.publish(domain, max_age=LIFE_S)
    assert query(domain) == reply(f"mx.{domain}")
    if how == "gone":
        world.names.txt(record)
    else:
        world.names.delegate(record, LAME)
    world.names.sync()
    with NameServer(LAME, fails):
        start = eager.log.mark()
        # At most one fetch a second: these outlast the first policy.
        until_fetched(world, domain, 1 + LIFE_S + 1)
    assert not eager.log.find(f"domain={domain} .*source=none", start)


def test_policy_host_down_is_told_and_kept(
        world: MailWorld, eager: Daemon) -> None:
    domain = "down.refresh.test"
    world.publish(domain)
    assert query(domain) == reply(f"mx.{domain}")
    world.web.host(f"mta-sts.{domain}", None)
    eager.log.wait_for(f"^refresh-failed: domain={domain} mode=enforce "
                       "id=1 .*reason=http-status .*expires=")
    assert query(domain) == reply(f"mx.{domain}")


def test_twenty_queries_to_a_dead_host_are_one_fetch(
        world: MailWorld, idle: Daemon) -> None:
    domain = "dead.refresh.test"
    address = "127.0.2.200"
    world.publish(domain, address=address)
    idle.start(query_timeout="1", fetch_connect_timeout="3",
               fetch_timeout="3")
    with ScriptedHost(address, script.hangs) as host:
        client = Socketmap()
        try:
            for _ in range(20):
                client.ask(domain)
                assert client.reply() == "NOTFOUND "
        finally:
            client.close()
        assert idle.resolved(domain)["reason"] == "timeout"
        assert query(domain) == "NOTFOUND "
        assert host.connections == 1
