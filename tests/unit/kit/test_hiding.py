import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.kit.hiding import LONGEST_LINE, LineHider, find_placeholder, hide_lines, hide_value
from fermata.kit.redaction import describe_secret

KEY = [
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEpAIBAAKCAQEA" * 4,
    "aGVsbG8gd29ybGQh" * 4,
    "-----END RSA PRIVATE KEY-----",
]


def test_secret_is_hidden_by_name_and_by_look():
    """Names give most secrets away, and the rest look like what they are."""
    assert hide_value("DB_PASSWORD", "x") == describe_secret("x")
    assert hide_value("DATABASE", "postgres://a:hunter22@db/x") == describe_secret("postgres://a:hunter22@db/x")
    assert hide_value("PAYMENT_TIMEOUT_MS", "250") == "250"
    assert hide_value("REGION", "eu", ["PAYMENT_*"]) == describe_secret("eu")


@given(st.from_regex(r"[A-Z_]{1,12}", fullmatch=True), st.text(max_size=40))
def test_declared_and_live_values_stay_comparable(name, value):
    """A value that is hidden for its owner's list of names is told by the same digest as one hidden for its look."""
    assert hide_value(name, value) in {value, describe_secret(value)}
    assert hide_value(name, value, ()) == describe_secret(value)


def test_private_key_is_hidden_line_by_line():
    """Numbers of the lines after it stay true."""
    hidden = hide_lines(["before", *KEY, "after"])

    assert hidden.lines == ("before", *["[redacted:pem]"] * 4, "after")
    assert hidden.redactions == 1


def test_key_whose_begin_was_cut_off_is_hidden_too():
    """The tail of a log may begin inside one."""
    assert hide_lines([*KEY[1:], "after"]).lines == (*["[redacted:pem]"] * 3, "after")


def test_begin_without_an_end_does_not_hide_the_log():
    """A line that merely speaks of a key costs at most as many lines as a key has."""
    hidden = hide_lines([KEY[0], *(f"line {number}" for number in range(500))])

    assert hidden.lines[-1] == "line 499"
    assert sum(line == "[redacted:pem]" for line in hidden.lines) < 130


def test_sign_stands_before_the_mark_of_a_key():
    """A format's own first character is kept, whatever stands behind it."""
    hider = LineHider()

    assert [hider.add_if_key(f"+{line}", "+") for line in [*KEY, "after"]] == [True] * 4 + [False]
    assert hider.finish().lines == ("+[redacted:pem]",) * 4


def test_long_line_is_cut_and_counted():
    """A line of a megabyte is no evidence; a diff must stay whole."""
    assert hide_lines(["x" * 9999]).shortened == 1
    assert len(hide_lines(["x" * 9999]).lines[0]) == LONGEST_LINE
    assert hide_lines(["x " * 9999], 0).lines == ("x " * 9999,)


def test_what_a_format_knows_of_secrets_is_counted():
    """A second look at a line is a redaction when it changed something."""
    hider = LineHider()
    for line in ("AUTH=s3cret", "PORT=80"):
        hider.add(line, lambda text: text.replace("s3cret", "?"))

    assert hider.finish().lines == ("AUTH=?", "PORT=80")
    assert hider.finish().redactions == 1


def test_setting_has_one_placeholder_with_and_without_quotes():
    """How a file quotes a value is no part of it, and one that is hidden already is left alone."""
    assert find_placeholder("AUTH", " 's3cret' ") == find_placeholder("AUTH", "s3cret") == describe_secret("s3cret")
    assert find_placeholder("AUTH", describe_secret("s3cret")) is None
    assert find_placeholder("PORT", "80") is None


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40)))
def test_number_of_lines_never_changes(lines):
    """Numbering is what citations rest on."""
    assert len(hide_lines(lines).lines) == len(lines)


def test_tail_of_a_key_is_hidden_whole_whatever_its_lines_look_like():
    """A random line is redacted by itself first: the lines above it are part of the key all the same."""
    random_line = "Zq8xT2mPv7LkR4sWn1YcB6dHj3Fg5Ea9Zq8xT2mPv7LkR4sWn1YcB6dHj3Fg5Ea9"

    hidden = hide_lines(["a log line", KEY[1], random_line, KEY[2], KEY[3]])

    assert hidden.lines == ("a log line", *["[redacted:pem]"] * 4)


@pytest.mark.parametrize(
    ("lines", "hidden"),
    [
        (["password: |", "  swordfish1", "  swordfish2", "user: ada"], [1, 2]),
        (["passwords:", "- swordfish1", "- swordfish2", "users:", "- ada"], [1, 2]),
        (["+passwords:", "+  - swordfish1", "+users:", "+  - ada"], [1]),
        (["- name: DB_PASSWORD", "  value: swordfish1", "- name: MODE", "  value: fast"], [1]),
        (['"name": "API_KEY",', '  "value": "swordfish1"', '  "other": "ada"'], [1]),
        (["token: |", "", "  swordfish1", "user: ada"], [2]),
        (["user:", "  ada", "name: MODE", "value: fast"], []),
    ],
)
def test_secret_below_its_name_is_hidden(lines, hidden):
    """What a block or a pair of lines names is hidden to its end, and nothing after it."""
    found = hide_lines(lines).lines

    assert [number for number, line in enumerate(found) if "[redacted" in line] == hidden
    assert [line for number, line in enumerate(found) if number not in hidden] == [
        line for number, line in enumerate(lines) if number not in hidden
    ]
