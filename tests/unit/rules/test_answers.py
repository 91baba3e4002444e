from time import process_time

import pytest

from fermata.rules.answers import find_json, list_mismatches, mend

SCHEMA = {
    "type": "object",
    "properties": {
        "cause": {"type": "string", "minLength": 2, "maxLength": 10},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "count": {"type": ["integer", "null"]},
        "kind": {"enum": ["memory", "disk"]},
        "version": {"const": 1},
        "claims": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/$defs/Claim"}},
        "either": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]},
        "both": {"allOf": [{"type": "string"}, {"minLength": 3}]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "array"},
    },
    "required": ["cause"],
    "additionalProperties": False,
    "$defs": {"Claim": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2]}',
        '  {"a": [1, 2]}\n',
        'Here it is:\n```json\n{"a": [1, 2]}\n```\nDone.',
        '```\n{"a": [1, 2]}\n```',
        'Sure! {"a": [1, 2]} as asked',
        '<think>is it {"b": 1}?</think>{"a": [1, 2]}',
        'a set {x} and then {"a": [1, 2]}',
        '```json\nnot json\n``` but {"a": [1, 2]}',
    ],
)
def test_json_is_found_among_words(text):
    """Fences, thoughts and courtesies of small models are no part of the answer."""
    assert find_json(text) == {"a": [1, 2]}


@pytest.mark.parametrize(
    "text", ["", "no idea", '{"a": ', "{x}", '{"a": NaN}', "[" * 100_000, "x" + "[" * 100_000, "{" * 100_000]
)
def test_words_without_json_are_no_answer(text):
    """Neither is half an object, nor a number that JSON does not have, nor a pile of brackets."""
    with pytest.raises(ValueError, match=r"JSON|deep"):
        find_json(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": [1, 2,], "b": "x,}",\n}', {"a": [1, 2], "b": "x,}"}),
        ('```json\n{"a": "say \\",}\\"", }\n```', {"a": 'say ",}"'}),
    ],
)
def test_comma_behind_the_last_item_is_no_fault(text, found):
    """Many write it; within a string it stays what it is."""
    assert find_json(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{'a': [None, True, False], 'b': 'True'}", {"a": [None, True, False], "b": "True"}),
        ("```json\n{'a': 'say \"it\\'s\"', 'b': \"None's\",}\n```", {"a": 'say "it\'s"', "b": "None's"}),
        (r"['a\nb\\c\"d']", ['a\nb\\c"d']),
    ],
)
def test_what_python_prints_is_read_as_json(text, found):
    """Apostrophes and its three words are a slip of form; nothing is evaluated."""
    assert find_json(text) == found


@pytest.mark.parametrize("text", ["{'a': open('x')}", "{'a': {1, 2}}", "{'a': 'b", "{'a': b'c'}", "{'a': 1 + 1}"])
def test_code_of_python_is_no_json(text):
    """Only what is printed of a value is read."""
    with pytest.raises(ValueError, match="JSON"):
        find_json(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"verdict": "identified", "claims": [{"text": "a"}], "more": tru}',
        'Here: {"verdict": "identified", "claims": [{"text": "a"}], "score": 0.',
        '{"verdict": "identified", "claims": [{"text": "a"}], "why": "never clo',
    ],
)
def test_part_of_a_broken_answer_is_not_the_answer(text):
    """What is whole within it was never meant by itself; where it breaks is said."""
    with pytest.raises(ValueError, match=r"its JSON is broken at character [4-9]"):
        find_json(text)


@pytest.mark.parametrize("text", ['{"cause": oom', "{'verdict': 'x', 'claims': ["])
def test_answer_that_begins_as_json_is_broken_and_not_missing(text):
    """Whoever asks again says where, however soon it breaks."""
    with pytest.raises(ValueError, match=r"its JSON is broken at character \d+"):
        find_json(text)


def test_string_that_nobody_closes_is_read_once():
    """However many quotes are escaped in it."""
    began = process_time()

    with pytest.raises(ValueError, match="JSON"):
        find_json('"' + '\\"' * 50_000 + "\\")
    with pytest.raises(ValueError, match="JSON"):
        find_json("{'" + "\\'" * 50_000 + "\\")

    assert process_time() - began < 1


