import pytest

from fermata.rules.kubernetes.kubectl.yaml_scalars import closing_quote, read_flow, read_plain, split_key, unquote


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("name: web", ("name", "web")),
        ("spec:", ("spec", "")),
        ("image: web:1", ("image", "web:1")),
        ('"a: b": c', ("a: b", "c")),
        ("'a': b", ("a", "b")),
        ('"a":', ("a", "")),
        ("http://web:80", None),
        ('"text"', None),
        ('"open', None),
        ('"a":b', None),
        (":", None),
    ],
)
def test_key_is_what_stands_before_a_colon(text, pair):
    """A colon inside a word or in quotes is none."""
    assert split_key(text) == pair


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("null", None),
        ("true", True),
        ("12", 12),
        ("-1", -1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("012", "012"),
        ("1.2.3", "1.2.3"),
        ("web:1", "web:1"),
    ],
)
def test_plain_scalar_has_its_type(text, value):
    """What is no number, truth or nothing is text."""
    assert read_plain(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", "it's"),
        (r'"a\tb\"c\\d\x41\u00e9"', 'a\tb"c\\dAé'),
        (r'"\UFFFFFFFF\q"', "\ufffdq"),
        ("plain", "plain"),
        ("'", "'"),
    ],
)
def test_quotes_are_taken_off(text, value):
    """Escapes are those of double quotes; single ones are doubled."""
    assert unquote(text) == value


@pytest.mark.parametrize(
    ("text", "position"), [("'a''b'", 5), ('"a\\"b"', 5), ('"a\\\\"', 4), ("'open", -1), ('"open\\"', -1), ("''", 1)]
)
def test_quote_ends_where_it_is_closed(text, position):
    """An escaped or doubled mark closes nothing."""
    assert closing_quote(text) == position


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ('["a", 1]', ["a", 1]),
        ("[a, 1]", ["a", 1]),
        ("{a: b}", "{a: b}"),
        ("[a, [b]]", "[a, [b]]"),
        ("[open", "[open"),
    ],
)
def test_collection_on_one_line_is_read(text, value):
    """What is neither JSON nor a plain list stays text."""
    assert read_flow(text) == value
