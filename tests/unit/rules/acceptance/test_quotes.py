"""Slips of copying are forgiven; words that stand nowhere are not."""

import pytest
from tests.unit.rules.incident_case import make_piece

from fermata.domain.facts import ChangeFacts
from fermata.rules.acceptance.quotes import find_elsewhere, find_in_headline, find_quote, tells_nothing, unquote
from fermata.testing.records import NOON

DIFF = "+  def decorate(friends) do\n+    if Flags.on?(x) do\n-limit: 10\n+limit: 9"


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("12| x y", "x y"),
        ("E3:12| x y", "x y"),
        ("12 x7 cut| x y", "x y"),
        ("12| x\n13| y", "x\ny"),
        ("see 12| x", "see 12| x"),
    ],
)
def test_numbers_of_the_brief_are_no_part_of_a_quote(quote, words):
    """On each line of it."""
    assert unquote(quote) == words


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("def decorate(friends) do\n    if Flags.on?(x) do", "+  def decorate(friends) do\n+    if Flags.on?(x) do"),
        ("+def decorate(friends) do\n+if Flags.on?(x) do", "+  def decorate(friends) do\n+    if Flags.on?(x) do"),
        ("+ limit: 9", "+limit: 9"),
        ("limit: 10\nlimit: 9", "-limit: 10\n+limit: 9"),
        ("-limit: 10\n\n+limit: 9", "-limit: 10\n+limit: 9"),
        ("-limit: 9", None),
        ("+limit: 10", None),
        ("limit: 9\nlimit: 10", None),
        ("", None),
    ],
)
def test_signs_of_a_diff_may_be_left_out_and_never_turned_round(quote, found):
    """Who quotes the new line without its sign quotes it; who calls it the old one says what is not so."""
    assert find_quote(DIFF, quote) == found


@pytest.mark.parametrize(
    "quote",
    [
        'User "kyverno:default" cannot update',
        'secrets \\"tls-ca\\" is forbidden: User \\"kyverno:default\\" cannot',
        'secrets \\\\"tls-ca\\\\" is  forbidden',
    ],
)
def test_quotation_marks_may_be_escaped_otherwise(quote):
    """An answer is JSON, and so is many a log line: who writes one within the other loses or doubles backslashes."""
    text = 'err="secrets \\"tls-ca\\" is forbidden: User \\"kyverno:default\\" cannot update"'

    found = find_quote(text, quote)

    assert found is not None
    assert found in text
    assert find_quote(text, quote.replace("default", "admin").replace("tls", "ssh")) is None


def test_blanks_of_a_megabyte_take_no_time():
    """What people outside write must not cost more than reading it: nothing here backtracks without a bound."""
    assert find_quote("a\n" + " " * 1_000_000, "a\nb") is None


def test_words_elsewhere_are_found_once():
    """A wrong number is a slip when only one line can be meant."""
    item = make_piece("cannot allocate memory", "again and again", "again and again")

    assert find_elsewhere(item, "cannot allocate") == 1
    assert find_elsewhere(item, "again and again") is None
    assert find_elsewhere(item, "memory") is None


def test_headline_is_looked_up_in_the_lines_of_the_change():
    """Its id or its title, whichever was quoted; a title that no line holds is no quote."""
    facts = ChangeFacts(id="FLG-301", kind="flag", title="social: off->on", changed_at=NOON)
    item = make_piece("flag FLG-301", "    social: off->on")

    assert find_in_headline(item, facts, "flag FLG-301") == 1
    assert find_in_headline(item, facts, "FLG-301 social: off->on") == 2
    assert find_in_headline(item, facts, "social: on->off") is None
    assert find_in_headline(item, facts, " ") is None
    assert find_in_headline(make_piece("nothing"), facts, "flag FLG-301") is None


@pytest.mark.parametrize(
    "quote",
    [
        *("ERROR", "[warning]", "level=error", "WARN :", "Fatal error:"),
        *("Exception", "failed", "request", "error: request", "for", "+", "..."),
        *("2026-11-23T12:03:02Z", "2026-11-23 12:03:02,123 ERROR", "[12:03:02] failed"),
    ],
)
def test_level_time_or_plain_word_carries_no_claim(quote):
    """It stands in a thousand lines."""
    assert tells_nothing(quote, f"{quote} to reach ledger")


@pytest.mark.parametrize(
    "quote",
    [
        *("TypeError", "OOMKilled", "ERROR 502", "0.97", "error: no space", "max_connections", "ledger-0", ""),
        "\u8fde\u63a5\u5931\u8d25",
    ],
)
def test_name_of_an_error_or_a_number_tells_something(quote):
    """And what holds nothing at all is refused for that."""
    assert not tells_nothing(quote, f"{quote} to reach ledger")


def test_line_of_one_word_is_quoted_whole():
    """It has no more to say; but a level by itself says nothing, whole line or not."""
    assert not tells_nothing("Killed", "Killed")
    assert not tells_nothing("Reason: Error", "    Reason:   Error")
    assert tells_nothing("Error", "Error")
