# SPDX-License-Identifier: ISC
"""Before publishing, and after: what is generated is served by real servers
and passes the check; a fix is written and works; and the wait for it ends."""
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from world import golden
from world.checkworld import Ran
from world.mailworld import MailWorld, policy_text
from world.process import Process, run
from world.wait import is_open, until

HOST = "127.0.1.50"
SINK = "127.0.14.10"
ENVIRONMENT = {"PATH": os.environ["PATH"],
               "ASAN_OPTIONS": "detect_leaks=1:exitcode=99"}


class Checker:
    def __init__(self, world: MailWorld) -> None:
        self.world = world
        self.sink = world.sink(SINK, "mx1.publish.test", "mx1.fix.test",
                               "mx1.wait.test", "mx1.policy.test")
        self.ca = world.folder / "publish-ca.pem"
        self.ca.write_bytes(world.authority.file.read_bytes())

    def argv(self, *arguments: str) -> list[str]:
        return [str(self.world.build / "postfix-mta-sts"), "--check",
                "--helo", "mail.sender.test",
                "-o", f"tls_ca_file={self.ca}",
                "-o", "allow_networks=127.0.0.0/8", *arguments]

    def run(self, *arguments: str, given: str = "") -> Ran:
        done = subprocess.run(self.argv(*arguments), env=ENVIRONMENT,
                              input=given.encode(), capture_output=True,
                              timeout=100)
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    def mail(self, domain: str) -> None:
        self.world.mail_host(domain, self.sink, f"mx1.{domain}")


@pytest.fixture(scope="module")
def checker(world: MailWorld) -> Checker:
    return Checker(world)


# ---- what is generated

@pytest.fixture
def no_web(world: MailWorld) -> Iterator[None]:
    """Snippets listen on every address: nobody else may."""
    world.web.stop()
    run("mount", "-t", "tmpfs", "-o", "mode=755", "publish", "/srv")
    yield
    run("umount", "/srv")
    world.web.start()


def nginx(folder: Path, snippet: str) -> list[str]:
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; user root; pid {folder}/pid;\n"
        "error_log stderr; events { }\nhttp { access_log off;\n"
        + "".join(f"{one}_temp_path {folder}/tmp;\n" for one in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + snippet + "}\n")
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(conf)]


def apache(folder: Path, snippet: str) -> list[str]:
    conf = folder / "apache.conf"
    modules = "mpm_event authz_core authz_host mime ssl"
    conf.write_text(
        "".join(f"LoadModule {one}_module "
                f"/usr/lib/apache2/modules/mod_{one}.so\n"
                for one in modules.split())
        + f"ServerRoot {folder}\nPidFile {folder}/pid\nListen 443\n"
        "ServerName localhost\nUser www-data\nGroup www-data\n"
        f"ErrorLog /dev/stderr\nTypesConfig /dev/null\n"
        f"Mutex file:{folder} default\n" + snippet)
    return ["apache2", "-D", "FOREGROUND", "-f", str(conf)]


def caddy(folder: Path, snippet: str) -> list[str]:
    """An authority of its own stands for the one it would ask."""
    conf = folder / "Caddyfile"
    conf.write_text("{\n admin off\n local_certs\n skip_install_trust\n}\n"
                    + snippet)
    os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"] = str(folder)
    return ["caddy", "run", "--config", str(conf), "--adapter", "caddyfile"]


def part(text: str, begin: str, end: str) -> str:
    """What is between two lines of --generate, without remarks."""
    found = re.search(rf"^# {begin}.*?\n(.*?)^# {end}", text, re.S | re.M)
    assert found is not None, text
    return "".join(f"{line}\n" for line in found[1].splitlines()
                   if not line.startswith("#") and line)


def txt_of(line: str) -> str:
    found = re.search(r'IN TXT "(.*)"', line)
    assert found is not None, line
    return found[1]


@pytest.mark.parametrize("name, argv, next_part", [
    ("nginx", nginx, "--- Apache"), ("Apache", apache, "--- Caddy"),
    ("Caddy", caddy, "3.")])
