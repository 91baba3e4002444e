"""A folder gives the same answer on every run: what is read in the order of a set's hashes shows under another seed."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAM = ROOT / "bench" / "cases" / "postmortem-exams" / "j.tar.xz"
SEEDS = ("2", "3")


def run(seed, *arguments):
    """Return what a command prints in a process of its own, whose sets are in an order of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "fermata", *arguments],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return done.stdout


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    """Return a channel in which two messages tell the relief equally well but for the order of a sum."""
    folder = tmp_path_factory.mktemp("exam")
    with tarfile.open(EXAM) as packed:
        packed.extractall(folder, filter="data")
    found = next(folder.rglob("j02-grocer"))
    (found / "bundle.yaml").write_text("version: 1\nid: j02-grocer\n")
    return found


def test_draft_is_the_same_on_every_run(channel):
    """Weights are summed exactly, so that no order of a set decides between two messages."""
    drafts = {run(seed, "postmortem", "draft", "--bundle", str(channel), "--offline", "--json") for seed in SEEDS}

    assert len(drafts) == 1


@pytest.mark.parametrize("bundle", ["examples/mm-88e", "examples/quotes-0619"])
def test_diagnosis_is_the_same_on_every_run(bundle):
    """Whatever ties is broken by what is said, not by where it happens to lie."""
    answers = {run(seed, "investigate", "--bundle", bundle, "--offline") for seed in SEEDS}

    assert len(answers) == 1
