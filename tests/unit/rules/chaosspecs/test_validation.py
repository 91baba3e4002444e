"""What is no spec at all."""

import pytest

from fermata.rules.chaosspecs.validation import validate_spec


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "no object with named fields"),
        ([], "no object with named fields"),
        ({1: "x"}, "no object with named fields"),
        ({}, "nothing of Chaos Mesh, Gremlin, Chaos Toolkit or the fault proxy"),
        ({"apiVersion": "v1", "kind": "Pod"}, "nothing of Chaos Mesh"),
    ],
)
def test_what_is_no_spec_is_refused(document, words):
    """A file of something else is not a spec without faults."""
    (problem,) = validate_spec(document)

    assert words in problem


def test_endless_nesting_is_refused_before_it_is_read():
    """A document made to exhaust us, in maps or in lists."""
    deep = {}
    for _ in range(50):
        deep = {"fault": [deep]}

    assert validate_spec(deep) == ("document: it is nested deeper than 40",)
