"""Which words of a sentence name a secret, and which only speak of one."""

import pytest

from fermata.kit.redaction.telling import Kind, ends_clause, list_names


def name(text):
    """Return the kinds of names in a text, in order."""
    return [kind for kind, _, _ in list_names(text, text.lower())]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("keystore pw is Abc-4411", Kind.PASSWORD),
        ("le mot de passe: Abc-4411", Kind.PASSWORD),
        ("user/pass: a / Abc-4411", Kind.LOGIN),
        ("the token was 12ab", Kind.KEY),
        ("our api key 12ab", Kind.CREDENTIAL),
        ("the bot_token is 12ab", Kind.CREDENTIAL),
        ("log in with ana / Abc-4411", Kind.LOGIN),
        ("creds are ana / Abc-4411", Kind.LOGIN),
        ("the 2fa code is 4411", Kind.PIN),
        ("pin 4411", Kind.PIN),
        ("\u5bc6\u7801\u662f4411", Kind.PASSWORD),
    ],
)
def test_name_of_a_secret_is_known(text, kind):
    """In the languages people write at work."""
    assert name(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "password reset 4411",
        "the key finding of 2024",
        "partition key 4411",
        "next token 4411",
        "please pin 4411",
        "pin failures: 4411",
        "www.key 4411",
        "kv/token 4411",
        "the tests pass 4411",
        "turnkeys2 and mapping 4411",
        "the password of a text without any number near",
    ],
)
def test_word_that_speaks_of_a_secret_is_no_name(text):
    """What stands before and behind it decides."""
    assert name(text) == []


def test_clause_ends_where_nothing_more_is_said_of_the_name():
    """At its end, at a sign, and before words that join sentences."""
    text = "is the password for db, the password; the password ticket"

    assert [ends_clause(text, at + 8) for at in range(len(text)) if text.startswith("password", at)] == [
        True,
        True,
        False,
    ]
