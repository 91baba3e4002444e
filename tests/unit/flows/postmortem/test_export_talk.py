from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.heard import HeardMessage
from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem.export_talk import ExportTalk, Wanted, parse_wanted, to_chat
from fermata.kit.errors import UserError

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], Wanted()),
        (["#inc-1", " C2 ", ""], Wanted(frozenset({"inc-1", "C2"}))),
        (["2026-07-02T12:00Z.."], Wanted(start=NOON)),
        (["..2026-07-02T14:00+02:00", "a"], Wanted(frozenset({"a"}), end=NOON)),
        (["2026-07-02T12:00Z .. 2026-07-02T12:00Z"], Wanted(start=NOON, end=NOON)),
    ],
)
def test_words_name_channels_and_a_span_of_time(words, wanted):
    """As people type them."""
    assert parse_wanted(words) == wanted


@pytest.mark.parametrize("word", ["..", "noon..", "..noon"])
def test_span_that_is_none_is_refused(word):
    """Rather than everything be read."""
    with pytest.raises(UserError, match="no span of time"):
        parse_wanted([word])


def test_span_that_ends_before_it_starts_is_refused():
    """It would be read as no time at all, and the draft told nothing of it."""
    with pytest.raises(UserError, match="ends before it starts") as refused:
        parse_wanted(["2026-07-02T14:00Z..2026-07-02T12:00Z"])

    assert "2026-07-02T12:00:00.000Z..2026-07-02T14:00:00.000Z" in str(refused.value)


@pytest.mark.parametrize(("days", "start", "is_told"), [(30, None, True), (2, None, False), (30, NOON, False)])
def test_talk_of_many_days_is_told_where_nobody_says_which(days, start, is_told):
    """An export of a month holds one incident of two hours."""
    haul = Haul()
    talk = ExportTalk()
    for day in (0, days):
        at = NOON + timedelta(days=day)
        talk.messages.append(HeardMessage(platform="slack", room="C1", id=str(day), at=at, user="U1", text="hello"))

    to_chat([talk], Wanted(start=start), haul, "acme.zip")

    assert any(f"{days} days are read as one incident" in warning for warning in haul.warnings) is is_told
