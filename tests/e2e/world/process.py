# SPDX-License-Identifier: ISC
"""A server in the foreground, its output followed as a Log."""
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Callable, Mapping, Optional, Sequence

from world.log import Log
from world.wait import DEADLINE_S, until


# Every process ever started, for the report on a failed test.
started: list["Process"] = []


class Process:
    """Start argv; everything it writes goes to `log`."""

    def __init__(self, name: str, argv: Sequence[str],
                 env: Optional[Mapping[str, str]] = None,
                 cwd: Optional[Path] = None) -> None:
        self.name = name
        self._child = subprocess.Popen(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self._child.stdout is not None
        self.log = Log(name, self._child.stdout.fileno())
        self._follower = threading.Thread(target=self.log.follow, daemon=True)
        self._follower.start()
        started.append(self)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def status(self) -> Optional[int]:
        """None while it runs; negative: the signal that ended it."""
        return self._child.poll()

    def until_ready(self, what: str, probe: Callable[[], bool]) -> None:
        until(f"{self.name}: {what}",
              lambda: self.status is not None or probe())
        if self.status is not None:
            raise RuntimeError(f"{self.name} ended with {self.status}:\n"
                               + self.log.text())

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, deadline_s: float = DEADLINE_S) -> int:
        """Its exit status, with all it wrote in the log."""
        try:
            status = self._child.wait(deadline_s)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise TimeoutError(f"{self.name} does not end:\n"
                               + self.log.text()) from late
        self._follower.join(deadline_s)
        return status

    def kill(self) -> None:
        if self.status is None:
            self._child.kill()
            self._child.wait()

    def stop(self) -> int:
        if self.status is None:
            self.signal(signal.SIGTERM)
        return self.wait()


def _parents() -> dict[int, int]:
    """Of every process that is not a zombie."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it has just ended
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    return parents


def is_alive(pid: int) -> bool:
    return pid in _parents()


def leaves(pid: int) -> set[int]:
    """The descendants of a process that have no child themselves."""
    parents = _parents()
    found = {pid}
    while more := {child for child, parent in parents.items()
                   if parent in found} - found:
        found |= more
    return found - set(parents.values()) - {pid}


def run(*argv: str, check: bool = True, **more: object
        ) -> "subprocess.CompletedProcess[str]":
    """A command to its end; its output is part of the error."""
    done = subprocess.run(argv, text=True, capture_output=True,
                          timeout=DEADLINE_S, **more)  # type: ignore
    if check and done.returncode != 0:
        raise RuntimeError(f"{argv}: status {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")
    return done
