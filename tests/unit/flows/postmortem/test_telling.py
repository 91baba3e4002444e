"""A draft in a few lines: which of them a chat is told."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from tests.unit.flows.stage import NOON

from fermata.domain.trail import Entry, MessageKind
from fermata.flows.postmortem.telling import _tell_lines, choose_lines

SEEN, DONE, MILESTONE = MessageKind.OBSERVATION, MessageKind.ACTION, MessageKind.MILESTONE


def make_entries(*kinds):
    """Give lines that are called by their place, a minute apart."""
    return [
        Entry(NOON + timedelta(minutes=number), str(number), ("alice",), (f"m{number}",), kind)
        for number, kind in enumerate(kinds)
    ]


def choose(most, *kinds):
    """Give the names of the lines that are told."""
    return "".join(entry.text for entry in choose_lines(make_entries(*kinds), most))


def test_few_lines_are_all_told():
    """In the order of their time."""
    assert choose(6, SEEN, MILESTONE, DONE) == "012"


def test_milestones_go_before_what_was_done_and_that_before_what_was_seen():
    """After the two lines that tell how it began; clicks in vain must not push the end out of the answer."""
    assert choose(5, SEEN, SEEN, SEEN, SEEN, DONE, SEEN, MILESTONE, SEEN, MILESTONE, SEEN, SEEN) == "01468"


def test_beginning_and_end_are_told_before_the_middle():
    """Of lines that weigh the same."""
    assert choose(4, *[SEEN] * 9) == "0178"


def tell(entries, dropped=()):
    """Give the lines that a draft of these is told in."""
    draft = SimpleNamespace(entries=entries, dropped=dropped)
    return [line.strip() for line in _tell_lines(draft)]


def test_lines_of_several_days_have_their_dates():
    """`12:00` before `09:00` reads like a mistake; of one day the time alone is enough."""
    first, second = make_entries(SEEN, DONE)
    later = replace(second, at=NOON + timedelta(days=2, hours=-3))

    assert tell([first, second]) == ["12:00:00 alice: 0", "12:01:00 alice: 1"]
    assert tell([first, later]) == ["11-23 12:00:00 alice: 0", "11-25 09:00:00 alice: 1"]


def test_one_line_and_one_message_are_no_more():
    """`1 more line`, and not `1 more lines`."""
    assert tell(make_entries(*[SEEN] * 7), [None])[-1] == (
        "... 1 more line; 1 message is in no line and can be taken back"
    )
    assert tell(make_entries(*[SEEN] * 8), [None] * 2)[-1] == (
        "... 2 more lines; 2 messages are in no line and can be taken back"
    )
