from fermata.rules.kubernetes.merging import merge_into


def test_mappings_join_and_the_upper_one_wins():
    """What only one source knows is kept, what both know comes from the better one."""
    merged = merge_into({"spec": {"a": 1, "b": 1}}, {"spec": {"b": 2}, "kind": "Pod"})

    assert merged == {"spec": {"a": 1, "b": 2}, "kind": "Pod"}


def test_what_is_laid_over_stays_as_it_is():
    """Several objects may be merged over one body."""
    over = {"spec": {"b": {"c": 1}}}

    merge_into(merge_into({}, over), {"spec": {"b": {"c": 2}}})

    assert over == {"spec": {"b": {"c": 1}}}


def test_named_things_join_by_name():
    """A container whose image a table prints is the one whose probes a description prints."""
    merged = merge_into(
        {"c": [{"name": "x", "image": "x:1"}, {"name": "y", "image": "y:1"}]},
        {"c": [{"name": "y", "probe": 1}, {"name": "x", "image": "x:2"}]},
    )

    assert merged == {"c": [{"name": "y", "image": "y:1", "probe": 1}, {"name": "x", "image": "x:2"}]}


def test_lists_that_differ_are_replaced():
    """When something came or went, the better source knows what there is."""
    for old, new in (
        ([{"name": "x"}], [{"name": "y"}]),
        ([{"name": "x"}, {"name": "x"}], [{"name": "x"}]),
        ([{"port": 1}], [{"name": "x"}]),
        (["a"], ["b", "c"]),
        ([], [{"name": "x"}]),
        ([{"name": "x"}], []),
    ):
        assert merge_into({"items": old}, {"items": new}) == {"items": new}


def test_value_of_another_shape_is_replaced():
    """A mapping over text, or text over a mapping, is the upper one."""
    assert merge_into({"a": "text"}, {"a": {"b": 1}}) == {"a": {"b": 1}}
    assert merge_into({"a": {"b": 1}}, {"a": "text"}) == {"a": "text"}
