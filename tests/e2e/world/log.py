# SPDX-License-Identifier: ISC
"""The lines a process has written so far, and waiting for the next."""
import os
import re
import select
import threading
import time

from world.wait import DEADLINE_S


class Log:
    """Followed by one thread, read by others: all that was written before they
    ask is there. A mark is a number of lines."""

    def __init__(self, name: str, pipe: int) -> None:
        self.name = name
        self.lines: list[str] = []
        self.is_closed = False
        self._pipe = pipe
        self._rest = b""
        self._changed = threading.Condition()
        os.set_blocking(pipe, False)

    def follow(self) -> None:
        """Until the end."""
        ready = select.poll()
        ready.register(self._pipe, select.POLLIN)
        while not self.is_closed:
            ready.poll()
            with self._changed:
                self._read()

    def _read(self) -> None:
        """All that has been written: a pipe holds no more than this. Who
        writes a line and then a reply may be asked for both at once."""
        if self.is_closed:
            return
        try:
            some = os.read(self._pipe, 65536)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + some).split(b"\n")
        if not some:
            self.is_closed = True
            lines = [self._rest] if self._rest else []
        self.lines += [line.decode("utf-8", "replace") for line in lines]
        self._changed.notify_all()

    def mark(self) -> int:
        with self._changed:
            self._read()
            return len(self.lines)

    def find(self, pattern: str, start: int = 0) -> list[re.Match[str]]:
        """Every match so far, from line `start` on."""
        with self._changed:
            self._read()
            lines = self.lines[start:]
        found = (re.search(pattern, line) for line in lines)
        return [match for match in found if match]

    def wait_for(self, pattern: str, start: int = 0,
                 deadline_s: float = DEADLINE_S) -> re.Match[str]:
        """The first match from line `start` on, now or later."""
        end = time.monotonic() + deadline_s
        seen = start
        with self._changed:
            while True:
                for line in self.lines[seen:]:
                    match = re.search(pattern, line)
                    if match:
                        return match
                seen = max(seen, len(self.lines))
                left = end - time.monotonic()
                if self.is_closed or left <= 0:
                    why = "ended" if self.is_closed else "deadline"
                    raise TimeoutError(
                        f"{self.name}: no line {pattern!r} ({why}):\n"
                        + self.text(start))
                self._changed.wait(left)

    def text(self, start: int = 0) -> str:
        return "\n".join(f"  {self.name}: {line}"
                         for line in self.lines[start:][-60:])
