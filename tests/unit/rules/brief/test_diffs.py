"""Of a diff both sides are shown, or neither."""

from tests.unit.rules.incident_case import number_lines

from fermata.rules.brief.diffs import choose_changed

DIFF = number_lines(
    "--- a/x", "+++ b/x", "@@ -1 +1 @@", "-limit: 10", "-name: a", "+limit: 9", "+name: b", " same", "+new: 1"
)


def choose(budget):
    """Give the texts that are chosen when each line costs one."""
    return [line.text for line in choose_changed(DIFF, budget, lambda _: 1)]


def test_runs_that_fit_are_whole_and_in_order():
    """What changed, without headers and context."""
    assert choose(5) == ["-limit: 10", "-name: a", "+limit: 9", "+name: b", "+new: 1"]


def test_run_that_does_not_fit_is_shown_pair_by_pair():
    """A limit that was lowered and one that was raised look alike from one side; a later run may still fit."""
    assert choose(3) == ["-limit: 10", "+limit: 9", "+new: 1"]
    assert choose(1) == ["+new: 1"]
    assert choose(0) == []
