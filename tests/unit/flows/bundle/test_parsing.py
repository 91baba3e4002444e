"""JSON and YAML from strangers: parsed within bounds, or refused with a reason and a line."""

from datetime import UTC, datetime

import pytest

from fermata.flows.bundle import parsing
from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.parsing import (
    name_type,
    parse_json,
    parse_json_documents,
    parse_yaml_documents,
    read_instant,
    read_text_field,
)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ('{"a": 1,\n "b": }', "not JSON", 2),
        ("", "not JSON", 1),
        ('{"a": NaN}', "NaN is no JSON number", None),
        ('{"a": 1, "a": 2}', "'a' stands twice", None),
        ("[" * 100_000, "nested too deep", None),
        ("[" * 70 + "]" * 70, "deeper than 60", None),
        ("1" * 5000, "cannot be read", None),
    ],
)
def test_bad_json_is_refused_with_reason_and_line(text, reason, line):
    """Two readers would disagree on it, or it would cost more than it tells."""
    with pytest.raises(Unreadable, match=reason) as refusal:
        parse_json(text)

    assert refusal.value.line == line


def test_what_text_cannot_hold_is_mended():
    """Half of a surrogate pair and NUL can be spelt in JSON, and no record takes them."""
    assert parse_json('{"a\\ud800": ["b\\u0000c", 1, "\\ud83d\\ude00"]}') == {"a?": ["bc", 1, "😀"]}


def test_json_lines_are_documents():
    """One document, or one on each line; a line that is none is named."""
    assert parse_json_documents('{"a":\n1}') == [{"a": 1}]
    assert parse_json_documents('{"a": 1}\n\n{"b": 2}\n') == [{"a": 1}, {"b": 2}]
    with pytest.raises(Unreadable) as refusal:
        parse_json_documents('{"a": 1}\n{"b": 2}\n{"c": \n')
    assert refusal.value.line == 3
    with pytest.raises(Unreadable, match="empty"):
        parse_json_documents(" \n")


def test_objects_of_many_lines_one_after_the_other_are_documents():
    """So `jq` and `wrangler tail` print them; one that is broken is refused."""
    text = '{\n  "a": {\n    "b": 1\n  }\n}\n{\n  "a": 2\n}\n\n{\n  "c": "}\\n{"\n}\n'

    assert parse_json_documents(text) == [{"a": {"b": 1}}, {"a": 2}, {"c": "}\n{"}]
    with pytest.raises(Unreadable, match="not JSON"):
        parse_json_documents('{\n  "a": 1\n}\n{\n  "a": \n}\n')


def test_yaml_times_stay_text():
    """The API writes times as text; YAML would make dates of them."""
    assert parse_yaml_documents("at: 2026-11-23T12:00:00Z\non: 2026-11-23\n---\n---\nb: 1") == [
        {"at": "2026-11-23T12:00:00Z", "on": "2026-11-23"},
        {"b": 1},
    ]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: 1\nb: [", "not YAML", 2),
        ("a: 1\na: 2", "not YAML", 2),
        ("a: !!python/object/apply:os.system [id]", "not YAML", 1),
        ("a: &x [*x]", "nested deeper", None),
        ("{" * 400, "not YAML", 1),
    ],
)
def test_bad_yaml_is_refused_with_reason_and_line(text, reason, line):
    """Broken, ambiguous, dangerous or endless YAML never becomes a value."""
    with pytest.raises(Unreadable, match=reason) as refusal:
        parse_yaml_documents(text)

    assert refusal.value.line == line


def test_yaml_bomb_is_refused():
    """Ten lines that unfold into a thousand million values cost no more than the counting."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )

    with pytest.raises(Unreadable, match="unfolds"):
        parse_yaml_documents(bomb)


POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart-%d\n  at: 2026-11-23\n  labels: {}\nspec:\n- a: 'b'\n  c: 1\n"


def test_long_yaml_of_objects_is_read_the_same():
    """Beyond a length objects are read by a faster reader, to the same values."""
    long, short = ("---\n".join(POD % number for number in range(count)) for count in (2000, 3))

    assert len(long) > parsing._LONG_YAML > len(short)
    assert parse_yaml_documents(long)[:3] == parse_yaml_documents(short)
    assert len(parse_yaml_documents(long)) == 2000


@pytest.mark.parametrize("line", ["a: &x 1", "b: !!int 3", "- just\n- a list", "kind: x\nc: {d: 1}"])
def test_long_yaml_of_something_else_is_read_strictly(line, monkeypatch):
    """Anchors, tags, and documents that are no objects are the strict parser's."""
    monkeypatch.setattr(parsing, "_LONG_YAML", 1)  # A constant: strict parsing of a long text takes a second.

    assert parse_yaml_documents(line) in ([{"a": 1}], [{"b": 3}], [["just", "a list"]], [{"kind": "x", "c": {"d": 1}}])
    with pytest.raises(Unreadable):
        parse_yaml_documents(f"{line}\nx: [")


def test_large_yaml_is_refused_unparsed(monkeypatch):
    """The parser is slow, so its input is bounded."""
    monkeypatch.setattr(parsing, "LARGEST_YAML", 10)  # A constant: parsing four million characters takes ten seconds.

    with pytest.raises(Unreadable, match="characters of YAML"):
        parse_yaml_documents("a: 'longer than ten'")


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T12:00:00Z",
        "2026-11-23T13:00:00+01:00",
        "2026-11-23 12:00:00",
        "2026-11-23 12:00:00 UTC",
        1795435200,
        1795435200.0,
        "1795435200",
        1795435200000,
        "1795435200000000000",
    ],
)
def test_instants_are_read_as_sources_write_them(value):
    """RFC 3339 with or without a zone, and epochs of seconds to nanoseconds."""
    assert read_instant(value) == datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [None, "", True, [], "yesterday", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", float("inf"), "1e999"],
)
def test_what_is_no_instant_is_none(value):
    """A wrong time is worse than none; year 1 is Go's way to say that there is none."""
    assert read_instant(value) is None


def test_first_field_with_text_counts():
    """Numbers count as text, blank text and other types do not."""
    record = {"a": " ", "b": True, "c": [1], "d": 7, "e": "x"}

    assert read_text_field(record, "a", "b", "c", "d", "e") == "7"
    assert read_text_field(record, "a", "none") == ""


@pytest.mark.parametrize(
    ("parse", "text", "reason"),
    [
        (parse_json, "1" * 5000, "a number of more digits than are read"),
        (parse_json, '{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        (parse_yaml_documents, "a: hunter2\na: hunter3\n", "it is not YAML: a key stands twice in one mapping"),
        (parse_yaml_documents, "a: " + "1" * 5000, "a number of more digits than are read"),
        (parse_yaml_documents, "a: !!python/object/apply:os.system [x]", "a tag of a programming language is not read"),
        (parse_yaml_documents, "[" * 3000 + "]" * 3000, "it is nested too deep"),
    ],
)
def test_refusal_quotes_no_value_and_no_inside_of_ours(parse, text, reason):
    """A value may be a secret, and Python's own advice helps nobody who reads it."""
    with pytest.raises(Unreadable) as caught:
        parse(text)

    assert reason in caught.value.reason
    assert "hunter" not in caught.value.reason
    assert "sys." not in caught.value.reason


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "nothing"), (True, "true or false"), (1, "a number"), ("x", "text"), ([], "a list"), ({}, "an object")],
)
def test_kind_of_a_value_is_named_in_words(value, name):
    """Whoever wrote the file need not know Python."""
    assert name_type(value) == name
