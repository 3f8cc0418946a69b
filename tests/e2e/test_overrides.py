# SPDX-License-Identifier: ISC
"""The file of overrides: what it changes in the answers, and when it is
refused."""
import re
from pathlib import Path

import pytest

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import postmap
from world.socketmap import query

NOTFOUND = "NOTFOUND "
BAD_CONFIGURATION = 78
SERVERNAME = " servername=hostname"


def write(idle: Daemon, *lines: str) -> Path:
    file = idle.folder / "overrides"
    file.write_text("".join(f"{line}\n" for line in lines))
    idle.settings["overrides"] = str(file)
    return file


def answered(daemon: Daemon, domain: str) -> list[str]:
    """Where each answer came from, the whole log being there: it has been
    stopped."""
    found = daemon.log.find(
        rf"^answered: domain={re.escape(domain)} profile=\S+ (.*) ?reply=")
    return [match[1].strip() for match in found]


def test_skip(world: MailWorld, idle: Daemon) -> None:
    """NOTFOUND without asking anyone; others are not touched."""
    world.publish("skip.over.test")
    world.publish("other.over.test")
    file = write(idle, "# broken since Monday", "Skip.Over.Test. skip")
    idle.start(log_answers="yes")
    idle.log.wait_for(rf"^overrides: 1 domain from {re.escape(str(file))}$")
    assert query("skip.over.test") == NOTFOUND
    assert query("other.over.test").startswith("OK secure ")
    idle.stop()
    assert world.web.requests("mta-sts.skip.over.test") == 0
    resolved = idle.log.find(r"^resolved: domain=(\S+)")
    assert [match[1] for match in resolved] == ["other.over.test"]
    assert answered(idle, "skip.over.test") == ["source=override"]
    assert answered(idle, "other.over.test") == [""]


def test_skip_goes_before_the_cache(world: MailWorld, idle: Daemon) -> None:
    """The minute in which a broken domain is handled."""
    world.publish("broken.over.test", mx=["wrong.test"], max_age=31557600)
    idle.start()
    assert query("broken.over.test").startswith("OK secure match=wrong.test")
    write(idle, "broken.over.test skip")
    idle.restart()
    assert query("broken.over.test") == NOTFOUND
    idle.settings["overrides"] = ""
    idle.restart()
    assert query("broken.over.test").startswith("OK secure match=wrong.test")


def test_testing(world: MailWorld, idle: Daemon) -> None:
    world.publish("strict.over.test")
    world.publish("none.over.test", mode="none")
    write(idle, ".over.test testing")
    idle.start(log_answers="yes")
    for profile in ("postfix-3.4", "postfix-3.10"):
        assert query("strict.over.test", profile) == NOTFOUND
    assert query("none.over.test") == NOTFOUND
    assert query("absent.over.test") == NOTFOUND
    idle.stop()
    assert world.web.requests("mta-sts.strict.over.test") == 1
    assert idle.resolved("strict.over.test")["mode"] == "enforce"
    assert answered(idle, "strict.over.test") == ["source=override"] * 2
    # without it, theirs would be the same
    assert answered(idle, "none.over.test") == [""]
    assert answered(idle, "absent.over.test") == [""]


def test_testing_reports(world: MailWorld, idle: Daemon) -> None:
    world.publish("reports.over.test")
    write(idle, "reports.over.test testing")
    idle.start(testing_reports="yes", main_level="may")
    assert query("reports.over.test") == NOTFOUND
    assert query("reports.over.test", "postfix-3.10") == (
        "OK may policy_type=sts policy_domain=reports.over.test"
        " {policy_string=version: STSv1} {policy_string=mode: enforce}"
        " {policy_string=mx: mx.reports.over.test}"
        " {policy_string=max_age: 86400}"
        " mx_host_pattern=mx.reports.over.test")


def test_enforce(world: MailWorld, idle: Daemon) -> None:
    """Without a look-up, for a domain that publishes nothing or something
    else, and without STS attributes, for nobody published it."""
    world.publish("local.over.test", mx=["theirs.test"])
    write(idle, "local.over.test enforce", "    mx=Ours.test,", "# and",
          "    *.mail.test", "long." * 48 + "over.test enforce mx=l.test")
    idle.start(log_answers="yes")
    match = "secure match=ours.test:.mail.test"
    for profile, expected in (("postfix-2.10", match),
                              ("postfix-3.4", match + SERVERNAME),
                              ("postfix-3.10", match + SERVERNAME),
                              ("QUERYwithTLSRPT", match + SERVERNAME)):
        assert postmap("local.over.test", profile) == (0, expected)
    # too long to be asked for in DNS
    domain = "long." * 48 + "over.test"
    assert len(domain) > 244
    assert query(domain) == "OK secure match=l.test" + SERVERNAME
    idle.stop()
    assert world.web.requests("mta-sts.local.over.test") == 0
    assert not idle.log.find("^resolved:")
    assert answered(idle, "local.over.test") == ["source=override"] * 4


