# SPDX-License-Identifier: ISC
"""One world for all tests; a daemon, with an empty cache, for each."""
import os
from pathlib import Path
from typing import Generator, Iterator

import pytest

from world import process
from world.daemon import Daemon
from world.mailworld import MailWorld


@pytest.fixture(scope="session")
def world() -> Iterator[MailWorld]:
    if "E2E_DIR" not in os.environ:
        pytest.exit("run these tests by tests/e2e/run BUILDDIR", 1)
    it = MailWorld(Path(os.environ["E2E_DIR"]) / "world",
                   Path(os.environ["E2E_BUILD"]))
    yield it
    it.stop()


@pytest.fixture
def idle(world: MailWorld, request: pytest.FixtureRequest
         ) -> Iterator[Daemon]:
    """A daemon not yet started. Stopped at the end: it must exit with 0."""
    number = sum(1 for _ in world.folder.glob("daemon-*"))
    with world.daemon(f"daemon-{number}") as it:
        yield it


@pytest.fixture
def daemon(idle: Daemon) -> Daemon:
    return idle.start()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator:
    """Remember how long each server's log was when the test began."""
    item.log_marks = {one: one.log.mark()  # type: ignore[attr-defined]
                      for one in process.started}
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator:
    """A failed test shows what the servers said meanwhile."""
    report = (yield).get_result()
    if report.failed:
        marks = item.log_marks  # type: ignore[attr-defined]
        for one in process.started:
            text = one.log.text(marks.get(one, 0))
            if text:
                report.sections.append((f"log of {one.name}", text))
