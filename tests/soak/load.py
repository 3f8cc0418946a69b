# SPDX-License-Identifier: ISC
"""tests/bench/load on both sockets, and on a server that does nothing: what
holds up all three is the machine, not the daemon."""
import re
from statistics import mean
from typing import NamedTuple, Optional

from scene import FILLED, Scene
from world.process import Process

REPLY = "OK secure match=mx1.%:mx2.% servername=hostname"
FOREVER_S = "1000000"
CONNECTIONS = "8"


class Line(NamedTuple):
    """Of one load, since the one before."""
    replies: int
    wrong: int
    p50_us: float
    p99_us: float


class One:
    def __init__(self, scene: Scene, address: str, rate: int,
                 interval_s: float, *want: str) -> None:
        self._scene = scene
        self._process = Process("load", [
            str(scene.world.build / "tests/bench/load"), "-a", address,
            "-c", CONNECTIONS, "-k", str(FILLED), "-r", str(rate), "-t",
            FOREVER_S, "-i", str(interval_s), *want])
        self._read = 0

    def lines(self) -> list[Line]:
        """Those that are new."""
        log = self._process.log
        start, self._read = self._read, log.mark()
        found = []
        for text in log.lines[start:self._read]:
            seen = dict(re.findall(r"(\w+)=([\d.]+)", text))
            if "replies" not in seen:
                self._scene.problem(f"load: {text}")
            elif seen["replies"] != "0":
                found.append(Line(int(seen["replies"]), int(seen["wrong"]),
                                  float(seen["p50_us"]),
                                  float(seen["p99_us"])))
        return found

    def stop(self) -> None:
        if self._process.status is not None:
            self._scene.problem("load has ended:\n"
                                + self._process.log.text())
        self._process.kill()


class Latency(NamedTuple):
    p50_us: float
    p99_us: float
    echo_p50_us: float


class Load:
    def __init__(self, scene: Scene, rate: int, interval_s: float) -> None:
        self._scene = scene
        self.replies = 0
        self._wrong = 0
        folder, build = scene.daemon.folder, scene.world.build
        self._echo = Process("echo", [
            str(build / "tests/bench/echo"), f"unix:{folder}/echo",
            REPLY])
        self._echo.until_ready("listens", (folder / "echo").exists)
        self._loads = [
            One(scene, address, rate, interval_s, "-W", REPLY)
            for address in ("inet:127.0.0.1:8461", f"unix:{scene.unix}")]
        self._yardstick = One(scene, f"unix:{folder}/echo", rate, interval_s)

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_: object) -> None:
        for one in (*self._loads, self._yardstick):
            one.stop()
        self._echo.kill()
        (self._scene.daemon.folder / "echo").unlink()
        self.latency()

    def latency(self) -> Optional[Latency]:
        """Since it was asked for last."""
        lines = [line for one in self._loads for line in one.lines()]
        echo = self._yardstick.lines()
        for line in lines:
            self.replies += line.replies
            self._scene.answers += line.replies
            if line.wrong:
                self._scene.wrong.append(f"load: {line}")
        if not lines or not echo:
            return None
        return Latency(mean(line.p50_us for line in lines),
                       mean(line.p99_us for line in lines),
                       mean(line.p50_us for line in echo))
