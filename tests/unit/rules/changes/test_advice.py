"""What a person is told to do about a guilty change."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fermata.rules.changes.advice import advise, find_unexplained, name_change
from fermata.rules.changes.aftermath import Undoing

AT = datetime(2026, 5, 20, 12, 20, tzinfo=UTC)


@pytest.fixture
def change(incident):
    """Give a function that makes one change."""

    def make(change_id, **facts):
        return incident.change(change_id, 5, **facts).list_changes()[-1]

    return make


def test_change_is_called_by_its_title_or_by_what_it_sets(change):
    """A title that only repeats kind and id says nothing."""
    assert name_change(change("abc", title="Try it")) == "commit abc (Try it)"
    assert name_change(change("F-1", kind="flag", title="flag F-1", ref="tier")) == "flag F-1 (tier)"
    assert name_change(change("F-2", kind="flag", title="")) == "flag F-2"
    assert name_change(change("abd", title="", ref="main")) == "commit abd"
    assert name_change(change("1f0e77c6a1b2c3d4", title="")) == "commit 1f0e77c6a1b2"
    assert name_change(change("v5.18.0...v5.19.0", title="x" * 90)) == f"commit v5.18.0...v5.19.0 ({'x' * 79}…)"


def test_commit_is_read_and_taken_back(change):
    """Nothing is quicker."""
    assert advise(change("abc", title=""), undone=None, switch=None) == "Read commit abc and take it back, or mend it."


def test_migration_is_undone_by_another(change):
    """What it did stays when its file goes; code that it came with is taken back as ever."""
    script = "+++ b/db/migrations/V5__amount.sql\n@@ -0,0 +1,1 @@\n+ALTER TABLE orders RENAME COLUMN total TO amount;"
    code = "+++ b/shop/app.py\n@@ -1,1 +1,1 @@\n-a\n+b"

    alone = advise(change("abc", diff=script, title=""), undone=None, switch=None)
    mixed = advise(change("abd", diff=f"{script}\n{code}", title=""), undone=None, switch=None)

    assert alone.startswith("Read commit abc: run what undoes it, or release code that fits it.")
    assert mixed == "Read commit abd and take it back, or mend it."


@pytest.mark.parametrize(
    ("state", "order"), [("0%->25%", "Turn flag F-1 (tier) back to 0%"), ("on", "Turn flag F-1 (tier) back")]
)
def test_flag_is_turned_back_first(change, state, order):
    """That acts at once, also where the code behind it is the one to blame."""
    flag = change("F-1", kind="flag", title="tier", state=state)

    assert (
        advise(flag, undone=None, switch=None)
        == f"{order}, which acts at once; then read what it turned on and mend it."
    )
    assert advise(change("abc", title=""), undone=None, switch=flag) == (
        f"{order} first, which acts at once; then read commit abc and mend it."
    )


@pytest.mark.parametrize(
    ("helped", "advice"),
    [
        (True, "Leave it taken back: k2 took it back at 12:20 UTC, and it helped: what failed has ended. Mend"),
        (None, "k2 took it back at 12:20 UTC: see whether what failed has ended, and look for what outlasts"),
        (False, "k2 took it back at 12:20 UTC, without effect so far: see whether that reached every instance, and"),
    ],
)
def test_what_was_taken_back_is_not_taken_back_again(change, helped, advice):
    """Whether that helped decides what is left to do."""
    found = advise(change("k1", kind="config", title="pool"), undone=Undoing("k2", AT, helped), switch=None)

    assert found.startswith(advice)
    assert "config k1 (pool)" in found


def test_line_to_explain_is_one_that_fails_where_nobody_was_alerted(incident):
    """Nobody knows when it began, so that a healthy log's first request is as new as any other line."""
    healthy = incident.log("shop", (-3, 30, "INFO GET /items/# 200")).read()

    assert find_unexplained(replace(healthy, tellings=(), alert_text="")) is None
    assert find_unexplained(replace(healthy, alert_text="")) is None
    assert find_unexplained(healthy) is healthy.tellings[0]


@pytest.mark.parametrize("line", ["WARN odd #", "ERROR odd #", "INFO GET /items/# timed out"])
def test_line_that_fails_is_asked_about_although_nobody_was_alerted(incident, line):
    """By its level, or by what it says."""
    symptoms = incident.log("shop", (-3, 30, line)).read()

    assert line.split("#")[0] in find_unexplained(replace(symptoms, alert_text="")).text
