"""A clock that leaps ahead is believed after a day; until then ages are taken before the leap."""

from datetime import UTC, datetime, timedelta

from fermata.rules.clock_leaps import LEAP, WAIT, ClockNote, judge_clock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
WEEKS, HOUR = timedelta(weeks=5), timedelta(hours=1)


def test_clock_that_goes_on_is_believed():
    """The first look, an hour later, a long weekend later, and one that was set back."""
    note = judge_clock(None, NOON)

    for at in (NOON, NOON + HOUR, NOON + LEAP, NOON - WEEKS):
        assert judge_clock(note, at).deletes_by == judge_clock(note, at).believed_at == at


def test_leap_is_not_believed_for_a_day():
    """Nothing is deleted by it meanwhile, however often it is looked at."""
    note = judge_clock(judge_clock(None, NOON), NOON + WEEKS)
    later = judge_clock(note, NOON + WEEKS + HOUR)

    assert note.deletes_by == later.deletes_by == NOON
    assert later.believed_at == NOON + WEEKS + WAIT
    assert judge_clock(later, NOON + WEEKS + WAIT) == ClockNote(NOON + WEEKS + WAIT)


def test_second_leap_while_one_is_not_believed_begins_anew():
    """The instant before the first one still counts."""
    note = judge_clock(judge_clock(None, NOON), NOON + WEEKS)

    again = judge_clock(note, NOON + 2 * WEEKS)

    assert (again.deletes_by, again.believed_at) == (NOON, NOON + 2 * WEEKS + WAIT)


def test_clock_that_was_mended_is_believed_at_once():
    """It is where it was before the leap."""
    note = judge_clock(judge_clock(None, NOON), NOON + WEEKS)

    assert judge_clock(note, NOON + HOUR) == ClockNote(NOON + HOUR)


def test_note_is_read_as_it_was_written():
    """With and without a leap."""
    for note in (ClockNote(NOON), ClockNote(NOON + WEEKS, NOON, NOON + WEEKS)):
        assert ClockNote.from_json(note.to_json()) == note
