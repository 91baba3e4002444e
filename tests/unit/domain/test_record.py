"""What every record shares: it is frozen, strict, and digested the same way everywhere."""

import copy
import importlib
import json
import pickle
import pkgutil
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from tests.unit.domain.samples import EVIDENCE, NOON, PLAN, SAMPLES

import fermata.domain
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.record import FrozenMap, Instant, Record, Text

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))
INSTANTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - bounds of a strategy are naive
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.timezones() | st.just(UTC),
)
ALL_KINDS = pytest.mark.parametrize("record", SAMPLES, ids=lambda record: type(record).__name__)


class Noted(Record):
    """A record with one field of each of the shared types."""

    at: Instant = NOON
    text: Text = "x"
    data: FrozenMap[str, object] = Field(default_factory=dict, validate_default=True)
    number: float = 0.0


def find_records():
    """Give every record class that the domain defines."""
    for module in pkgutil.iter_modules(fermata.domain.__path__, "fermata.domain."):
        importlib.import_module(module.name)
    return {cls for cls in Record.__subclasses__() if cls.__module__.startswith("fermata.domain.")}


def test_every_kind_of_record_has_a_sample():
    """A new record is tested for what all share as soon as it exists."""
    assert {type(record) for record in SAMPLES} == find_records()


@ALL_KINDS
def test_record_survives_json(record):
    """What is stored as JSON text comes back equal, with the same digest."""
    stored = json.dumps(record.to_json())

    again = type(record).from_json(json.loads(stored))

    assert again == record
    assert again.compute_digest() == record.compute_digest()
    assert again.to_json() == record.to_json()


@ALL_KINDS
def test_field_cannot_be_set(record):
    """A record is a value: nothing changes it after it was built."""
    before = record.to_json()

    for name in type(record).model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(record, name, getattr(record, name))

    assert record.to_json() == before


@ALL_KINDS
def test_unknown_field_is_refused(record):
    """A misspelt field must not silently be absent."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        type(record).from_json(record.to_json() | {"surprise": 1})


@ALL_KINDS
def test_copies_are_equal(record):
    """A record can be copied and sent to another process, frozen maps and all."""
    assert copy.deepcopy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 - written a moment ago
    assert record.model_copy(deep=True) == record


def walk_containers(value):
    """Give every map and list inside a value."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk_containers(item)
    elif isinstance(value, list):
        yield value
        for item in value:
            yield from walk_containers(item)


CHANGES = [
    lambda it: it.__setitem__(0 if isinstance(it, list) else "x", 1),
    lambda it: it.__delitem__(0 if isinstance(it, list) else "x"),
    lambda it: it.clear(),
    lambda it: it.pop(),
    lambda it: it.update({"x": 1}) if isinstance(it, dict) else it.append(1),
    lambda it: it.setdefault("x", 1) if isinstance(it, dict) else it.insert(0, 1),
    lambda it: it.popitem() if isinstance(it, dict) else it.sort(),
    lambda it: it.__ior__({"x": 1}) if isinstance(it, dict) else it.__iadd__([1]),
    lambda it: it.__ior__({}) if isinstance(it, dict) else it.__imul__(2),
    lambda it: it.clear() if isinstance(it, dict) else it.reverse(),
    lambda it: it.clear() if isinstance(it, dict) else it.remove(1),
    lambda it: it.clear() if isinstance(it, dict) else it.extend([1]),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("frozen", [EVIDENCE.facts, PLAN.actions[0].parameters], ids=["facts", "parameters"])
def test_frozen_map_cannot_be_changed_at_any_depth(frozen, change):
    """Not its keys, and not what lies in it: a plan's digest must hold as long as the plan lives."""
    before = json.dumps(frozen)

    containers = list(walk_containers(frozen))
    assert len(containers) >= 3
    for container in containers:
        with pytest.raises(TypeError, match="belongs to a frozen record"):
            change(container)

    assert json.dumps(frozen) == before


def test_frozen_map_is_a_copy():
    """Whoever built the record keeps no key to it."""
    given_data = {"list": [1], "map": {"a": 1}}
    event = JournalEvent(kind="x.happened", actor=FERMATA, data=given_data)
    digest = event.compute_digest()

    given_data["list"].append(2)
    given_data["map"]["a"] = 2
    given_data["new"] = 1

    assert event.data == {"list": [1], "map": {"a": 1}}
    assert event.compute_digest() == digest


def test_frozen_map_reads_like_a_dict():
    """JSON, unions and copies work, and a union is free again."""
    data = Noted(data={"a": [1, 2]}).data

    free = data | {"b": 1}
    free["a"] = 3

    assert json.dumps(data) == '{"a": [1, 2]}'
    assert type(free) is dict
    assert data["a"] + [3] == [1, 2, 3]
    assert data == {"a": [1, 2]}


def test_lists_and_tuples_are_one():
    """A tuple comes back from JSON as a list: the record must not tell them apart."""
    assert Noted(data={"a": (1, (2, 3))}) == Noted(data={"a": [1, [2, 3]]})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"a": float("nan")}, "no JSON form"),
        ({"a": [{"b": float("inf")}]}, "no JSON form"),
        ({"a": {1: "x"}}, "must be text"),
        ({"a": ["\ud800"]}, "surrogates"),
    ],
)
def test_value_that_a_digest_cannot_tell_apart_is_refused(value, fault):
    """NaN is written as null, the key 1 as "1": two different records would be one."""
    with pytest.raises(ValidationError, match=fault):
        Noted(data=value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_number_fields_refuse_nan(number):
    """The same for fields that hold a number."""
    with pytest.raises(ValidationError, match="finite number"):
        Noted(number=number)


def test_naive_instant_is_refused():
    """Naive times are ambiguous during an incident."""
    with pytest.raises(ValidationError, match="needs a time zone"):
        Noted(at=datetime(2026, 11, 23, 12))  # noqa: DTZ001 - being naive is the point


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
def test_instant_outside_the_calendar_is_refused(text):
    """A webhook may send any date: it is a fault of the message, not a crash."""
    with pytest.raises(ValidationError, match="between the years"):
        Noted(at=text)


def test_instant_is_kept_in_utc():
    """The same instant in two zones is the same record."""
    local = Noted(at=NOON.astimezone(timezone(timedelta(hours=2))))

    assert local.at.tzinfo is UTC
    assert local == Noted(at=NOON)
    assert local.compute_digest() == Noted(at=NOON).compute_digest()


def test_text_is_not_empty():
    """A text that is required says something."""
    with pytest.raises(ValidationError, match="at least 1 character"):
        Noted(text="")


@settings(deadline=None)
@given(
    INSTANTS,
    WORDS.filter(bool),
    st.dictionaries(WORDS, JSON, max_size=3),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_record_survives_json(at, text, data, number):
    """Whatever the values are: through JSON text and back it is the same record with the same digest."""
    record = Noted(at=at, text=text, data=data, number=number)

    again = Noted.from_json(json.loads(json.dumps(record.to_json())))

    assert again == record
    assert again.compute_digest() == record.compute_digest()
