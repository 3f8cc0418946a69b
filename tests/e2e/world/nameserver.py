# SPDX-License-Identifier: ISC
"""A name server that misbehaves as told, over UDP and TCP."""
import socket
import struct
import threading
from typing import Callable, Optional

from world.names import encoded
from world.wait import DEADLINE_S

A, NS, CNAME, MX, TXT = 1, 2, 5, 15, 16
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5
AUTHORITATIVE, TRUNCATED, AUTHENTIC = 0x0400, 0x0200, 0x0020


class Question:
    """The one question of a query, and answers to it."""

    def __init__(self, packet: bytes, is_tcp: bool) -> None:
        self.id, = struct.unpack_from(">H", packet)
        self.is_tcp = is_tcp
        self.packet = packet
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        self.name = ".".join(labels).lower()
        self.type, = struct.unpack_from(">H", packet, at + 1)

    def answer(self, *rdata: bytes, rcode: int = 0, flags: int = 0,
               ttl: int = 60) -> bytes:
        head = struct.pack(">6H", self.id, 0x8180 | flags | rcode,
                           1, len(rdata), 0, 0)
        question = encoded(self.name) + struct.pack(">2H", self.type, 1)
        records = b"".join(
            struct.pack(">3HIH", 0xc00c, self.type, 1, ttl, len(data)) + data
            for data in rdata)
        return head + question + records

    def txt(self, text: str) -> bytes:
        """One TXT record."""
        data = text.encode()
        return self.answer(bytes([len(data)]) + data)

    def address(self, text: str) -> bytes:
        return self.answer(socket.inet_aton(text))


# None: no answer at all.
Script = Callable[[Question], Optional[bytes]]


def fails(question: Question) -> Optional[bytes]:
    return question.answer(rcode=SERVFAIL)


def is_silent(_question: Question) -> Optional[bytes]:
    return None


def _rdata(kind: str, text: str) -> tuple[int, bytes]:
    if kind == "A":
        return A, socket.inet_aton(text)
    if kind == "NS":
        return NS, encoded(text)
    if kind == "MX":
        preference, host = text.split()
        return MX, struct.pack(">H", int(preference)) + encoded(host)
    assert kind == "TXT"
    return TXT, bytes([len(text)]) + text.encode()


def zone(records: dict[tuple[str, str], tuple[str, ...]]) -> Script:
    """Answers from records by name and type, as the zone's own server."""
    known: dict[tuple[str, int], list[bytes]] = {}
    for (name, kind), texts in records.items():
        for text in texts:
            number, data = _rdata(kind, text)
            known.setdefault((name, number), []).append(data)
    names = {name for name, _ in known}

    def script(question: Question) -> Optional[bytes]:
        found = known.get((question.name, question.type), [])
        return question.answer(
            *found, flags=AUTHORITATIVE,
            rcode=0 if question.name in names else NXDOMAIN)
    return script


def authentic(address: str) -> Script:
    """What the resolver at that address says, with AD in every answer."""
    def script(question: Question) -> Optional[bytes]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(DEADLINE_S)
            sock.connect((address, 53))
            sock.send(question.packet)
            answer = bytearray(sock.recv(65535))
        answer[3] |= AUTHENTIC
        return bytes(answer)
    return script


class NameServer:
    """script(question) gives each answer; queries are remembered."""

    def __init__(self, address: str, script: Script) -> None:
        self.script = script
        self.queries: list[Question] = []
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = socket.create_server((address, 53))
        self._address = address
        self._threads = [threading.Thread(target=loop, daemon=True)
                         for loop in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "NameServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, packet: bytes, is_tcp: bool) -> Optional[bytes]:
        question = Question(packet, is_tcp)
        self.queries.append(question)
        return self.script(question)

    def _serve_udp(self) -> None:
        """Until an empty packet comes (from stop)."""
        while True:
            packet, peer = self._udp.recvfrom(4096)
            if not packet:
                return
            answer = self._answer(packet, False)
            if answer is not None:
                self._udp.sendto(answer, peer)

    def _serve_tcp(self) -> None:
        while True:
            try:
                sock, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(sock,),
                             daemon=True).start()

    def _serve_one(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE_S)
        try:
            with sock, sock.makefile("rb") as stream:
                while size := stream.read(2):
                    packet = stream.read(struct.unpack(">H", size)[0])
                    answer = self._answer(packet, True)
                    if answer is not None:
                        sock.sendall(struct.pack(">H", len(answer)) + answer)
        except OSError:
            pass

    def stop(self) -> None:
        self._udp.sendto(b"", (self._address, 53))
        self._tcp.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()
