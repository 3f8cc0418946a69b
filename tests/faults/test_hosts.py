# SPDX-License-Identifier: ISC
"""Policy hosts that fail at every stage, all at once: each is that domain's
failure, told with its reason; nobody else notices, and a host that is mended
is fetched from."""
import socket
import struct
import threading
from contextlib import ExitStack
from typing import Callable, Optional

from pulse import Pulse, reply
from world import script
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.script import Connection, Handler, ScriptedHost
from world.socketmap import Socketmap, query
from world.wait import until

ZONE = "hosts.test"
BODY = b"version: STSv1\r\nmode: enforce\r\nmx: a.test\r\nmax_age: 86400\r\n"


def reset(connection: Connection) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    socket.close(connection.detach())


def resets_at_once(connection: Connection, _ending: threading.Event) -> None:
    reset(connection)


def resets_in_handshake(
        connection: Connection, _ending: threading.Event) -> None:
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x00\x50\x02\x00")
    reset(connection)


def resets_after(*parts: bytes) -> Handler:
    def handler(connection: Connection, _ending: threading.Event) -> None:
        script.read_request(connection)
        for part in parts:
            connection.sendall(part)
        reset(connection)
    return handler


# Whether it speaks TLS, what it does, and the reasons that may be given.
HOSTS: dict[str, tuple[bool, Handler, set[str]]] = {
    "hangs": (False, script.hangs, {"timeout"}),
    "hangs-after-tls": (True, script.hangs, {"timeout"}),
    "byte-a-second": (
        True, script.trickles(script.headers(), b"v", 1.0), {"timeout"}),
    "byte-of-header": (
        True, script.trickles(b"HTTP/1.1 200 OK\r\nX: ", b"v", 1.0),
        {"timeout"}),
    "header-flood": (
        True, script.floods(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 500
                            + b"\r\n"), {"header-flood"}),
    "body-flood": (
        True, script.floods(script.headers(), b"x" * 4096), {"too-large"}),
    "reset-accept": (False, resets_at_once, {"reset", "connect"}),
    "reset-handshake": (False, resets_in_handshake, {"reset"}),
    "reset-request": (True, resets_after(), {"reset"}),
    "reset-header": (True, resets_after(b"HTTP/1.1 200 OK\r\nConte"),
                     {"reset", "truncated"}),
    "reset-body": (
        True, resets_after(script.headers("Content-Length: 500") + BODY),
        {"reset", "truncated"}),
}


def test_policy_hosts(world: MailWorld, idle: Daemon,
                      figures: Callable[[str], None]) -> None:
    cached = f"cached.{ZONE}"
    world.publish(cached)
    domains = {what: f"{what}.{ZONE}" for what in HOSTS}
    with ExitStack() as stack:
        for n, (what, (has_tls, handler, _)) in enumerate(HOSTS.items()):
            address = f"127.0.6.{n + 1}"
            world.publish(domains[what], address=address, ttl=1)
            context = (world.authority.context(f"mta-sts.{domains[what]}")
                       if has_tls else None)
            stack.enter_context(ScriptedHost(address, handler, context))
        idle.start(fetch_timeout="2", query_timeout="10", txt_check_min="1")
        assert query(cached) == reply(cached)
        with Pulse(cached) as pulse:
            clients = {what: stack.enter_context(Socketmap())
                       for what in HOSTS}
            for what, client in clients.items():
                client.ask(domains[what])
            for what, client in clients.items():
                assert client.reply() == "NOTFOUND ", what
            for what, (_, _, reasons) in HOSTS.items():
                got = idle.resolved(domains[what])
                assert got["reason"] in reasons, (what, got)
            # Mended, and said so by a new id.
            for domain in domains.values():
                world.publish(domain, id="2", ttl=1)
            for domain in domains.values():
                until(f"{domain} is fetched",
                      lambda: query(domain) == reply(domain))
    figures(f"policy hosts: {len(HOSTS)} fail at once: {pulse.figures()}")


def test_rebinding(world: MailWorld, idle: Daemon) -> None:
    """A name that once had a good address, and then one inside: refused, and
    nothing is sent there. The policy that was fetched stands."""
    domain, outside = f"rebind.{ZONE}", "127.0.7.1"
    world.publish(domain, address=outside, ttl=1)
    context = world.authority.context(f"mta-sts.{domain}")
    body = BODY.replace(b"a.test", f"mx.{domain}".encode())
    idle.settings["allow_networks"] = f"{outside}/32"
    with ScriptedHost(outside, script.answers(body), context) as host:
        idle.start(txt_check_min="1")
        assert query(domain) == reply(domain)
        assert host.connections == 1
        mark = idle.log.mark()
        world.publish(domain, id="2", ttl=1)  # at world.web's address
        until("the new id is seen", lambda: query(domain) == reply(domain)
              and idle.log.find("refused-address", mark))
        assert query(domain) == reply(domain)
        assert world.web.requests(f"mta-sts.{domain}") == 0
