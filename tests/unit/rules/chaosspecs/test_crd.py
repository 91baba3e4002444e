"""A document against the definition a cluster serves: closed, and every rule that is known."""

import pytest

from fermata.rules.chaosspecs.crd import validate_against_crd

EITHER = [{"required": ["a"]}, {"required": ["b"]}]


def define(schema, *, served=True):
    """Give a definition of the kind `Thing` whose spec has a schema."""
    root = {"type": "object", "required": ["spec"], "properties": {"spec": schema, "metadata": {"type": "object"}}}
    version = {"name": "v1", "served": served, "schema": {"openAPIV3Schema": root}}
    return {"spec": {"group": "example.org", "names": {"kind": "Thing"}, "versions": [version]}}


def check(schema, value):
    """Give the problems of a spec."""
    return validate_against_crd({"apiVersion": "example.org/v1", "kind": "Thing", "spec": value}, define(schema))


def obj(**properties):
    """Give the schema of an object."""
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (obj(a={"type": "string", "pattern": "^a+$", "minLength": 1, "maxLength": 3}), {"a": "aa"}),
        (obj(a={"type": "integer", "minimum": 1, "maximum": 3, "format": "int32", "multipleOf": 2}), {"a": 2}),
        (obj(a={"type": "number", "minimum": 0}), {"a": 0.5}),
        (obj(a={"type": "boolean", "enum": [True]}), {"a": True}),
        (obj(a={"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}), {"a": ["x", "y"]}),
        (obj(a={"type": "array", "items": {"type": "string"}, "uniqueItems": False}), {"a": ["x", "x"]}),
        (obj(a={"type": "string", "nullable": True}), {"a": None}),
        (obj(a={"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}), {"a": 1}),
        (obj(a={"x-kubernetes-int-or-string": True, "pattern": "^[0-9]+$"}), {"a": 7}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"free": "x"}),
        ({"type": "object", "additionalProperties": True, "maxProperties": 1}, {"free": [1]}),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, {"free": 1}),
        (obj(a={"type": "string", "format": "byte"}), {"a": "aGk="}),
        (obj(a={"type": "string", "format": "date-time"}), {"a": "2026-11-26T10:00:00Z"}),
        (obj(a={"type": "string", "format": "password", "default": "", "description": "x"}), {"a": "?"}),
        (obj(a={}), {"a": {}}),
        (obj(a={"type": "number", "format": "double"}), {"a": 1.5}),
        (obj(a={"type": "array"}), {"a": []}),
        (
            obj(a={"type": "array", "items": obj(k={"type": "string"}), "x-kubernetes-list-type": "map",
                   "x-kubernetes-list-map-keys": ["k"]}),
            {"a": [{"k": "1"}, {"k": "2"}]},
        ),
        (obj(a={"type": "array", "items": {"type": "integer"}, "x-kubernetes-list-type": "atomic"}), {"a": [1, 1]}),
        ({**obj(a={}, b={}), "oneOf": EITHER}, {"a": "x"}),
        (obj(a={"type": "string", "maxItems": 1}), {"a": "xx"}),
        (obj(a={"type": "string", "uniqueItems": True}), {"a": "xx"}),
        ({**obj(a={"type": "string"}), "allOf": [{"required": ["a"]}], "not": {"required": ["b"]}}, {"a": "x"}),
    ],
)  # fmt: skip
def test_what_the_definition_allows_passes(schema, value):
    """Every rule that is known, held."""
    assert check(schema, value) == ()


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        (obj(a={"type": "string"}), {"b": "x"}, "spec.b: there is no such field"),
        ({**obj(a={"type": "string"}), "required": ["a"]}, {}, "spec.a: it is required"),
        (obj(a={"type": "string"}), {"a": 1}, "spec.a: it is integer, not string"),
        (obj(a={"type": "integer"}), {"a": True}, "it is boolean, not integer"),
        (obj(a={"type": "integer"}), {"a": 1.5}, "it is number, not integer"),
        (obj(a={"type": "number"}), {"a": float("nan")}, "it is float, not number"),
        (obj(a={"type": "string"}), {"a": []}, "it is array, not string"),
        (obj(a={"type": "file"}), {"a": 1}, "type 'file' that is not known"),
        (obj(a={"type": "string"}), {"a": None}, "null is not allowed"),
        (obj(a={"type": "integer", "enum": [1, 2]}), {"a": 3}, "it is none of 1, 2"),
        (obj(a={"enum": [1]}), {"a": True}, "it is none of 1"),
        (obj(a={"type": "string", "pattern": "^a$"}), {"a": "b"}, "it does not match ^a$"),
        (obj(a={"type": "string", "pattern": "("}), {"a": "b"}, "pattern cannot be read"),
        (obj(a={"type": "string", "pattern": "a"}), {"a": "a" * 600}, "not tried on more than 512"),
        (obj(a={"type": "integer", "pattern": "a"}), {"a": 1}, "it is no text"),
        (obj(a={"type": "integer", "minimum": 0, "exclusiveMinimum": True}), {"a": 0}, "the least is above 0"),
        (obj(a={"type": "integer", "minimum": 1}), {"a": 0}, "0 is too small; the least is 1"),
        (obj(a={"type": "integer", "maximum": 1}), {"a": 2}, "the most is 1"),
        (obj(a={"type": "integer", "maximum": 2, "exclusiveMaximum": True}), {"a": 2}, "the most is below 2"),
        (obj(a={"type": "integer", "multipleOf": 2}), {"a": 3}, "no multiple of 2"),
        (obj(a={"type": "integer", "format": "int32"}), {"a": 2**31}, "it is no int32"),
        (obj(a={"type": "string", "minLength": 1}), {"a": ""}, "at least 1"),
        (obj(a={"type": "array", "items": {}, "maxItems": 1}), {"a": [1, 2]}, "at most 1"),
        (obj(a={"type": "array"}), {"a": [1]}, "does not say what its items are"),
        (obj(a={"type": "array", "items": {"type": "string"}}), {"a": ["x", 1]}, "spec.a[1]: it is integer"),
        (obj(a={"type": "array", "items": {}, "uniqueItems": True}), {"a": [1, 1]}, "two of its items are equal"),
        (obj(a={"type": "array", "items": {}, "x-kubernetes-list-type": "set"}), {"a": ["x", "x"]}, "items are equal"),
        (obj(a={"type": "string", "format": "byte"}), {"a": "%"}, "it is no byte"),
        (obj(a={"type": "string", "format": "date-time"}), {"a": "noon"}, "it is no date-time"),
        (obj(a={"type": "string", "format": "date-time"}), {"a": "2026-11-26T10:00:00"}, "with a time zone"),
        (obj(a={"x-kubernetes-int-or-string": True}), {"a": 1.5}, "neither a whole number nor text"),
        (obj(a={"type": "string", "surprise": 1}), {"a": "x"}, "a rule 'surprise' that cannot be checked"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"free": 1}, "spec.free: it is integer"),
        ({**obj(a={}, b={}), "oneOf": EITHER}, {"a": {}, "b": {}}, "fits 2 of the 2"),
        ({**obj(a={}), "anyOf": [obj(a={"type": "string"})]}, {"a": {}}, "fits 0 of the 1 forms of anyOf"),
        ({**obj(a={}), "not": {"required": ["a"]}}, {"a": {}}, "a form that is excluded"),
    ],
)  # fmt: skip
def test_what_the_definition_forbids_is_named_with_its_place(schema, value, words):
    """A person finds the field by the path."""
    problems = check(schema, value)

    assert any(words in problem for problem in problems), problems


