# SPDX-License-Identifier: ISC
"""Many questions at once, without a thread each: connections that are given
a batch of questions, and must give back as many replies."""
import re
import socket
from typing import Iterator, Sequence

from world.socketmap import PORT, frame
from world.wait import DEADLINE_S

BATCH = 100  # questions on one connection, unanswered


class Crowd:
    def __init__(self, size: int) -> None:
        self._socks = [socket.create_connection(("127.0.0.1", PORT),
                                                DEADLINE_S)
                       for _ in range(size)]

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._socks:
            sock.close()

    def ask(self, keys: Sequence[str]) -> Iterator[str]:
        """The reply to each, in order."""
        turn = len(self._socks) * BATCH
        for start in range(0, len(keys), turn):
            parts = [keys[at:at + BATCH] for at in
                     range(start, min(start + turn, len(keys)), BATCH)]
            for sock, part in zip(self._socks, parts):
                sock.sendall(b"".join(
                    frame(f"postfix-3.4 {key}") for key in part))
            for sock, part in zip(self._socks, parts):
                yield from self._replies(sock, len(part))

    @staticmethod
    def _replies(sock: socket.socket, count: int) -> Iterator[str]:
        data, at = b"", 0
        while count > 0:
            head = re.compile(rb"(\d+):").match(data, at)
            end = head.end() + int(head[1]) if head else len(data)
            if end < len(data):
                assert head and data[end:end + 1] == b","
                yield data[head.end():end].decode()
                at, count = end + 1, count - 1
                continue
            more = sock.recv(65536)
            assert more, "closed"
            data, at = data[at:] + more, 0
        assert at == len(data)
