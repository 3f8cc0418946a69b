# SPDX-License-Identifier: ISC
"""An administration socket that answers what a test wants it to."""
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Callable, Union
from urllib.parse import parse_qs, unquote, urlsplit

# Of (the query's names, the body): an object, or text as it is.
Answer = Callable[[dict[str, str], str], Any]


class Refused(Exception):
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        fake: FakeAdmin = self.server.fake  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in
                 parse_qs(url.query, keep_blank_values=True).items()}
        path = f"{self.command} {unquote(url.path)}"
        fake.asked.append((path, query, body))
        status, media, text = 200, "application/json", ""
        try:
            if path not in fake.answers:
                raise Refused(404, "not known")
            answer = fake.answers[path]
            given = answer(query, body) if callable(answer) else answer
            text = given if isinstance(given, str) else json.dumps(given)
        except Refused as why:
            status, text = why.status, json.dumps({"error": why.error})
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client may go when it likes."""


class FakeAdmin:
    """answers: "GET /status" and so on; asked: what came."""

    def __init__(self, path: Path) -> None:
        self.address = f"unix:{path}"
        self.answers: dict[str, Union[Answer, Any]] = {}
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self._server = _Server(str(path), _Handler)
        self._server.fake = self  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever,
                         kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
