# SPDX-License-Identifier: ISC
"""A client of the administration socket, or of metrics_listen."""
import http.client
import json
import socket
from typing import Any, Optional, Union
from urllib.parse import quote, urlencode

from world.daemon import Daemon
from world.wait import DEADLINE_S, until


class Connection(http.client.HTTPConnection):
    """where: the path of a unix socket, or (address, port)."""

    def __init__(self, where: Union[str, tuple[str, int]]) -> None:
        super().__init__("localhost", timeout=DEADLINE_S)
        self.where = where

    def connect(self) -> None:
        self.sock = dial(self.where)


def dial(where: Union[str, tuple[str, int]]) -> socket.socket:
    if isinstance(where, tuple):
        return socket.create_connection(where, DEADLINE_S)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE_S)
    sock.connect(where)
    return sock


class Reply:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"] == "application/json", self.text
        return json.loads(self.text)


class Admin:
    """Requests on one connection, which is kept."""

    def __init__(self, daemon: Daemon) -> None:
        self.where = daemon.settings["admin_listen"].removeprefix("unix:")
        self._connection = Connection(self.where)

    def __enter__(self) -> "Admin":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None,
            **query: Any) -> Reply:
        """body: JSON, or text as it is."""
        if query:
            path += "?" + urlencode(query)
        self.send(method, path, body)
        return Reply(self._connection.getresponse())

    def send(self, method: str, path: str, body: Any = None) -> None:
        """And do not wait for the reply."""
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        self._connection.request(method, path, body and body.encode())

    def get(self, path: str, **query: Any) -> Any:
        reply = self.ask("GET", path, **query)
        assert reply.status == 200, reply.text
        return reply.json

    def show(self, domain: str) -> Any:
        return self.get("/policies/" + quote(domain, safe=""))

    def pages(self, path: str, **query: Any) -> list[Any]:
        """Every page of a list."""
        pages = []
        after: Optional[str] = ""
        while after is not None:
            pages.append(self.get(path, after=after, **query))
            after = pages[-1]["next"]
        return pages

    def job(self, path: str, body: Any) -> Any:
        """Start it and wait for its end; all results on one page."""
        reply = self.ask("POST", path, body)
        assert reply.status == 202, reply.text
        path = "/jobs/" + reply.json["job"]
        until(path, lambda: not self.get(path)["running"])
        return self.get(path)


def raw(where: Union[str, tuple[str, int]], request: str) -> str:
    """What is answered to these bytes before the other side closes."""
    with dial(where) as sock:
        sock.sendall(request.encode())
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    return answer.decode()
