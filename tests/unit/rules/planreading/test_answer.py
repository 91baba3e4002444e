"""An answer is read item by item; what is no answer is refused whole."""

import pytest
from tests.unit.rules.planreading.plan_scene import GOOD, REASON, answer

from fermata.rules.answers import list_mismatches
from fermata.rules.planreading.answer import MOST_FIRST, MOST_MISSED, PLAN_READING_SCHEMA, read_plan_reading


def test_whole_answer_is_read():
    """And it is of the schema that was asked for."""
    value = answer(
        missed=[GOOD], first=["m1", "r1"], journeys=[{"entry": "packer", "name": "pack"}],
        handled=[{"item": "r2", "reason": REASON}],
    )  # fmt: skip
    reading = read_plan_reading(value)

    assert list(reading.missed) == ["m1"]
    assert reading.first == ["m1", "r1"]
    assert reading.journeys[0].name == "pack"
    assert reading.handled[0].item == "r2"
    assert reading.refused == []
    assert list_mismatches(value, PLAN_READING_SCHEMA) == []


@pytest.mark.parametrize(
    "value",
    [None, 3, "r1", [], {}, {"missed": 3}, {"missed": {}}, {"score": []}, answer(first="r1"), answer(numbers=[1])],
)
def test_what_is_no_answer_is_refused_whole(value):
    """With the reason in words."""
    assert isinstance(read_plan_reading(value), str)


@pytest.mark.parametrize(
    "item",
    [
        3, None, [], "m1", {}, {**GOOD, "score": 0.9}, {**GOOD, "kind": 3}, {**GOOD, "reason": "short"},
        {**GOOD, "reason": "x" * 241}, {**GOOD, "target": None}, {key: GOOD[key] for key in ("kind", "target")},
    ],
)  # fmt: skip
def test_broken_item_costs_none_of_its_neighbours(item):
    """Each has the name of its place, the broken one too."""
    reading = read_plan_reading(answer(missed=[GOOD, item, GOOD]))

    assert list(reading.missed) == ["m1", "m3"]
    assert len(reading.refused) == 1


def test_too_many_are_cut_and_told():
    """Of each list."""
    reading = read_plan_reading(
        answer(
            missed=[GOOD] * (MOST_MISSED + 2), first=["r1"] * (MOST_FIRST + 3),
            handled=[{"item": "r1", "reason": REASON}] * 21, journeys=[{"entry": "a", "name": "bc"}] * 13,
        )
    )  # fmt: skip

    assert len(reading.missed) == MOST_MISSED
    assert len(reading.first) == MOST_FIRST
    assert [text.split(":")[0] for text in reading.refused] == [
        "1 more of namedjourney", "1 more of handled", "2 more of missed", "3 more of first",
    ]  # fmt: skip


def test_parts_that_are_missing_are_empty():
    """A small model leaves out what it has nothing for."""
    reading = read_plan_reading({"missed": [GOOD]})

    assert list(reading.missed) == ["m1"]
    assert reading.first == []
    assert read_plan_reading(answer(first=[3, "r1"])).first == ["r1"]
