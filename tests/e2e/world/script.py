# SPDX-License-Identifier: ISC
"""Policy hosts that misbehave as told: a TLS server whose every connection is
given to a function."""
import socket
import ssl
import struct
import threading
from typing import Callable, Optional, Union

from world.wait import DEADLINE_S, until

Connection = Union[socket.socket, ssl.SSLSocket]
Handler = Callable[[Connection, threading.Event], None]


class ScriptedHost:
    """handler(connection, ending) speaks; `ending` is set by stop(). Without
    a context it gets the bare connection."""

    def __init__(self, address: str, handler: Handler,
                 context: Optional[ssl.SSLContext] = None,
                 port: int = 443) -> None:
        self.handler = handler
        self.context = context
        self.connections = 0
        self._ending = threading.Event()
        self._listener = socket.create_server((address, port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "ScriptedHost":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,),
                             daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE_S)
        try:
            with sock:
                if self.context is None:
                    self.handler(sock, self._ending)
                    return
                with self.context.wrap_socket(
                        sock, server_side=True) as secure:
                    self.handler(secure, self._ending)
        except OSError:
            pass  # the peer's affair: it may hang up at any time

    def stop(self) -> None:
        self._ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def until_connected(host: ScriptedHost) -> None:
    until("a connection to the policy host", lambda: host.connections > 0)


def read_request(connection: Connection) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        chunk = connection.recv(4096)
        if not chunk:
            break
        request += chunk
    return request


def headers(*more: str, status: str = "200 OK",
            media_type: str = "text/plain") -> bytes:
    lines = [f"HTTP/1.1 {status}"]
    if media_type:
        lines.append(f"Content-Type: {media_type}")
    return "\r\n".join([*lines, *more, "", ""]).encode()


def says(*parts: bytes, is_clean: bool = True) -> Handler:
    """Read the request, answer with parts, close (cleanly: close_notify)."""
    def handler(connection: Connection, _ending: threading.Event) -> None:
        read_request(connection)
        for part in parts:
            connection.sendall(part)
        if is_clean and isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
    return handler


def answers(body: bytes, *more: str, **how: str) -> Handler:
    return says(headers(f"Content-Length: {len(body)}", *more, **how) + body)


def floods(beginning: bytes, piece: bytes) -> Handler:
    """Send the same piece again and again until the peer hangs up."""
    def handler(connection: Connection, ending: threading.Event) -> None:
        read_request(connection)
        connection.sendall(beginning)
        while not ending.is_set():
            connection.sendall(piece)
    return handler


def trickles(beginning: bytes, piece: bytes, pause_s: float) -> Handler:
    def handler(connection: Connection, ending: threading.Event) -> None:
        read_request(connection)
        connection.sendall(beginning)
        while not ending.wait(pause_s):
            connection.sendall(piece)
    return handler


def hangs(connection: Connection, ending: threading.Event) -> None:
    """Say nothing until the end."""
    ending.wait()


def resets(connection: Connection, _ending: threading.Event) -> None:
    """Read the request, then RST."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    socket.close(connection.detach())
