import pytest

from fermata.flows.postmortem.salvage import Broken, find_object, iterate_items


@pytest.mark.parametrize(
    ("text", "items", "is_broken"),
    [
        ("[1, 2]", [1, 2], False),
        (" [ ] ", [], False),
        ('[{"a": [1]}, {"b"', [{"a": [1]}], True),
        ("[1, 2", [1, 2], True),
        ("[1 2]", [1], True),
        ("[1,]", [1], False),
        ("{}", [], True),
        ("", [], True),
        ("[" * 100_000, [], True),
    ],
)
def test_items_are_read_up_to_where_the_list_breaks_off(text, items, is_broken):
    """And it is known whether it did."""
    broken = Broken()

    assert list(iterate_items(text, broken=broken)) == items
    assert broken.is_broken == is_broken


def test_list_of_a_field_is_found_in_an_object_that_breaks_off():
    """What stands before it may be used, too."""
    text = '{"channel": {"id": "7"}, "messages": [1, 2'

    assert list(iterate_items(text, "messages")) == [1, 2]
    assert find_object(text, "channel") == {"id": "7"}
    assert (find_object(text, "guild"), find_object('{"guild": {"id"', "guild")) == ({}, {})
