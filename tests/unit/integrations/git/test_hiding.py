from hypothesis import given
from hypothesis import strategies as st

from fermata.integrations.git.hiding import hide_diff
from fermata.kit.hiding import LONGEST_LINE
from fermata.kit.redaction import describe_secret


def test_secret_names_are_hidden_in_settings_only():
    """In code, `auth = login()` is what the incident may be about; in settings it is a secret."""
    lines = ["+++ b/app.py", "+auth = login()", "+++ b/app.env", "+AUTH=s3cret", " export TOKEN='x y'", "-PORT=80"]

    hidden = hide_diff(lines)

    assert hidden.lines[1] == "+auth = login()"
    assert hidden.lines[3] == f"+AUTH={describe_secret('s3cret')}"
    assert hidden.lines[4] == f" export TOKEN={describe_secret('x y')}"
    assert hidden.lines[5] == "-PORT=80"
    assert hidden.redactions == 2


def test_declared_file_is_one_of_settings_whatever_its_name():
    """The settings say so."""
    assert "s3cret" in hide_diff(["+++ b/conf/live", "+AUTH=s3cret"]).lines[1]
    assert "s3cret" not in hide_diff(["+++ b/conf/live", "+AUTH=s3cret"], {"conf/live"}).lines[1]


def test_private_key_keeps_its_signs():
    """A diff without its signs could not be read."""
    key = ["+-----BEGIN PRIVATE KEY-----", "+MIIEpAIBAAKCAQEA", "+-----END PRIVATE KEY-----", "+after"]

    assert hide_diff(key).lines == (*["+[redacted:pem]"] * 3, "+after")


def test_long_line_is_cut_for_evidence_and_kept_for_a_card():
    """What is approved is shown whole."""
    assert len(hide_diff(["+" + "x " * 9999]).lines[0]) == LONGEST_LINE
    assert len(hide_diff(["+" + "x " * 9999], (), 0).lines[0]) == 19_999


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40)))
def test_number_of_lines_never_changes(lines):
    """Numbering is what citations rest on."""
    assert len(hide_diff(lines).lines) == len(lines)
