# SPDX-License-Identifier: ISC
"""A machine of its own with a real systemd, on the network of the tests."""
import re
import subprocess
from pathlib import Path

from world.log import Log
from world.process import Process, run

HERE = Path(__file__).parent


class Machine:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.process = Process("systemd", [str(HERE / "boot"), str(folder)])
        self._pid = 0
        self.process.until_ready("boots", self._is_up)
        self.journals: list[Process] = []

    def _enter(self, *argv: str) -> list[str]:
        return ["nsenter", "-t", str(self._pid), "--mount", "--pid", "--uts",
                "--ipc", "--cgroup", "--root", "--wd", *argv]

    def _is_up(self) -> bool:
        if self._pid == 0:
            self._pid = find_systemd()
        return self._pid != 0 and run(
            *self._enter("systemctl", "is-active", "test.target"),
            check=False).stdout == "active\n"

    def run(self, *argv: str, check: bool = True
            ) -> "subprocess.CompletedProcess[str]":
        """A command on the machine, to its end."""
        return run(*self._enter(*argv), check=check)

    def systemctl(self, *argv: str, check: bool = True) -> str:
        return self.run("systemctl", "--no-pager", *argv, check=check).stdout

    def value(self, unit: str, name: str) -> str:
        return self.systemctl("show", "-P", name, unit).rstrip("\n")

    def journal(self, unit: str) -> Log:
        """What the unit logs, from the beginning and on."""
        process = Process(f"journal of {unit}", self._enter(
            "journalctl", "-f", "-n", "all", "-o", "cat", "-u", unit))
        self.journals.append(process)
        return process.log

    def stop(self) -> None:
        for process in self.journals:
            process.kill()
        self.process.stop()


def find_systemd() -> int:
    """The process that has become systemd; 0: none yet."""
    try:
        pid = pid_outside(1)
        name = Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return 0
    return pid if name == "systemd\n" else 0


def pid_outside(pid: int) -> int:
    """The process that the machine calls pid."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            numbers = re.search(r"^NSpid:\s+(.*)$", status.read_text(), re.M)
        except OSError:
            continue  # it has just ended
        if numbers and numbers[1].split()[1:] == [str(pid)]:
            return int(status.parent.name)
    raise ProcessLookupError(pid)
