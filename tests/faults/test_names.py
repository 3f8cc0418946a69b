# SPDX-License-Identifier: ISC
"""Name servers that are silent, slow, lying, or broken: what is cached goes
on, what is new is told the truth about who failed, and all is well again
without a restart when they are."""
import struct
import time
from pathlib import Path
from typing import Callable, Optional

import pytest

from pulse import Pulse, reply
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.names import encoded
from world.nameserver import (
    A, TRUNCATED, TXT, NameServer, Question, Script, fails, is_silent)
from world.socketmap import Socketmap, query
from world.wait import until

ONE, TWO = "127.0.4.1", "127.0.4.2"
RESOLV_CONF = Path("/etc/resolv.conf")
NO_SERVER = "TEMP no name server answers"
NO_POLICY = "NOTFOUND "


def healthy(world: MailWorld) -> Script:
    def script(question: Question) -> Optional[bytes]:
        if question.type == TXT and question.name.startswith("_mta-sts."):
            return question.txt("v=STSv1; id=1;")
        if question.type == A and question.name.startswith("mta-sts."):
            return question.address(world.web.address)
        return question.answer()
    return script


def slow(script: Script) -> Script:
    def late(question: Question) -> Optional[bytes]:
        time.sleep(0.2)
        return script(question)
    return late


def wrong_id(script: Script) -> Script:
    def lying(question: Question) -> Optional[bytes]:
        answer = script(question)
        assert answer is not None
        return struct.pack(">H", question.id ^ 1) + answer[2:]
    return lying


def wrong_question(script: Script) -> Script:
    """The right answer, to something that was not asked."""
    def lying(question: Question) -> Optional[bytes]:
        first, rest = question.name.split(".", 1)
        question.name = f"{first}.x{rest[1:]}"
        return script(question)
    return lying


def junk(script: Script) -> Script:
    """Nothing but the header can be read: not even what was asked."""
    def lying(question: Question) -> Optional[bytes]:
        answer = script(question)
        assert answer is not None
        return answer[:12] + bytes(0xff for _ in answer[12:])
    return lying


def half_junk(script: Script) -> Script:
    """Behind the question, which is the right one."""
    def broken(question: Question) -> Optional[bytes]:
        answer = script(question)
        assert answer is not None
        end = 12 + len(encoded(question.name)) + 4
        head = answer[:6] + struct.pack(">H", 1) + answer[8:end]
        return head + b"\xff" * 40
    return broken


def dribbles(script: Script) -> Script:
    """By TCP only, which comes byte by byte: see Dribbler."""
    def over_tcp(question: Question) -> Optional[bytes]:
        if not question.is_tcp:
            return question.answer(flags=TRUNCATED)
        return script(question)
    return over_tcp


class Dribbler(NameServer):
    """Answers over TCP a byte at a time."""

    def _serve_one(self, sock: object) -> None:
        class Slowly:
            def sendall(self, data: bytes) -> None:
                for at in range(len(data)):
                    sock.sendall(data[at:at + 1])  # type: ignore
                    time.sleep(0.001)

            def __getattr__(self, name: str) -> object:
                return getattr(sock, name)

            def __enter__(self) -> "Slowly":
                return self

            def __exit__(self, *_: object) -> None:
                sock.close()  # type: ignore[attr-defined]
        super()._serve_one(Slowly())  # type: ignore[arg-type]


@pytest.mark.parametrize("what, make, expected", [
    ("silent", lambda _: is_silent, NO_SERVER),
    ("slow", slow, "OK"),
    ("wrong-id", wrong_id, NO_SERVER),
    ("wrong-question", wrong_question, NO_SERVER),
    ("junk", junk, NO_SERVER),
    ("half-junk", half_junk, NO_POLICY),
    ("servfail", lambda _: fails, NO_POLICY),
    ("tcp-dribbles", dribbles, "OK"),
])
def test_name_server(world: MailWorld, idle: Daemon, what: str,
                     make: Callable[[Script], Script], expected: str,
                     figures: Callable[[str], None]) -> None:
    zone = f"{what}.names.test"
    cached, during, after = (f"{n}.{zone}" for n in ("old", "new", "later"))
    for domain in (cached, during, after):
        world.publish(domain)
    well = healthy(world)
    kind = Dribbler if what == "tcp-dribbles" else NameServer
    with kind(ONE, well) as server:
        # dns_deadline is 5 s, as it is by default: then there is no time for
        # another look-up.
        idle.start(dns_servers=ONE, query_timeout="6", txt_check_min="1d")
        assert query(cached) == reply(cached)
        with Pulse(cached) as pulse:
            server.script = make(well)
            assert query(during) == (
                reply(during) if expected == "OK" else expected)
            pulse.beats(50)
            server.script = well
            until("new domains are answered again",
                  lambda: query(after) == reply(after))
    figures(f"name server {what}: {pulse.figures()}; "
            f"new: {expected.strip() or expected}")


def test_resolver_changed(world: MailWorld, idle: Daemon,
                          figures: Callable[[str], None]) -> None:
    """resolv.conf leads elsewhere while its server is silent, and a look-up is
    under way: that one ends there too, and whoever waits for it is answered."""
    cached, during, after = (
        f"{n}.changed.names.test" for n in ("old", "new", "later"))
    for domain in (cached, during, after):
        world.publish(domain)
    before = RESOLV_CONF.read_text()
    with NameServer(ONE, healthy(world)) as one, \
            NameServer(TWO, healthy(world)) as two:
        try:
            RESOLV_CONF.write_text(f"nameserver {ONE}\n")
            idle.start(query_timeout="30", txt_check_min="1d")
            assert query(cached) == reply(cached)
            one.script = is_silent
            with Pulse(cached) as pulse, Socketmap() as client:
                client.ask(during)
                until("the silent one is asked", lambda: any(
                    question.name == f"_mta-sts.{during}"
                    for question in one.queries))
                fresh = RESOLV_CONF.with_suffix(".new")
                fresh.write_text(f"nameserver {TWO}\n")
                fresh.rename(RESOLV_CONF)
                until("new domains are answered",
                      lambda: query(after) == reply(after))
                assert two.queries
                assert client.reply() == reply(during)
                pulse.beats(50)
        finally:
            RESOLV_CONF.write_text(before)
    figures(f"resolver changed: {pulse.figures()}")
