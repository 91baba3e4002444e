from datetime import UTC, datetime, timedelta

from fermata.domain.trail import Dropped, Entry, Message, MessageKind, Participant, PostmortemDraft, Trail
from fermata.rules.kept import UNWORDED, list_left_out, take_back

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
MESSAGES = (
    Message("m1", NOON, "ana", "alert fired"),
    Message("m2", NOON + timedelta(minutes=1), "bob", "queue is at 4,000"),
    Message("m3", NOON + timedelta(minutes=2), "bob", "ana broke it again"),
)
TRAIL = Trail("Checkout", MESSAGES, {"ana": Participant("ana"), "b": Participant("b")})
LAST = Entry(NOON + timedelta(minutes=9), "Restored", ("ana",), ("m9",), MessageKind.MILESTONE)
DRAFT = PostmortemDraft(
    (LAST,), {}, (), (), (Dropped("m1", "small talk"), Dropped("m2", "a question"), Dropped("m3", "blame"))
)


def test_message_that_is_taken_back_is_a_line_at_its_time():
    """It cites itself, and is left out no more; its box stays, so that it can be unticked."""
    draft = take_back(DRAFT, TRAIL, ["m2"])

    line = Entry(MESSAGES[1].at, "Queue is at 4,000", ("bob",), ("m2",), MessageKind.OBSERVATION)
    assert draft.entries == (line, LAST)
    assert [item.id for item in list_left_out(draft)] == ["m1", "m3"]
    assert draft.dropped == DRAFT.dropped


def test_message_without_blameless_words_is_cited_and_not_quoted():
    """The sentence is for a person to write."""
    assert take_back(DRAFT, TRAIL, ["m3"]).entries[0].text == UNWORDED


def test_what_is_cited_or_gone_changes_nothing():
    """A message that a line cites is there already; a deleted one does not come back."""
    assert take_back(DRAFT, TRAIL, ["m9", "gone"]) is DRAFT
