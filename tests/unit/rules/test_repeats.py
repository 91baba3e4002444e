"""What is no longer said is struck where others repeat it, and what somebody still says is not."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.repeats import GoneText, Said, strike_repeats

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


def say(text, minute=5, name="m2"):
    """Return a living message."""
    return Said(name, NOON + timedelta(minutes=minute), text)


def strike(text, *gone, before=(), **options):
    """Return what is left of a message that came after the gone ones."""
    known = [GoneText(one, NOON, "m1") if isinstance(one, str) else one for one in gone]
    return strike_repeats([*before, say(text)], known, **options)[-1]


@pytest.mark.parametrize(
    ("gone", "text", "left"),
    [
        (
            "Server list is gone for everyone!!!",
            '"server list is gone for everyone" nah mine\'s there, just slow',
            "nah mine's there, just slow",
        ),
        (
            "guys, mail is being deleted",
            're "mail is being deleted": no. held mail is in quarantine',
            "re: no. held mail is in quarantine",
        ),
        ("I think all the records are gone", '"all the records are gone" eeek don\'t', "eeek don't"),
        ("I think all the records are gone", "\u201call the records\u201d hm", "hm"),
        ("I think all the records are gone", "\u00aball the records\u00bb hm", "hm"),
        ("I think all the records are gone", "\u201eall the records\u201c hm", "hm"),
        ("I think all the records are gone", "`all the records` hm", "hm"),
        ("I think all the records are gone", "'all the records' hm", "hm"),
        ("I think all the records are gone", "> all the records\nhm", "hm"),
        ("I think all the records are gone", "&gt; all the RECORDS!!\nhm", "hm"),
        ("I think all the records are gone", 'who wrote "all the \u2026 are gone" ?', "who wrote ?"),
        ("I think all the records are gone", "no, not all the records are gone by now", "no, not by now"),
        ("it isn\u2019t ours it is theirs", '"it isn\'t ours" come on', "come on"),
        ("incompetents", '"incompetents" is no word for them', "is no word for them"),
        ("pool is garbage", "who says pool is garbage again", "who says again"),
        ("pool is garbage", "pool is garbage", ""),
        ("ok\nsure then", "> ok\nyes", "yes"),
    ],
)
def test_repeated_words_are_struck(gone, text, left):
    """In quotes of any kind from three words on, without them when there are many; the rest stays."""
    assert strike(text, gone) == left


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        ("I think all the records are gone", 'the "records are" table'),
        ("I think all the records are gone", '"all of the records are back"'),
        ("I think all the records are gone", "all the records are back"),
        ("I think all the records are gone", "> the\nyes"),
        ("I think all the records are gone", '"" and "..." mean nothing'),
        ("ok then", 'she said "ok then" twice'),
        ("the checkout-service is garbage", "`checkout-service` restarted"),
        ("I think all the records are gone", '"I \u2026 the \u2026 gone" is no quote of it'),
        ("ok then", "ok then we go"),
        ("go", "we go on"),
        ("restarting db", "restarting db now"),
        ("", "> \nyes"),
    ],
)
def test_few_or_other_words_stay(gone, text):
    """What everybody says is no quote."""
    assert strike(text, gone) == text


def test_words_of_two_deleted_texts_are_no_quote_of_one():
    """Each text is compared by itself, also where a quote leaves something out."""
    text = 'he wrote "records are gone ... mail is lost"'

    assert strike(text, "all records are gone", "all mail is lost") == text


def test_what_a_living_message_had_said_first_stays():
    """Who deleted it repeated it, too."""
    gone = "checkout errors above five percent in eu"
    first = say("FIRING: checkout errors above five percent in eu", minute=-5, name="m0")
    text = 'see "checkout errors above five percent"'

    assert strike(text, gone, before=[first]) == text
    assert strike(text, GoneText(gone), before=[first]) == "see"
    assert strike(f"{gone} {gone}", gone, before=[first]) == f"{gone} {gone}"


def test_edited_message_may_say_what_it_says_now():
    """Only what an edit took away is gone, and not for the message itself."""
    gone = GoneText("v41 broke checkout for everybody in eu", NOON, "m2")
    now, quote = say("v41 broke checkout for everybody in us"), say('"checkout for everybody in" no', 6, "m3")
    other = say('"for everybody in eu" no', 7, "m4")

    assert strike_repeats([now, quote, other], [gone]) == [now.text, quote.text, "no"]


def test_earlier_message_repeats_nothing():
    """What was said before cannot be a quote of it."""
    early = say('"all the records are gone" was the alert', minute=-1)

    assert strike_repeats([early], [GoneText("all the records are gone", NOON, "m1")]) == [early.text]


def test_only_quotes_can_be_asked_for():
    """A document has sentences of its own."""
    gone = "I think all the records are gone"

    assert strike("all the records are gone", gone, only_quoted=True) == "all the records are gone"
    assert strike('"all the records" hm', gone, only_quoted=True) == "hm"
    assert strike("anything") == "anything"