def test_served(world: MailWorld, checker: Checker, no_web: None, name: str,
                argv: Callable[[Path, str], list[str]], next_part: str,
                request: pytest.FixtureRequest) -> None:
    domain = "publish.test"
    checker.mail(domain)
    done = checker.run("--generate", "--mode", "testing", "--max-age", "2d",
                       "--id", "a1", "--rua", f"mailto:tls@{domain}", domain)
    assert (done.status, done.err) == (0, "")
    text = done.out.decode()
    root = Path(f"/srv/mta-sts/{domain}/.well-known")
    root.mkdir(parents=True, exist_ok=True)
    policy = part(text, "2[.]", "--- nginx")
    assert policy == ("version: STSv1\nmode: testing\n"
                      f"mx: mx1.{domain}\nmax_age: 172800\n")
    (root / "mta-sts.txt").write_text(policy)
    world.names.txt(f"_mta-sts.{domain}", txt_of(part(text, "3[.]", "4[.]")))
    world.names.txt(f"_smtp._tls.{domain}", txt_of(part(text, "4[.]", "5[.]")))
    world.names.set(f"mta-sts.{domain}", "A", HOST)
    world.names.sync()

    live = Path(f"/etc/letsencrypt/live/mta-sts.{domain}")
    live.mkdir(parents=True, exist_ok=True)
    world.authority.issue(live / "fullchain.pem", f"mta-sts.{domain}")
    shutil.copy(live / "fullchain.pem", live / "privkey.pem")
    folder = world.folder / f"publish-{name}"
    folder.mkdir()
    server = Process(name, argv(folder, part(text, f"--- {name}", next_part)))
    request.addfinalizer(server.stop)
    server.until_ready("listens", lambda: is_open(HOST, 443))
    if name == "Caddy":
        root_file = folder / "caddy/pki/authorities/local/root.crt"
        until("its authority", root_file.exists)
        checker.ca.write_bytes(world.authority.file.read_bytes()
                               + root_file.read_bytes())
    report = json.loads(checker.run("--format", "json", domain).out)
    assert report["status"] == "testing"
    chips = report["chips"]
    assert [chips[one] for one in (
        "dns", "fetch", "syntax", "mx", "smtp", "tls_rpt")] == ["pass"] * 6, \
        report["findings"]
    assert chips["certificate"] != "fail"
    assert report["policy"]["mode"] == "testing"


# ---- a fix

def test_fix(world: MailWorld, checker: Checker) -> None:
    domain, folder = "fix.test", world.folder / "fix"
    checker.mail(domain)
    world.publish(domain, id="a_1", text=policy_text(
        "enforce", [f"mx1.{domain}."], 604800))
    done = checker.run("--fix", str(folder), domain)
    assert (done.status, done.err) == (0, "")
    names = sorted(one.name for one in folder.iterdir())
    assert names == ["2-mta-sts.txt", "3-mta-sts-record.txt",
                     "4-tls-rpt-record.txt", "README.txt"]
    files = {one: (folder / one).read_text() for one in names}
    readme = files["README.txt"]
    places = [readme.index(one) for one in names[:3]]
    assert places == sorted(places)
    # Nothing that is there is written over, and nothing half is left.
    (folder / "README.txt").unlink()
    again = checker.run("--fix", str(folder), domain)
    assert again.status == 3 and again.out == b""
    assert "2-mta-sts.txt: File exists" in again.err
    assert sorted(one.name for one in folder.iterdir()) == names[:3]
    # Done as it says, it is right.
    world.web.host(f"mta-sts.{domain}", files["2-mta-sts.txt"])
    world.names.txt(f"_mta-sts.{domain}",
                    txt_of(files["3-mta-sts-record.txt"]))
    world.names.txt(f"_smtp._tls.{domain}",
                    txt_of(files["4-tls-rpt-record.txt"]))
    world.names.sync()
    report = json.loads(checker.run("--format", "json", domain).out)
    assert report["status"] == "enforcing" and report["grade"] == "A"
    empty = world.folder / "fix-none"
    done = checker.run("--fix", str(empty), domain)
    assert done.status == 0 and b"Nothing" in done.out
    assert not empty.exists()


# ---- the wait

