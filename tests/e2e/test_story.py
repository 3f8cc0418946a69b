# SPDX-License-Identifier: ISC
"""A domain's life in eight steps, each looked at with --state: nothing,
testing, stuck in testing, enforce, a migration of its MX that forgets the
policy, a repair that forgets the id, none, and removed. The checker's clock is
moved; dates in the golden files count from the first day."""
import datetime
import json
import os
import re
import struct
import subprocess
from pathlib import Path
from typing import Any, Iterator, Optional

import jsonschema
import pytest

from world import golden
from world.checkworld import Ran
from world.mailworld import MailWorld, policy_text

DOMAIN = "story.test"
DAY_S = 86400
YEAR = datetime.timedelta(days=365, hours=1)
SCHEMA = golden.FOLDER.parents[2] / "docs/check.schema.json"
# day, MX, mode, max_age, id; mode None: neither record nor file
STEPS: list[tuple[str, int, str, Optional[str], int, str]] = [
    ("1-nothing", 0, "old", None, 0, ""),
    ("2-testing", 1, "old", "testing", 86400, "a1"),
    ("3-stuck", 100, "old", "testing", 86400, "a2"),
    ("4-enforce", 101, "old", "enforce", 604800, "a3"),
    ("5-migration", 110, "new", "enforce", 604800, "a3"),
    ("6-stale-id", 111, "new", "enforce", 604800, "a3"),
    ("7-none", 130, "new", "none", 86400, "a4"),
    ("8-removed", 145, "new", None, 0, ""),
]
WANTED = {
    "1-nothing": ("not_deployed", "missing_record"),
    "2-testing": ("testing", "mode_testing"),
    "3-stuck": ("ready", "stuck_testing id_without_change"),
    "4-enforce": ("enforcing", "max_age_short"),
    "5-migration": ("broken", "mx_none_match mx_changed"),
    "6-stale-id": ("enforcing", "stale_id"),
    "7-none": ("leaving", "mode_none mode_downgrade"),
    "8-removed": ("not_deployed", "missing_record"),
}


class Story:
    def __init__(self, world: MailWorld) -> None:
        self.world = world
        self.folder = world.folder / "story"
        self.folder.mkdir()
        self.state = self.folder / "state"
        self.clock = self.folder / "clock"
        self.runs = 0
        self.noon = datetime.datetime.now(datetime.timezone.utc).replace(
            hour=12, minute=0, second=0, microsecond=0)
        # Counted from noon too, or the days left depend on the hour.
        ends = self.noon + YEAR - datetime.datetime.now(datetime.timezone.utc)
        self.hosts = {name: world.sink(address, f"{name}.{DOMAIN}", ends=ends)
                      for name, address in (("old", "127.0.14.1"),
                                            ("new", "127.0.14.2"))}
        world.authority.issue(
            world.web.folder / f"mta-sts.{DOMAIN}.pem", f"mta-sts.{DOMAIN}",
            ends=ends)

    def publish(self, name: str, host: str, mode: Optional[str], max_age: int,
                id: str) -> None:
        world = self.world
        mx = f"{host}.{DOMAIN}"
        # The migration forgets the file.
        covered = "old." + DOMAIN if name == "5-migration" else mx
        world.mail_host(DOMAIN, self.hosts[host], mx)
        world.names.txt(f"_smtp._tls.{DOMAIN}",
                        f"v=TLSRPTv1; rua=mailto:tls@{DOMAIN}")
        if mode is None:
            world.names.txt(f"_mta-sts.{DOMAIN}")
            world.web.host(f"mta-sts.{DOMAIN}", None)
            world.names.sync()
        else:
            world.publish(DOMAIN, text=policy_text(mode, [covered], max_age),
                          id=id)

    def at(self, day: int, *arguments: str) -> Ran:
        """--check, on that day at noon, and 2 s later each time: a day after
        the last one, no less by the part of a second that was cut off."""
        now = datetime.datetime.now(datetime.timezone.utc)
        shift = int((self.noon - now).total_seconds()) + 1 + day * DAY_S
        shift += 2 * self.runs
        self.runs += 1
        self.clock.write_bytes(struct.pack("=qq", shift, 0))
        build = self.world.build
        done = subprocess.run(
            [str(build / "postfix-mta-sts"), "--check",
             "--helo", "mail.sender.test", "--state", str(self.state),
             "-o", f"tls_ca_file={self.world.authority.file}",
             "-o", "allow_networks=127.0.0.0/8", *arguments],
            env={"PATH": os.environ["PATH"], "SHIFTCLOCK": str(self.clock),
                 "LD_PRELOAD": str(build / "tests/crash/shiftclock.so"),
                 "ASAN_OPTIONS":
                     "detect_leaks=1:exitcode=99:verify_asan_link_order=0"},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=100)
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    def counted(self, text: str) -> str:
        """Dates as days since the first one; nothing of this machine."""
        def day(match: "re.Match[str]") -> str:
            then = datetime.date(*map(int, match[0].split("-")))
            return f"DAY{(then - self.noon.date()).days:+d}"

        text = text.split("\nChecked ")[0]
        text = re.sub(r"\b20\d{6}T\d{6}Z", "NEW-ID", text)
        text = re.sub(r"\b20\d\d-\d\d-\d\d", day, text)
        text = re.sub(r"\b\d\d:\d\d UTC", "TIME UTC", text)
        text = re.sub(r"\b\d+ ms\b", "MS", text)
        return re.sub(r"\(TTL \d+ s\)", "(TTL)", text)


@pytest.fixture(scope="module")
def story(world: MailWorld) -> Story:
    return Story(world)


def codes(report: dict[str, Any]) -> set[str]:
    return {one["code"] for one in report["findings"]}


@pytest.mark.parametrize("step", STEPS, ids=[one[0] for one in STEPS])
def test_step(story: Story, step: tuple[Any, ...]) -> None:
    """What moved is told once, then nothing."""
    name, day, *published = step
    story.publish(name, *published)
    done = story.at(day, "--compare", DOMAIN)
    assert done.err == ""
    again = story.at(day, "--only-changes", DOMAIN)
    assert (again.status, again.out, again.err) == (0, b"", ""), \
        again.out.decode()
    seen = story.at(day, "--compare", "--format", "json", DOMAIN)
    report = json.loads(seen.out)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    status, wanted = WANTED[name]
    assert report["status"] == status
    assert set(wanted.split()) <= codes(report)
    assert report["changes"]["items"] == []
    assert len(report["memory"]["history"]) == STEPS.index(step) + 1
    golden.compare(f"story/{name}.txt", story.counted(done.out.decode()))
