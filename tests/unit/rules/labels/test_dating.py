import pytest
from tests.unit.rules.labels.label_scene import DRAFT, find, label, row, scene
from tests.unit.rules.timeline.trail_scene import at

from fermata.domain.trail import Entry, MessageKind

RESOLVER = row("bet it's")
DATED = Entry(at("09:00"), "Batch blocks checkout-db", ("bob",), ("m17",), MessageKind.OBSERVATION)
BATCH = ("12:36", "bob", "the batch that normally runs at 02:00 and began at 09:00 blocks checkout-db")


def test_line_that_its_words_date_wrongly_is_told_when_it_was_said():
    """Both times come from what is cited; which one is meant is a matter of reading."""
    given = scene(BATCH, lines=(DATED,))
    name = row("normally runs", given["brief"])
    labelled = label(**given, at=[{"n": name, "at": "12:36"}])

    assert [entry.at for entry in find(labelled, "m17")] == [at("12:36")]
    assert list(labelled.draft.entries) == sorted(labelled.draft.entries, key=lambda one: one.at)


def test_kept_row_may_be_told_as_of_a_minute_it_names():
    """Of those that the row shows, and once."""
    given = scene(("12:37", "cy", "pool of checkout-db went over its limit, first seen by us at 12:11 utc"))
    name = row("went over", given["brief"])
    (minute,) = given["brief"].items[name].minutes
    keep = [{"n": name, "kind": "observation"}]
    labelled = label(**given, keep=keep, at=[{"n": name, "at": minute}])
    twice = label(**given, keep=keep, at=[{"n": name, "at": minute}] * 2)

    assert find(labelled, "m17")[0].at == at(minute)
    assert (labelled.applied, labelled.refused) == (2, ())
    assert "dated already" in twice.refused[0]


@pytest.mark.parametrize("minute", ["12:00", "12:35", "12:36:00", "02:0", ""])
@pytest.mark.parametrize("name", ["99z", RESOLVER, row("metric"), row("sev1")])
def test_line_is_told_at_no_minute_that_its_row_does_not_show(name, minute):
    """The draft stays as it was."""
    labelled = label(at=[{"n": name, "at": minute}])

    assert labelled.draft == DRAFT
    assert "no such row was shown" in labelled.refused[0]


def test_row_that_is_not_kept_or_is_a_guess_has_no_minute():
    """It is no line, or not told as a fact."""
    given = scene(("12:37", "cy", "pool of checkout-db went over its limit, first seen by us at 12:11 utc"))
    name = row("went over", given["brief"])
    (minute,) = given["brief"].items[name].minutes
    no = ("12:39", "bob", "no, that limit is not it")
    wrong = scene(("12:37", "cy", "pool of checkout-db went over its limit, first seen by us at 12:11 utc"), no)
    ruled = label(
        **wrong,
        rule_out=[{"n": row("went over", wrong["brief"]), "by": row("not it", wrong["brief"])}],
        at=[{"n": row("went over", wrong["brief"]), "at": minute}],
    )

    assert "no line that is told" in label(**given, at=[{"n": name, "at": minute}]).refused[0]
    assert "no line that is told" in ruled.refused[-1]


BEGAN = ("12:37", "cy", "pool of checkout-db is over its limit, since 12:11 utc")


def test_row_that_tells_two_events_has_a_line_for_each():
    """What was found is told when it was said, what it dates as of then; a start is the earlier of the two."""
    given = scene(BEGAN)
    name = row("over its limit", given["brief"])
    keep = [{"n": name, "kind": "observation"}]
    own = given["brief"].items[name]
    (minute,) = own.minutes
    later, earlier = sorted([f"{own.at:%H:%M}", minute], reverse=True)

    labelled = label(
        **given,
        keep=keep,
        at=[{"n": name, "at": later}] if later != f"{own.at:%H:%M}" else [],
        also=[{"n": name, "at": earlier}],
        times=[{"name": "started", "n": name}],
    )

    first, second = find(labelled, "m17")
    assert [first.at, second.at] == [at("12:11"), at("12:37")]
    assert first.text == f"As told at 12:37: {second.text}"
    assert labelled.draft.key_times["started"].at == at("12:11")


def test_second_line_cites_its_own_source_only():
    """What repeats a row is no source of what it dates."""
    wide = scene(BEGAN, lines=(Entry(at("12:37"), "Over", ("cy",), ("m17", "m6"), MessageKind.OBSERVATION),))
    name = row("over its limit", wide["brief"])

    (second, _) = find(label(**wide, also=[{"n": name, "at": "12:11"}]), "m17")

    assert second.citations == ("m17",)


@pytest.mark.parametrize("minute", ["12:00", "12:31", "02:0", ""])
@pytest.mark.parametrize("name", ["99z", RESOLVER, row("sev1"), row("40 of 40")])
def test_row_has_no_second_line_at_a_minute_that_it_does_not_show(name, minute):
    """Nor one beside no line, or at the time of its line."""
    labelled = label(also=[{"n": name, "at": minute}])

    assert labelled.draft == DRAFT
    assert "that its row shows" in labelled.refused[0]
