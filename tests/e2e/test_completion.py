# SPDX-License-Identifier: ISC
"""What bash offers after a few words."""
from pathlib import Path

import pytest

from world.process import run

FILE = Path(__file__).resolve().parents[2] / \
    "contrib/completion/postfix-mta-sts"
ASK = """\
. "$0"
COMP_WORDS=(postfix-mta-sts "$@") COMP_CWORD=$#
_postfix_mta_sts postfix-mta-sts "${COMP_WORDS[$#]}" "${COMP_WORDS[$# - 1]}"
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
    done = run("bash", "-c", ASK, str(FILE), *words)
    assert done.stdout.split() == offered.split(), number
