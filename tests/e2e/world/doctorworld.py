# SPDX-License-Identifier: ISC
"""A host for doctor to look at: a folder of Postfix's configuration, a
configuration of the daemon, and what it says of both."""
import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional

from world.daemon import COMPLAINT
from world.postfix import MASTER_CF, write_main_cf
from world.process import run
from world.wait import DEADLINE_S

PROBED = "probe.doctor.test"
# Always the same, so that lines break at the same places.
FOLDER = Path("/run/doctor")
# What a test must not do, and what is there only on a real host.
ELSEWHERE = re.compile(r"#|systemctl |postfix .*reload|postfix-mta-sts-ctl |"
                       r"apt-get |curl |dig |timedatectl ")


@dataclass
class Said:
    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        return [one["code"] for one in json.loads(self.out)["findings"]]


class Host:
    def __init__(self, build: Path, ca_file: Path,
                 settings: Mapping[str, str]) -> None:
        self.build = build
        self.folder = FOLDER
        shutil.rmtree(FOLDER, ignore_errors=True)
        self.postfix = FOLDER / "postfix"
        self.queue = FOLDER / "queue"
        self.postfix.mkdir(parents=True)
        self.queue.mkdir()
        self.ca_file = FOLDER / "ca.pem"
        shutil.copyfile(ca_file, self.ca_file)
        self.main = {
            "compatibility_level": "3.6",
            "queue_directory": str(self.queue),
            "myhostname": "out.mail.invalid",
            "inet_protocols": "ipv4",
            "smtp_tls_security_level": "may",
            "smtp_tls_CAfile": str(self.ca_file),
            "smtp_tls_loglevel": "1",
            "smtp_tls_policy_maps":
                "socketmap:inet:127.0.0.1:8461:postfix-3.4",
        }
        self.master = MASTER_CF.format(port=2500, chroot="n")
        self.config = FOLDER / "sts.conf"
        self.settings = dict(settings)
        self.path = ""  # before PATH
        self.user: Optional[int] = None
        self.write()

    def write(self) -> None:
        write_main_cf(self.postfix / "main.cf", self.main)
        (self.postfix / "master.cf").write_text(self.master)
        self.config.write_text("".join(
            f"{name} = {value}\n" for name, value in self.settings.items()))

    def doctor(self, *arguments: str) -> Said:
        env = {"PATH": self.path + os.environ["PATH"],
               "ASAN_OPTIONS": "detect_leaks=1:exitcode=99"}
        done = subprocess.run(
            [str(self.build / "postfix-mta-sts-ctl"), "--config",
             str(self.config), "doctor", "--postfix-conf",
             str(self.postfix), "--probe", PROBED, *arguments],
            env=env, text=True, capture_output=True, timeout=DEADLINE_S,
            user=self.user, group=self.user)
        assert not re.search(COMPLAINT, done.stderr), done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.doctor("--json", *arguments).out)

    def codes(self, *arguments: str) -> list[str]:
        return self.doctor("--json", *arguments).codes

    def mend(self) -> list[str]:
        """Do what doctor says, but for what only a real host has; the
        commands that were run."""
        commands = [line for one in self.json()["findings"]
                    for line in one["fix"] if not ELSEWHERE.match(line)]
        for line in commands:
            run("sh", "-ec", line, env={"PATH": os.environ["PATH"]})
        os.utime(self.postfix / "main.cf", (0, 0))
        return commands

    def golden(self, said: Said) -> str:
        """Without what differs from run to run."""
        text = re.sub(r"\b3\.7\.\d+", "3.7.N", said.out)
        return re.sub(r"postfix-mta-sts \d\S+ runs", "postfix-mta-sts V runs",
                      text) + f"status {said.status}\n"


def fake_postconf(folder: Path, version: str, **changes: str) -> str:
    """A postconf as of another version, in front of the real one; what to put
    before PATH."""
    folder.mkdir()
    lines = {"mail_version": version, **changes}
    changed = "".join(f"{name} = {value}\n"
                      for name, value in lines.items())
    names = "|".join(lines)
    script = folder / "postconf"
    script.write_text(
        "#!/bin/sh\n"
        "real=/usr/sbin/postconf\n"
        'case "$*" in\n'
        f'*-x) "$real" "$@" | grep -vE "^({names}) ="; '
        f"printf %s {shlex.quote(changed)} ;;\n"
        '*) exec "$real" "$@" ;;\n'
        "esac\n")
    script.chmod(0o755)
    return f"{folder}:"
