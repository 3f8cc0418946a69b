# SPDX-License-Identifier: ISC
"""A Postfix of its own: configuration, queue and log below one folder."""
import itertools
import os
import shutil
import smtplib
from glob import glob
from pathlib import Path
from typing import Mapping, Optional

from world.process import Process, run
from world.wait import is_open

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - {chroot} - - smtp
relay unix - - {chroot} - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

JAIL_FILES = ("etc/services", "etc/resolv.conf", "etc/hosts",
              "etc/nsswitch.conf")
JAIL_LIBRARIES = ("gcc_s", "nss", "resolv")
ports = itertools.count(2525)


def write_main_cf(path: Path, lines: Mapping[str, str]) -> None:
    """Postfix waits for a main.cf to be two seconds old: make it so."""
    path.write_text("".join(
        f"{name} = {value}\n" for name, value in lines.items()))
    os.utime(path, (0, 0))


class Postfix:
    """main adds to, or replaces, main.cf's lines."""

    def __init__(self, folder: Path, ca_file: Path, table: str,
                 main: Optional[Mapping[str, str]] = None,
                 chroot: bool = False, queue: Optional[Path] = None
                 ) -> None:
        self.config = folder / "config"
        self.queue = queue or folder / "queue"
        self.config.mkdir(parents=True)
        self.queue.mkdir(exist_ok=queue is not None)
        data = folder / "data"
        data.mkdir()
        shutil.chown(data, "postfix", "postfix")
        self.port = next(ports)
        lines = {
            "compatibility_level": "3.6",
            "queue_directory": str(self.queue),
            "data_directory": str(data),
            "maillog_file": "/dev/stdout",
            "myhostname": "out.mail.invalid",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "smtp_tls_security_level": "may",
            "smtp_tls_policy_maps": table,
            "smtp_tls_CAfile": str(ca_file),
            "smtp_tls_loglevel": "1",
            "smtp_address_preference": "ipv4",
            # a client must not outlive the look-up it made
            "max_use": "1",
        }
        lines.update(main or {})
        write_main_cf(self.config / "main.cf", lines)
        (self.config / "master.cf").write_text(MASTER_CF.format(
            port=self.port, chroot="y" if chroot else "n"))
        if chroot:
            self._fill_jail()
        self.process = Process(
            "postfix", ["postfix", "-c", str(self.config), "start-fg"])
        self.log = self.process.log
        self.process.until_ready(
            "listens", lambda: is_open("127.0.0.1", self.port))

    def _fill_jail(self) -> None:
        """What a chrooted smtp(8) needs, as Debian's start-up copies it."""
        libraries = [path for name in JAIL_LIBRARIES
                     for path in glob(f"/lib/*/lib{name}*.so*")]
        for name in [*JAIL_FILES, *(path[1:] for path in libraries)]:
            to = self.queue / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(f"/{name}", to)
            to.chmod(0o755)

    def send(self, recipient: str, text: str = "hello") -> None:
        """Put a message into the queue."""
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            client.sendmail("sender@out.mail.invalid", [recipient],
                            f"Subject: {text}\r\n\r\n{text}\r\n")

    def wait_status(self, recipient: str, start: int = 0
                    ) -> tuple[str, str]:
        """(status, reason) of the recipient's next delivery attempt."""
        found = self.log.wait_for(
            rf"to=<{recipient}>.* status=(\w+) \((.*)\)", start)
        return found[1], found[2]

    def flush(self) -> None:
        run("postqueue", "-c", str(self.config), "-f")

    def stop(self) -> None:
        run("postfix", "-c", str(self.config), "stop", check=False)
        self.process.wait()


def postmap(key: str, name: str = "postfix-3.4",
            where: str = "inet:127.0.0.1:8461") -> tuple[int, str]:
    """What `postmap -q` says: (exit status, reply)."""
    config = Path("/etc/postfix/main.cf")
    if not config.exists():
        write_main_cf(config, {"compatibility_level": "3.6"})
    done = run("postmap", "-q", key, f"socketmap:{where}:{name}",
               check=False)
    return done.returncode, done.stdout.rstrip("\n") or done.stderr.strip()
