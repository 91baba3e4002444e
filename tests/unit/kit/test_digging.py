"""Values whose shape cannot be trusted."""

from fermata.kit.digging import dig, dig_count, dig_list, dig_map, dig_maps, dig_text


def test_path_that_is_not_there_is_empty():
    """Of the kind that was asked for."""
    item = {"a": {"b": [1, {"c": "d"}], "n": 3}}

    assert (dig(item, "a", "n"), dig(item, "a", "x", "y"), dig(item, "a", "b", "c")) == (3, None, None)
    assert (dig_map(item, "a", "n"), dig_maps(item, "a", "b"), dig_maps(item, "a")) == ({}, [{"c": "d"}], [])
    assert (dig_list(item, "a", "b"), dig_list(item, "a"), dig_list("ab")) == ([1, {"c": "d"}], [], [])
    assert (dig_text(item, "a", "n"), dig_count(item, "a", "n"), dig_count(item, "a", "b")) == ("", 3, 0)