def test_twins_by_key_are_seen():
    """Two items of a map list with one key would be merged into one."""
    items = {"type": "object", "properties": {"k": {"type": "string"}}}
    schema = {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}

    assert check(obj(a=schema), {"a": [{"k": "1"}, {"k": "1"}]}) == ("spec.a: two of its items are equal",)
    assert check(obj(a={**schema, "x-kubernetes-list-map-keys": None}), {"a": [{"k": "1"}, {"k": "1"}]}) == ()


@pytest.mark.parametrize(
    ("document", "definition", "words"),
    [
        ({"apiVersion": "example.org/v1", "kind": "Other"}, define({}), "the definition is that of 'Thing'"),
        ({"apiVersion": "example.org/v2", "kind": "Thing"}, define({}), "knows no 'example.org/v2'"),
        ({"apiVersion": "example.org/v1", "kind": "Thing"}, define({}, served=False), "is not served"),
        ({"apiVersion": "example.org/v1", "kind": "Thing"}, {}, "the definition is that of None"),
    ],
)
def test_definition_of_something_else_is_refused(document, definition, words):
    """A document is never held against what it is not."""
    (problem,) = validate_against_crd(document, definition)

    assert words in problem


def test_definition_without_a_schema_allows_nothing():
    """What cannot be checked is not taken for right."""
    definition = define({})
    del definition["spec"]["versions"][0]["schema"]

    assert validate_against_crd({"apiVersion": "example.org/v1", "kind": "Thing"}, definition) == (
        "definition: it holds no schema",
    )


def test_many_problems_are_cut():
    """A person reads fifty, not a thousand."""
    problems = check(obj(), {f"f{n}": 1 for n in range(200)})

    assert (len(problems), problems[-1]) == (51, "and more")


def test_endless_nesting_ends():
    """A document made to exhaust us is refused at a depth."""
    schema = obj(a={"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    part = schema
    for _ in range(70):
        part["properties"]["a"] = obj(a={"type": "object", "x-kubernetes-preserve-unknown-fields": True})
        part = part["properties"]["a"]
    value = {}
    for _ in range(70):
        value = {"a": value}

    assert any("nested deeper than 60" in problem for problem in check(schema, value))
