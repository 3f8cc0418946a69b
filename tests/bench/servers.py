# SPDX-License-Identifier: ISC
"""What runs on which core, what it costs, and where it is reached."""
import os
import re
import socket
import subprocess
import time
from pathlib import Path

SERVER_CPU, LOAD_CPU = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")
READY_S = 30


def on_load_core(*argv: object) -> list[str]:
    return ["taskset", "-c", LOAD_CPU, *map(str, argv)]


def wait_for(address: str) -> None:
    """Until somebody listens at unix:PATH or inet:HOST:PORT."""
    kind, _, where = address.partition(":")
    host, _, port = where.rpartition(":")
    for _ in range(READY_S * 1000):
        if kind == "unix":
            sock, to = socket.socket(socket.AF_UNIX), where
        else:
            sock, to = socket.socket(), (host, int(port))  # type: ignore
        with sock:
            if sock.connect_ex(to) == 0:
                return
        time.sleep(0.001)
    raise RuntimeError(f"nobody listens at {address}")


class Server:
    """A program on a core, silent; given an address, it listens there."""

    def __init__(self, *argv: object, cpu: str = SERVER_CPU,
                 address: str = "") -> None:
        self.process = subprocess.Popen(
            ["taskset", "-c", cpu, *map(str, argv)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        if address:
            wait_for(address)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = fields.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def private_kib(self) -> int:
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        found = re.search(r"Private_Dirty:\s+(\d+)", text)
        assert found is not None
        return int(found[1])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
