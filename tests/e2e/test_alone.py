# SPDX-License-Identifier: ISC
"""Without a service manager: started by root, with a user to become."""
import os
import stat
from pathlib import Path

from world.daemon import Daemon
from world.mailworld import MailWorld
from world.postfix import Postfix
from world.process import run
from world.socketmap import query

USER = "postfix-mta-sts"


def may_connect(user: str, path: Path) -> bool:
    code = ("import socket, sys\n"
            "socket.socket(socket.AF_UNIX).connect(sys.argv[1])")
    return run("setpriv", "--reuid", user, "--regid", user, "--clear-groups",
               "/usr/bin/python3", "-c", code, str(path), check=False
               ).returncode == 0


def test_rights_are_given_up(world: MailWorld, idle: Daemon) -> None:
    """All ids and supplementary groups, for good; the port is below 1024."""
    pid_file = Path("/run/postfix-mta-sts.pid")
    world.publish("alone.test")
    idle.start(user=USER, pid_file=str(pid_file), listen="inet:127.0.0.1:846")
    assert idle.process is not None
    status = Path(f"/proc/{idle.process.pid}/status").read_text()
    for name in ("Uid", "Gid"):
        assert f"\n{name}:\t903\t903\t903\t903\n" in status
    assert "\nGroups:\t903 \n" in status
    assert "\nCapEff:\t0000000000000000\n" in status
    assert pid_file.read_text() == f"{idle.process.pid}\n"
    assert query("alone.test", where=846).startswith("OK secure ")
    # /run is root's: it names nobody any more, since it cannot be removed.
    idle.stop()
    assert not pid_file.exists() or pid_file.read_text() == ""


def test_second_daemon_leaves_the_pid_file(
        world: MailWorld, idle: Daemon) -> None:
    pid_file = idle.folder / "pid"
    idle.start(pid_file=str(pid_file))
    before = pid_file.read_text()
    second = idle.spawn(pid_file=str(pid_file), listen="inet:127.0.0.1:8462")
    assert second.wait() == 1
    assert pid_file.read_text() == before
    idle.stop()
    assert not pid_file.exists()


def test_socket_in_the_chroot(
        world: MailWorld, idle: Daemon) -> None:
    """Postfix's smtp(8) reaches it from its chroot, and nobody else does."""
    domain = "jail.alone.test"
    sink = world.sink("127.0.3.41", f"mx.{domain}")
    world.publish(domain)
    world.mail_host(domain, sink)
    postfix = Postfix(
        idle.folder / "postfix", world.authority.file,
        "socketmap:unix:run/postfix-mta-sts/socket:postfix-3.4", chroot=True)
    path = postfix.queue / "run/postfix-mta-sts/socket"
    path.parent.parent.mkdir()
    for folder in (idle.folder, *idle.folder.parents):
        if folder != Path("/"):
            os.chmod(folder, folder.stat().st_mode | 0o011)
    idle.start(user=USER, listen=f"unix:{path}", listen_group="postfix",
               listen_mode="0660")
    info = path.stat()
    assert stat.S_IMODE(info.st_mode) == 0o660
    assert may_connect("postfix", path)
    assert not may_connect("daemon", path)
    postfix.send(f"a@{domain}")
    sink.wait_for(f"a@{domain}")
    postfix.log.wait_for(
        rf"Verified TLS connection established to mx.{domain}\[")
    postfix.stop()
