# SPDX-License-Identifier: ISC
"""Many at once: one fetch for all who wait, and room for one more client."""
import threading

from world import script
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.script import ScriptedHost
from world.socketmap import Socketmap
from world.wait import DEADLINE_S

GOOD = "good.limits.test"
REPLY = f"OK secure match=mx.{GOOD} servername=hostname"


def test_hundred_cold_queries_are_one_fetch(
        world: MailWorld, daemon: Daemon) -> None:
    domain = "cold.limits.test"
    world.publish(domain)
    clients = [Socketmap() for _ in range(100)]
    try:
        for client in clients:
            client.ask(domain)
        for client in clients:
            assert client.reply().startswith(f"OK secure match=mx.{domain}")
    finally:
        for client in clients:
            client.close()
    world.web.wait_requests(f"mta-sts.{domain}", 1)
    assert world.web.requests(f"mta-sts.{domain}") == 1
    assert len(daemon.log.find(f"^resolved: domain={domain} ")) == 1


def test_connection_limit_closes_an_idle_one(
        world: MailWorld, idle: Daemon) -> None:
    """The longest idle makes room (Postfix reconnects unseen)."""
    world.publish(GOOD)
    idle.start(max_connections="4")
    clients = []
    for _ in range(4):
        clients.append(Socketmap())
        assert clients[-1].query(GOOD) == REPLY
    with Socketmap() as late:
        assert late.query(GOOD) == REPLY
        assert clients[0].is_closed()
        for client in clients[1:]:
            assert client.query(GOOD) == REPLY
    for client in clients:
        client.close()


def test_connection_limit_with_nobody_idle(
        world: MailWorld, idle: Daemon) -> None:
    """Then the next client waits to be accepted: it is never turned away."""
    domain, address = "slow.limits.test", "127.0.5.2"
    world.publish(domain, address=address)
    world.publish(GOOD)
    ready = threading.Event()

    def handler(connection: script.Connection, _ending: object) -> None:
        script.read_request(connection)
        ready.wait(DEADLINE_S)  # then hangs up without an answer

    idle.start(max_connections="2")
    context = world.authority.context(f"mta-sts.{domain}")
    with ScriptedHost(address, handler, context) as host:
        waiting = [Socketmap(), Socketmap()]
        for client in waiting:
            client.ask(domain)
        script.until_connected(host)
        with Socketmap() as late:
            late.ask(GOOD)
            assert not idle.log.find(f"domain={GOOD} ")
            ready.set()
            for client in waiting:
                assert client.reply() == "NOTFOUND "
                client.close()
            assert late.reply() == REPLY
