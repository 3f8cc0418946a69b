# SPDX-License-Identifier: ISC
"""Waiting for events, each wait with a deadline: never for time to pass."""
import socket
import time
from typing import Callable, TypeVar

# Of one event. Generous: it is only spent when a test fails.
DEADLINE_S = 30.0
POLL_S = 0.01

T = TypeVar("T")


def until(what: str, probe: Callable[[], T],
          deadline_s: float = DEADLINE_S) -> T:
    """Call probe until it returns something true; that is the result."""
    end = time.monotonic() + deadline_s
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline_s:g} s: {what}")
        time.sleep(POLL_S)


def is_open(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


def until_open(address: str, port: int) -> None:
    until(f"{address}:{port} accepts", lambda: is_open(address, port))
