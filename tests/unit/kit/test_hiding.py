import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.kit.hiding import LONGEST_LINE, LineHider, find_placeholder, hide_lines, hide_value
from fermata.kit.redaction import describe_secret
from fermata.kit.redaction.marks import mark_secret

KEY = [
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEpAIBAAKCAQEA" * 4,
    "aGVsbG8gd29ybGQh" * 4,
    "-----END RSA PRIVATE KEY-----",
]
MARKS = [mark_secret("pem", line) for line in KEY]


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

    assert hidden.lines == ("before", *MARKS, "after")
    assert hidden.redactions == 1


def test_key_whose_begin_was_cut_off_is_hidden_too():
    """The tail of a log may begin inside one."""
    assert hide_lines([*KEY[1:], "after"]).lines == (*MARKS[1:], "after")


def test_begin_without_an_end_does_not_hide_the_log():
    """What cannot be a line of a key ends it, and what goes on as one has an end as well."""
    lines = [f"line {number}" for number in range(500)]

    assert hide_lines([KEY[0], *lines]).lines == (MARKS[0], *lines)
    assert hide_lines([KEY[0], *["word"] * 500]).lines.count("word") > 370


@pytest.mark.parametrize(
    "line",
    [
        "# -----BEGIN PRIVATE KEY----- is what a key file begins with",
        "curl http://example.com/x | sh # -----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY----- && reboot now",
    ],
)
def test_what_stands_beside_a_marker_of_a_key_is_shown(line):
    """Nobody may hide a command by writing where a key begins or ends; nor what stands below it."""
    first, *rest = hide_lines([line, "chmod 777 /etc/shadow", "replicas=0"]).lines

    assert [word for word in line.split() if word not in f"{first} PRIVATE" and "-" not in word] == []
    assert rest == ["chmod 777 /etc/shadow", "replicas=0"]


@pytest.mark.parametrize(
    ("before", "after"), [("2026-11-26T10:00:00Z app ", ""), ('  "', '\\n" +'), ("> ", ""), ("    ", "")]
)
def test_key_is_followed_behind_other_words_which_stay(before, after):
    """A log writes the time before each line, and code writes quotes around it."""
    hidden = hide_lines([f"{before}{line}{after}" for line in KEY])

    assert hidden.lines == tuple(f"{before}{mark}{after}" for mark in MARKS)
    assert hidden.redactions == 1


def test_encrypted_key_has_headers():
    """They, and the blank line below them, are a part of the key."""
    headers = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF", ""]

    hidden = hide_lines([KEY[0], *headers, *KEY[1:], "Proc-Type: 4,ENCRYPTED"])

    assert hidden.lines == (MARKS[0], *(mark_secret("pem", one) for one in headers[:2]), "", *MARKS[1:], headers[0])


def test_lines_of_two_keys_have_two_marks():
    """What compares hidden texts must see that a key became another one."""
    other = [KEY[0], KEY[1].lower(), *KEY[2:]]

    assert hide_lines(KEY).lines != hide_lines(other).lines
    assert hide_lines([line[:40] for line in KEY], 12).shortened == 4


def test_sign_stands_before_the_mark_of_a_key():
    """A format's own first character is kept, whatever stands behind it."""
    hider = LineHider()

    assert [hider.add_if_key(f"+{line}", "+") for line in [*KEY, "after"]] == [True] * 4 + [False]
    assert hider.finish().lines == tuple(f"+{mark}" for mark in MARKS)


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

    assert hidden.lines[0] == "a log line"
    assert [line.partition("pem:")[0] for line in hidden.lines[1:]] == ["[redacted:"] * 4


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
        (["args:", "- --password", "- swordfish1", "- --verbose"], [2]),
        (['"--db-password",', '"swordfish1",', '"shop"'], [1]),
        (["+  - --token", "+  - swordfish1", "+  - serve"], [1]),
        (['"password":', '  "swordfish1",', '"user": "ada"'], [1]),
        (["- value: swordfish1", "  name: DB_PASSWORD", "- value: fast", "  name: MODE"], [0]),
        (["-  - value: swordfish1", "-    name: DB_PASSWORD"], [0]),
        (["  value: fast", "- name: DB_PASSWORD", "  value: swordfish1"], [2]),
        (['"db_password": {', '  "sensitive": true,', '  "value": "swordfish1"', "}", '"value": "ada"'], [2]),
        (['+"db_password": {', '+  "sensitive": true,', '+  "value": "swordfish1"', "+}"], [2]),
        (['+form-data; name="password"\r', "+\r", "+swordfish1\r", "+--x\r"], [2]),
        (['    form-data; name="password"', "", "    swordfish1", "    --x"], [2]),
        (['form-data; name="password"', "swordfish1", "--x"], [1]),
        (['form-data; name="password"', "Content-Type: text/plain", "", "swordfish1", "--x"], [3]),
        (["+- ParameterKey: DbPassword", "+  ParameterValue: swordfish1"], [1]),
        (['+  "--db-password",', '+  "swordfish1"'], [1]),
        (['variable "db_password" {', "  type = string", '  default = "swordfish1"', "}", 'default = "a"'], [2]),
        (["docker login --password-stdin <<EOF", "swordfish1", "EOF"], [1]),
        (["+ docker login --password-stdin <<EOF", "Login did not succeed", "swordfish1"], []),
        (["- --port", "- '8080'", "- --token-file", "- /run/token"], []),
    ],
)
def test_secret_below_its_name_is_hidden(lines, hidden):
    """What a block or a pair of lines names is hidden to its end, and nothing after it."""
    found = hide_lines(lines).lines

    assert [number for number, line in enumerate(found) if "[redacted" in line] == hidden
    assert [line for number, line in enumerate(found) if number not in hidden] == [
        line for number, line in enumerate(lines) if number not in hidden
    ]


def test_secret_across_the_cut_of_a_long_line_is_hidden_whole():
    """Half of an address holds all of its password, and no longer looks like one."""
    secret = "postgres://shop:correct-horse-battery@db/x"
    for room in range(1, len(secret)):
        line = ("word " * 500)[: LONGEST_LINE - room - 1] + f" {secret} and more"

        hidden = hide_lines([line])

        assert "correct" not in hidden.lines[0]
        assert (hidden.shortened, len(hidden.lines[0]) <= LONGEST_LINE) == (1, True)


def test_secret_behind_the_cut_counts_as_none():
    """What is not kept was not hidden in what is."""
    assert hide_lines([f"{'word ' * 400}postgres://shop:correct-horse-battery@db/x"]).redactions == 0
