# SPDX-License-Identifier: ISC
"""Many at once: one fetch for all who wait, and room for one more client."""
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import Socketmap

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
