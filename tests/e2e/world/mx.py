# SPDX-License-Identifier: ISC
"""Mail hosts for every domain at once: one address for each way in which a
mail host can be right or wrong. What needs a certificate has one for any name
it is asked for."""
import datetime
import ssl
import threading
from typing import Optional

from world.ca import Authority
from world.script import Connection, ScriptedHost, hangs
from world.sink import Sink

GOOD = "127.0.4.1"
NO_STARTTLS = "127.0.4.2"
WRONG_NAME = "127.0.4.3"
EXPIRED = "127.0.4.4"
SILENT = "127.0.4.5"
TARPIT = "127.0.4.6"
ENDLESS = "127.0.4.7"
OLD_TLS = "127.0.4.8"
ENDING = "127.0.4.9"
TURNED_AWAY = "127.0.4.10"
SELF_SIGNED = "127.0.4.11"
BROKEN_TLS = "127.0.4.12"
ESCAPES = "127.0.4.13"
CLOSED = "127.0.4.99"  # nobody listens

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
# Whole days and an hour are left, for as long as the tests run.
ENDS = 61 * DAY + HOUR


class AnyName(Sink):
    """A sink with a certificate for whatever name it is asked for."""

    def __init__(self, address: str, authority: Authority,
                 **wrong: object) -> None:
        self._authority = authority
        self._wrong: dict[str, object] = {"ends": ENDS, **wrong}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        super().__init__(address, self._of("nobody.test"))

    def _of(self, name: str) -> ssl.SSLContext:
        with self._lock:
            if name not in self._contexts:
                self._contexts[name] = self._authority.context(
                    name, **self._wrong)
            return self._contexts[name]

    def _on_sni(self, sock: object, name: Optional[str],
                _context: object) -> None:
        super()._on_sni(sock, name, _context)
        if name is not None:
            sock.context = self._of(name)  # type: ignore[attr-defined]


def _tarpit(connection: Connection, ending: threading.Event) -> None:
    """A banner of a byte a second; how many come is up to the machine."""
    while not ending.wait(1):
        connection.sendall(b"2")


def _endless(connection: Connection, ending: threading.Event) -> None:
    while not ending.is_set():
        connection.sendall(b"220-and so on\r\n" * 100)


def _turned_away(connection: Connection, _ending: threading.Event) -> None:
    connection.sendall(b"554 5.7.1 not from there\r\n")
    connection.recv(4096)


def _broken_tls(connection: Connection, _ending: threading.Event) -> None:
    connection.sendall(b"220 mx ESMTP\r\n")
    connection.recv(4096)
    connection.sendall(b"250-mx\r\n250 STARTTLS\r\n")
    connection.recv(4096)
    connection.sendall(b"454 4.7.0 TLS not available\r\n")
    connection.recv(4096)


def _escapes(connection: Connection, _ending: threading.Event) -> None:
    """No STARTTLS, but what a terminal might obey."""
    connection.sendall(b"220 \x1b]0;owned\x07 \x1b[2J\x9b31m ESMTP\r\n")
    connection.recv(4096)
    connection.sendall(b"250-mx\r\n250-\x1b[31mSTARTLESS\r\n250 \0\x7f\r\n")
    connection.recv(4096)


def _old_context(authority: Authority) -> ssl.SSLContext:
    """OpenSSL 3 takes old versions only at security level 0."""
    context = authority.context("mx1.mx-old-tls.test", ends=ENDS)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


class MailHosts:
    """All of them, until stop()."""

    def __init__(self, authority: Authority) -> None:
        self.sinks = [
            AnyName(GOOD, authority),
            Sink(NO_STARTTLS),
            Sink(WRONG_NAME, authority.context("mx.elsewhere.test",
                                               ends=ENDS)),
            AnyName(EXPIRED, authority, begins=-9 * DAY,
                    ends=-DAY - HOUR),
            Sink(OLD_TLS, _old_context(authority)),
            AnyName(ENDING, authority, ends=5 * DAY + HOUR),
            AnyName(SELF_SIGNED, authority, issuer="self"),
        ]
        self.scripted = [
            ScriptedHost(address, handler, port=25)
            for address, handler in (
                (SILENT, hangs), (TARPIT, _tarpit), (ENDLESS, _endless),
                (TURNED_AWAY, _turned_away), (BROKEN_TLS, _broken_tls),
                (ESCAPES, _escapes))]

    def stop(self) -> None:
        for one in [*self.sinks, *self.scripted]:
            one.stop()
