# SPDX-License-Identifier: ISC
"""Starting, refusing to start, and stopping."""
import os
import signal
import socket
from pathlib import Path

import pytest

from world import script
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.process import run
from world.script import ScriptedHost
from world.socketmap import Socketmap, query

BAD_CONFIGURATION = 78
SLOW = "127.0.5.1"


def refuses(idle: Daemon, expected: str, *arguments: str,
            **settings: str) -> int:
    """Start it; it must say why not, in one line, and never be ready."""
    process = idle.spawn(*arguments, **settings)
    status = process.wait()
    assert process.log.find(expected), process.log.text()
    assert not process.log.find(r"^started:|Sanitizer|runtime error")
    assert status > 0
    return status


def test_stop_with_waiting_clients(world: MailWorld, idle: Daemon) -> None:
    """No reply is better than TEMP: Postfix asks again once after EOF."""
    world.publish("slow.stop.test", address=SLOW)
    world.publish("good.stop.test")
    context = world.authority.context("mta-sts.slow.stop.test")
    idle.start()
    with ScriptedHost(SLOW, script.hangs, context) as host, \
            Socketmap() as waiting, Socketmap() as at_rest:
        assert at_rest.query("good.stop.test").startswith("OK ")
        waiting.ask("slow.stop.test")
        script.until_connected(host)
        idle.stop()
        assert waiting.is_closed()
        assert at_rest.is_closed()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_signals(daemon: Daemon, number: int) -> None:
    assert daemon.process is not None
    daemon.process.signal(number)
    assert daemon.process.wait() == 0


def test_restart_at_once(world: MailWorld, daemon: Daemon) -> None:
    """The port is free again though connections were just open."""
    with Socketmap() as client:
        assert client.query("x.stop.test") == "NOTFOUND "
        daemon.restart()
        assert client.is_closed()
    assert query("x.stop.test") == "NOTFOUND "


def test_stale_unix_socket_is_replaced(
        world: MailWorld, idle: Daemon) -> None:
    path = str(idle.folder / "socket")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    idle.start(listen=f"unix:{path}")
    assert query("x.stop.test", where=path) == "NOTFOUND "


def test_kill_leaves_a_socket_that_is_replaced(
        world: MailWorld, idle: Daemon) -> None:
    path = str(idle.folder / "socket")
    idle.start(listen=f"unix:{path}")
    idle.kill()
    assert os.path.exists(path)
    idle.start(listen=f"unix:{path}")
    assert query("x.stop.test", where=path) == "NOTFOUND "


def test_live_unix_socket_is_not_stolen(
        world: MailWorld, idle: Daemon) -> None:
    path = str(idle.folder / "socket")
    idle.start(listen=f"unix:{path}")
    refuses(idle, "socket.*in use", listen=f"unix:{path}",
            cache_dir=str(idle.folder / "cache2"))
    assert query("x.stop.test", where=path) == "NOTFOUND "


def test_other_file_is_not_replaced(idle: Daemon) -> None:
    path = idle.folder / "precious"
    path.write_text("not a socket")
    refuses(idle, "precious", listen=f"unix:{path}")
    assert path.read_text() == "not a socket"


def test_port_in_use(idle: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 8461)):
        refuses(idle, r"127\.0\.0\.1:8461.*in use")


def test_cache_in_use(world: MailWorld, daemon: Daemon) -> None:
    assert daemon.process is not None
    refuses(daemon, f"cache.*in use by pid {daemon.process.pid}",
            listen="inet:127.0.0.1:8462", admin_listen="")
    assert query("x.stop.test") == "NOTFOUND "


def test_cache_cannot_be_written(idle: Daemon) -> None:
    """Root may write anywhere, but not below a file."""
    (idle.folder / "file").write_text("")
    refuses(idle, "file/cache", cache_dir=str(idle.folder / "file/cache"))


def test_cache_on_a_read_only_disk(idle: Daemon) -> None:
    disk = idle.folder / "disk"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", "ro", "e2e-ro", str(disk))
    refuses(idle, "disk.*Read-only", cache_dir=str(disk / "cache"))


def test_no_authorities(idle: Daemon) -> None:
    empty = idle.folder / "empty.pem"
    empty.write_text("")
    refuses(idle, r"empty\.pem", tls_ca_file=str(empty))


@pytest.mark.parametrize("text, line", [
    ("query_timeout = soon\n", 1),
    ("\n# comment\nno_such_setting = 1\n", 3),
    ("cache_dir = /tmp\nlisten\n", 2),
    ("query_timeout = 10s\n\nmax_connections = -1\n", 3),
    ("listen = inet:nowhere\n", 1),
    ("dane = perhaps\n", 1),
])
def test_bad_configuration(idle: Daemon, text: str, line: int) -> None:
    """Exit 78, file:line and reason; nothing half-started."""
    file = idle.folder / "bad.conf"
    file.write_text(text)
    assert refuses(idle, rf"bad\.conf:{line}: ", "--config", str(file)
                   ) == BAD_CONFIGURATION
    assert not (idle.folder / "cache").exists()


def test_bad_override(idle: Daemon) -> None:
    assert refuses(idle, "query_timeout", query_timeout="soon"
                   ) == BAD_CONFIGURATION
    assert refuses(idle, "no_such_setting", no_such_setting="1"
                   ) == BAD_CONFIGURATION


def test_missing_configuration(idle: Daemon) -> None:
    assert refuses(idle, r"absent\.conf", "--config",
                   str(idle.folder / "absent.conf")) == BAD_CONFIGURATION


def test_configuration_file(world: MailWorld, idle: Daemon) -> None:
    """Continuation lines, comments and lists, as in main.cf."""
    world.publish("file.stop.test")
    file = idle.folder / "good.conf"
    lines = {**idle.settings, "default_profile": "postfix-2.10"}
    lines["listen"] = "inet:127.0.0.1:8461\n    inet:127.0.0.1:8462"
    file.write_text("# all of it\n" + "".join(
        f"{name} = {value}\n" for name, value in lines.items()))
    idle.settings = {}
    idle.start("--config", str(file))
    for port in (8461, 8462):
        assert query("file.stop.test", "x", port) == (
            "OK secure match=mx.file.stop.test")


def test_log_answers(world: MailWorld, idle: Daemon) -> None:
    """One line a resolution; cached answers only when asked for."""
    domain = "lines.stop.test"
    world.publish(domain)
    idle.start()
    for _ in range(5):
        assert query(domain).startswith("OK ")
    assert idle.resolved(domain)["source"]
    assert len(idle.log.find(domain)) == 1
    idle.restart(log_answers="yes")
    for _ in range(5):
        assert query(domain).startswith("OK ")
    idle.stop()
    assert len(idle.log.find(domain)) >= 5


def test_folder_of_a_socket_is_made(idle: Daemon) -> None:
    path = Path(idle.folder / "new/socket")
    idle.start(listen=f"unix:{path}", listen_mode="0600")
    assert path.stat().st_mode & 0o777 == 0o600
