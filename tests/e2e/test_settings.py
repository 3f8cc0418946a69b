# SPDX-License-Identifier: ISC
"""What settings change in the answers."""
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import postmap

NOTFOUND = (1, "")
SERVERNAME = " servername=hostname"


def test_smart_hosts_off(world: MailWorld, idle: Daemon) -> None:
    world.publish("smart.postmap.test")
    idle.start(smarthost_policy="no")
    reply = (0, "secure match=mx.smart.postmap.test" + SERVERNAME)
    assert postmap("smart.postmap.test") == reply
    assert postmap("[smart.postmap.test]") == NOTFOUND
    assert postmap("smart.postmap.test:587") == NOTFOUND


def test_default_profile(world: MailWorld, idle: Daemon) -> None:
    world.publish("profile.postmap.test")
    idle.start(default_profile="postfix-2.10")
    match = "secure match=mx.profile.postmap.test"
    assert postmap("profile.postmap.test", "other") == (0, match)
    assert postmap("profile.postmap.test", "QUERY") == (
        0, match + SERVERNAME)


def test_unix_socket(world: MailWorld, idle: Daemon) -> None:
    world.publish("unix.postmap.test")
    path = idle.folder / "socket"
    idle.start(listen=f"inet:127.0.0.1:8461 unix:{path}")
    for where in (f"unix:{path}", "inet:127.0.0.1:8461"):
        assert postmap("unix.postmap.test", where=where) == (
            0, "secure match=mx.unix.postmap.test" + SERVERNAME)


def test_patterns_postfix_cannot_take(world: MailWorld, idle: Daemon) -> None:
    """Postfix refuses addresses and has words of its own; duplicates are
    merged, upper case is not Postfix's affair."""
    world.publish("odd.postmap.test", mx=[
        "192.0.2.1", "MX.odd.postmap.test", "hostname", "mx.odd.postmap.test",
        "*.Odd.postmap.test"])
    idle.start()
    assert postmap("odd.postmap.test") == (
        0, "secure match=mx.odd.postmap.test:.odd.postmap.test" + SERVERNAME)


def test_testing_reports(world: MailWorld, idle: Daemon) -> None:
    world.publish("reports.postmap.test", mode="testing")
    idle.start(testing_reports="yes", main_level="may")
    assert postmap("reports.postmap.test") == NOTFOUND
    status, reply = postmap("reports.postmap.test", "postfix-3.10")
    assert status == 0
    assert reply.startswith(
        "may policy_type=sts policy_domain=reports.postmap.test {")
    assert "match=" not in reply and "servername=" not in reply
