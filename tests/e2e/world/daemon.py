# SPDX-License-Identifier: ISC
"""The daemon under test: started with settings, followed by its log, and
stopped with every complaint of a sanitizer counted as a failure."""
import os
import re
import shlex
import signal
from pathlib import Path
from typing import Optional

from world.log import Log
from world.process import Process
from world.wait import DEADLINE_S

# Of a sanitizer; or the daemon missed what its own sandbox refuses.
COMPLAINT = r"Sanitizer|runtime error:|^sandbox-refused:"


class Daemon:
    """Settings are `name=value`, with names as in its configuration file;
    arguments come before them."""

    def __init__(self, build: Path, folder: Path, ca_file: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = build / "postfix-mta-sts"
        self.folder = folder
        self.settings = {
            "listen": "inet:127.0.0.1:8461",
            "cache_dir": str(folder / "cache"),
            "admin_listen": f"unix:{folder}/admin.sock",
            "tls_ca_file": str(ca_file),
            "allow_networks": "127.0.0.0/8",
        }
        self.environment: dict[str, str] = {}
        self.wrapper: list[str] = []  # it is run by that
        self.process: Optional[Process] = None
        self._spawned: list[Process] = []

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_: object) -> None:
        """It must end well; whatever a failed test left behind ends too."""
        try:
            self.stop()
        finally:
            for process in self._spawned:
                process.kill()

    def spawn(self, *arguments: str, **settings: str) -> Process:
        """Start it, ready or not; with nothing of the caller's surroundings
        that could change what it does."""
        env = {name: os.environ[name] for name in ("PATH", "HOME")
               if name in os.environ}
        env["ASAN_OPTIONS"] = "detect_leaks=1:exitcode=99"
        env["UBSAN_OPTIONS"] = "print_stacktrace=1"
        env.update(self.environment)
        argv = [*self.wrapper, str(self.binary), *arguments]
        for item in {**self.settings, **settings}.items():
            argv += ["-o", "=".join(item)]
        process = Process("daemon", argv, env=env)
        self._spawned.append(process)
        return process

    def start(self, *arguments: str, **settings: str) -> "Daemon":
        self.process = self.spawn(*arguments, **settings)
        self.log.wait_for(r"^started:")
        return self

    @property
    def log(self) -> Log:
        assert self.process is not None
        return self.process.log

    def resolved(self, domain: str, start: int = 0) -> dict[str, str]:
        """The fields of the domain's next `resolved:` line."""
        line = self.log.wait_for(
            rf"^resolved: (domain={re.escape(domain)} .*)", start)[1]
        return dict(field.split("=", 1) for field in shlex.split(line))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        assert self.process.status == -signal.SIGKILL, self.log.text()

    def check(self, status: int) -> None:
        """The status is what it must be, and nobody complained."""
        assert self.process is not None
        complaints = self.log.find(COMPLAINT)
        assert not complaints, "\n".join(self.log.lines[-200:])
        assert self.process.status == status, (
            f"daemon ended with {self.process.status}, not {status}:\n"
            + self.log.text())

    def stop(self) -> None:
        """SIGTERM, then status 0; nothing when it does not run."""
        if self.process is None or self.process.status == -signal.SIGKILL:
            return
        if self.process.status is None:
            self.process.signal(signal.SIGTERM)
            self.process.wait(DEADLINE_S)
        self.check(0)

    def restart(self, *arguments: str, **settings: str) -> "Daemon":
        self.stop()
        return self.start(*arguments, **settings)
