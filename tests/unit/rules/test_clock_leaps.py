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


def test_machine_that_is_on_for_hours_days_apart_is_believed_up_to_its_last_start():
    """Hours of several starts make a day: all but the last leap had their time to be mended."""
    note, starts = judge_clock(None, NOON), [NOON + n * timedelta(days=7) for n in range(1, 8)]
    trusted = []

    for at in starts:
        note = judge_clock(note, at)
        trusted.append(note.deletes_by)
        note = judge_clock(note, at + 5 * HOUR)

    assert trusted[:5] == [NOON] * 5
    assert trusted[5] == starts[4] + 5 * HOUR
    assert trusted[6] == trusted[5]


def test_leaps_one_after_the_other_are_believed_no_sooner():
    """Where it did not go on in between, nobody had time to mend it."""
    note = judge_clock(None, NOON)

    for number in range(1, 60):
        note = judge_clock(note, NOON + number * WEEKS)

    assert note.deletes_by == NOON


def test_clock_that_was_mended_is_believed_at_once():
    """It is where it was before the leap."""
    note = judge_clock(judge_clock(None, NOON), NOON + WEEKS)

    assert judge_clock(note, NOON + HOUR) == ClockNote(NOON + HOUR)


def test_note_is_read_as_it_was_written():
    """With and without a leap."""
    for note in (ClockNote(NOON), ClockNote(NOON + WEEKS, NOON, NOON + WEEKS), ClockNote(NOON, NOON, NOON, HOUR)):
        assert ClockNote.from_json(note.to_json()) == note
