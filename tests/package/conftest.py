# SPDX-License-Identifier: ISC
"""The world of the end-to-end tests, and a machine to install in."""
import runpy
import sys
from pathlib import Path
from typing import Iterator

import pytest

HERE = Path(__file__).parent
E2E = HERE.parent / "e2e"
sys.path[:0] = [str(E2E), str(HERE)]

from machine import Machine  # noqa: E402
from world.process import run  # noqa: E402

_shared = runpy.run_path(str(E2E / "conftest.py"))
world = _shared["world"]
pytest_runtest_protocol = _shared["pytest_runtest_protocol"]
pytest_runtest_makereport = _shared["pytest_runtest_makereport"]


def prepare() -> None:
    """The package is to make its user by itself; dpkg is not to look for
    those of other packages, which the tests' /etc/passwd does not have.
    Whatever this system says of services, the machine has its own."""
    Path("/var/lib/dpkg/statoverride").write_text("")
    Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
    for file in (Path("/etc/passwd"), Path("/etc/group")):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(
            line for line in lines if not line.startswith("postfix-mta-sts:")))


@pytest.fixture(scope="session")
def machine(world: object) -> Iterator[Machine]:
    folder: Path = world.folder  # type: ignore[attr-defined]
    for name in ("var", "var.work"):
        (folder / name).mkdir()
    run("mount", "-t", "overlay", "-o", "lowerdir=/var",
        "-o", f"upperdir={folder}/var,workdir={folder}/var.work", "e2e-var",
        "/var")
    prepare()
    it = Machine(folder / "machine")
    yield it
    it.stop()
