# SPDX-License-Identifier: ISC
"""--mine and --queue, on a host with a real Postfix."""
import datetime
import json
from typing import Iterator

import pytest

from world.bulkworld import BulkWorld, Ran
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import Postfix
from world.process import run as program

DAY = datetime.timedelta(days=1)
TABLE = "socketmap:inet:127.0.0.1:8461:postfix-3.4"


@pytest.fixture(scope="module")
def bulk(world: MailWorld) -> Iterator[BulkWorld]:
    it = BulkWorld(world, "myhost")
    yield it
    it.stop()


@pytest.fixture(scope="module")
def postfix(world: MailWorld, bulk: BulkWorld) -> Iterator[Postfix]:
    relay, virtual = bulk.folder / "relay", bulk.folder / "virtual"
    relay.write_text(f"{bulk.domains[3]} OK\n.{bulk.domains[3]} OK\n")
    virtual.write_text(f"{bulk.domains[4]} anything\n"
                       f"a@{bulk.domains[5]} b@{bulk.domains[4]}\n")
    (bulk.folder / "regexp").write_text("/^x/ OK\n")
    it = Postfix(world.folder / "postfix-mine", world.authority.file, TABLE, {
        "mydestination": f"{bulk.domains[2]}, localhost, "
                         "localhost.mail.invalid, !no.test",
        "relay_domains": f"hash:{relay}",
        "virtual_alias_maps": f"hash:{virtual}",
        "virtual_mailbox_domains": f"regexp:{bulk.folder}/regexp, "
                                   f"inline:{{ {{{bulk.domains[6]} = 1}} }}"})
    for table in (relay, virtual):
        program("postmap", "-c", str(it.config), f"hash:{table}")
    yield it
    it.stop()


def ask(bulk: BulkWorld, postfix: Postfix, *arguments: str) -> Ran:
    command = bulk.command(*arguments)
    command.remove("--check")
    return bulk.run(command=["env", f"MAIL_CONFIG={postfix.config}",
                             *command])


def test_mine(bulk: BulkWorld, postfix: Postfix) -> None:
    """What can be listed is checked, by parameter; what cannot is said."""
    done = ask(bulk, postfix, "--mine", "--no-smtp", "--format", "csv")
    rows = [line.split(",")[:2] for line in done.out.splitlines()[1:]]
    assert rows == [[bulk.domains[2], "mydestination"],
                    [bulk.domains[6], "virtual_mailbox_domains"],
                    [bulk.domains[4], "virtual_alias_domains"],
                    [bulk.domains[3], "relay_domains"]]
    assert done.err.startswith(
        "postfix-mta-sts: virtual_mailbox_domains: "
        f"regexp:{bulk.folder}/regexp: cannot be listed; ")
    assert done.err.count("\n") == 1 and done.status == 0


def test_no_postfix(bulk: BulkWorld) -> None:
    for option in ("--mine", "--queue"):
        done = bulk.run(command=["env", "MAIL_CONFIG=/nonexistent",
                                 bulk.command()[0], option])
        assert (done.status, done.out) == (3, "") and done.err != ""


def test_queue(world: MailWorld, daemon: Daemon, bulk: BulkWorld,
               postfix: Postfix) -> None:
    """Why mail waits, in Postfix's words, and the way out; then the owner
    repairs it, and the way is free."""
    domain, other = "queue-bad.test", "queue-closed.test"
    sink = world.sink("127.0.3.90", f"mx.{domain}", begins=-9 * DAY,
                      ends=-DAY)
    world.publish(domain)
    world.mail_host(domain, sink)
    world.names.set(other, "MX", f"10 mx.{other}.")
    world.names.set(f"mx.{other}", "A", "127.0.3.91")  # nobody listens
    world.names.sync()
    for recipient in (f"a@{domain}", f"b@{domain}", f"c@{other}"):
        postfix.send(recipient)
        assert postfix.wait_status(recipient)[0] == "deferred"
    done = ask(bulk, postfix, "--queue", "--format", "json")
    assert done.status == 2, done.err
    assert "1 recipient more: their mail waits for other reasons" in done.err
    one, = json.loads(done.out)
    assert (one["domain"], one["recipients"], one["block"]) == (
        domain, 2, "domain")
    assert "certificate" in one["reason"].lower()
    assert one["reply"].startswith(f"secure match=mx.{domain}")
    assert (one["grade"], one["finding"]) == ("F", "mx_cert")
    text = ask(bulk, postfix, "--queue").out
    assert text.startswith(
        f"{domain}: mail to 2 recipients waits, the oldest since ")
    assert f'"{domain} skip" into the' in text

    sink.context = world.authority.context(f"mx.{domain}")
    done = ask(bulk, postfix, "--queue", "--format", "json")
    one, = json.loads(done.out)
    assert one["block"] == "nothing" and done.status == 1, one
    daemon.stop()
    done = ask(bulk, postfix, "--queue", "--format", "json")
    one, = json.loads(done.out)
    assert one["block"] == "policy-map" and done.status == 2
    assert "doctor" in one["way_out"]


@pytest.mark.parametrize("number, arguments", [
    (1, ["--queue", "good.test"]),
    (2, ["--queue", "--format", "csv"]),
    (3, ["--mine", "--evidence", "x"]),
])
def test_usage(bulk: BulkWorld, number: int, arguments: list[str]) -> None:
    done = bulk.run(command=[bulk.command()[0], *arguments])
    assert (done.status, done.out) == (64, ""), number
