# SPDX-License-Identifier: ISC
"""What Postfix's own client reads, key by key and profile by profile."""
from typing import Iterator

import pytest

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import postmap

NOTFOUND = (1, "")
MATCH = "secure match=mx1.postmap.test:.backup.test"
SERVERNAME = " servername=hostname"
STS = (" policy_type=sts policy_domain=postmap.test"
       " {policy_string=version: STSv1} {policy_string=mode: enforce}"
       " {policy_string=mx: mx1.postmap.test}"
       " {policy_string=mx: *.backup.test} {policy_string=max_age: 86400}"
       " mx_host_pattern=mx1.postmap.test mx_host_pattern=*.backup.test")


@pytest.fixture(scope="module")
def asked(world: MailWorld) -> Iterator[Daemon]:
    """One daemon for all questions; the domains they are about."""
    mx = ["mx1.postmap.test", "*.backup.test"]
    world.publish("postmap.test", mx=mx)
    world.publish("testing.postmap.test", mode="testing")
    world.publish("none.postmap.test", mode="none")
    world.publish("xn--bcher-kva.postmap.test", mx=["mx.postmap.test"])
    with world.daemon("daemon-postmap") as it:
        yield it.start()


@pytest.mark.parametrize("profile, reply", [
    ("postfix-2.10", MATCH),
    ("postfix-3.3.22", MATCH),
    ("postfix-2.3", MATCH),
    ("postfix-3.4", MATCH + SERVERNAME),
    ("postfix-3.9.1", MATCH + SERVERNAME),
    ("Postfix-3.7.11", MATCH + SERVERNAME),
    ("QUERY", MATCH + SERVERNAME),
    ("anything", MATCH + SERVERNAME),
    ("postfix-3.10", MATCH + SERVERNAME + STS),
    ("postfix-3.12-20260821", MATCH + SERVERNAME + STS),
    ("postfix-4.0", MATCH + SERVERNAME + STS),
    ("QUERYwithTLSRPT", MATCH + SERVERNAME + STS),
    ("querywithtlsrpt", MATCH + SERVERNAME + STS),
], ids=lambda text: text[:20])
def test_profiles(asked: Daemon, profile: str, reply: str) -> None:
    assert postmap("postmap.test", profile) == (0, reply)


@pytest.mark.parametrize("key", [
    "postmap.test", "POSTMAP.Test", "postmap.test.",
    "[postmap.test]", "[postmap.test]:587", "postmap.test:587",
    "[postmap.test]:submission", "postmap.test:smtp",
])
def test_keys_of_the_domain(asked: Daemon, key: str) -> None:
    assert postmap(key) == (0, MATCH + SERVERNAME)


@pytest.mark.parametrize("key", ["b\u00fccher.postmap.test",
                                 "B\u00dcCHER.postmap.test",
                                 "xn--bcher-kva.postmap.test"])
def test_idn(asked: Daemon, key: str) -> None:
    assert postmap(key) == (
        0, "secure match=mx.postmap.test" + SERVERNAME)


@pytest.mark.parametrize("key", [
    "testing.postmap.test", "none.postmap.test", "nothing.postmap.test",
])
@pytest.mark.parametrize("profile", ["postfix-2.10", "postfix-3.4",
                                     "postfix-3.10"])
def test_modes_without_an_answer(
        asked: Daemon, key: str, profile: str) -> None:
    assert postmap(key, profile) == NOTFOUND


@pytest.mark.parametrize("key", [
    ".postmap.test", ".test", "sub.postmap.test", "a.b.postmap.test",
    "[127.0.0.1]", "[::1]", "[IPv6:::1]", "127.0.0.1", "[127.0.0.1]:25",
    "postmap.test:0", "postmap.test:65536", "postmap.test:a b",
    "[postmap.test", "postmap.test]", "[]", "[postmap.test]x",
    "_.postmap.test", "post map.test", "postmap..test", "mx_1.postmap.test",
    "-a.postmap.test", "a" * 64 + ".test", ".".join(["a" * 60] * 5), "..",
    "user@postmap.test", "postmap.test;", "*.postmap.test", "localhost",
])
def test_keys_without_a_policy(asked: Daemon, key: str) -> None:
    """A parent's policy is not a child's (RFC 8461 section 3.4), and junk
    has none."""
    assert postmap(key) == NOTFOUND


def test_junk_is_not_looked_up(asked: Daemon) -> None:
    for key in (".parent.test", "[192.0.2.7]", "under_score.test"):
        assert postmap(key) == NOTFOUND
    assert postmap("postmap.test")[0] == 0
    assert not asked.log.find("parent.test|192.0.2.7|under_score")