def test_wait(world: MailWorld, checker: Checker) -> None:
    domain = "wait.test"
    checker.mail(domain)
    world.publish(domain, text=policy_text(
        "enforce", [f"mx1.{domain}"], 604800))
    world.web.host(f"mta-sts.{domain}", None)
    late = checker.run("--wait", "1", "--format", "nagios", domain)
    assert late.status == 2
    assert "still missing:\n  http_status: " in late.err
    waiting = subprocess.Popen(
        checker.argv("--wait", "90", "--format", "json", domain),
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert waiting.stderr is not None
    assert b"still missing" in waiting.stderr.readline()
    world.publish(domain, text=policy_text(
        "enforce", [f"mx1.{domain}"], 604800))
    out, _ = waiting.communicate(timeout=100)
    assert waiting.returncode == 0
    assert json.loads(out)["chips"]["fetch"] == "pass"
    there = checker.run("--wait", "1m", "--id", "1", "--format", "csv", domain)
    assert (there.status, there.err) == (0, "")
    other = checker.run("--wait", "1s", "--id", "2", "--format", "csv", domain)
    assert other.status == 2


# ---- before

POLICY = ("version: STSv1\nmode: enforce\nmx: mx1.policy.test\n"
          "max_age: 604800\n")


@pytest.mark.parametrize("name, arguments, policy, status", [
    ("good", ["--txt", "v=STSv1; id=2", "--tls-rpt",
              "v=TLSRPTv1; rua=mailto:tls@policy.test"], POLICY, 0),
    ("same-id", ["--txt", "v=STSv1; id=1"], POLICY, 1),
    ("uncovered", [], POLICY.replace("mx1", "mx9"), 2),
    ("broken", [], POLICY.replace("mode: ", "mode "), 2),
    ("testing", [], POLICY.replace("enforce", "testing"), 0),
    ("none", [], "version: STSv1\nmode: none\nmax_age: 86400\n", 1),
    ("supposed", ["--mx", "mx9.policy.test, mx1.policy.test"], POLICY, 1),
])
def test_check_policy(world: MailWorld, checker: Checker, name: str,
                      arguments: list[str], policy: str, status: int) -> None:
    domain = "policy.test"
    checker.mail(domain)
    world.publish(domain, text=policy_text("testing", [f"mx1.{domain}"],
                                           86400))
    done = checker.run("--check-policy", "-", "--domain", domain, *arguments,
                       given=policy)
    assert (done.status, done.err) == (status, "")
    text = done.out.decode()
    for pattern, word in ((r"\b20\d{6}T\d{6}Z", "NEW-ID"),
                          (r"\b20\d\d-\d\d-\d\d( \d\d:\d\d)?", "DATE"),
                          (r"\(TTL [^)]*\)", "(TTL)")):
        text = re.sub(pattern, word, text)
    golden.compare(f"policy/{name}.txt", text)


def test_supposed(world: MailWorld, checker: Checker) -> None:
    """What if: a whole check, and nothing of it is remembered."""
    domain, state = "policy.test", world.folder / "supposed"
    checker.mail(domain)
    world.publish(domain)
    done = checker.run("--mx", "mx7.policy.test", "--state", str(state),
                       "--format", "json", domain)
    report = json.loads(done.out)
    assert [one["host"] for one in report["mx"]] == ["mx7.policy.test"]
    assert report["status"] == "broken"
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("arguments", [
    ["--generate"], ["--generate", "a.test", "b.test"],
    ["--generate", "--mode", "strict", "a.test"],
    ["--generate", "--max-age", "2y", "a.test"],
    ["--generate", "--max-age", "0", "a.test"],
    ["--generate", "--id", "a-b", "a.test"],
    ["--generate", "--rua", "http://a.test/", "a.test"],
    ["--mode", "testing", "a.test"], ["--wait", "0", "a.test"],
    ["--wait", "soon", "a.test"], ["--txt", "v=STSv1; id=1;", "a.test"],
    ["--check-policy", "-", "a.test"], ["--mx", "a_b", "a.test"],
    ["--mx", "", "a.test"], ["--fix", "/x", "--generate", "a.test"],
    ["--compare", "a.test"]])
def test_usage(checker: Checker, arguments: list[str]) -> None:
    done = checker.run(*arguments)
    assert (done.status, done.out) == (64, b"") and done.err != ""
