# SPDX-License-Identifier: ISC
"""postfix-mta-sts-ctl, run to its end, and what it prints as golden files."""
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Optional

from world import golden
from world.daemon import Daemon
from world.wait import DEADLINE_S

# A row of list, of what was fetched a moment ago, for a day.
ROW = (r"in (1d|23h 59m) +(now|\d+s ago) +", f"{'in 1d':10}  {'now':11}  ")

FOLDER = golden.FOLDER.parent / "ctl"
COLUMNS = 80

# Of the same width where columns depend on it.
VOLATILE = (
    (r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", "YYYY-MM-DD hh:mm:ss UTC"),
    (r"\b20\d\d-\d\d-\d\d\b", "YYYY-MM-DD"),
)


class Ctl:
    def __init__(self, build: Path, config: Path,
                 socket: Optional[str] = None) -> None:
        self.argv = [str(build / "postfix-mta-sts-ctl"), "--config",
                     str(config)]
        if socket is not None:
            self.argv += ["--socket", socket]
        self.env = {
            "PATH": os.environ["PATH"],
            "ASAN_OPTIONS": "detect_leaks=1:exitcode=99",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }

    def run(self, *words: str, stdin: str = ""
            ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.argv, *words], input=stdin, text=True, env=self.env,
            capture_output=True, timeout=DEADLINE_S, check=False)

    def ok(self, *words: str, stdin: str = "") -> str:
        done = self.run(*words, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), \
            f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def on_terminal(self, *words: str, **env: str) -> tuple[int, str]:
        """Its status, and what a terminal is sent on all descriptors."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
                [*self.argv, *words], stdin=theirs, stdout=theirs,
                stderr=theirs, env={**self.env, **env}) as child:
            os.close(theirs)
            text = b""
            while True:
                try:
                    chunk = os.read(ours, 65536)
                except OSError:
                    break
                if not chunk:
                    break
                text += chunk
            os.close(ours)
            status = child.wait(DEADLINE_S)
        return status, text.decode().replace("\r\n", "\n")


def of(daemon: Daemon) -> Ctl:
    """With a configuration as the daemon's settings are."""
    config = daemon.folder / "conf"
    config.write_text("".join(f"{name} = {value}\n" for name, value
                              in daemon.settings.items()))
    return Ctl(daemon.binary.parent, config)


def compare(name: str, text: str, *volatile: tuple[str, str],
            is_wide: bool = False) -> None:
    """With tests/golden/ctl/name, but for what differs from run to run."""
    for pattern, word in (*volatile, *VOLATILE):
        text = re.sub(pattern, word, text)
    for line in text.splitlines():
        # The last word of a line is never cut.
        assert is_wide or len(line.rpartition(" ")[0]) <= COLUMNS, line
    golden.compare(name, text, FOLDER)
