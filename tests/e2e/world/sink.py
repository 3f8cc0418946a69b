# SPDX-License-Identifier: ISC
"""A mail host that takes everything and remembers it, and how it came."""
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import BinaryIO, Optional

from world.wait import DEADLINE_S


@dataclass
class Message:
    recipient: str
    text: str
    tls: Optional[str]  # version, None in clear text
    sni: Optional[str]


class Sink:
    """An SMTP server at address:25. Without a context: no STARTTLS."""

    def __init__(self, address: str,
                 context: Optional[ssl.SSLContext] = None) -> None:
        self.address = address
        self.context = context
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        self._sni = threading.local()
        if context is not None:
            context.sni_callback = self._on_sni
        self._listener = socket.create_server((address, 25), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _on_sni(self, _sock: object, name: Optional[str],
                _context: object) -> None:
        self._sni.name = name

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,),
                             daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE_S)
        try:
            with sock:
                self._session(sock)
        except OSError:
            pass  # the peer's affair

    def _session(self, sock: socket.socket) -> None:
        self._sni.name = None
        lines = sock.makefile("rb")
        tls: Optional[str] = None
        recipients: list[str] = []
        sock.sendall(b"220 sink ESMTP\r\n")
        while line := lines.readline():
            verb = line.strip().upper()
            if verb.startswith(b"EHLO"):
                offers = self.context is not None and tls is None
                sock.sendall(b"250-sink\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
                             if offers else b"250-sink\r\n250 8BITMIME\r\n")
            elif verb == b"STARTTLS" and self.context is not None:
                sock.sendall(b"220 go\r\n")
                secure = self.context.wrap_socket(sock, server_side=True)
                sock, tls = secure, secure.version()
                lines = sock.makefile("rb")
            elif verb.startswith(b"RCPT TO:"):
                recipients.append(
                    line.decode().split("<", 1)[1].split(">", 1)[0])
                sock.sendall(b"250 ok\r\n")
            elif verb == b"DATA":
                sock.sendall(b"354 go\r\n")
                self._take(lines, recipients, tls)
                recipients = []
                sock.sendall(b"250 taken\r\n")
            elif verb == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")

    def _take(self, lines: BinaryIO, recipients: list[str],
              tls: Optional[str]) -> None:
        text = b""
        while (line := lines.readline()) not in (b".\r\n", b""):
            text += line
        with self._changed:
            self.messages += [Message(one, text.decode(), tls, self._sni.name)
                              for one in recipients]
            self._changed.notify_all()

    def received(self, recipient: str) -> list[Message]:
        with self._changed:
            return [one for one in self.messages
                    if one.recipient == recipient]

    def wait_for(self, recipient: str) -> Message:
        with self._changed:
            if not self._changed.wait_for(
                    lambda: any(one.recipient == recipient
                                for one in self.messages), DEADLINE_S):
                raise TimeoutError(f"{self.address}: no mail to {recipient}")
        return self.received(recipient)[0]

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
