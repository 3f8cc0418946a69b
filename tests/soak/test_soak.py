# SPDX-License-Identifier: ISC
"""A short round of `make soak`, where only what is counted is judged; and a
daemon that leaks, which must be found out."""
from typing import Callable

from acts import ACTS
from machine import Control
from sampler import quiet, trends
from scene import scene
from soak import Soak, leftovers
from world.daemon import Daemon
from world.mailworld import MailWorld
from world.wait import until

RATE, INTERVAL_S = 200, 0.1
# The heap has not found its size yet: that is what `make soak` waits for.
GROWTH_MAX_KIB = 8192
LEAK_BYTES = 4096
ROWS = 30


def test_short_round(world: MailWorld, idle: Daemon, is_sanitized: bool,
                     figures: Callable[[str], None]) -> None:
    """After one round everything was needed once; another one takes no
    more."""
    with scene(world, idle, query_timeout="20") as it:
        soak = Soak(it, RATE, INTERVAL_S)
        acts = [act for act in ACTS if not act.is_slow]
        with soak.busy():
            soak.cycle(acts)
        before = quiet(it)
        with soak.busy():
            soak.cycle(acts)
        after = quiet(it, before)
    grown = after.private_kib - before.private_kib
    figures(f"soak, short: {it.answers} answers, {len(it.wrong)} wrong, "
            f"{soak.acts} acts; private memory {before.private_kib:.0f} "
            f"{grown:+.0f} KiB, {after.descriptors} descriptors, "
            f"{after.threads} threads")
    assert not it.problems, it.problems[:5]
    assert not it.wrong, it.wrong[:5]
    assert not leftovers(before, after)
    assert is_sanitized or grown < GROWTH_MAX_KIB
    assert it.answers > 1000


def test_leak_is_found(world: MailWorld, idle: Daemon) -> None:
    """Of a page a read, and of a descriptor a connection."""
    leak = Control(world.build, idle.folder, "leak", "bytes", "descriptors",
                   tests="soak")
    with scene(world, idle, leak) as it:
        soak = Soak(it, RATE, INTERVAL_S)
        before = quiet(it)
        leak["bytes"], leak["descriptors"] = LEAK_BYTES, 1
        with soak.busy():
            until(f"{ROWS} rows", lambda: len(soak.rows) >= ROWS)
        leak["bytes"], leak["descriptors"] = 0, 0
        after = quiet(it)
    assert not it.problems and not it.wrong
    growing = {one.name for one in trends(soak.rows) if one.is_growing}
    assert growing >= {"private memory", "descriptors"}
    assert "threads" not in growing
    assert len(leftovers(before, after)) == 1
