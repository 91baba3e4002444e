"""Run every test: the two halves side by side, then one report of what they covered.

`make test` calls this. Half of the tests wait for real servers and real processes, the other half for the processor:
side by side they take little more than the longer of the two. The output of the first half is shown as it comes, that
of the second when it has ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Whatever uses Docker is in this half: its tests share one engine.
WAITING = ("tests/integration", "tests/e2e")
# Of the first half, what is run in the second: they take equally long then.
MOVED = "tests/integration/kubernetes"
PYTEST = (sys.executable, "-m", "pytest", "--cov", "--cov-report=", "--cov-fail-under=0")
COVERAGE = (sys.executable, "-m", "coverage")


def list_halves(root: Path) -> tuple[list[str], list[str]]:
    """Return what pytest is told of the tests that wait, and of all others: a new folder is in the second half."""
    folders = [
        f"tests/{folder.name}"
        for folder in sorted((root / "tests").iterdir())
        if folder.is_dir() and next(folder.rglob("test_*.py"), None)
    ]
    waiting = [folder for folder in folders if folder in WAITING]
    others = [folder for folder in folders if folder not in WAITING]
    if (root / MOVED).is_dir():
        return [*waiting, f"--ignore={MOVED}"], [*others, MOVED]
    return waiting, others


def main(root: Path, halves: Sequence[Sequence[str]]) -> int:
    """Run the halves; return 0 when both passed and what must be covered is."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        data = [Path(scratch) / f"coverage.{number}" for number in range(len(halves))]
        with log.open("wb") as output:
            beside = subprocess.Popen(
                [*PYTEST, *halves[1]], cwd=root, env=_point_at(data[1]), stdout=output, stderr=subprocess.STDOUT
            )
            codes = [subprocess.run([*PYTEST, *halves[0]], cwd=root, env=_point_at(data[0]), check=False).returncode]
            codes.append(beside.wait())
        sys.stdout.flush()
        sys.stdout.buffer.write(log.read_bytes())
        sys.stdout.flush()
        environment = _point_at(root / ".coverage")
        # A half whose tests could not even be collected has covered nothing.
        kept = [str(path) for path in data if path.exists()]
        subprocess.run([*COVERAGE, "combine", *kept], cwd=root, env=environment, check=True)
        codes.append(subprocess.run([*COVERAGE, "report"], cwd=root, env=environment, check=False).returncode)
    return next((code for code in codes if code), 0)


def _point_at(data: Path) -> dict[str, str]:
    return {**os.environ, "COVERAGE_FILE": str(data)}


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    raise SystemExit(main(here, list_halves(here)))
