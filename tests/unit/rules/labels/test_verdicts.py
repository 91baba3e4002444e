import pytest

from fermata.rules.labels.verdicts import EVENTS, Verdict, read_verdict


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("3a step 3", {"what": "step", "grade": 3}),
        ("3a Step 2", {"what": "step", "grade": 2}),
        ("  3a: step: 3 ", {"what": "step", "grade": 3}),
        ("3a | cause3", {"what": "cause", "grade": 3}),
        ("3a step 3 at 09:06", {"what": "step", "grade": 3, "at": "09:06"}),
        ("3a step 3 09:06", {"what": "step", "grade": 3, "at": "09:06"}),
        ("3ao step 1", {"what": "step", "grade": 1}),
        ("3a*: finding 0", {"what": "finding", "grade": 0}),
        ("3a finding 3 + onset 3 at 09:06", {"what": "finding", "grade": 3, "also": "onset", "also_at": "09:06"}),
        ("3a finding 2 at 09:06; cause 3", {"what": "finding", "grade": 2, "at": "09:06", "also": "cause"}),
        ("3a finding 3 and onset 2 at 09:06", {"what": "finding", "grade": 3}),
        ("3a -", {"what": "none"}),
        ("3a none", {"what": "none"}),
        ("3a detail", {"what": "none"}),
        ("3a other", {"what": "other"}),
        ("3a guess", {"what": "guess"}),
        ("3a =4b", {"what": "same", "of": "4b"}),
        ("3a = 4b", {"what": "same", "of": "4b"}),
        ("3a same as 4b", {"what": "same", "of": "4b"}),
        ("3a merge into 4bx", {"what": "same", "of": "4b"}),
        ("3a out 4b", {"what": "out", "of": "4b"}),
        ("3a out by 4b", {"what": "out", "of": "4b"}),
    ],
)
def test_line_about_a_row_is_read_as_what_it_says(line, fields):
    """However a model puts it apart, and with the mark that stood beside the name."""
    assert read_verdict(line) == Verdict(n="3a", **fields)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "3a",
        "a step 3",
        "3 step 3",
        "3a step",
        "3a step 4",
        "3a step -1",
        "3a step 33",
        "3a resolved 3",
        "3a step 3 at noon",
        "3a step 3 at 09:06:00",
        "3a step 3; 4b step 3",
        "3a step 3 + resolved 3",
        "3a step 3 + onset 3 + cause 3",
        "3a =",
        "3a = the alert",
        "3a out",
        "3a out 4b 5c",
        "drop 3a",
        "3a - mark the outage as resolved",
        "12345a step 3",
    ],
)
def test_what_says_nothing_of_a_row_is_none(line):
    """It is another label, or refused as none."""
    assert read_verdict(line) is None


def test_every_event_has_a_kind_that_a_line_can_have():
    """Nothing is told as noise, or as taken back, because a model calls it so."""
    assert {kind.value for kind in EVENTS.values()} <= {
        "milestone", "observation", "action", "decision", "communication"
    }  # fmt: skip
