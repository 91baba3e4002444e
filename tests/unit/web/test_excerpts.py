"""Which lines of an evidence are shown: never without what is cited, never without saying what is left out."""

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view
from tests.unit.web.test_runs import make_journal

from fermata.domain.diagnosis import Citation
from fermata.domain.evidence import EvidenceKind
from fermata.web.excerpts import MOST_LINES, cut, list_cited, list_earlier, list_excerpts


def make_log(count):
    """Give a log of so many lines."""
    return story.make_evidence("log", tuple((number, f"line {number}") for number in range(1, count + 1)), cut="")


def numbers(excerpt):
    """Give the numbers of the lines that are shown."""
    return [row.line.number for row in excerpt.rows]


def look(*pieces):
    """Give the journal's data of a look that collected these."""
    return ("evidence.collected", {"evidence": [{"id": piece.id} for piece in pieces]}, 9)


def test_what_only_earlier_looks_collected_stands_behind():
    """After ten looks the same ten titles stood there ten times; the newest ones are what is said now."""
    old, new = make_log(3), make_log(4)
    view = make_view(
        evidence=(old, new), diagnosis=None, plan=None, proposal=None, journal=make_journal(look(old), look(new))
    )

    assert list_earlier(view, list_excerpts(view)) == {old.id}


def test_what_came_after_the_newest_look_stays_in_front():
    """A model may have asked for it: no entry of a look names it, and it is as new."""
    new, asked = make_log(4), story.make_evidence("asked", ((1, "x"),), observed_at=story.NOW)
    journal = make_journal(look(new))
    view = make_view(evidence=(new, asked), diagnosis=None, plan=None, proposal=None, journal=journal)

    assert list_earlier(view, list_excerpts(view)) == frozenset()


def test_what_is_cited_stays_in_front():
    """Whichever look it is from: the card rests on it."""
    view = make_view()
    new = make_log(4)
    again = view.model_copy(update={"evidence": (*view.evidence, new), "journal": make_journal(look(new))})
    cited = {excerpt.id for excerpt in list_excerpts(again) if excerpt.cited}

    assert cited
    assert not cited & list_earlier(again, list_excerpts(again))


@pytest.mark.parametrize(
    "journal",
    [
        (),
        make_journal(look()),
        make_journal(("evidence.collected", {"pieces": 9}, 9)),
        make_journal(("evidence.collected", {"evidence": [1, 2]}, 9)),
        make_journal(("evidence.collected", {"evidence": 2}, 9)),
    ],
)
def test_nothing_is_put_behind_where_the_newest_look_is_not_known(journal):
    """Before a first look, after one that found nothing, and of older versions' entries."""
    view = make_view(evidence=(make_log(3),), diagnosis=None, plan=None, proposal=None, journal=journal)

    assert list_earlier(view, list_excerpts(view)) == frozenset()


def test_short_evidence_is_shown_whole():
    """Up to the limit nothing is left out."""
    excerpt = cut(make_log(MOST_LINES), {})

    assert (len(excerpt.rows), excerpt.left_out, excerpt.cited) == (MOST_LINES, 0, 0)


def test_long_evidence_shows_its_ends_and_what_is_cited():
    """With the neighbours of a cited line; each hole says how many lines are in it, and the sum is right."""
    log = make_log(1000)

    excerpt = cut(log, {log.id: {500, 501}})

    assert numbers(excerpt) == [*range(1, 13), *range(496, 506), *range(989, 1001)]
    assert [row.line.number for row in excerpt.rows if row.is_cited] == [500, 501]
    assert [row.left_out for row in excerpt.rows if row.left_out] == [483, 483]
    assert excerpt.left_out == 966 == sum(row.left_out for row in excerpt.rows)


def test_cited_line_at_an_end_reaches_for_no_line_that_is_not_there():
    """The first and the last line have neighbours on one side only."""
    log = make_log(200)

    excerpt = cut(log, {log.id: {1, 200}})

    assert numbers(excerpt) == [*range(1, 13), *range(189, 201)]


def test_whole_evidence_leaves_nothing_out():
    """The page of its own has every line, the cited ones marked."""
    log = make_log(1000)

    excerpt = cut(log, {log.id: {500}}, whole=True)

    assert (len(excerpt.rows), excerpt.left_out, excerpt.cited) == (1000, 0, 1)


def test_lines_the_evidence_does_not_hold_are_a_gap():
    """Numbers of the source that are missing are not the same as lines we left out."""
    excerpt = cut(story.make_evidence(), {})

    assert [(row.line.number, row.left_out) for row in excerpt.rows if row.is_gap] == [(240, 0), (247, 0)]


def test_everything_that_rests_on_a_line_marks_it():
    """Hypotheses, also those that lost, and the plan."""
    logs = story.make_evidence()
    change = story.make_evidence("commit", story.COMMIT, EvidenceKind.CHANGE)
    citation = Citation(evidence_id=logs.id, first_line=214, last_line=215, quote="Traceback")
    plan = story.make_plan(logs, citations=(citation,))
    view = make_view(evidence=(logs, change), plan=plan, diagnosis=story.make_diagnosis(logs, change))

    cited = list_cited(view)

    assert cited == {logs.id: {214, 215, 219, 220, 221}, change.id: {4}}
    assert [excerpt.cited for excerpt in list_excerpts(view)] == [5, 1]


def test_nothing_said_cites_nothing():
    """An incident without diagnosis and plan has evidence all the same."""
    view = make_view(plan=None, proposal=None, diagnosis=None)

    assert list_cited(view) == {}
    assert [excerpt.cited for excerpt in list_excerpts(view)] == [0, 0]
