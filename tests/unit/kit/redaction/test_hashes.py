"""Stored passwords: hashes are hidden, digests of other things are not."""

import pytest

from fermata.kit.redaction import redact

SALT, BODY = "kY3vT1zQ", "abcDEFghiJKLmnopQRstu/"


@pytest.mark.parametrize(
    "text",
    [
        f"bob:$apr1${SALT}${BODY}",
        f"enable secret 5 $1$mERr${BODY}",
        f"root:$6$rounds=5000${SALT}${BODY * 3}:19000:0:99999:7:::",
        f"root:$5${SALT}${BODY * 2}:19000",
        f"bob:$2y$10${(BODY * 3)[:53]}",
        f"root:$y$j9T${SALT}${(BODY * 2)[:43]}:19000",
        f"$argon2id$v=19$m=65536,t=3,p=4${SALT}abc${BODY[:-1]}abc",
        "userPassword: {SSHA}" + BODY,
        f"SCRAM-SHA-256$4096:{SALT}abcd${BODY}:{BODY}",
        f"pbkdf2_sha256$260000${SALT}${BODY}",
    ],
)
def test_hash_of_a_password_is_hidden(text):
    """A short password is guessed from it."""
    cleaned = redact(text)

    assert BODY not in cleaned.text
    assert "[redacted:" in cleaned.text


@pytest.mark.parametrize(
    "text",
    [
        "cost $5$ and $6$ more",
        "echo $1$2",
        "awk '{print $1$2}'",
        "{SHA256}",
        "mechanism SCRAM-SHA-256",
        "$2y$ is bcrypt",
    ],
)
def test_word_that_only_begins_so_stays(text):
    """Prices, shells and names of algorithms."""
    assert redact(text).text == text
