"""The table of what a change does."""

import pytest

from fermata.rules.changes.diffs import DiffLine
from fermata.rules.changes.edit_tables import EDITS, Direction, make_edit
from fermata.rules.changes.failures import KINDS


def test_every_row_brings_known_kinds():
    """A kind that nobody can observe would be a dead row."""
    named = {kind for row in EDITS for kind in row.brings | row.also}

    assert named <= set(KINDS)


def test_no_row_brings_nothing_or_the_same_twice():
    """What is seen first and what may be seen beside it are told apart."""
    assert all(row.brings and not row.brings & row.also for row in EDITS)


def test_every_kind_of_edit_has_a_name_of_its_own():
    """People read the name; two rows of one name would be one row."""
    assert len({row.text for row in EDITS}) == len(EDITS)


@pytest.mark.parametrize("row", EDITS, ids=lambda row: row.text)
def test_direction_says_which_sides_a_row_looks_at(row):
    """A row that looks at no side, or at one that its direction does not name, finds nothing."""
    sides = (row.gone is not None, row.came is not None, row.changed is not None)

    assert (
        sides
        == {
            Direction.REMOVED: (True, False, False),
            Direction.ADDED: (False, True, False),
            Direction.SWAPPED: (True, True, False),
            Direction.CHANGED: (False, False, True),
        }[row.direction]
    )


def test_kinds_after_the_bar_are_only_seen_beside_the_others():
    """`null parse | restart`: a restart alone says nothing."""
    edit = make_edit("something", DiffLine(1, "+", "x"), "null parse | restart", 0.5)

    assert edit.brings == {"null", "parse"}
    assert edit.also == {"restart"}
