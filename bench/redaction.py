"""Secrets hidden, and ordinary lines left alone: our redaction beside a library's detectors and a simple pattern.

    python bench/redaction.py [--loghub DIR] [--peer PYTHON]

or FERMATA_LOGHUB and FERMATA_DETECT_SECRETS. DIR is an unpacked copy of logpai/loghub (nothing of it is kept here);
PYTHON is an interpreter that has detect-secrets 1.5.0 (all of its plug-ins, its default filters, no verification). The
canaries are ours, made of parts so that they are nobody's; they are the ones the tests hold us to, so our figure says
that nothing has slipped since, and the peers' says how hard they are. The ordinary lines are real logs of 16 systems,
which hold no credentials as far as anybody has found. What people tell each other in sentences is counted apart: half
of those canaries were not looked at while the rules were written, and the talk beside them tells none.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from harness import ROOT, write_rows

sys.path.insert(0, str(ROOT))

from tests.unit.kit.redaction.canaries import CANARIES
from tests.unit.kit.redaction.ordinary import ORDINARY
from tests.unit.kit.redaction.ordinary_talk import TALK
from tests.unit.kit.redaction.prose_canaries import DEV, HELD

from fermata.kit.redaction import redact

# What people write first.
SIMPLE = re.compile(r"(?i)((?:password|passwd|secret|token|api_?key)[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&]+)")
# Texts are scanned as files of their own, lines as one file: its thresholds for randomness hold for files only.
PEER = r"""
import json, pathlib, sys, tempfile, time
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings
texts, one_file = json.load(sys.stdin)
groups = [texts] if one_file else [[text] for text in texts]
found, used = [], 0.0
with default_settings(), tempfile.TemporaryDirectory() as folder:
    for number, group in enumerate(groups):
        path = pathlib.Path(folder) / f"{number}.txt"
        path.write_text("\n".join(group))
        began = time.process_time()
        secrets = SecretsCollection()
        secrets.scan_file(str(path))
        used += time.process_time() - began
        by_line = {}
        for _, secret in secrets:
            by_line.setdefault(secret.line_number if one_file else 1, []).append(secret.secret_value)
        found += [by_line.get(line, []) for line in range(1, len(group) + 1)]
json.dump([found, used], sys.stdout)
"""


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loghub", type=Path, default=os.environ.get("FERMATA_LOGHUB"))
    parser.add_argument("--peer", default=os.environ.get("FERMATA_DETECT_SECRETS"))
    options = parser.parse_args()
    lines = [*ORDINARY, *read_lines(options.loghub)]
    arms = {"ours": hide_ours, "one pattern for names": hide_simply}
    if options.peer:
        arms["detect-secrets 1.5.0"] = lambda texts: hide_by_peer(options.peer, texts)
    measured = {name: measure(hide, lines) for name, hide in arms.items()}
    ours = measured.pop("ours")
    kinds = len({canary.kind for canary in CANARIES})
    whats = (f"canaries left, of {len(CANARIES)}", f"kinds of {kinds} with one left")
    whats += (f"ordinary lines changed, per 1,000 of {len(lines):,}", "CPU a line")
    rows = []
    for number, (what, goal) in enumerate(zip(whats, (0, 0, 1, None), strict=True)):
        verdict = "" if goal is None else " (met)" if ours[number] <= goal else " (missed)"
        beside = "; ".join(f"{name} {write(number, values[number])}" for name, values in measured.items())
        goal_text = "" if goal is None else f"<= {goal}" if goal else "0"
        rows.append((what, goal_text, write(number, ours[number]) + verdict, beside))
    rows += [
        (what, "", f"{ours_left}", "; ".join(f"{name} {count}" for name, count in others.items()))
        for what, (ours_left, others) in count_told(arms).items()
    ]
    write_rows("redaction", "python bench/redaction.py", rows)
    if any("missed" in row[2] for row in rows):
        sys.exit(1)


def write(number: int, value: float) -> str:
    """Write one of the four figures."""
    return (f"{value:.0f}", f"{value:.0f}", f"{value:.2f}", f"{value:.0f} us")[number]


def measure(hide, lines: list[str]) -> tuple[float, float, float, float]:
    """Return canaries left, kinds with one left, ordinary lines changed per 1,000, and microseconds of CPU a line."""
    hidden, _ = hide([canary.text for canary in CANARIES])
    left = [canary for canary, text in zip(CANARIES, hidden, strict=True) if canary.secret in text]
    after, seconds = hide(lines)
    wrong = sum(text != line for text, line in zip(after, lines, strict=True))
    kinds = {canary.kind for canary in left}
    return len(left), len(kinds), 1000 * wrong / len(lines), 1e6 * seconds / len(lines)


def count_told(arms) -> dict[str, tuple[int, dict[str, int]]]:
    """Return what is left of the secrets told in sentences, and what is changed of talk that tells none."""
    counted = {}
    for name, hide in arms.items():
        for what, canaries in (("that were looked at", DEV), ("that were not", HELD)):
            hidden, _ = hide([canary.text for canary in canaries])
            left = sum(canary.secret in text for canary, text in zip(canaries, hidden, strict=True))
            counted.setdefault(f"told in a sentence, left of {len(canaries)} {what}", {})[name] = left
        after, _ = hide(list(TALK))
        changed = sum(text != line for text, line in zip(after, TALK, strict=True))
        counted.setdefault(f"lines of talk changed, of {len(TALK)}", {})[name] = changed
    return {what: (found.pop("ours"), found) for what, found in counted.items()}


def read_lines(folder: Path | None) -> list[str]:
    """Return the lines of the 16 systems; empty without the data."""
    if not folder:
        return []
    files = sorted(Path(folder).glob("*/*_2k.log"))
    return [line for file in files for line in file.read_text(errors="replace").splitlines()]


def hide_ours(texts: list[str]) -> tuple[list[str], float]:
    """Hide by our redaction."""
    began = time.process_time()
    return [redact(text).text for text in texts], time.process_time() - began


def hide_simply(texts: list[str]) -> tuple[list[str], float]:
    """Hide by one pattern."""
    began = time.process_time()
    return [SIMPLE.sub(r"\1***", text) for text in texts], time.process_time() - began


def hide_by_peer(python: str, texts: list[str]) -> tuple[list[str], float]:
    """Hide what the library finds, as whoever used it would: each value replaced where it stands."""
    is_log = len(texts) > 5_000
    answer = subprocess.run(
        [python, "-c", PEER], input=json.dumps([texts, is_log]), capture_output=True, text=True, check=True
    )
    found, seconds = json.loads(answer.stdout)
    hidden = []
    for text, secrets in zip(texts, found, strict=True):
        for secret in secrets:
            text = text.replace(secret, "***") if secret else text  # noqa: PLW2901 - one after the other
        hidden.append(text)
    return hidden, seconds


if __name__ == "__main__":
    main()
