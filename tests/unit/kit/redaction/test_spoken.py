"""A password that is a word is hidden where a sentence calls it one, and what is said of passwords stays."""

import re

import pytest
from tests.unit.kit.redaction.spoken_lines import LEAKS, TALK

from fermata.kit.redaction import Redacted, redact

# `pass` is a verb as well: of these it opens the clause, and nothing follows.
PASS_LEAKS = (
    "pass ⟦hunter2x⟧",
    "use pass ⟦hunter2x⟧",
    "pass is ⟦hunter2x⟧",
    "anna, pass ⟦hunter2x⟧",
    'Pass "⟦tr0ub4dor⟧"',
)
PASS_TALK = (
    *("pass build42", "pass node18, fail node20", "pass users2", "use pass v2.31.0", "pass shard-3"),
    *("the tests pass web2only", "pass hunter2x to the job", "pass req2ctx down to the handler"),
    # A page and an account's word, a host and an account's word are written alike.
    *("try admin/users", "try admin/reports", "redis://cache2:6379", "redis://hunter2:6379"),
)


@pytest.mark.parametrize("line", [*LEAKS, *PASS_LEAKS])
def test_word_that_a_sentence_calls_a_password_is_hidden(line):
    """Behind a name and a verb, behind an account, behind a command that logs in; what stands around it stays."""
    before, secret, after = re.fullmatch("(.*)⟦(.*)⟧(.*)", line, re.DOTALL).groups()

    cleaned = redact(f"{before}{secret}{after}")

    assert cleaned.count == 1
    assert cleaned.text.startswith(f"{before}[redacted:")
    assert cleaned.text.endswith(f"]{after}")


@pytest.mark.parametrize("line", [*TALK, *PASS_TALK])
def test_talk_that_tells_no_password_passes_whole(line):
    """States, places, roles, images, owners, options of a command, trouble with a password."""
    assert redact(line) == Redacted(line, 0)


def test_talk_in_one_text_passes_whole():
    """A line's end is a clause's end: no line is read into the next."""
    text = "\n".join(TALK)

    assert redact(text) == Redacted(text, 0)


@pytest.mark.parametrize(
    "text",
    [
        "the password is `vault kv get shop`",  # Several words in backticks are a command.
        'the password is "not set yet"',
        'the pw is "ask 4 eyes"',
        "the pw is prod-db-main",  # The name of one.
        "the pw is DB_PASSWORD",
        "the pw is shop-token",
        "the pw is TBD",
        "the pw is mara's",
        "the catch with the pw is entropy",
        "this is the password",
    ],
)
def test_sentence_that_may_tell_something_else_stays(text):
    """In doubt about one word, people can read the sentence."""
    assert redact(text) == Redacted(text, 0)


@pytest.mark.parametrize("word", ["swordfish", "kettle-moss", "toor.1234", "Eichhorn", "monkey"])
def test_hidden_word_is_not_hidden_again(word):
    """Redaction may run twice on the same text."""
    once = redact(f"the pw is {word}")

    assert once.count == 1
    assert redact(once.text) == Redacted(once.text, 0)


@pytest.mark.parametrize(
    "piece",
    ["pw ", "the pw is a ", "password for a ", "use ops_ro: ", "login is admin / ", 'pw is "a b ', "ssh a with b ",
     "admin:admin1 ", "set the password to ",
     "creds anna and ", "try admin/p1 ", "password hunter2x, user ", "user: a / pass: "],
)  # fmt: skip
def test_hostile_text_is_read_in_linear_time(piece):
    """Many names and no end of a clause."""
    assert isinstance(redact(piece * (50_000 // len(piece))).count, int)


@pytest.mark.parametrize(
    "lead",
    [
        "the password is",
        "pw for db was",
        "set the pw to",
        "the password:",
        "use ops_ro:",
        "login",
        "login is",
        "creds:",
    ],
)
@pytest.mark.parametrize("blank", [" ", "\t", "\n"])
def test_blanks_behind_a_name_are_read_in_linear_time(lead, blank):
    """A text is as wide as who wrote it likes: 200,000 blanks cost no more than as many letters."""
    text = f"{lead}{blank * 200_000}"

    assert redact(text) == Redacted(text, 0)