FORM = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string"},
        "checks": {"type": "array", "items": {"type": "string"}},
        "claims": {"type": "array", "items": {"$ref": "#/$defs/Claim"}, "minItems": 1},
        "guilty": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "items": {"type": "array", "items": {"type": "object", "properties": {"a": {}}, "additionalProperties": False}},
        "one": {
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
                {"type": "null"},
            ]
        },
        "free": {"type": "object"},
        "bare": {"type": "array"},
    },
    "required": ["verdict", "checks", "guilty"],
    "additionalProperties": False,
}


ORDERS = {
    "type": "object",
    "properties": {
        "actions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "action": {"type": "string"},
                    "parameters": {"type": "object", "additionalProperties": True},
                },
                "required": ["action", "parameters"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["actions"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "mended"),
    [
        ({"verdict": "x"}, {"verdict": "x", "checks": [], "guilty": None}),
        ({"verdict": "x", "checks": None, "guilty": "null"}, {"verdict": "x", "checks": [], "guilty": None}),
        ({"verdict": "x", "guilty": " None ", "one": {}}, {"verdict": "x", "checks": [], "guilty": None, "one": None}),
        ({"answer": {"verdict": "x"}}, {"verdict": "x", "checks": [], "guilty": None}),
        ({"name": "answer", "arguments": {"verdict": "x"}}, {"verdict": "x", "checks": [], "guilty": None}),
        ({"type": "object", "properties": {"verdict": "x"}}, {"verdict": "x", "checks": [], "guilty": None}),
        (
            {"verdict": "x", "checks": [], "guilty": None, "remark": 1},
            {"verdict": "x", "checks": [], "guilty": None},
        ),
        (
            {
                "verdict": "x",
                "items": [{"a": 1, "b": 2}],
                "one": {"a": "y", "b": 1},
                "free": {"b": 1},
                "bare": [{"b": 1}],
            },
            {
                "verdict": "x",
                "checks": [],
                "guilty": None,
                "items": [{"a": 1}],
                "one": {"a": "y"},
                "free": {"b": 1},
                "bare": [{"b": 1}],
            },
        ),
    ],
)
def test_slip_of_form_that_changes_nothing_is_mended(value, mended):
    """An empty list that was left out, a remark that nobody asked for."""
    assert mend(value, FORM) == mended


WORDS = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["healthy", "identified"]},
        "lines": {"type": "string"},
        "answered": {"type": "boolean"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "of": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "mended"),
    [
        ([{"lines": "3"}], {"lines": "3"}),
        ({"lines": 3}, {"lines": "3"}),
        ({"verdict": " Identified"}, {"verdict": "identified"}),
        ({"of": [[{"a": "x"}]]}, {"of": [{"a": "x"}]}),
        ([{"lines": "3"}, {"lines": "4"}], [{"lines": "3"}, {"lines": "4"}]),
        ({"share": "0.8"}, {"share": 0.8}),
        ({"share": " 80 %"}, {"share": 0.8}),
        ({"share": "high"}, {"share": "high"}),
        ({"share": 80}, {"share": 0.8}),
        ({"answered": "False"}, {"answered": False}),
        ({"answered": "true"}, {"answered": True}),
        ({"answered": "partly"}, {"answered": "partly"}),
        ({"share": "80"}, {"share": 0.8}),
        ({"share": 8}, {"share": 8}),
        ({"share": 180}, {"share": 180}),
        ({"lines": [24, 25]}, {"lines": "24, 25"}),
        ({"lines": ["12-14", "20"]}, {"lines": "12-14, 20"}),
        ({"lines": ["3"]}, {"lines": "3"}),
        ({"lines": []}, {"lines": []}),
        ({"lines": ["one", "two"]}, {"lines": ["one", "two"]}),
        ({"lines": True}, {"lines": True}),
        ({"lines": 3.5}, {"lines": 3.5}),
        ({"verdict": "well"}, {"verdict": "well"}),
        ({"verdict": None}, {"verdict": None}),
    ],
)
def test_slip_of_type_that_changes_nothing_is_mended(value, mended):
    """A list around the answer, digits as a number, a known word in capitals; two answers are not one."""
    assert mend(value, WORDS) == mended


@pytest.mark.parametrize(
    "value",
    [
        {"verdict": "x", "chekcs": ["look"], "guilty": None},
        {"checks": [], "guilty": None},
        {"remark": 1},
        {},
        [],
        "x",
        None,
    ],
)
def test_answer_that_may_say_something_else_stays_as_it_is(value):
    """A wanted name may be misspelt in it, and what may not be empty cannot be made up."""
    assert mend(value, FORM) == value


