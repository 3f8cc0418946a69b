# SPDX-License-Identifier: ISC
"""Show a policy's life: real servers, one domain, every step explained. Run
by tests/e2e/demo; the status is 0 when everything went as told."""
import os
import sys
import textwrap
import time
from pathlib import Path

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import Postfix, postmap
from world.wait import until

DOMAIN = "example.com"
TABLE = "socketmap:inet:127.0.0.1:8461:postfix-3.4"
COLUMNS = 78
SINK, ROGUE = "127.0.3.1", "127.0.3.2"


def title(number: int, text: str) -> None:
    print(f"\n{number}. {text}\n{'-' * (len(text) + 3)}", flush=True)


def tell(text: str) -> None:
    print(textwrap.fill(" ".join(text.split()), COLUMNS), flush=True)


def shown(prefix: str, text: str) -> None:
    """A line from a program, folded where it must be."""
    print(textwrap.fill(text, COLUMNS, initial_indent=prefix,
                        subsequent_indent=" " * len(prefix),
                        break_on_hyphens=False), flush=True)


def ask() -> str:
    shown("  $ ", f"postmap -q {DOMAIN} {TABLE}")
    start = time.monotonic()
    status, reply = postmap(DOMAIN)
    spent = (time.monotonic() - start) * 1000
    shown("  ", reply or "(nothing)")
    shown("  ", f"[status {status}, {spent:.0f} ms]")
    return reply


def expect(condition: object, what: str) -> None:
    if not condition:
        raise AssertionError(what)


def deliver(postfix: Postfix, recipient: str, status: str) -> None:
    start = postfix.log.mark()
    shown("  mail to ", recipient)
    postfix.send(recipient)
    got, _ = postfix.wait_status(recipient, start)
    for match in postfix.log.find(
            r"postfix/smtp\[\d+\]: (.*(?:TLS connection est|verification fail"
            r"|status=).*)", start):
        shown("  log: ", match[1])
    expect(got == status, f"{recipient}: {got}, not {status}")


def show_first_contact(world: MailWorld, daemon: Daemon) -> None:
    title(1, "First contact")
    tell(f"""{DOMAIN} publishes an enforce policy. Postfix asks the daemon how
        to treat it; the daemon looks up the TXT record and fetches the policy
        file by HTTPS.""")
    world.publish(DOMAIN)
    expect(ask().startswith("secure match=mx.example.com"), "no policy")
    shown("  log: ", daemon.log.wait_for("^resolved: .*")[0])
    title(2, "A hit")
    tell("""Asked again, the answer comes from the cache: no DNS, no HTTPS.
        (The time is that of starting postmap.)""")
    ask()
    expect(world.web.requests(f"mta-sts.{DOMAIN}") == 1, "fetched again")


def show_delivery(world: MailWorld, postfix: Postfix) -> None:
    title(3, "Mail over a verified connection")
    tell("""The MX has a certificate for its name, and the policy lists it:
        smtp(8) delivers, and says "Verified".""")
    sink = world.sink(SINK, f"mx.{DOMAIN}")
    world.mail_host(DOMAIN, sink)
    deliver(postfix, f"alice@{DOMAIN}", "sent")
    sink.wait_for(f"alice@{DOMAIN}")


def show_attack(world: MailWorld, postfix: Postfix) -> None:
    title(4, "An MX that the policy does not list")
    tell("""Somebody forges the MX record. The host offers STARTTLS, with a
        valid certificate for its own name, but that is none of the policy's:
        the mail waits instead of going there.""")
    rogue = world.sink(ROGUE, "mx.rogue.example")
    world.mail_host(DOMAIN, rogue, "mx.rogue.example")
    deliver(postfix, f"bob@{DOMAIN}", "deferred")
    expect(not rogue.messages, "delivered to the rogue")
    world.mail_host(DOMAIN, world.sinks[0])


def show_change(world: MailWorld, daemon: Daemon) -> None:
    title(5, "The policy changes")
    tell("""The owner publishes a new policy file, with a second MX, and a new
        id in the TXT record. The record counts for its TTL (here: a second);
        then the daemon notices the id and fetches.""")
    world.publish(DOMAIN, mx=[f"mx.{DOMAIN}", "*.backup.example"],
                  id="20260101", ttl=1)
    until("the new policy", lambda: ".backup.example" in postmap(DOMAIN)[1])
    shown("  log: ", daemon.log.wait_for("^resolved: .*id=20260101.*")[0])
    ask()


def show_outage(world: MailWorld, daemon: Daemon) -> None:
    title(6, "The policy host goes down")
    tell("""The id changes again, but the policy host does not answer. What is
        known stands until its max_age is over: nobody gets in by breaking a
        web server.""")
    world.web.stop()
    world.publish(DOMAIN, id="20260102", ttl=1)
    start = daemon.log.mark()
    until("a failed fetch", lambda: postmap(DOMAIN)[0] == 0
          and daemon.log.find("reason=connect", start))
    shown("  log: ", daemon.log.find(
        "^.*reason=connect.*", start)[0][0])
    expect(".backup.example" in ask(), "policy lost")


def show_restart(world: MailWorld, daemon: Daemon) -> None:
    title(7, "kill -9, and a restart without DNS")
    tell("""The daemon is killed, the name server and the policy host are off.
        What it ever answered, it still knows.""")
    daemon.kill()
    world.names.stop_resolver()
    daemon.start(txt_check_min="1", txt_check_max="1")
    expect(".backup.example" in ask(), "policy lost")


def main() -> None:
    world = MailWorld(Path(os.environ["E2E_DIR"]) / "world",
                      Path(os.environ["E2E_BUILD"]))
    print("A mail world on loopback, in namespaces of its own: nsd, unbound,"
          "\nnginx, Postfix and postfix-mta-sts. It vanishes at the end.",
          flush=True)
    daemon = world.daemon("daemon").start(
        txt_check_min="1", txt_check_max="1")
    postfix = Postfix(world.folder / "postfix", world.authority.file, TABLE)
    shown("main.cf: ", f"smtp_tls_policy_maps = {TABLE}")
    show_first_contact(world, daemon)
    show_delivery(world, postfix)
    show_attack(world, postfix)
    show_change(world, daemon)
    show_outage(world, daemon)
    show_restart(world, daemon)
    postfix.stop()
    daemon.stop()
    print("\nThat was it.")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, RuntimeError, TimeoutError) as wrong:
        sys.exit(f"\ndemo: {wrong}")
