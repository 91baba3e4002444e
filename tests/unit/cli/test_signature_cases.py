"""`fermata signatures test`: a row for each case, and an exit that a pipeline understands."""

import pytest
from tests.unit.cli.desk import run
from tests.unit.rules.rehearsed.rehearsed_scene import collapse

from fermata.flows.experiments.casefile import save_case
from fermata.testing.experiments import make_experiment


@pytest.fixture
def cases(tmp_path):
    """Give a folder with a case that is named and one that cannot be."""
    save_case(make_experiment(), collapse(), tmp_path / "seen")
    save_case(make_experiment(), collapse(wire=()), tmp_path / "unseen")
    return tmp_path


def test_case_that_is_named_passes(cases):
    """With what leads, and what came second."""
    told = run("signatures", "test", cases / "seen")

    assert told.code == 0
    for words in ("named", "latency at checkout->payment", "service_degraded at payment"):
        assert words in told.out


def test_case_that_is_not_named_fails_and_says_why(cases):
    """All of them are run all the same."""
    told = run("signatures", "test", cases, "--json")

    assert told.code == 1
    assert [(item["outcome"], item["why"]) for item in told.json] == [
        ("named", "service_degraded at payment leads"),
        ("silent", "no evidence of payment was kept"),
    ]


def test_file_of_a_case_that_cannot_be_read_is_named(cases):
    """The rest is used."""
    (cases / "seen" / "bundle" / "evidence" / "odd.json").write_text("{")

    told = run("signatures", "test", cases / "seen", "--json")

    assert told.code == 0
    assert f"{cases / 'seen'}: evidence/odd.json" in told.err
    assert len(told.json[0]["warnings"]) == 1


def test_folder_without_a_case_is_wrong_usage(cases):
    """A test of nothing passes nothing."""
    assert run("signatures", "test", cases / "seen" / "bundle").code == 2


def test_broken_case_is_named_and_the_good_one_beside_it_is_tested(cases):
    """One typing error in one file must not hide what all the others say."""
    (cases / "unseen" / "expected.json").write_text('{"experiment_id": "mine"}')

    told = run("signatures", "test", cases)
    machine = run("signatures", "test", cases, "--json")

    assert told.code == machine.code == 2
    assert "unreadable" in told.out
    assert "service_degraded at payment" in told.out
    assert f"fermata: {cases / 'unseen' / 'expected.json'} cannot be read: verdict: it is missing" in told.err
    assert [item["outcome"] for item in machine.json] == ["named", "unreadable"]


def test_broken_case_alone_is_told_without_a_table(cases):
    """There is nothing else to say."""
    (cases / "seen" / "expected.json").write_text("{")

    told = run("signatures", "test", cases / "seen")

    assert (told.code, told.out) == (2, "")
    assert "cannot be read" in told.err
