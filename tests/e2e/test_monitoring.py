# SPDX-License-Identifier: ISC
"""Every example of docs/monitoring.md, and the units for one domain."""
import os
import re
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from world.bulkworld import BulkWorld
from world.mailworld import MailWorld
from world.postfix import Postfix

REPO = Path(__file__).resolve().parents[2]
TEXT = (REPO / "docs/monitoring.md").read_text()
GOOD, MISSING = "d002.bulk.test", "d001.bulk.test"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def cron_commands() -> list[str]:
    """What comes behind the times and the user."""
    return [line.split(None, 6)[6] for block in blocks("cron")
            for line in block.splitlines() if not line.startswith("MAILTO")]


@pytest.fixture(scope="module")
def bulk(world: MailWorld) -> Iterator[BulkWorld]:
    it = BulkWorld(world, "monitoring")
    yield it
    it.stop()


@pytest.fixture(scope="module")
def host(world: MailWorld, bulk: BulkWorld) -> Iterator[Path]:
    """A folder with postfix-mta-sts in it, as it is installed; its settings
    are this world's."""
    folder = bulk.folder / "bin"
    folder.mkdir()
    settings = " ".join(bulk.command()[2:])
    (folder / "postfix-mta-sts").write_text(
        f'#!/bin/sh\nexec {bulk.command()[0]} "$@" {settings}\n')
    (folder / "postfix-mta-sts").chmod(0o755)
    bulk.list_file(4, "domains")
    postfix = Postfix(world.folder / "postfix-watch", world.authority.file,
                      "", {"mydestination": f"{GOOD} {MISSING}"})
    os.environ["MAIL_CONFIG"] = str(postfix.config)
    yield folder
    del os.environ["MAIL_CONFIG"]
    postfix.stop()


def shell(host: Path, command: str, domain: str = GOOD
          ) -> subprocess.CompletedProcess:
    for old, new in (
            ("/usr/bin/", f"{host}/"), ("example.com", domain),
            ("example.net", GOOD),
            ("/etc/postfix-mta-sts/domains", f"{host.parent}/domains"),
            ("/var/lib/prometheus/node-exporter", str(host))):
        command = command.replace(old, new)
    return subprocess.run(
        ["/bin/sh", "-c", command], text=True, capture_output=True,
        timeout=100, env={**os.environ, "PATH": f"{host}:/usr/sbin:/usr/bin"
                          ":/bin"})


def test_cron(host: Path) -> None:
    each, table, mine, queue, _ = cron_commands()
    assert shell(host, each).stdout == ""
    said = shell(host, each, MISSING)
    assert said.stdout.startswith("MTA-STS CRITICAL - 2 domains: 1 critical")
    rows = shell(host, table).stdout.splitlines()
    assert len(rows) == 5 and rows[1].startswith(f"{MISSING},client b,F,")
    assert shell(host, mine).stdout == ""
    assert shell(host, queue).stdout == ""


@pytest.mark.parametrize("domain, status, word", [
    (GOOD, 0, "OK"), (MISSING, 2, "CRITICAL")])
def test_nagios(host: Path, domain: str, status: int, word: str) -> None:
    block, = blocks("nagios")
    found = re.search(r"command_line +(.*)", block)
    use = re.search(r"check_command +(.*)", block)
    assert found and use
    command = found[1]
    for at, value in enumerate(use[1].split("!")[1:], 1):
        command = command.replace(f"$ARG{at}$", value)
    check_plugin(shell(host, command, domain), domain, status, word)


@pytest.mark.parametrize("domain, status, word", [
    (GOOD, 0, "OK"), (MISSING, 2, "CRITICAL")])
def test_icinga(host: Path, domain: str, status: int, word: str) -> None:
    block, = blocks("icinga")
    found = re.search(r"command = \[ (.*) \]", block)
    assert found
    argv = re.findall(r'"([^"]*)"', found[1])
    values = {**dict(re.findall(r'vars\.(\w+) = "?(\w+)', block)),
              "mta_sts_domain": domain}
    for key, name in re.findall(r'"(-[\w-]+)" = "\$(\w+)\$"', block):
        argv += [key, values[name]]
    last = re.search(r'value = "\$(\w+)\$"', block)
    assert last and len(argv) == 10
    check_plugin(shell(host, " ".join([*argv, values[last[1]]])), domain,
                 status, word)


def check_plugin(done: subprocess.CompletedProcess, domain: str, status: int,
                 word: str) -> None:
    """As the guidelines for plugins have it: a line, a bar, labels = values."""
    assert done.returncode == status and done.stderr == ""
    text, _, data = done.stdout.rstrip("\n").partition(" | ")
    assert text.startswith(f"MTA-STS {word} - {domain}: grade ")
    assert len(data.split()) == 3
    for one in data.split():
        assert re.fullmatch(r"\w+=(U|[\d.]+[a-z]*)(;[\d.:]*)*", one), one


def test_prometheus(host: Path) -> None:
    """Each metric's samples stand together below its HELP and TYPE; the
    alerts go by metrics that are there."""
    assert shell(host, cron_commands()[-1]).stdout == ""
    known: list[str] = []
    values: dict[str, set[str]] = {}
    for line in (host / "mta_sts.prom").read_text().splitlines():
        head = re.fullmatch(r"# (HELP|TYPE) (\w+) .+", line)
        if head:
            if head[1] == "TYPE":
                known.append(head[2])
            continue
        found = re.fullmatch(r'(\w+)\{domain="([\w.]+)"\} (-?\d+)', line)
        assert found and found[1] == known[-1], line
        values.setdefault(found[1], set()).add(found[2])
    assert len(known) == len(set(known)) == 5
    assert len(values["mta_sts_score"]) == 4
    asked = set(re.findall(r"mta_sts_\w+", blocks("yaml")[0]))
    assert asked == set(known)


@pytest.mark.parametrize("domain, statuses", [
    (GOOD, {0}), ("d000.bulk.test", {1}), (MISSING, {2})])
def test_unit(host: Path, domain: str, statuses: set[int]) -> None:
    text = (REPO / "systemd/postfix-mta-sts-check@.service").read_text()
    found = re.search(r"^ExecStart=(.*)$", text, re.M)
    assert found and "SuccessExitStatus=1\n" in text
    done = shell(host, found[1].replace("%i", domain))
    assert done.returncode in statuses
    assert done.stdout.startswith("MTA-STS ") and done.stderr == ""


def test_timer() -> None:
    timer = (REPO / "systemd/postfix-mta-sts-check@.timer").read_text()
    assert "WantedBy=timers.target" in timer
    names = re.findall(r"postfix-mta-sts-check@\S*\.(\w+)", TEXT)
    assert {"timer", "service"} <= set(names)
