# SPDX-License-Identifier: ISC
"""A daemon with a configuration file, which it is told to read again."""
import signal

from world.daemon import Daemon


class Reloaded:
    """A daemon that has its settings from a file."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.file = daemon.folder / "reload.conf"
        self.settings = dict(daemon.settings)
        daemon.settings = {}

    def write(self, **settings: str) -> None:
        self.settings.update(settings)
        self.file.write_text("".join(
            f"{name} = {value}\n" for name, value in self.settings.items()))

    def start(self, **settings: str) -> None:
        self.write(**settings)
        self.daemon.start("--config", str(self.file))

    def hang_up(self, expected: str) -> str:
        """SIGHUP, then the line that tells of it, which is returned."""
        assert self.daemon.process is not None
        mark = self.daemon.log.mark()
        self.daemon.process.signal(signal.SIGHUP)
        self.daemon.log.wait_for(r"reloaded|reload-failed", mark)
        return self.daemon.log.wait_for(expected, mark)[0]

    def reload(self, **settings: str) -> None:
        self.write(**settings)
        names = "".join(f" {name}" for name in settings)
        self.hang_up(rf"reloaded: changed:{names}$")
