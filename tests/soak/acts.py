# SPDX-License-Identifier: ISC
"""What happens to the daemon, one thing after the other; each act ends when
it is seen that all is well again."""
import errno
import functools
import itertools
import json
import signal
import socket
from pathlib import Path
from typing import Callable, NamedTuple

from crowd import Crowd
from machine import PAGES
from pulse import reply
from scene import CHANGING, STEADY, Scene, metrics
from workers import NOTFOUND
from world.socketmap import Socketmap
from world.wait import until

TOGETHER = 6  # domains that come, or go, at once
PASSING_MAX = 24
CROWD, BATCH = 8, 200
HALF_OPEN = 200
OTHER_PORT = 8462
RELOADS = 8
BEATS = 50

_numbers = itertools.count()


def _fresh(scene: Scene, count: int = 1) -> list[str]:
    """New domains with a policy."""
    names = [f"n{next(_numbers)}.passing.soak.test" for _ in range(count)]
    for name in names:
        scene.domains.publish(name)
    scene.world.names.sync()
    scene.passing += names
    return names


def _beats(scene: Scene, client: Socketmap) -> None:
    """Cached answers go on."""
    for n in range(BEATS):
        scene.ask(client, STEADY[n % len(STEADY)])


def _until_newest(scene: Scene, domains: list[str]) -> None:
    def is_newest(domain: str) -> bool:
        version = scene.ask_version(client, domain)
        return version == scene.domains.version[domain]

    with Socketmap() as client:
        for domain in domains:
            until(f"the newest policy of {domain}",
                  functools.partial(is_newest, domain))


def come(scene: Scene) -> None:
    """All asked for at once."""
    names = _fresh(scene, TOGETHER)
    with Socketmap() as client:
        for name in names:
            client.ask(name)
        for name in names:
            got = client.reply()
            scene.count(name, got, scene.domains.seen(name, got) == 1)
            scene.domains.take(name, got)


def go(scene: Scene) -> None:
    """The oldest give their policy up, and are forgotten by hand."""
    gone = scene.passing[:max(0, len(scene.passing) - PASSING_MAX)]
    del scene.passing[:len(gone)]
    for name in gone:
        host = f"mta-sts.{name}"
        scene.world.web.host(host, None)
        (scene.world.web.folder / f"{host}.pem").unlink()
        scene.world.names.set(f"_{host}", "TXT")
        scene.world.names.set(host, "A")
    scene.world.names.sync()
    if not gone:
        return
    scene.ctl.ok("remove", *gone)
    with Socketmap() as client:
        for name in gone:
            scene.ask(client, name, NOTFOUND)


def ids_change(scene: Scene) -> None:
    names = CHANGING[::2]
    for name in names:
        scene.domains.publish(name)
    scene.world.names.sync()
    _until_newest(scene, names)


def policies_fail(scene: Scene) -> None:
    """A new id says that there is a new policy, and it is broken; the one
    there was counts until it is mended."""
    names = CHANGING[1::2]
    for name in names:
        host, number = f"mta-sts.{name}", next(_numbers)
        scene.world.web.host(host, "version: STSv1\r\nmode: broken\r\n")
        scene.world.names.txt(f"_{host}", f"v=STSv1; id=x{number};", ttl=1)
    scene.world.names.sync()
    with Socketmap() as client:
        until("all of them fail", lambda: all([
            scene.ask_version(client, name) for name in names])
            and _failing(scene) >= set(names))
    for name in names:
        scene.domains.publish(name)
    scene.world.names.sync()
    _until_newest(scene, names)


def _failing(scene: Scene) -> set[str]:
    told = scene.ctl.ok("list", "--failing", "--json")
    return {one["domain"] for one in json.loads(told)["policies"]}


def _reload(scene: Scene) -> None:
    """By a signal and by ctl: an address to listen on and an override come,
    and go again."""
    usual = scene.config.settings["listen"]
    overrides = Path(scene.config.settings["overrides"])
    skipped = STEADY[0].replace("steady", "skipped")
    scene.world.publish(skipped)
    overrides.write_text(f"{skipped} skip\n")
    scene.config.reload(listen=f"{usual}, inet:127.0.0.1:{OTHER_PORT}")
    with Socketmap(OTHER_PORT) as client:
        scene.ask(client, skipped, NOTFOUND)
        overrides.write_text("")
        scene.config.write(listen=usual)
        scene.ctl.ok("reload")
        # Who has connected to an address that goes stays.
        scene.ask(client, skipped)
    try:
        socket.create_connection(("127.0.0.1", OTHER_PORT)).close()
        scene.problem("still listens where it should not")
    except ConnectionRefusedError:
        pass


def reloads(scene: Scene, is_patient: bool) -> None:
    for _ in range(RELOADS if is_patient else 1):
        _reload(scene)


