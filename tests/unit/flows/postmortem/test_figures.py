from datetime import UTC, datetime, timedelta

from fermata.domain.trail import Dropped, KeyTime, Message, PostmortemDraft, Trail
from fermata.flows.postmortem.figures import compute_figures, list_moments

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


def at(minutes):
    """Give a key time so many minutes after noon."""
    return KeyTime(NOON + timedelta(minutes=minutes), "m1", "somebody says so")


def test_start_that_is_the_first_sign_itself_gives_no_time_to_detect():
    """Else each incident of which nobody knows when it began would count as one that was seen at once."""
    measured = KeyTime(NOON, "errors", "checkout errors left their range")

    assert compute_figures({"started": at(0), "detected": at(0)}) == ()
    assert [figure.span for figure in compute_figures({"started": measured, "detected": at(0)})] == [timedelta(0)]


def say(minutes, name, user="ana", *, channel="inc", is_bot=False):
    """Give a message."""
    return Message(name, NOON + timedelta(minutes=minutes), user, "hm", channel, is_bot=is_bot)


def make_draft(dropped=(), **times):
    """Give a draft with those key times."""
    return PostmortemDraft((), {name: at(minutes) for name, minutes in times.items()}, (), (), tuple(dropped))


def test_every_figure_is_measured_from_the_start():
    """The time in which nobody knew of it counts."""
    draft = make_draft(started=0, detected=5, mitigated=30, resolved=50)

    figures = compute_figures(list_moments(Trail("x", [say(7, "m2")], channels=("inc",)), draft))

    assert [(figure.name, figure.mean, figure.span) for figure in figures] == [
        ("Time to detect", "MTTD", timedelta(minutes=5)),
        ("Time to acknowledge", "MTTA", timedelta(minutes=7)),
        ("Time to mitigate", "", timedelta(minutes=30)),
        ("Time to restore", "MTTR", timedelta(minutes=50)),
    ]


def test_acknowledged_is_the_first_word_of_a_person():
    """Not a bot's, not one from before, not one of another room or another incident."""
    messages = [
        say(1, "early"),
        say(5, "bot", is_bot=True),
        say(6, "elsewhere", channel="random"),
        say(7, "other"),
        say(8, "own"),
    ]
    draft = make_draft([Dropped("other", "another incident")], detected=5)

    moments = list_moments(Trail("x", messages, channels=("inc",)), draft)

    assert list(moments) == ["detected", "acknowledged"]
    assert moments["acknowledged"].citation == "own"


def test_nothing_is_computed_from_what_nobody_told():
    """No start, no figure; no detection, no acknowledgement; an end before the start is no duration."""
    assert compute_figures({"resolved": at(5)}) == ()
    assert list_moments(Trail("x", [say(1, "m1")]), make_draft(started=0)) == {"started": at(0)}
    assert compute_figures({"started": at(5), "detected": at(3)}) == ()
    assert "acknowledged" not in list_moments(Trail("x", ()), make_draft(detected=0))


def test_acknowledgement_follows_a_corrected_detection():
    """With the time of the first word after it, as its own correction stands."""
    messages = [say(1, "early"), say(7, "m2"), say(20, "m3")]
    draft = make_draft(started=0, detected=5)
    trail = Trail("x", messages, channels=("inc",))

    later = list_moments(trail, draft, {"detected": NOON + timedelta(minutes=10)})
    own = list_moments(trail, draft, {"detected": None, "acknowledged": NOON})

    assert later["acknowledged"].citation == "m3"
    assert own["acknowledged"].at == NOON
