import pytest

from fermata.rules.timeline import weights
from fermata.rules.timeline.weights import find_anchors, weigh, weigh_more


def test_marks_count_once_and_unknown_ones_not_at_all(monkeypatch):
    """A sentence with two errors is not twice an event."""
    monkeypatch.setattr(weights, "WEIGHTS", {"BAD": 0.5})
    monkeypatch.setattr(weights, "BIAS", -1.0)

    assert weigh(["BAD", "BAD", "ELSE"]) == -0.5
    assert weigh_more(["BAD"]) == 0.5


def test_pins_have_a_weight_though_no_example_has_one():
    """What cannot be fitted is given, and small."""
    assert 0 < weigh_more(["PINNED"]) <= 1


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("it is back", ("ANCHOR_NO_TERMS",)),
        ("printer toner", ("ANCHOR_0",)),
        ("checkout toner", ()),
        ("checkout pool", ("ANCHOR_2",)),
        ("checkout pool writer replica", ("ANCHOR_3",)),
    ],
)
def test_ties_to_the_incidents_words_are_counted(text, anchors):
    """One is what is usual, and has no mark."""
    assert find_anchors(text, {"checkout", "pool", "writer", "replica"}) == anchors


def test_sum_of_weights_is_exact(monkeypatch):
    """Sets have another order on each run, and whether a sum is just enough must not hang on it."""
    monkeypatch.setattr(weights, "WEIGHTS", {f"MARK{number}": 0.1 for number in range(10)})

    assert weigh_more(f"MARK{number}" for number in range(10)) == 1.0
