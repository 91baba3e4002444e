from hypothesis import given
from hypothesis import strategies as st

from fermata.integrations.supervisor.hiding import LONGEST_LINE, hide_lines, hide_settings, hide_value
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


def test_long_line_is_cut_and_counted():
    """A line of a megabyte is no evidence; a diff must stay whole."""
    assert hide_lines(["x" * 9999]).shortened == 1
    assert len(hide_lines(["x" * 9999]).lines[0]) == LONGEST_LINE
    assert hide_lines(["x " * 9999], 0).lines == ("x " * 9999,)


def test_settings_lose_their_secrets_and_nothing_else():
    """Within one line the harmless values stay."""
    line = """environment=A="1",AUTH='s3cr3t',DB_PASSWORD="hunter2-Vq8x",B=two"""

    hidden = hide_settings(line)

    assert "s3cr3t" not in hidden
    assert "hunter2" not in hidden
    assert hidden.startswith('environment=A="1",AUTH=')
    assert hidden.endswith(",B=two")
    assert hide_settings(hidden) == hidden


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40)))
def test_number_of_lines_never_changes(lines):
    """Numbering is what citations rest on."""
    assert len(hide_lines(lines).lines) == len(lines)
