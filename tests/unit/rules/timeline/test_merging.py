from dataclasses import replace

import pytest
from tests.unit.rules.timeline.trail_scene import at

from fermata.domain.trail import Entry, MessageKind, Status
from fermata.rules.timeline.merging import Line, merge_lines
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Stage

SEEN = MessageKind.OBSERVATION


def line(clock, name, terms="", *, kind=SEEN, stage=None, is_new=True, status=Status.CONFIRMED):
    """Return one line that cites one message."""
    return Line(Entry(at(clock), name, ("ana",), (name,), kind, status), frozenset(terms.split()), stage, is_new=is_new)


def cite(*lines):
    """Return what each merged line cites."""
    return [item.entry.citations for item in merge_lines(lines)]


def test_messages_of_one_event_become_one_line():
    """The earliest gives the time; the later ones are cited, whatever their kind in the same minute."""
    merged = cite(line("12:01", "b", "pool writer full", kind=MessageKind.ACTION), line("12:00", "a", "pool writer"))

    assert merged == [("a", "b")]


def test_minutes_apart_needs_nearly_the_same_words():
    """A few shared words are what the incident is about, not which event of it."""
    first = line("12:00", "a", "pool writer full node")

    assert len(cite(first, line("12:03", "b", "pool writer empty table"))) == 2
    assert cite(first, line("12:03", "b", "pool writer full")) == [("a", "b")]
    assert len(cite(first, line("12:05", "b", "pool writer full"))) == 2


def test_flood_is_told_by_its_first_line():
    """The same form again adds no source: a reader needs one."""
    flood = [replace(line(f"12:0{minute}", f"a{minute}"), shape="pager FIRING 0") for minute in range(4)]

    assert cite(*flood) == [("a0",)]


def test_one_shared_word_is_no_shared_event():
    """The incident's own word is in all of its events."""
    assert len(cite(line("12:00", "a", "pool writer"), line("12:05", "b", "pool reader"))) == 2


def test_same_stage_is_the_same_event_within_minutes():
    """A monitor's all clear and a person's are one; an hour later it is another one."""
    end = Stage.MITIGATED

    merged = cite(
        line("12:00", "a", "pool", kind=MessageKind.MILESTONE, stage=Stage.CLEARED),
        line("12:01", "b", "pool", kind=MessageKind.MILESTONE, stage=end),
        line("12:11", "c", kind=MessageKind.MILESTONE, stage=end),
        line("13:11", "d", kind=MessageKind.MILESTONE, stage=end),
    )

    assert merged == [("a", "b"), ("c",), ("d",)]


def test_alerts_of_different_things_stay_apart():
    """Of alerts there are many at a time; their words tell them apart."""
    alert = {"kind": MessageKind.MILESTONE, "stage": Stage.ALERTED}

    assert len(cite(line("12:00", "a", "pool", **alert), line("12:01", "b", "queue", **alert))) == 2
    assert cite(line("12:00", "a", "pool", **alert), line("12:02", "b", "pool", **alert)) == [("a", "b")]


def test_lines_of_other_kind_stage_or_status_stay_apart():
    """What was done, what was ended and what was ruled out are not what was seen."""
    words = "pool writer"

    merged = cite(
        line("12:00", "a", words),
        line("12:02", "b", words, kind=MessageKind.ACTION),
        line("12:02", "c", words, status=Status.RULED_OUT),
        line("12:04", "d", words, stage=Stage.DECLARED),
    )

    assert len(merged) == 4


def test_what_is_no_news_joins_the_last_thing_seen():
    """Still failing is the same failure."""
    assert cite(line("12:00", "a", "pool"), line("12:05", "b", "queue", is_new=False)) == [("a", "b")]


def test_declaration_raised_to_another_grade_is_an_event_of_its_own():
    """SEV-2 made SEV-1 is news; the same grade said twice, or none, is one declaration."""
    second = line("12:00", "declaring sev2", stage=Stage.DECLARED)
    first = line("12:08", "bumping to sev-1", stage=Stage.DECLARED)
    again = line("12:09", "sev 2 it is", stage=Stage.DECLARED)

    assert len(cite(second, first)) == 2
    assert cite(second, again) == [("declaring sev2", "sev 2 it is")]
    assert len(cite(second, line("12:08", "i lead", stage=Stage.DECLARED))) == 1


def test_ends_of_two_alerts_of_one_monitor_are_two():
    """However near: they ended at other minutes. Who else tells of one of them is a second source of it."""
    ends = [
        replace(line(clock, name, "errors", stage=Stage.CLEARED), shape=name)
        for clock, name in (("12:44", "a"), ("12:45", "b"))
    ]
    pager = replace(ends[1], entry=replace(ends[1].entry, actors=("pager",), citations=("c",)), shape="c")

    assert cite(*ends) == [("a",), ("b",)]
    assert cite(ends[1], pager) == [("b", "c")]


def post(clock, name, state=None, *, page=True, text="", kind=MessageKind.COMMUNICATION):
    """Return a line of a status page, or of a person who posts to it."""
    told = line(clock, name, name, kind=kind)
    shape = f"statuspage {name}" if page else ""
    return replace(told, entry=replace(told.entry, text=text or name), post=state, shape=shape)


def test_post_of_a_person_and_of_the_page_are_one():
    """Pasted or said to be made, before or after the page's own word; each further state is a line of its own."""
    page, pasted = post("12:01", "b", State.INVESTIGATING), post("12:00", "a", State.INVESTIGATING, page=False)
    said = post("12:04", "c", page=False, text="Updated the status page")

    assert cite(pasted, page) == [("a", "b")]
    assert cite(page, said) == [("b", "c")]
    assert cite(pasted, page, said, post("12:05", "d", State.IDENTIFIED)) == [("a", "b", "c"), ("d",)]


@pytest.mark.parametrize(
    "other",
    [
        post("12:03", "o", State.IDENTIFIED, page=False),
        post("12:03", "o", State.INVESTIGATING),
        post("12:07", "o", State.INVESTIGATING, page=False),
        post("12:03", "o", page=False, text="Wrote to the customers"),
        post("12:03", "o", page=False, text="The status page is slow", kind=SEEN),
    ],
)
def test_other_posts_stay_two(other):
    """Another state, the page's own second word, minutes between, words to others, and what somebody sees there."""
    assert len(cite(post("12:01", "b", State.INVESTIGATING), other)) == 2


def test_people_speak_of_the_page_apart_from_bots_that_post_nothing():
    """A monitor's line is no post, whoever writes of the status page beside it."""
    monitor = replace(post("12:01", "b"), post=None)

    assert len(cite(monitor, post("12:02", "c", page=False, text="Updated the status page"))) == 2
