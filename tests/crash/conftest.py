# SPDX-License-Identifier: ISC
"""The world of the end-to-end tests, and figures told at the end."""
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Callable, Iterator

import pytest
from _pytest.terminal import TerminalReporter

E2E = Path(__file__).parent.parent / "e2e"
sys.path.insert(0, str(E2E))

_shared = runpy.run_path(str(E2E / "conftest.py"))
world, idle, daemon = (_shared[name] for name in ("world", "idle", "daemon"))
pytest_runtest_protocol = _shared["pytest_runtest_protocol"]
pytest_runtest_makereport = _shared["pytest_runtest_makereport"]

_figures: list[str] = []


@pytest.fixture
def figures() -> Callable[[str], None]:
    """Tell a line of figures when all tests have ended."""
    return _figures.append


def pytest_terminal_summary(
        terminalreporter: TerminalReporter) -> None:
    for line in _figures:
        terminalreporter.write_line(line)


@pytest.fixture
def disk_cache(world: object, idle: object) -> Iterator[Path]:
    """The daemon's cache on a real disk: the world itself is in memory."""
    build: Path = world.build  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory(prefix="crash.", dir=build) as folder:
        path = Path(folder) / "cache"
        idle.settings["cache_dir"] = str(path)  # type: ignore[attr-defined]
        yield path
        process = idle.process  # type: ignore[attr-defined]
        if process is not None and process.status is None:
            idle.stop()  # type: ignore[attr-defined]


@pytest.fixture
def is_sanitized(world: object) -> bool:
    """A sanitizer's own memory is no figure of ours."""
    build: Path = world.build  # type: ignore[attr-defined]
    return b"__asan_init" in (build / "postfix-mta-sts").read_bytes()
