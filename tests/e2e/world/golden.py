# SPDX-License-Identifier: ISC
"""Golden files, and reports without what differs from run to run. GOLDEN=write
renews the reports, GOLDEN=evidence also what some of them are made of."""
import difflib
import json
import os
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "golden/check"
LINE = 100

VOLATILE = (
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z", "TIME"),
    (r"\b20\d\d-\d\d-\d\d( \d\d:\d\d(:\d\d)?( UTC)?)?", "DATE"),
    (r"\b20\d{6}T\d{4}(\d\d)?Z", "ID"),
    (r"cached for [^(]*\(TTL \d+ s\)", "cached for (TTL)"),
    (r"\bafter \d+ ms", "after MS"),
    (r"\b\d+ ms\b", "MS"),
    (r"\b[0-9a-fA-F]{64}\b", "DIGEST"),
    (r"\A222+\Z", "222"),  # the tarpit's, a byte a second
)
NUMBERS = ("ttl", "milliseconds", "seconds")


def is_written() -> bool:
    return os.environ.get("GOLDEN", "") in ("write", "evidence")


def compare(name: str, text: str, folder: Path = FOLDER) -> None:
    path = folder / name
    if is_written():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    want = path.read_bytes().decode()
    assert text == want, f"{path}: GOLDEN=write renews it\n" + "".join(
        difflib.unified_diff(want.splitlines(True), text.splitlines(True),
                             "golden", "now", n=0))


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: 0 if key in NUMBERS and one is not None
                else _stable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_stable(one) for one in value]
    if isinstance(value, str):
        for pattern, word in VOLATILE:
            value = re.sub(pattern, word, value)
    return value


def _laid_out(value: Any, indent: str) -> str:
    """As json.dumps, but what fits a line is one."""
    line = json.dumps(value)
    if not isinstance(value, (dict, list)) or len(line) < LINE:
        return line
    deeper = indent + " "
    if isinstance(value, list):
        parts = [_laid_out(one, deeper) for one in value]
    else:
        parts = [f"{json.dumps(key)}: {_laid_out(one, deeper)}"
                 for key, one in value.items()]
    ends = "[]" if isinstance(value, list) else "{}"
    inner = f",\n{deeper}".join(parts)
    return f"{ends[0]}\n{deeper}{inner}\n{indent}{ends[1]}"


def stable_json(report: dict[str, Any]) -> str:
    """The checks by result: a line each instead of five."""
    checks: dict[str, str] = {}
    for one in report["checks"]:
        checks[one["result"]] = " ".join(
            [*checks.get(one["result"], "").split(), one["code"]])
    checked = {**report["checked"], "time": "", "host": "", "version": ""}
    return _laid_out(_stable({
        **report, "checks": checks, "checked": checked,
        "limits": report["limits"].split(". ", 1)[1]}), "") + "\n"
