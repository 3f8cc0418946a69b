# SPDX-License-Identifier: ISC
"""The world of the fault tests, and one line of figures at the end."""
import runpy
import sys
from pathlib import Path

FAULTS = Path(__file__).parent.parent / "faults"
sys.path.insert(0, str(FAULTS))

_shared = runpy.run_path(str(FAULTS.parent / "crash" / "conftest.py"))
globals().update({name: _shared[name] for name in (
    "world", "idle", "figures", "is_sanitized", "pytest_runtest_protocol",
    "pytest_runtest_makereport", "pytest_terminal_summary")})
sys.path.insert(0, str(FAULTS.parent / "crash"))
