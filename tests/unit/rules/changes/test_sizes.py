"""How large a change is beside the others."""

import pytest

from fermata.rules.changes.sizes import Scale, judge_size, measure_scale

SMALL = "+++ b/a.py\n@@ -1,1 +1,1 @@\n-    alpha = 1\n+    beta = 2"
LARGE = f"{SMALL}\n" + "\n".join(f"+    call_{number}(x{number})" for number in range(90))
SPREAD = f"{SMALL}\n+++ b/b.py\n@@ -1,1 +1,1 @@\n-    gamma = 1\n+    delta = 2"
MOVED = "+++ b/a.py\n@@ -1,1 +1,1 @@\n-    alpha = 1\n@@ -9,1 +9,1 @@\n+    alpha = 1"
TESTED = f"{SMALL}\n+++ b/tests/test_a.py\n@@ -1,1 +1,1 @@\n-    gamma = 1\n+    delta = 2"


@pytest.fixture
def say(incident):
    """Give a function that returns what is said of the first of some diffs, beside all of them."""

    def run(*diffs, **facts):
        for number, diff in enumerate(diffs):
            incident.change(f"c{number}", 10, diff, **facts)
        changes = incident.list_changes()
        return {sign.name: sign for sign in judge_size(changes[0], measure_scale(changes))}

    return run


def test_change_that_is_larger_than_most_says_so(say):
    """From some size on, larger says no more."""
    sign = say(LARGE, SMALL, SMALL)["size"]

    assert sign.points == pytest.approx(1.31)
    assert sign.text == "it changes more than most here (40 lines)"
    assert not sign.is_link


def test_change_that_is_smaller_than_most_says_so(say):
    """Only lines that bring or take something count: a line that moved is none."""
    sign = say(MOVED, SMALL, SMALL)["size"]

    assert sign.points < 0
    assert sign.text == "it changes less than most here (0 lines)"


def test_single_line_is_told_as_one(say):
    """People read it."""
    assert "(1 line)" in say(SMALL.replace("-    alpha = 1\n", ""), SMALL, SMALL)["size"].text


def test_change_as_large_as_most_says_nothing(say):
    """Where all are alike, size tells nothing."""
    assert say(SMALL, SMALL) == {}


def test_change_in_several_files_counts_where_most_are_in_one(say):
    """Where everybody touches several, nobody stands out."""
    assert say(SPREAD, SMALL, SMALL, SMALL)["spread"].points == 0.75


@pytest.mark.parametrize("diffs", [(SPREAD, SPREAD), (TESTED, SMALL)])
def test_files_that_tell_nothing(say, diffs):
    """All touch several, or the second is a test."""
    assert "spread" not in say(*diffs)


def test_change_that_only_adds_says_so(say):
    """What worked before stands there still."""
    assert say(SMALL.replace("-    alpha = 1\n", ""), SMALL)["adds"].points == -1.0


@pytest.mark.parametrize(("kind", "is_switch"), [("flag", True), ("config", True), ("commit", False)])
def test_setting_is_not_held_to_be_small(say, kind, is_switch):
    """One line is all it takes."""
    assert ("switch" in say(SMALL, kind=kind)) is is_switch


def test_nothing_to_compare_with_has_no_scale():
    """A case may have no change that could be it."""
    assert measure_scale([]) == Scale(0.0, 0.0)


def test_migration_adds_a_file_and_may_take_away_from_a_table(say):
    """A folder of migrations only ever grows."""
    assert "adds" not in say("+++ b/db/migrations/7.sql\n@@ -0,0 +1,1 @@\n+DROP INDEX parcels_ref;", SMALL)


@pytest.mark.parametrize(
    ("line", "is_harmless"),
    [("    PART_SHIPPED,", False), ('    HELD = "held"', False), ("    ship(order)", True), ("    total = 4", True)],
)
def test_state_more_is_no_harmless_addition(say, line, is_harmless):
    """Those who do not know it yet read it; a call or a variable of its own is read by nobody else."""
    assert ("adds" in say(f"+++ b/shop/states.py\n@@ -3,1 +3,2 @@\n     first()\n+{line}", SMALL)) is is_harmless
