# SPDX-License-Identifier: ISC
"""Those who ask the daemon all the time, each in a thread of its own."""
import itertools
import random
import socket
import struct
import threading
from collections import deque
from typing import Callable

from pulse import reply
from scene import CHANGING, STEADY, Scene
from world.socketmap import Socketmap, frame

HELD = 50  # connections that say nothing more
NOTFOUND = "NOTFOUND "


class Worker:
    """step() again and again, from with until the end of with."""
    pause_s = 0.005

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.steps = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Worker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._done.is_set():
                self.step()
                self.steps += 1
                self._done.wait(self.pause_s)
        except Exception as error:  # pylint: disable=broad-except
            self.scene.problem(f"{type(self).__name__}: {error!r}")
        finally:
            self.close()

    def step(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass


class Kept(Worker):
    """On a connection of TCP and one of the unix socket, both kept."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._clients = [Socketmap(), Socketmap(scene.unix)]

    def step(self) -> None:
        for client in self._clients:
            self.ask(client)

    def ask(self, client: Socketmap) -> None:
        raise NotImplementedError

    def close(self) -> None:
        for client in self._clients:
            client.close()


class Steady(Kept):
    def ask(self, client: Socketmap) -> None:
        self.scene.ask(client, random.choice(STEADY))


class Changing(Kept):
    def ask(self, client: Socketmap) -> None:
        self.scene.ask_version(client, random.choice(CHANGING))


class Junk(Kept):
    """Domains that do not exist, each asked for twice."""
    pause_s = 0.02
    numbers = itertools.count()

    def ask(self, client: Socketmap) -> None:
        domain = f"d{next(self.numbers)}.junk.soak.test"
        for _ in range(2):
            mark = self.scene.weather.mark()
            got = client.query(domain)
            self.scene.count(domain, got, got == NOTFOUND or (
                got.startswith("TEMP ")
                and not self.scene.weather.was_calm(mark)))


class Callers(Worker):
    """Connections that come and go, in every way."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._held: deque[Socketmap] = deque()
        self._ways: list[Callable[[Socketmap], None]] = [
            self._asks, self._says_nothing, self._asks_half, self._resets,
            self._pipelines, self._talks_nonsense]

    def step(self) -> None:
        where = self.scene.unix if self.steps % 4 == 3 else None
        client = Socketmap(where) if where else Socketmap()
        self._ways[self.steps % len(self._ways)](client)
        self._held.append(client)
        while len(self._held) > HELD:
            self._held.popleft().close()

    def _asks(self, client: Socketmap) -> None:
        self.scene.ask(client, random.choice(STEADY))
        client.close()

    def _says_nothing(self, client: Socketmap) -> None:
        pass

    def _asks_half(self, client: Socketmap) -> None:
        client.send(b"100:postfix-3.4 half")

    def _resets(self, client: Socketmap) -> None:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        client.ask(STEADY[0])
        client.close()

    def _pipelines(self, client: Socketmap) -> None:
        domains = random.sample(STEADY, 10)
        client.send(b"".join(frame(f"postfix-3.4 {one}") for one in domains))
        for domain in domains:
            got = client.reply()
            self.scene.count(domain, got, got == reply(domain))
        client.close()

    def _talks_nonsense(self, client: Socketmap) -> None:
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        if not client.is_closed():
            self.scene.problem("nonsense was answered")

    def close(self) -> None:
        for client in self._held:
            client.close()


class Commands(Worker):
    """postfix-mta-sts-ctl, one command after the other."""
    pause_s = 0.05

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        path = str(scene.exported)
        self._commands: list[tuple[str, ...]] = [
            ("status",), ("list",), ("list", "--failing", "--json"),
            ("show", STEADY[0]), ("query", STEADY[1]), ("metrics",),
            ("export", str(scene.daemon.folder / "now.ndjson")),
            # Older than what is there, or known: it changes nothing.
            ("import", path), ("refresh", *STEADY[:3]),
            ("top", "--once"), ("verify",), ("log-level", "info"),
        ]

    def step(self) -> None:
        words = self._commands[self.steps % len(self._commands)]
        mark = self.scene.weather.mark()
        done = self.scene.ctl.run(*words)
        if done.returncode != 0 and self.scene.weather.was_calm(mark):
            self.scene.problem(f"ctl {' '.join(words)}: status "
                               f"{done.returncode}: {done.stdout[-500:]}"
                               f"{done.stderr[-500:]}")


WORKERS: tuple[type[Worker], ...] = (
    Steady, Changing, Junk, Callers, Commands)
