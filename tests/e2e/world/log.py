# SPDX-License-Identifier: ISC
"""The lines a process has written so far, and waiting for the next."""
import re
import threading
import time

from world.wait import DEADLINE_S


class Log:
    """Fed by one thread, read by others. A mark is a number of lines."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.is_closed = False
        self._changed = threading.Condition()

    def feed(self, line: str) -> None:
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()

    def mark(self) -> int:
        with self._changed:
            return len(self.lines)

    def find(self, pattern: str, start: int = 0) -> list[re.Match[str]]:
        """Every match so far, from line `start` on."""
        with self._changed:
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
