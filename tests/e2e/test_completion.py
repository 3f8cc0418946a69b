# SPDX-License-Identifier: ISC
"""What bash offers after a few words."""
from pathlib import Path

import pytest

from world.process import run

FOLDER = Path(__file__).resolve().parents[2] / "contrib/completion"
ASK = """\
program=${0##*/}
. "$0"
COMP_WORDS=("$program" "$@") COMP_CWORD=$#
"_${program//-/_}" "$program" "${COMP_WORDS[$#]}" "${COMP_WORDS[$# - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("number, words, offered", [
    (1, ["--che"], "--check"),
    (2, ["--check", "--form"], "--format"),
    (3, ["--check", "--format", "n"], "ndjson nagios"),
    (4, ["--check", "--format", "=", "j"], "json"),
    (5, ["--check", "--undeployed", ""], "critical warning ok"),
    (6, ["--explain", "cert_v"], "cert_vs_cache"),
    (7, ["--explain", "max-"], "max-age"),
    (8, ["--print"], "--print-config"),
    (9, ["-c", "README.m"], "README.md"),
    (10, ["--check", "-c", "README.m"], ""),
])
def test_offered(number: int, words: list[str], offered: str) -> None:
    done = run("bash", "-c", ASK, str(FOLDER / "postfix-mta-sts"), *words)
    assert done.stdout.split() == offered.split(), number


@pytest.mark.parametrize("number, words, offered", [
    (1, ["re"], "refresh remove reload"),
    (2, ["--vers"], "--version"),
    (3, ["list", "--"], "--mode --expiring --failing --match --config "
                        "--socket --cache --json --help"),
    (4, ["list", "--mode", ""], "enforce testing none"),
    (5, ["list", "--mode", "=", "e"], "enforce"),
    (6, ["--json", "list", "--mode", "t"], "testing"),
    (7, ["--config", "x", "qu"], "query"),
    (8, ["--config", "=", "x", "query", "--profile", "3."], "3.4 3.10"),
    (9, ["log-level", ""], "error warning info debug"),
    (10, ["import", "README.m"], "README.md"),
    (11, ["list", "--cache", "contr"], "contrib"),
    (12, ["list", "--expiring", ""], ""),
    (13, ["show", ""], ""),
])
def test_offered_by_ctl(number: int, words: list[str], offered: str) -> None:
    done = run("bash", "-c", ASK, str(FOLDER / "postfix-mta-sts-ctl"), *words)
    assert done.stdout.split() == offered.split(), number