def test_which_key(world: MailWorld, idle: Daemon) -> None:
    """Exact before the longest parent; the policy domain of any next-hop."""
    write(idle, ".keys.test skip", ".a.keys.test enforce mx=a.test",
          "b.a.keys.test enforce mx=b.test", "b\u00fccher.test enforce mx=u")
    idle.start()

    def ok(host: str) -> str:
        return f"OK secure match={host}{SERVERNAME}"
    for key, expected in (
            ("b.a.keys.test", ok("b.test")), ("B.A.keys.TEST.", ok("b.test")),
            ("[b.a.keys.test]:587", ok("b.test")),
            ("b.a.keys.test:587", ok("b.test")),
            ("d.c.a.keys.test", ok("a.test")), ("a.keys.test", NOTFOUND),
            ("x.keys.test", NOTFOUND), ("keys.test", NOTFOUND),
            (".a.keys.test", NOTFOUND), ("xn--bcher-kva.test", ok("u")),
            ("B\u00dcCHER.test", ok("u"))):
        assert query(key) == expected, key
    idle.stop()
    # of all these only the parent itself was looked up
    resolved = idle.log.find(r"^resolved: domain=(\S+)")
    assert {match[1] for match in resolved} == {"keys.test"}


def test_smart_host(world: MailWorld, idle: Daemon) -> None:
    """A policy that does not name the host stops its mail: the log knows the
    remedy, and it is one."""
    world.publish("smart.over.test", mx=["other.test"])
    idle.start()
    assert query("[smart.over.test]").startswith("OK secure ")
    remedy = idle.log.wait_for(r'smart-host: .*"(.* skip)" in overrides')[1]
    write(idle, remedy, "local.over.test enforce mx=local.over.test")
    idle.restart()
    assert query("[smart.over.test]") == NOTFOUND
    assert query("[local.over.test]").startswith("OK secure ")
    idle.restart(smarthost_policy="no")
    assert query("[local.over.test]") == NOTFOUND
    assert query("local.over.test").startswith("OK secure ")
    idle.stop()
    assert not idle.log.find("smart-host:")


def refuses(idle: Daemon, reason: str) -> None:
    """Status 78 and the reason; nothing half-started."""
    process = idle.spawn()
    assert process.wait() == BAD_CONFIGURATION, process.log.text()
    assert process.log.find(reason), process.log.text()
    assert not process.log.find(
        r"^started:|^listening:|Sanitizer|runtime error")
    assert not (idle.folder / "cache").exists()


@pytest.mark.parametrize("lines, reason", [
    (["a.test skip", "", "b.test skp"],
     r':3: "skp": there is no such action'),
    (["a.test skip", "A.test testing"],
     r':2: "A\.test": is already in line 1'),
    (["a.test enforce"], ":1: enforce needs the names"),
    (["a.test enforce mx=" + ",".join(
        f"{n:060}.test" for n in range(1600))],
     ":1: the names after mx= have more than 99000 bytes"),
    (["\u0007\u00a0 skip"], r':1: "\\x07\\xc2\\xa0": this is not a domain'),
    (["# " + 1023 * "x"] * (16 * 1024), "is larger than 16 MiB"),
])
def test_bad_file(idle: Daemon, lines: list[str], reason: str) -> None:
    file = write(idle, *lines)
    refuses(idle, "^overrides: " + re.escape(str(file)) + ".*" + reason)


def test_no_file(idle: Daemon) -> None:
    file = write(idle)
    file.unlink()
    refuses(idle, "^overrides: .*/overrides: cannot be opened: No such file")
    file.mkdir()
    refuses(idle, "^overrides: .*/overrides: is not a regular file")


def test_many(idle: Daemon) -> None:
    write(idle, *(f"d{n}.many.test skip" for n in range(100_000)),
          ".many.test enforce mx=m")
    idle.start()
    idle.log.wait_for("^overrides: 100001 domains from ")
    assert query("d99999.many.test") == NOTFOUND
    assert query("d100000.many.test").startswith("OK secure match=m ")


def test_sample(idle: Daemon) -> None:
    """The sample is read as it is, and as it is meant to be used."""
    text = (Path(__file__).parents[2] / "postfix-conf" / "overrides"
            ).read_text()
    write(idle, text)
    idle.start()
    idle.log.wait_for("^overrides: 0 domains from ")
    meant = re.sub(r"(?m)^#(?=\S)", "", text)
    write(idle, meant)
    idle.restart()
    idle.log.wait_for("^overrides: [1-9][0-9]* domains from ")
    assert query("sub.example.net") == NOTFOUND
    assert query("partner.example") == (
        "OK secure match=mx1.partner.example:.mail.example" + SERVERNAME)
