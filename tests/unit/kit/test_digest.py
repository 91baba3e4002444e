"""Equal values have equal digests, and different ones different digests."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.kit.digest import canonical_json, compute_bytes_digest, compute_digest, shorten

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


def test_canonical_json_has_one_form():
    """Keys are sorted at every level, nothing is padded, and text stays readable."""
    assert canonical_json({"b": [1, {"z": None, "a": True}], "a": "né"}) == '{"a":"né","b":[1,{"a":true,"z":null}]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_number_without_a_json_form_is_refused(number):
    """NaN would be written as a word that is no JSON, and equals nothing."""
    with pytest.raises(ValueError, match="JSON compliant"):
        compute_digest({"value": [number]})


def test_half_a_surrogate_pair_is_refused():
    """Text that cannot be encoded has no digest, instead of one for something else."""
    with pytest.raises(ValueError, match="surrogates"):
        compute_digest({"line": "\ud800"})


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()])
def test_what_is_no_json_type_is_refused(value):
    """Nothing is turned into text on the quiet."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical_json({"value": value})


def test_value_that_holds_itself_is_refused():
    """A cycle is an error, not a hang."""
    value = []
    value.append(value)

    with pytest.raises(ValueError, match="Circular"):
        canonical_json(value)


@settings(deadline=None)
@given(JSON)
def test_canonical_json_reads_back(value):
    """What was digested can be read again, and has the same text then."""
    text = canonical_json(value)

    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@settings(deadline=None)
@given(st.dictionaries(TEXT, JSON, min_size=2, max_size=5))
def test_order_of_keys_does_not_matter(value):
    """Two maps that are equal have one digest."""
    backwards = dict(reversed(value.items()))

    assert compute_digest(backwards) == compute_digest(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({"a": []}, {"a": {}}),
        (["ab", "c"], ["a", "bc"]),
        ({"a": {"b": 1}}, {"a": 1, "b": 1}),
        ("é", "e\u0301"),
    ],
)
def test_values_that_differ_have_other_digests(one, other):
    """No two of these are told to be the same."""
    assert compute_digest(one) != compute_digest(other)


def test_digest_names_its_algorithm():
    """The form is fixed: stored digests are compared with new ones. The values are those of sha256sum."""
    assert compute_bytes_digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert compute_digest({}) == compute_bytes_digest(b"{}")


def test_short_form_is_for_people():
    """Eight digits, with or without the algorithm before them."""
    digest = compute_bytes_digest(b"")

    assert shorten(digest) == "e3b0c442"
    assert shorten(digest.removeprefix("sha256:")) == "e3b0c442"
