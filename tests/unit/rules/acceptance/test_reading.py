"""The shape of an answer, and the lines it names."""

import pytest

from fermata.domain.answer import Answer
from fermata.rules.acceptance.reading import read_answer, read_lines

UNDETERMINED = {"verdict": "undetermined", "hypotheses": [], "guilty_change": None, "checks": [], "requests": []}


def test_answer_of_the_right_shape_is_read():
    """The value becomes a record."""
    assert isinstance(read_answer(UNDETERMINED), Answer)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "the whole: Input should be"),
        (UNDETERMINED | {"verdict": "guilty"}, "verdict: Input should be 'identified'"),
        (UNDETERMINED | {"note": "x"}, "note: Extra inputs are not permitted"),
        (UNDETERMINED | {"requests": [{"what": "shell", "of": "x"}]}, "requests.0.what: Input should be 'logs'"),
    ],
)
def test_fault_of_the_shape_is_named_with_its_place(value, fault):
    """A model is told where its answer is wrong."""
    faults = read_answer(value)

    assert len(faults) == 1
    assert fault in faults[0]


def test_endless_faults_are_counted():
    """Five are named; the rest is a number."""
    faults = read_answer({f"x{number}": 1 for number in range(9)} | UNDETERMINED)

    assert len(faults) == 6
    assert faults[-1].endswith("and 4 more faults")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("12", (12, 12)),
        (" 12 - 14 ", (12, 14)),
        ("L12-L14", (12, 14)),
        ("12\u201314", (12, 14)),
        ("12..14", (12, 14)),
        ("E3:12", (12, 12)),
        ("E3:12-E3:14", (12, 14)),
        ("line 12", (12, 12)),
        ("Lines 12 to 14", (12, 14)),
        ("14-12", None),
        ("E3", None),
        ("0", None),
        ("all", None),
        ("1,2", (1, 2)),
        ("12-14, 20 and 21", (12, 21)),
        ("20, 12", None),
        ("12, all", None),
    ],
)
def test_lines_are_a_number_or_a_span(text, span):
    """Models write spans in several ways; anything else is none."""
    assert read_lines(text) == span
