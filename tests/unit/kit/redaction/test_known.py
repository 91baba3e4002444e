import pytest

from fermata.kit.redaction import hide_known, redact


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("house-key", "Incorrect API key provided: house-key."),
        ("Bearer house-key", "Bearer house-key is no token; house-key was refused"),
        ("Digest house-key of ours", "No: house-key of ours is none"),
        ("AKIDX:house-key", "The signature of AKIDX with house-key is wrong"),
        ("Basic ZGFuYUBleGFtcGxlLmNvbTpob3VzZS1rZXk=", "dana@example.com may not read this with house-key"),
        ("Basic ZGFuYUBleGFtcGxlLmNvbTpob3VzZS1rZXk=", "No: Basic ZGFuYUBleGFtcGxlLmNvbTpob3VzZS1rZXk="),
    ],
)
def test_what_was_sent_is_taken_out_of_what_is_answered(secret, said):
    """Whatever the credential looks like: alone, behind its scheme, or as name and password."""
    hidden = hide_known(said, [secret])

    assert "house-key" not in hidden
    assert "ZGFuY" not in hidden
    assert "[redacted:known:" in hidden
    assert redact(hidden).text == hidden


def test_name_beside_a_password_stays():
    """A refusal that names the account helps whoever has to widen its rights."""
    said = hide_known("dana@example.com may not", ["Basic ZGFuYUBleGFtcGxlLmNvbTpob3VzZS1rZXk="])

    assert said == "dana@example.com may not"


@pytest.mark.parametrize("secret", ["", "  ", "abc", "Bearer x", "Basic not-base64!"])
def test_what_is_too_short_to_be_a_secret_hides_nothing(secret):
    """A key of three letters would hide words and protect nothing."""
    assert hide_known("abc x is not enough", [secret]) == "abc x is not enough"


def test_longest_part_is_hidden_first():
    """A key that begins with another one leaves no rest of itself."""
    hidden = hide_known("it was house-key-two", ["house-key", "house-key-two"])

    assert hidden.startswith("it was [redacted:known:")
    assert "two" not in hidden
