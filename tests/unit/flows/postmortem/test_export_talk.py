from datetime import UTC, datetime

import pytest

from fermata.flows.postmortem.export_talk import Wanted, parse_wanted
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
