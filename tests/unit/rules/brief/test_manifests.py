"""Manifests and settings are shown in order, without what only the machinery reads."""

import pytest
from tests.unit.rules.incident_case import make_change, make_piece, number_lines

from fermata.domain.evidence import EvidenceKind
from fermata.rules.brief.manifests import drop_boilerplate, is_settings, list_following, list_naming


def drop(*texts):
    """Give what is left of these lines."""
    return [line.text for line in drop_boilerplate(number_lines(*texts))]


def test_fields_of_the_api_server_are_left_out_of_yaml():
    """With all that they hold, whether its items stand deeper or level; what follows stays, under its own number."""
    texts = (
        "metadata:",
        "  creationTimestamp: '2026-04-01T19:04:00Z'",
        "  managedFields:",
        "  - apiVersion: v1",
        "    fieldsV1:",
        "      f:data: {}",
        "  name: conf",
        "  uid: b5583960",
        "spec:",
        "- port: 80",
    )

    assert drop(*texts) == ["metadata:", "  name: conf", "spec:", "- port: 80"]
    assert [line.number for line in drop_boilerplate(number_lines(*texts))] == [1, 7, 9, 10]


def test_fields_of_the_api_server_are_left_out_of_json():
    """With their brackets, so that what is left still reads as nested."""
    texts = ('"metadata": {', '  "managedFields": [', "    {", "    }", "  ],", '  "name": "x",', '  "uid": "y"', "}")

    assert drop(*texts) == ['"metadata": {', '  "name": "x",', "}"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (make_change(), True),
        (make_piece("A=1", kind=EvidenceKind.ENVIRONMENT), True),
        (make_piece("kind: Pod", "metadata:", "  name: x", kind=EvidenceKind.OBJECTS), True),
        (make_piece("NAME  READY", "a  1/1", "b  0/1", kind=EvidenceKind.OBJECTS), False),
        (make_piece("level: info"), False),
    ],
)
def test_settings_are_told_from_what_may_be_condensed(item, expected):
    """A manifest, a file of settings and a diff; not a table of pods, and not a log however it is written."""
    assert is_settings(item) is expected


@pytest.mark.parametrize(
    ("texts", "following"),
    [
        (("selector:", "  app: a", "", "  tier: b", "ports:"), ["  app: a", "  tier: b"]),
        (('"selector": {', '  "app": "a"'), ['  "app": "a"']),
        (("command: |", "  run"), ["  run"]),
        (("replicas: 0", "x: 1"), []),
        (("selector:",), []),
    ],
)
def test_key_alone_brings_what_it_is_about(texts, following):
    """The next few lines, and nothing for a line that says it all."""
    assert [line.text for line in list_following(make_piece(*texts), 1)] == following


def test_line_that_is_not_there_brings_nothing():
    """A citation beyond the end is somebody else's fault to find."""
    assert list_following(make_piece("a:"), 9) == []


def test_lines_that_name_something_are_found():
    """As a whole word or as the beginning of one: a pod carries its workload's name; the first few, none of none."""
    item = make_piece("name: cart", "image: my-cart", "name: cart-0", "cart.shop", "carts")

    assert list_naming(item, ["cart"], 9) == (1, 3, 4)
    assert list_naming(item, ["cart"], 1) == (1,)
    assert list_naming(item, [""], 9) == ()


@pytest.mark.parametrize("text", ["  name: data", '    "name": "data",', "Name:         data", "- name: 'data'"])
def test_line_that_names_an_object_is_told_from_one_that_refers_to_it(text):
    """In YAML, in JSON and as kubectl describes it."""
    item = make_piece("  claimName: data", "data is full", text, "  name: data-2")

    assert list_naming(item, ["data"], 9, own=True) == (3,)
    assert list_naming(item, ["data"], 9) == (1, 2, 3, 4)
