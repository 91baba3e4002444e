import pytest

from fermata.rules.answers import list_mismatches
from fermata.rules.labels import LABEL_SCHEMA, Labels, read_labels


def test_empty_answer_is_an_answer():
    """Nothing to change is of the form that is asked for."""
    assert read_labels({"labels": []}) == Labels()
    assert list_mismatches({"labels": []}, LABEL_SCHEMA) == []


@pytest.mark.parametrize(
    ("line", "lists"),
    [
        ("drop 3a", {"drop": ["3a"]}),
        ("drop 3a 4b, 5c", {"drop": ["3a", "4b", "5c"]}),
        ("Drop: 3a", {"drop": ["3a"]}),
        ("other 3a", {"other": ["3a"]}),
        ("keep 3a action", {"keep": [{"n": "3a", "kind": "action"}]}),
        ("keep 3a as action", {"keep": [{"n": "3a", "kind": "action"}]}),
        ("keep 3a", {"keep": [{"n": "3a", "kind": "observation"}]}),
        ("keep 3a 4b milestone", {"keep": [{"n": "3a", "kind": "milestone"}, {"n": "4b", "kind": "milestone"}]}),
        ("merge 3a into 4b", {"merge": [{"n": "3a", "into": "4b"}]}),
        ("merge 3a -> 4b", {"merge": [{"n": "3a", "into": "4b"}]}),
        ("out 3a by 4b", {"rule_out": [{"n": "3a", "by": "4b"}]}),
        ("at 3a 09:06", {"at": [{"n": "3a", "at": "09:06"}]}),
        ("time started 3a", {"times": [{"name": "started", "n": "3a"}]}),
        ("time started = 3a", {"times": [{"name": "started", "n": "3a"}]}),
        ("time started -", {"untold": ["started"]}),
        ("time started none", {"untold": ["started"]}),
        ("3a step 3", {"rows": [{"n": "3a", "what": "step", "grade": 3}]}),
        ("out 3a", {"odd": ["out 3a"]}),
        ("time", {"odd": ["time"]}),
        ('words 3a "Queue drains"', {"words": [{"n": "3a", "text": "Queue drains"}]}),
        ("words 3a: drop 4b", {"words": [{"n": "3a", "text": "drop 4b"}]}),
        ("nothing 3a", {"odd": ["nothing 3a"]}),
        ("drop", {"odd": ["drop"]}),
        ("keep action", {"odd": ["keep action"]}),
        ("merge 3a", {"odd": ["merge 3a"]}),
        ("join 3a 4b", {"odd": ["join 3a 4b"]}),
        ("words 3a " + "x" * 161, {"odd": ["words 3a " + "x" * 51]}),
        ("words 3a", {"odd": ["words 3a"]}),
    ],
)
def test_line_is_read_as_the_label_it_is(line, lists):
    """However a model puts the rows apart; what is no label is kept apart, too."""
    assert read_labels({"labels": [line]}) == Labels.model_validate(lists)


def test_no_more_is_read_of_a_line_than_a_list_holds():
    """Names without end are no answer."""
    labels = read_labels({"labels": ["drop " + "a " * 119] * 3})

    assert isinstance(labels, Labels)
    assert len(labels.drop) == 200


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "drop 3a",
        {},
        {"labels": "drop 3a"},
        {"labels": [3]},
        {"labels": ["drop 3a"] * 201},
        {"labels": [], "times": {"resolved": "10:00"}},
    ],
)
def test_other_shape_is_told_in_words(value):
    """Where it is wrong, not only that it is."""
    faults = read_labels(value)

    assert isinstance(faults, tuple)
    assert all(": " in fault for fault in faults)
