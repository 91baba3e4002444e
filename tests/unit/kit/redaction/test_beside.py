"""Names that stand beside their secret: in a cell, an argument, an item, or behind it."""

import pytest
from tests.unit.kit.redaction.canaries import CANARIES

from fermata.kit.hiding import hide_lines
from fermata.kit.redaction import redact

BESIDE = [canary for canary in CANARIES if canary.kind == "beside its name"]


def test_secret_beside_its_name_is_hidden():
    """Of words, of hexadecimal digits, and of a word with signs: by its name alone."""
    assert len(BESIDE) > 150
    assert [canary.text for canary in BESIDE if canary.secret in redact(canary.text).text] == []


def test_secret_beside_its_name_is_hidden_line_by_line():
    """Lines are redacted one by one where their numbers must stay."""
    shown = ["\n".join(hide_lines(canary.text.split("\n")).lines) for canary in BESIDE]

    assert [text for canary, text in zip(BESIDE, shown, strict=True) if canary.secret in text] == []


@pytest.mark.parametrize(
    "text",
    [
        "| password | required |",
        "| password | role |",
        "| token | shop |\n|---|---|",
        "| username | password | email |",
        "| secret | shop-tls | Opaque |",
        "| Password | Shown once |",
        "| user | password | reset-link |",
        "Set the | password | required | column",
        'label("password", "Enter it here")',
        'column("password", "varchar(255)")',
        'field("token", "hidden")',
        'os.environ.get("DB_PASSWORD", "")',
        'os.environ.get("DB_PASSWORD", "${OTHER}")',
        '["--password", "$(DB_PASSWORD)"]',
        '["--token", "--verbose"]',
        "- --secret-name\n- shop-tls",
        "ENV DB_PASSWORD $OTHER",
        "ENV DB_PASSWORD comes from the vault",
        "setenv TOKEN_TTL 3600",
        'variable "db_password" {\n  type = string\n}',
        '{"value": "fast", "name": "MODE"}',
        "  value: fast\n- name: DB_PASSWORD",
        "Key (id)=(4411) already exists",
        "Key (email, id)=(a@b.example, 7) already exists",
        "Duplicate entry 'a@b.example' for key 'users.email'",
        "password      string",
        "const auth = user => 'anything1'",
    ],
)
def test_what_is_no_secret_beside_a_name_stays(text):
    """Headings, types, sentences, references, other names."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Key (email, api_token)=(a@b.example, horse-lantern) exists", "a@b.example"),
        ("Key (lower(api_token))=(horse-lantern) exists", "lower(api_token)"),
        ("| DB_PASSWORD | horse-lantern |\n| DB_HOST | db.internal |", "db.internal"),
        ("| db_password | h0rse-lantern | yes |", "yes"),
        ('db_password = "horse-lantern" -> "horse-lantern2" # forces', "# forces"),
        ("  value: fast\n- value: horse-lantern\n  name: DB_PASSWORD", "fast"),
    ],
)
def test_what_stands_around_a_secret_is_kept(text, kept):
    """Only the value goes."""
    hidden = redact(text).text

    assert "rse-lantern" not in hidden
    assert kept in hidden


def test_values_of_a_key_that_cannot_be_told_apart_go_together():
    """A value may hold what parts values."""
    hidden = redact("Key (note, api_token)=(a, b, horse-lantern) exists").text

    assert "lantern" not in hidden


def test_hidden_text_is_not_hidden_again():
    """A second pass finds nothing."""
    for canary in BESIDE:
        once = redact(canary.text).text
        assert redact(once).count == 0


def test_key_of_several_columns_that_was_hidden_whole_stays_as_it_is():
    """What was cut, or holds a comma, is hidden in one piece; a card that is refreshed shows the same."""
    once = redact("DETAIL:  Key (email, api_token)=(grove-heron-cedar-ykpdf) already exists.").text

    assert "grove-heron" not in once
    assert redact(once).text == once
