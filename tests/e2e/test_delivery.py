# SPDX-License-Identifier: ISC
"""Mail, delivered or kept back by smtp(8), as policies say."""
import datetime
from typing import Iterator

import pytest

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import Postfix
from world.sink import Sink

DAY = datetime.timedelta(days=1)
TABLE = "socketmap:inet:127.0.0.1:8461:postfix-3.4"


@pytest.fixture(scope="module")
def postfix(world: MailWorld) -> Iterator[Postfix]:
    it = Postfix(world.folder / "postfix", world.authority.file, TABLE)
    yield it
    it.stop()


@pytest.fixture(scope="module")
def clear(world: MailWorld) -> Sink:
    return world.sink("127.0.3.1")


def assert_verified(postfix: Postfix, start: int, host: str) -> None:
    postfix.log.wait_for(
        rf"Verified TLS connection established to {host}\[", start)


def test_enforce_is_verified_and_delivered(
        world: MailWorld, daemon: Daemon, postfix: Postfix) -> None:
    domain = "enforce-good.test"
    sink = world.sink("127.0.3.2", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, sink)
    start = postfix.log.mark()
    postfix.send(f"a@{domain}")
    message = sink.wait_for(f"a@{domain}")
    assert message.tls is not None
    assert message.sni == f"mx.{domain}"
    assert_verified(postfix, start, f"mx.{domain}")
    assert postfix.wait_status(f"a@{domain}")[0] == "sent"
    assert daemon.resolved(domain)["mode"] == "enforce"


def test_wildcard_pattern(
        world: MailWorld, daemon: Daemon, postfix: Postfix) -> None:
    domain = "enforce-wild.test"
    sink = world.sink("127.0.3.3", "in1.provider.test")
    world.publish(domain, mx=["*.provider.test"])
    world.mail_host(domain, sink, "in1.provider.test")
    start = postfix.log.mark()
    postfix.send(f"a@{domain}")
    sink.wait_for(f"a@{domain}")
    assert_verified(postfix, start, "in1.provider.test")


@pytest.mark.parametrize("number, what, host, names, wrong", [
    # the certificate is good, the host is none of the policy's
    (1, "outside", "mx.rogue.test", ["mx.rogue.test"], {}),
    (2, "name", None, ["mx.other.test"], {}),
    (3, "expired", None, None, {"begins": -9 * DAY, "ends": -1 * DAY}),
    (4, "unknown-ca", None, None, {"issuer": "stranger"}),
    (5, "self-signed", None, None, {"issuer": "self"}),
    (6, "no-starttls", None, [], {}),
])
def test_enforce_forbids(
        world: MailWorld, daemon: Daemon, postfix: Postfix, number: int,
        what: str, host: str, names: list[str], wrong: dict[str, object]
        ) -> None:
    """RFC 8461 section 5: no delivery to a host that fails; a transient
    failure."""
    domain = f"enforce-{what}.test"
    if names is None:
        names = [f"mx.{domain}"]
    sink = world.sink(f"127.0.3.1{number}", *names, **wrong)
    world.publish(domain)
    world.mail_host(domain, sink, host)
    postfix.send(f"a@{domain}")
    status, reason = postfix.wait_status(f"a@{domain}")
    assert status == "deferred"
    assert ("not offered" if what == "no-starttls" else "not verified"
            ) in reason
    assert sink.received(f"a@{domain}") == []


@pytest.mark.parametrize("mode", ["testing", "none"])
def test_other_modes_deliver(
        world: MailWorld, daemon: Daemon, postfix: Postfix, clear: Sink,
        mode: str) -> None:
    """Even to a host without STARTTLS that no pattern covers."""
    domain = f"{mode}-mode.test"
    world.publish(domain, mode=mode)
    world.mail_host(domain, clear, f"elsewhere.{domain}")
    postfix.send(f"a@{domain}")
    clear.wait_for(f"a@{domain}")
    assert postfix.wait_status(f"a@{domain}")[0] == "sent"
    assert daemon.resolved(domain)["mode"] == mode


def test_no_policy_delivers(
        world: MailWorld, daemon: Daemon, postfix: Postfix, clear: Sink
        ) -> None:
    domain = "no-policy.test"
    world.mail_host(domain, clear)
    postfix.send(f"a@{domain}")
    assert clear.wait_for(f"a@{domain}").tls is None
    assert daemon.resolved(domain)["reason"] == "no-record"


def test_broken_policy_host_delivers(
        world: MailWorld, daemon: Daemon, postfix: Postfix, clear: Sink
        ) -> None:
    """RFC 8461 section 3.3: a record, but nothing fetched and nothing known:
    as if there were no policy."""
    domain = "no-host.test"
    world.publish(domain, address="127.0.2.250")
    world.mail_host(domain, clear)
    postfix.send(f"a@{domain}")
    clear.wait_for(f"a@{domain}")
    assert daemon.resolved(domain)["reason"] == "connect"


def test_smart_host(world: MailWorld, daemon: Daemon) -> None:
    """With relayhost the smart host's domain is the policy domain (3.4)."""
    domain = "enforce-smart.test"
    good = world.sink("127.0.3.20", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, good)
    postfix = Postfix(world.folder / "postfix-smart", world.authority.file,
                      TABLE, {"relayhost": domain})
    try:
        postfix.send("a@anywhere.test")
        good.wait_for("a@anywhere.test")
        assert_verified(postfix, 0, f"mx.{domain}")
    finally:
        postfix.stop()


def test_daemon_down_then_back(
        world: MailWorld, idle: Daemon, postfix: Postfix) -> None:
    """Nothing is lost, and nothing delivered unchecked, without the daemon."""
    domain = "enforce-later.test"
    sink = world.sink("127.0.3.30", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, sink)
    postfix.send(f"a@{domain}")
    status, reason = postfix.wait_status(f"a@{domain}")
    assert status == "deferred"
    assert "TLS configuration problem" in reason
    assert sink.received(f"a@{domain}") == []
    idle.start()
    start = postfix.log.mark()
    postfix.flush()
    sink.wait_for(f"a@{domain}")
    assert_verified(postfix, start, f"mx.{domain}")
    assert postfix.wait_status(f"a@{domain}", start)[0] == "sent"


def test_chroot_and_unix_socket(world: MailWorld, idle: Daemon) -> None:
    """Debian's smtp(8) runs chrooted: the socket is below the queue."""
    domain = "enforce-jail.test"
    sink = world.sink("127.0.3.40", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, sink)
    postfix = Postfix(
        world.folder / "postfix-jail", world.authority.file,
        "socketmap:unix:run/postfix-mta-sts/socket:postfix-3.4", chroot=True)
    try:
        folder = postfix.queue / "run/postfix-mta-sts"
        folder.mkdir(parents=True)
        idle.start(listen=f"unix:{folder}/socket", listen_group="postfix",
                   listen_mode="0660")
        assert (folder / "socket").stat().st_mode & 0o777 == 0o660
        assert (folder / "socket").group() == "postfix"
        postfix.send(f"a@{domain}")
        sink.wait_for(f"a@{domain}")
        assert_verified(postfix, 0, f"mx.{domain}")
    finally:
        postfix.stop()
