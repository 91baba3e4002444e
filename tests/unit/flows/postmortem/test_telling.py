"""A draft in a few lines: which of them a chat is told."""

from datetime import timedelta

from tests.unit.flows.stage import NOON

from fermata.domain.trail import Entry, MessageKind
from fermata.flows.postmortem.telling import choose_lines

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
