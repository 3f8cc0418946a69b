# SPDX-License-Identifier: ISC
"""The world of the crash tests, which have all that breaks things; and one
line of figures at the end."""
import runpy
import sys
from pathlib import Path

from _pytest.terminal import TerminalReporter

CRASH = Path(__file__).parent.parent / "crash"
sys.path.insert(0, str(CRASH))

_shared = runpy.run_path(str(CRASH / "conftest.py"))
globals().update({name: _shared[name] for name in (
    "world", "idle", "daemon", "figures", "disk_cache", "is_sanitized",
    "pytest_runtest_protocol", "pytest_runtest_makereport")})


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    from pulse import all_pulses  # (found only now)

    _shared["pytest_terminal_summary"](terminalreporter)
    counts = {how: len(terminalreporter.stats.get(how, ()))
              for how in ("passed", "failed", "skipped")}
    times = sorted(time for one in all_pulses for time in one.times_ms)
    line = ", ".join(f"{count} {how}" for how, count in counts.items())
    if times:
        wrong = sum(len(one.wrong) for one in all_pulses)
        line += (f"; {len(times)} cached answers meanwhile, {wrong} wrong, "
                 f"p99 {times[len(times) * 99 // 100]:.1f} ms, at worst "
                 f"{max(one.p99_ms() for one in all_pulses):.1f} ms")
    terminalreporter.write_line(f"faults: {line}")
