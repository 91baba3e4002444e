from datetime import UTC, datetime

from tests.unit.flows.postmortem.trail_bundle import SECRET

from fermata.domain.trail import Message
from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem import finishing
from fermata.flows.postmortem.finishing import Gone, finish_messages
from fermata.rules.repeats import GoneText

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


def say(name, text, minute=0):
    """Return a message of ana's."""
    return Message(name, NOON.replace(minute=minute), "ana", text)


def finish(*messages, gone=None):
    """Return the texts that are left, by id, and the warnings."""
    haul = Haul()
    kept = finish_messages(messages, gone or Gone(), haul, "chat")
    return {message.id: message.text for message in kept}, haul.warnings


def test_messages_are_in_the_order_of_time_without_secrets():
    """The later form of one that is there twice is kept."""
    kept, _ = finish(say("2", f"key {SECRET}", 5), say("1", "old"), say("1", "new"))

    assert list(kept) == ["1", "2"]
    assert kept["1"] == "new"
    assert SECRET not in kept["2"]


def test_deleted_messages_and_their_quotes_are_gone():
    """A whole line, a part of a line, and somebody who says the very same."""
    gone = Gone(["1"], ["the pool is such garbage code"])

    kept, _ = finish(
        say("1", "the pool is such garbage code"),
        say("2", "&gt; the pool is such garbage code\nrestarting"),
        say("3", "who said the pool is such garbage code ?"),
        gone=gone,
    )

    assert {name: text.split() for name, text in kept.items()} == {"2": ["restarting"], "3": ["who", "said", "?"]}


def test_half_of_a_deleted_text_in_quotes_is_gone_and_the_rest_of_the_message_stays():
    """Also where the other half was a secret: both are compared as they were written."""
    gone = Gone(["1"], [GoneText(f"I think all the records are gone, key {SECRET}", NOON, "1")])

    kept, _ = finish(
        say("0", '"all the records" are safe'),
        say("2", '"all the records are gone" eeek', 5),
        say("3", f'you pasted "are gone, key {SECRET}" here', 6),
        gone=gone,
    )

    assert kept == {"0": "are safe", "2": "eeek", "3": "you pasted here"}


def test_what_was_said_before_the_deleted_message_stays_where_it_is_quoted():
    """An alert that somebody copied and took away again is still an alert."""
    words = "checkout errors above five percent"
    gone = Gone(["2"], [GoneText(f"look: {words}", NOON.replace(minute=3), "2")])

    kept, _ = finish(say("1", f"FIRING {words}", 1), say("3", f'"{words}" is from the alert', 5), gone=gone)

    assert kept["3"] == f'"{words}" is from the alert'


def test_more_messages_than_are_read_are_counted(monkeypatch):
    """Two hundred thousand are enough for any incident."""
    monkeypatch.setattr(finishing, "MOST_MESSAGES", 1)

    kept, warnings = finish(say("1", "a"), say("1", "b"), say("2", "c"), say("3", "d"))

    assert kept == {"1": "b"}
    assert warnings == ["chat: 2 more messages: 1 are read"]
