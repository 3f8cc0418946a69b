# SPDX-License-Identifier: ISC
"""What the daemon runs on, made worse: its disk, its clock, its memory."""
import mmap
import re
import struct
from pathlib import Path
from typing import Iterator

from world.daemon import Daemon
from world.process import run

# What slowsync.c can make fail.
SYNC, PAGES, HEAD = 1, 2, 4


class Control:
    """Numbers shared with a preloaded object, by name."""

    def __init__(self, build: Path, folder: Path, shim: str,
                 *names: str, tests: str = "crash") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{shim}.control"
        path.write_bytes(bytes(8 * len(names)))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), 0)
        self._names = names
        self.environment = {
            "LD_PRELOAD": str(build / f"tests/{tests}/{shim}.so"),
            shim.upper(): str(path),
            # A sanitizer wants to be loaded first, and need not be.
            "ASAN_OPTIONS":
                "detect_leaks=1:exitcode=99:verify_asan_link_order=0",
        }

    def __getitem__(self, name: str) -> int:
        at = 8 * self._names.index(name)
        return int(struct.unpack_from("=q", self._bytes, at)[0])

    def __setitem__(self, name: str, value: int) -> None:
        struct.pack_into("=q", self._bytes, 8 * self._names.index(name),
                         value)

    def text(self, name: str, value: str) -> None:
        """A string, from name on, over as many numbers as it takes."""
        at = 8 * self._names.index(name)
        data = value.encode() + b"\0"
        self._bytes[at:at + len(data)] = data


def slow_disk(daemon: Daemon) -> Control:
    """Its syncs are slow, and its writes fail, as told."""
    control = Control(daemon.binary.parent, daemon.folder, "slowsync",
                      "delay_ms", "error", "fails", "begun", "ended")
    daemon.environment = control.environment
    return control


def shifted_clock(daemon: Daemon) -> Control:
    """Its clock is stepped, and its machine has slept, as told."""
    control = Control(daemon.binary.parent, daemon.folder, "shiftclock",
                      "wall_s", "slept_s")
    daemon.environment = control.environment
    return control


def tmpfs(daemon: Daemon, size: str) -> Iterator[Path]:
    """A disk of its own for the daemon's cache."""
    path = daemon.folder / "disk"
    path.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "disk",
        str(path))
    daemon.settings["cache_dir"] = str(path / "cache")
    try:
        yield path
    finally:
        if daemon.process is not None:
            daemon.process.kill()
        run("umount", str(path))


def _memory(pid: int, *fields: str) -> int:
    """Bytes of all mappings but the cache's file."""
    total, is_file = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_file = line.endswith("/data.mdb")
        elif line.partition(":")[0] in fields and not is_file:
            total += int(line.split()[1]) * 1024
    return total


def private_dirty(pid: int) -> int:
    """Bytes that are the process's alone and on no disk."""
    return _memory(pid, "Private_Dirty")


def private_memory(pid: int) -> int:
    """The same, and what of it was swapped out."""
    return _memory(pid, "Private_Dirty", "Swap")


def resident(pid: int) -> int:
    """Bytes in memory, libraries included, without the cache's file."""
    return _memory(pid, "Rss")
