# SPDX-License-Identifier: ISC
"""The socket: any bytes, any number of clients, and Postfix never reads
something that is not the answer to its question."""
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator

import pytest

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.socketmap import Socketmap, frame, query

GOOD = "good.wire.test"
REPLY = f"OK secure match=mx.{GOOD} servername=hostname"
NOTFOUND = "NOTFOUND "


def shortened(raw: bytes) -> str:
    return repr(raw[:20])


@pytest.fixture(scope="module")
def shared(world: MailWorld) -> Iterator[Daemon]:
    """A daemon that has GOOD in its cache, and outlives every test."""
    world.publish(GOOD)
    with world.daemon("daemon-wire") as it:
        it.start()
        assert query(GOOD) == REPLY
        yield it


def test_pipelined_in_order(shared: Daemon) -> None:
    """A cold domain between hot ones: nobody overtakes."""
    keys = [GOOD, "cold1.wire.test", GOOD, ".parent", "cold2.wire.test", GOOD]
    with Socketmap() as client:
        client.send(b"".join(frame(f"postfix-3.4 {key}") for key in keys))
        assert [client.reply() for _ in keys] == [
            REPLY if key == GOOD else NOTFOUND for key in keys]


def test_many_in_one_connection(shared: Daemon) -> None:
    count = 2000
    with Socketmap() as client, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(
            client.send, frame(f"postfix-3.4 {GOOD}") * count)
        assert all(client.reply() == REPLY for _ in range(count))
        sent.result()


def test_byte_by_byte(shared: Daemon) -> None:
    with Socketmap() as client:
        for byte in frame(f"postfix-3.4 {GOOD}") * 2:
            client.send(bytes([byte]))
        assert client.reply() == REPLY
        assert client.reply() == REPLY


def test_three_hundred_connections(shared: Daemon) -> None:
    clients = [Socketmap() for _ in range(300)]
    try:
        for _ in range(2):
            for client in clients:
                client.ask(GOOD)
            assert all(client.reply() == REPLY for client in clients)
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize("raw", [
    b"GET / HTTP/1.1\r\n\r\n", b"\0" * 9, b"\xff" * 9, b"x", b":,",
    b" 5:hello,", b"-1:x,", b"+5:hello,", b"05:hello,", b"5 :hello,",
    b"5:hello;", b"18446744073709551617:x,", b"99999999999999999999999:",
    b"10001:", b"100000", b"0x10:", b"5,hello,",
], ids=repr)
def test_garbage_closes_that_connection_only(
        shared: Daemon, raw: bytes) -> None:
    with Socketmap() as other, Socketmap() as client:
        assert other.query(GOOD) == REPLY
        client.send(raw)
        assert client.is_closed()
        assert other.query(GOOD) == REPLY


def test_good_then_garbage(shared: Daemon) -> None:
    """What was asked properly is answered first."""
    with Socketmap() as client:
        client.send(frame(f"postfix-3.4 {GOOD}") + b"garbage")
        assert client.reply() == REPLY
        assert client.is_closed()


@pytest.mark.parametrize("payload", [
    b"", b"postfix-3.4", b"NAME-ONLY", b"\xff\xfe", b"a" * 10000,
], ids=shortened)
def test_no_name_and_key(shared: Daemon, payload: bytes) -> None:
    with Socketmap() as client:
        client.send(frame(payload))
        assert client.reply().startswith("PERM ")
        assert client.query(GOOD) == REPLY


@pytest.mark.parametrize("key", [
    b"", b" ", b"\0", b"a\0b.test", b"\xff\xfe.test", b"\xc3.test",
    b"a\r\nb.test", b"good.wire.test\n", b"%s", b"../../etc/passwd",
    b"x" * 9980, b"a." * 4900, b"\xe2\x80\xae.test", b"[", b"]", b"[]:",
    b"good.wire.test:", b"{}", b"good.wire.test good.wire.test",
], ids=shortened)
def test_bad_keys(shared: Daemon, key: bytes) -> None:
    with Socketmap() as client:
        client.send(frame(b"postfix-3.4 " + key))
        assert client.reply() in (NOTFOUND, REPLY)
        assert client.query(GOOD) == REPLY


def test_half_closed_client_gets_its_reply(shared: Daemon) -> None:
    with Socketmap() as client:
        client.ask(GOOD)
        client.sock.shutdown(1)
        assert client.reply() == REPLY
        assert client.is_closed()


def test_clients_that_leave(world: MailWorld, shared: Daemon) -> None:
    """While they wait, or with half a request sent."""
    for number in range(50):
        client = Socketmap()
        client.ask(f"leaves{number}.wire.test")
        client.close()
        client = Socketmap()
        client.send(b"30:postfix-3.4 ")
        client.close()
    assert query(GOOD) == REPLY