def resolv_conf(scene: Scene) -> None:
    """Replaced by another that says the same; a SIGHUP that changes nothing."""
    path = Path("/etc/resolv.conf")
    fresh = path.with_suffix(".new")
    fresh.write_text(path.read_text() + "# again\n")
    fresh.rename(path)
    scene.config.hang_up("^reloaded: no setting has changed$")
    come(scene)


def junk(scene: Scene, count: int = CROWD * BATCH) -> None:
    names = [f"d{next(_numbers)}.crowd.soak.test" for _ in range(count)]
    with Crowd(CROWD) as crowd:
        for name, got in zip(names, crowd.ask(names)):
            scene.count(name, got, got == NOTFOUND)


def half_open(scene: Scene) -> None:
    clients = [Socketmap() for _ in range(HALF_OPEN)]
    for client in clients:
        client.send(b"100:postfix-3.4 half")
    with Socketmap() as client:
        _beats(scene, client)
    for client in clients:
        client.close()


def stopped(scene: Scene) -> None:
    """What came meanwhile is answered."""
    with Socketmap() as client:
        scene.ask(client, STEADY[0])
        scene.daemon.process.signal(signal.SIGSTOP)  # type: ignore
        try:
            for domain in STEADY:
                client.ask(domain)
        finally:
            scene.daemon.process.signal(signal.SIGCONT)  # type: ignore
        for domain in STEADY:
            got = client.reply()
            scene.count(domain, got, got == reply(domain))


def _without_names(scene: Scene, begin: Callable[[], None],
                   end: Callable[[], None], is_patient: bool) -> None:
    """A new domain is TEMP for as long as that lasts, never without a
    policy, and answered when it is over."""
    domain, = _fresh(scene)

    def is_known() -> bool:
        got = new.reply()
        is_temp = got.startswith("TEMP ")
        scene.count(domain, got,
                    is_temp or scene.domains.seen(domain, got) == 1)
        if is_temp:
            new.ask(domain)
        return not is_temp

    with scene.weather.trouble(), Socketmap() as known, Socketmap() as new:
        begin()
        try:
            new.ask(domain)
            _beats(scene, known)
            if is_patient and is_known():
                scene.problem(f"{domain} was answered without a name server")
        finally:
            end()
        scene.world.names.sync()
        until(f"the policy of {domain}", is_known)
        # A check of a known policy that failed is made again in a minute.
        scene.ctl.ok("refresh", *CHANGING)


def names_silent(scene: Scene, is_patient: bool) -> None:
    unbound = scene.world.names.unbound
    _without_names(scene, lambda: unbound.signal(signal.SIGSTOP),
                   lambda: unbound.signal(signal.SIGCONT), is_patient)


def names_gone(scene: Scene, is_patient: bool) -> None:
    _without_names(scene, scene.world.names.stop_resolver,
                   scene.world.names.start_resolver, is_patient)


def web_down(scene: Scene) -> None:
    """A new domain has no policy; a known one keeps the one it has."""
    domain, known = _fresh(scene)[0], CHANGING[0]
    with scene.weather.trouble(), Socketmap() as client:
        scene.world.web.stop()
        try:
            scene.domains.publish(known)
            scene.world.names.sync()
            scene.ask(client, domain, NOTFOUND)
            _beats(scene, client)
            scene.ask_version(client, known)
        finally:
            scene.world.web.start()
        for name in (domain, known):
            scene.domains.publish(name)
        scene.world.names.sync()
        until(f"{domain} is fetched", lambda: client.query(domain)
              != NOTFOUND)
        _until_newest(scene, [domain, known])


def disk_full(scene: Scene) -> None:
    """New policies are told from memory, and written when there is room."""
    with scene.weather.trouble():
        scene.disk["error"], scene.disk["fails"] = errno.ENOSPC, PAGES
        try:
            come(scene)
            with Socketmap() as client:
                _beats(scene, client)
            until("a write fails", lambda: metrics()["cache_write_failing"])
        finally:
            scene.disk["fails"] = 0
        until("writes succeed",
              lambda: not metrics()["cache_write_failing"])


class Act(NamedTuple):
    name: str
    play: Callable[[Scene, bool], None]
    is_fault: bool = False
    is_slow: bool = False  # (a write that failed is tried again in 5 s)


def _simple(act: Callable[[Scene], None]) -> Callable[[Scene, bool], None]:
    return lambda scene, _is_patient: act(scene)


# (is_patient: faults last until they are felt)
ACTS = (
    Act("come", _simple(come)),
    Act("go", _simple(go)),
    Act("ids change", _simple(ids_change)),
    Act("junk", _simple(junk)),
    Act("silent name server", names_silent, True),
    Act("reloads", reloads),
    Act("policies fail", _simple(policies_fail)),
    Act("disk full", _simple(disk_full), True, True),
    Act("half-open clients", _simple(half_open)),
    Act("no name server", names_gone, True),
    Act("resolv.conf", _simple(resolv_conf)),
    Act("policy host down", _simple(web_down), True),
    Act("stopped and continued", _simple(stopped), True),
)
