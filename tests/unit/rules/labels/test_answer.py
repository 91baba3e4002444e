import pytest

from fermata.rules.answers import list_mismatches
from fermata.rules.labels import LABEL_SCHEMA, Labels, read_labels

EMPTY = {"drop": [], "keep": [], "merge": [], "rule_out": [], "said": [], "words": [], "times": []}


def test_empty_answer_is_an_answer():
    """Nothing to change is of the form that is asked for."""
    assert read_labels(EMPTY) == Labels()
    assert list_mismatches(EMPTY, LABEL_SCHEMA) == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "drop 3a",
        EMPTY | {"drop": "3a"},
        EMPTY | {"keep": [{"n": "3a"}]},
        EMPTY | {"drop": ["3a"] * 201},
        EMPTY | {"words": [{"n": "3a", "text": "x" * 161}]},
        EMPTY | {"words": [{"n": "3a", "text": ""}]},
    ],
)
def test_other_shape_is_told_in_words(value):
    """Where it is wrong, not only that it is."""
    faults = read_labels(value)

    assert isinstance(faults, tuple)
    assert all(": " in fault for fault in faults)