def test_object_with_none_of_what_is_wanted_is_left_alone():
    """Nothing says that it is an answer at all."""
    form = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}

    assert mend({"b": 1}, form) == {"b": 1}
    assert mend({"verdict": "x"}, FORM | {"required": ["verdict", "claims"]}) == {"verdict": "x"}


def test_remark_beside_what_is_to_be_done_is_not_dropped():
    """It may say on what condition, and nobody who approves the rest would see it."""
    action = {"action": "restart", "parameters": {}, "only_if": "no backup runs"}
    wrapped = {"only_if": {"actions": []}}

    mended = mend({"actions": [action]}, ORDERS)

    assert mended == {"actions": [action]}
    assert mend(wrapped, ORDERS) == wrapped
    assert "only_if" in list_mismatches(mended, ORDERS)[0]


def test_right_answer_has_no_faults():
    """Everything it may hold, as it may be held."""
    answer = {
        "cause": "oom",
        "score": 0.5,
        "count": 3.0,
        "kind": "disk",
        "version": 1,
        "claims": [{"text": "x", "more": 1}],
        "either": {"id": 1},
        "both": "abc",
        "labels": {"app": "shop"},
        "free": [1, "a"],
    }

    assert list_mismatches(answer, SCHEMA) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cause": 5}, "answer.cause: string is wanted, not number"),
        ({"cause": "x"}, "answer.cause: at least 2 characters, not 1"),
        ({"cause": "x" * 11}, "answer.cause: at most 10 characters, not 11"),
        ({"score": True}, "answer.score: number is wanted, not boolean"),
        ({"score": 2}, "answer.score: at most 1, not 2"),
        ({"score": -1}, "answer.score: at least 0, not -1"),
        ({"count": 1.5}, "answer.count: integer or null is wanted, not number"),
        ({"count": []}, "answer.count: integer or null is wanted, not array"),
        ({"kind": "cpu"}, 'answer.kind: "cpu" is none of "memory", "disk"'),
        ({"version": 2}, "answer.version: 1 is wanted"),
        ({"claims": []}, "answer.claims: at least 1 items, not 0"),
        ({"claims": [{"text": "a"}] * 3}, "answer.claims: at most 2 items, not 3"),
        ({"claims": [{}]}, "answer.claims[0]: text is missing"),
        ({"claims": [{"text": None}]}, "answer.claims[0].text: string is wanted, not null"),
        ({"either": 5}, "answer.either: string is wanted, not number"),
        ({"either": {}}, "answer.either: id is missing"),
        ({"both": "ab"}, "answer.both: at least 3 characters, not 2"),
        ({"labels": {"a": 1}}, "answer.labels.a: string is wanted, not number"),
        ({"other": 1}, 'answer: "other" is not wanted'),
        ({"y" * 80: 1}, 'answer: "' + "y" * 56 + "... is not wanted"),
    ],
)
def test_fault_names_its_place(change, fault):
    """In words that a model asked again can follow."""
    assert list_mismatches({"cause": "oom", **change}, SCHEMA) == [fault]


def test_missing_value_is_named():
    """What is required and not there."""
    assert list_mismatches({}, SCHEMA) == ["answer: cause is missing"]


def test_whole_of_another_type_is_one_fault():
    """A list where an object is wanted; a type this checker does not know is not judged."""
    assert list_mismatches([1], SCHEMA) == ["answer: object is wanted, not array"]
    assert list_mismatches({1, 2}, {"type": "string"}) == ["answer: string is wanted, not set"]
    assert list_mismatches(5, {"type": "date"}) == []


def test_faults_are_not_endless():
    """Eight are enough to try again."""
    schema = {"type": "array", "items": {"type": "string"}}

    assert len(list_mismatches(list(range(50)), schema)) == 8


def test_reference_that_leads_nowhere_checks_nothing():
    """As does one to something that is no schema."""
    assert list_mismatches(5, {"$ref": "#/$defs/Missing"}) == []
    assert list_mismatches(5, {"$ref": "#/a/b/c", "a": 1}) == []


def test_schema_that_turns_in_circles_ends():
    """A reference to itself is followed so far and no further."""
    assert list_mismatches({}, {"$ref": "#"}) == ["answer: nested too deep"]


def test_name_with_a_slash_is_followed():
    """As JSON Pointer writes it."""
    schema = {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}

    assert list_mismatches(5, schema) == ["answer: string is wanted, not number"]
