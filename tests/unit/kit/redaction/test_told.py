"""What people tell each other in sentences is hidden, and their talk of keys, tokens and passwords stays."""

import pytest
from tests.unit.kit.redaction.ordinary_talk import TALK
from tests.unit.kit.redaction.prose_canaries import DEV, HELD, PROSE

from fermata.kit.redaction import Redacted, redact

MOST_LEFT_OF_HELD = 9
"""Of the half that nobody looked at: a number that may fall."""
MEGABYTE = 1_000_000


@pytest.mark.parametrize("canary", DEV, ids=lambda canary: canary.kind.replace(" ", "-"))
def test_secret_told_in_a_sentence_does_not_pass(canary):
    """With words between, in many languages, before or behind its name."""
    cleaned = redact(canary.text)

    assert canary.secret not in cleaned.text
    assert cleaned.count == 1


def test_half_that_was_not_looked_at_is_hidden_nearly_whole():
    """The rules are not the list they were written with."""
    left = [canary.text for canary in HELD if canary.secret in redact(canary.text).text]

    assert len(PROSE) >= 120
    assert len(left) <= MOST_LEFT_OF_HELD


def test_talk_of_secrets_passes_whole():
    """Reset mails, rotations, cache keys, buckets, pods, versions, tickets, pins of a board."""
    assert len(set(TALK)) >= 300
    assert [line for line in TALK if redact(line) != Redacted(line, 0)] == []


def test_talk_of_secrets_in_one_text_passes_whole():
    """The same where one line could be read into the next."""
    text = "\n".join(TALK)

    assert redact(text) == Redacted(text, 0)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("keystore pw is {}! if it has to be done on gw02", "keystore pw is # if it has to be done on gw02"),
        ("({}! is the db password)", "(# is the db password)"),
        ("login is admin / {}!, on both", "login is admin / #, on both"),
        ("use {}! when it asks for the password", "use # when it asks for the password"),
        ("pw is still the old one ({}!)", "pw is still the old one (#)"),
        ("username ops pass {}!", "username ops pass #"),
        ("pw is {} or {}x, try both", "pw is # or #, try both"),
    ],
)
def test_only_what_is_told_goes(text, left):
    """The sentence around it stays readable."""
    secret = "Buerger" + "2019"
    cleaned = redact(text.replace("{}", secret)).text

    assert "#".join(part.partition("]")[2] if "]" in part else part for part in cleaned.split("[redacted:")) == left


@pytest.mark.parametrize(
    "text",
    [
        "the password is in the safe. Tomato-4411 is the ticket",  # Another sentence.
        "password reset is Tomato-4411",  # Something of a password.
        "Tomato-4411 is the password ticket",
        "the key finding is zX81kkPq02",
        "partition key zX81kkPq02 is hot",
        "token for user zX81kkPq02 expired",  # What the other word names.
        "token refresh failed, trace=zX81kkPq02",
        "please pin 4411 for the postmortem",  # A message is pinned.
        "pin 2024 for the release",
        "password is 4411 characters long",
        "all tests pass: Checkout2024",
        "www.key is Tomato-4411",
        "the Tomato-4411 dashboard shows the password",
    ],
)
def test_word_near_a_name_that_is_none_of_it_stays(text):
    """Where a sentence joins the two in no way, or calls it something else."""
    assert redact(text) == Redacted(text, 0)


@pytest.mark.parametrize(
    "text",
    [
        "use ours: portal fleet@cars / {}!9",
        'Please do not post credentials here. I have seen "{}!9", rotate it.',
        "admin:{}!9 on the old one",
        "found xyz_{}aaaaaaaaa99x1 in the log of the job",
        "vault door: the pin number is 4411",
        "the join token is abcdef.{}".replace("{}", "0123456789abcdef"),
        "password is now 9f86d081884c7d65",
    ],
)
def test_secret_that_little_is_said_of_is_hidden(text):
    """A pair behind a slash, something that somebody repeats, what stands behind a prefix that nobody knows."""
    assert redact(text.format("B4erg" + "er2Kx9")).count == 1


@pytest.mark.parametrize("word", ["\u5bc6\u7801", "\u043f\u0430\u0440\u043e\u043b\u044c"])
def test_name_beyond_ascii_is_found_beside_letters_that_grow(word):
    """A capital I with a dot has two characters in lower case; positions must not slip."""
    secret = "Panda-" + "8841"

    assert redact(f"\u0130\u0130\u0130 {word}: {secret}").text.startswith(f"\u0130\u0130\u0130 {word}: [redacted:")


@pytest.mark.parametrize("piece", ["pw 1 ", "token 1 ", "admin/A1b2! ", '"Ab1! ', "a / ", "a1 is the password "])
def test_hostile_text_is_read_in_linear_time(piece):
    """Many names and many values, each near the other."""
    text = piece * (MEGABYTE // 10 // len(piece))

    assert isinstance(redact(text).count, int)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("ftp box login is deploy2:Moss_Kettle_3 since somebody asked twice", "Moss_Kettle_3"),
        ("sftp creds are partner_a:Willow_Bank_12", "Willow_Bank_12"),
    ],
)
def test_what_stands_behind_an_account_of_a_login_is_hidden(text, secret):
    """Whatever it looks like: who tells a login as `account:word` tells the password."""
    assert secret not in redact(text).text
    # Where nothing says that it is the login, it may be a service and a file of its own.
    assert redact("the login of web:Moss_Kettle_3 is slow").count == 0


def test_pass_for_something_is_a_password():
    """Where what stands behind it looks like one: tests pass, too."""
    assert "4411" not in redact("bastion pass for the lb hosts: Brass-Otter-4411").text
    assert redact("tests pass for the lb hosts: node-4411").count == 0
    assert redact("the pass rate is web-4411 at worst").count == 0


PHRASE = "blue-" + "42-otter"


@pytest.mark.parametrize(
    "text",
    [
        f"login is kiosk, pw as always, {PHRASE}",
        f"pw as usual: {PHRASE}",
        f"the pw is the usual, {PHRASE}",
        f"the old pw, {PHRASE}, still works",
        f"the password is {PHRASE}",
        f"password {PHRASE}",
        f"{PHRASE} is the pw",
        f"log in as kiosk with {PHRASE}",
        f"usual login, kiosk / {PHRASE}",
        f"user kiosk, pass {PHRASE}",
    ],
)
def test_words_with_a_number_are_a_password_where_it_is_spoken_of(text):
    """Hosts look alike, so the sentence has to join the two."""
    cleaned = redact(text)

    assert PHRASE not in cleaned.text
    assert cleaned.count == 1


@pytest.mark.parametrize(
    "text",
    [
        f"the pw prompt on {PHRASE} hangs",
        f"someone reset the pw, {PHRASE} is fine",
        f"pw as always, then {PHRASE} came back",
        "the password is web-04-prod",
        "the password is sha-256-hashed",
        "the pw is in error.2024.log",
        f"logged in on {PHRASE}",
        f"logged in as kiosk on {PHRASE}",
        f"login to {PHRASE} is slow",
        f"the key, {PHRASE}, is hot",
        f"{PHRASE} is down",
    ],
)
def test_words_with_a_number_are_a_host_elsewhere(text):
    """Where something else is said of them, or a part of them names a place."""
    assert redact(text) == Redacted(text, 0)
