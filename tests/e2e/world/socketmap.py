# SPDX-License-Identifier: ISC
"""A socketmap client: what Postfix's dict_sockmap.c does, and what it would
never do."""
import socket
from typing import Union

from world.wait import DEADLINE_S

PORT = 8461
Where = Union[int, str]  # port at 127.0.0.1, or path of a unix socket


def frame(payload: Union[str, bytes]) -> bytes:
    if isinstance(payload, str):
        payload = payload.encode()
    return b"%d:%s," % (len(payload), payload)


class Socketmap:
    def __init__(self, where: Where = PORT) -> None:
        if isinstance(where, int):
            self.sock = socket.create_connection(
                ("127.0.0.1", where), DEADLINE_S)
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(DEADLINE_S)
            self.sock.connect(where)
        self._buffer = b""

    def __enter__(self) -> "Socketmap":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def ask(self, key: str, name: str = "postfix-3.4") -> None:
        self.send(frame(f"{name} {key}"))

    def reply(self) -> str:
        """The next reply; EOFError when there is none."""
        while b":" not in self._buffer:
            self._more()
        digits, rest = self._buffer.split(b":", 1)
        assert digits.isdigit() and str(int(digits)).encode() == digits
        size = int(digits)
        while len(rest) <= size:
            self._more()
            rest = self._buffer.split(b":", 1)[1]
        assert rest[size:size + 1] == b",", self._buffer
        self._buffer = rest[size + 1:]
        return rest[:size].decode()

    def _more(self) -> None:
        chunk = self.sock.recv(65536)
        if not chunk:
            raise EOFError("closed")
        self._buffer += chunk

    def query(self, key: str, name: str = "postfix-3.4") -> str:
        self.ask(key, name)
        return self.reply()

    def is_closed(self) -> bool:
        """Wait for the other side to close, without a reply."""
        try:
            return not self.sock.recv(1)
        except ConnectionResetError:
            return True


def query(key: str, name: str = "postfix-3.4", where: Where = PORT) -> str:
    with Socketmap(where) as client:
        return client.query(key, name)
