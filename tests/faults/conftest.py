# SPDX-License-Identifier: ISC
"""The world of the crash tests, which have all that breaks things."""
import runpy
import sys
from pathlib import Path

CRASH = Path(__file__).parent.parent / "crash"
sys.path.insert(0, str(CRASH))

_shared = runpy.run_path(str(CRASH / "conftest.py"))
globals().update({name: _shared[name] for name in (
    "world", "idle", "daemon", "figures", "disk_cache", "is_sanitized",
    "pytest_runtest_protocol", "pytest_runtest_makereport",
    "pytest_terminal_summary")})
