import pytest

from fermata.rules.kubernetes.kubectl.cells import access_modes, integer, known, put, split_list


@pytest.mark.parametrize("text", [None, "", "<none>", "<unset>", "<unknown>", "<nil>"])
def test_what_stands_for_nothing_is_unknown(text):
    """Brackets and blanks are no values."""
    assert known(text) is None


def test_lists_leave_nothing_out_but_nothing():
    """Parts are trimmed, empty ones and brackets go."""
    assert split_list("a, b,,<none>") == ["a", "b"]
    assert known("a") == "a"


def test_counts_are_digits():
    """Anything else is unknown."""
    assert integer("12") == 12
    assert [integer(text) for text in (None, "", "-1", "1.5", "٣", "9" * 20)] == [None] * 6


def test_access_modes_are_spelt_out():
    """Tables abbreviate what templates print in full."""
    assert access_modes("RWO,ROX") == ["ReadWriteOnce", "ReadOnlyMany"]
    assert access_modes("[ReadWriteMany RWOP]") == ["ReadWriteMany", "ReadWriteOncePod"]
    assert access_modes("") == []


def test_value_is_put_at_its_path():
    """Mappings are made on the way; nothing is not put; text in the way gives way."""
    body = {"a": "text"}

    put(body, 1, "a", "b")
    put(body, 2, "a", "c")
    put(body, None, "d")

    assert body == {"a": {"b": 1, "c": 2}}
