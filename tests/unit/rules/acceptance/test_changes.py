"""Which change a model means."""

import pytest
from tests.unit.rules.incident_case import make_case, make_change, make_piece

from fermata.rules.acceptance.changes import complete_ids, find_changes

COMMIT = make_change("4755b7c1c2a7aaaa")
FLAG = make_change("FLG-301", kind="flag")
LOG = make_piece("x")
CASE = make_case(COMMIT, FLAG, LOG)
NAMES = {"E1": LOG, "E2": COMMIT}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4755b7c1c2a7aaaa", ["4755b7c1c2a7aaaa"]),
        ("4755b7c", ["4755b7c1c2a7aaaa"]),
        ("commit 4755b7c", ["4755b7c1c2a7aaaa"]),
        ("commit: `4755b7c`", ["4755b7c1c2a7aaaa"]),
        ("E2", ["4755b7c1c2a7aaaa"]),
        ("FLG-301", ["FLG-301"]),
        ("flag FLG-301", ["FLG-301"]),
        ("4755", []),
        ("FLG", []),
        ("E1", []),
        ("", []),
        ("the one that broke it", []),
    ],
)
def test_change_is_found_by_what_names_one(text, found):
    """Its id, seven or more characters of it, the kind before it, or the brief's name; a guess names nothing."""
    assert [change.facts.id for change in find_changes(text, CASE, NAMES)] == found


def test_abbreviation_of_several_finds_them_all():
    """Whoever asks has to refuse it."""
    case = make_case(COMMIT, make_change("4755b7c1c2a7bbbb"))

    assert len(find_changes("4755b7c", case, {})) == 2
    assert complete_ids("4755b7c", case) == "4755b7c"


@pytest.mark.parametrize(
    ("value", "completed"),
    [("4755b7c", "4755b7c1c2a7aaaa"), ("4755b7", "4755b7"), ("FLG-301", "FLG-301"), ("0000000", "0000000"), (7, 7)],
)
def test_abbreviated_commit_is_written_out_for_an_action(value, completed):
    """Only what abbreviates one known change; a name or a number is left as it is."""
    assert complete_ids(value, CASE) == completed


@pytest.mark.parametrize(
    ("value", "completed"),
    [
        ("38c18130", "a" * 40),
        ("c-17", "b" * 40),
        ("aaaaaaa", "a" * 40),
        ("d0c8cfc7", "d0c8cfc7"),
        ("ccccccc", "ccccccc"),
    ],
)
def test_commit_that_a_list_calls_otherwise_is_what_git_calls_it(value, completed):
    """An action takes git's own id, where the list tells it; the head of a deployment is not what it stands for."""
    case = make_case(
        make_change("38c18130", sha="a" * 40),
        make_change("c-17", sha="b" * 40),
        make_change("d0c8cfc7", kind="deployment", sha="c" * 40),
    )

    assert complete_ids(value, case) == completed


def test_change_is_found_by_what_git_calls_it_too():
    """Its own lines show that id; a deployment is not the commit at the head of its release."""
    case = make_case(make_change("c-17", sha="b" * 40), make_change("d-1", kind="deployment", sha="c" * 40))

    assert [change.facts.id for change in find_changes("bbbbbbb", case, {})] == ["c-17"]
    assert find_changes("c" * 40, case, {}) == ()
