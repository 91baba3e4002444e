"""The runner of all tests: it leaves none out, and one that fails in either half fails the run."""

from pathlib import Path

import pytest

import run_tests

ROOT = Path(__file__).resolve().parents[2]
PASSES = "def test_it():\n    assert True\n"
FAILS = "def test_it():\n    assert False\n"


@pytest.fixture
def tree(tmp_path):
    """Give a tree with one test in each half, both passing."""
    for folder in ("integration", "unit"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / f"test_{folder}.py").write_text(PASSES)
    return tmp_path


def test_this_tree_is_run_whole():
    """Every folder that holds tests is in one half, and what one leaves out is in the other."""
    first, second = run_tests.list_halves(ROOT)

    holding = {f"tests/{path.relative_to(ROOT / 'tests').parts[0]}" for path in ROOT.glob("tests/**/test_*.py")}
    assert set(first) == {*run_tests.WAITING, f"--ignore={run_tests.MOVED}"}
    assert sorted(second) == sorted([*(holding - set(run_tests.WAITING)), run_tests.MOVED])


@pytest.mark.parametrize(("broken", "passes"), [("", True), ("integration", False), ("unit", False)])
def test_failure_in_either_half_fails_the_run(tree, broken, passes):
    """The run's exit code is that of its worst half."""
    if broken:
        (tree / "tests" / broken / f"test_{broken}.py").write_text(FAILS)

    code = run_tests.main(tree, run_tests.list_halves(tree))

    assert (code == 0) == passes
