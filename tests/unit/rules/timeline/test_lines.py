from tests.unit.rules.timeline.trail_scene import BERLIN, at, curve, heard, talk

from fermata.domain.trail import Entry, MessageKind, Participant, Status, Trail
from fermata.rules.timeline.curves import find_shift
from fermata.rules.timeline.guesses import RuledOut
from fermata.rules.timeline.lines import drop_recaps, rule_out, write_lines, write_onset
from fermata.rules.timeline.merging import Line
from fermata.rules.timeline.moments import Moments

SEEN = MessageKind.OBSERVATION


def line(clock, name, terms="", *, is_recalled=False):
    """Return a line that cites one message."""
    return Line(Entry(at(clock), name, ("ana",), (name,), SEEN), frozenset(terms.split()), is_recalled=is_recalled)


def write(*lines):
    """Return clock and text of the lines of the last message."""
    items = heard(*lines)
    trail = Trail("", talk(*lines), {"ana": Participant("ana", zone=BERLIN)})
    return [(found.entry.at, found.entry.text) for found in write_lines(items[-1], Moments(trail), ())]


def test_message_gives_a_line_for_each_time_it_names():
    """What it dates stands at its time, the rest when it was said; what blames is not told at all."""
    written = write(("12:50", "ana", "rolled back checkout at 14:20\nrestarted its pods\nbob's fault at 14:30, errors"))

    assert written == [(at("12:20"), "Rolled back checkout at 14:20"), (at("12:50"), "Restarted its pods")]


def test_recap_gives_lines_only_where_its_zone_is_known():
    """By the times at which people wrote; else nothing of it is told."""
    recap = ("13:30", "ana", "recap: alert 14:10, declared 14:20, rolled back 14:30")
    met = (("12:10", "ana", "errors at 40%"), ("12:20", "ana", "sev1"), ("12:30", "ana", "rolled back"))

    assert [moment for moment, _ in write(*met, recap)] == [at("12:10"), at("12:20"), at("12:30")]
    assert write(recap) == []


def test_recap_of_what_was_told_is_dropped():
    """What stands in a list needs no shared word; what is dated alone does."""
    told = line("12:00", "a", "pool")

    listed = drop_recaps([told, *(line(clock, "r", is_recalled=True) for clock in ("12:01", "12:30"))])
    alone = drop_recaps([told, line("12:01", "b", "pool", is_recalled=True), line("12:01", "c", is_recalled=True)])

    assert [(found.entry.text, found.entry.at) for found in listed] == [("a", at("12:00")), ("r", at("12:30"))]
    assert [found.entry.text for found in alone] == ["a", "c"]


def test_metrics_that_moved_together_are_one_onset():
    """One line cites all of them, unless somebody dated it."""
    shifts = [find_shift(curve([1.0] * 20 + [50.0] * 10, name=name)) for name in ("errors", "latency")]

    (onset,) = write_onset(shifts, [line("12:22", "a")])

    assert (onset.entry.at, onset.entry.text[:6]) == (at("12:20"), "errors")
    assert list(write_onset(shifts, [line("12:21", "a", is_recalled=True)])) == []
    assert list(write_onset([], [])) == []


def test_cause_is_ruled_out_in_blameless_words_that_tell():
    """With its guess, or alone when it weighs enough."""
    (guess, by, dull) = heard(
        ("12:00", "ana", "I suspect the redis upgrade"),
        ("12:01", "bob", "it's not the redis upgrade, latency of redis is 2 ms on all nodes"),
        ("12:02", "bob", "scratch that"),
    )
    (blaming,) = heard(("12:01", "bob", "it's not dns, whoever said so is an idiot"))

    told = rule_out(RuledOut(by, guess), ())

    assert (told.entry.status, told.entry.citations) == (Status.RULED_OUT, ("m2", "m1"))
    assert rule_out(RuledOut(dull, guess), ()).entry.text == "Ruled out: Suspect the redis upgrade"
    assert rule_out(RuledOut(dull, None), ()) is None
    assert rule_out(RuledOut(blaming, blaming), ()) is None


def test_guess_that_was_thrown_in_or_tossed_is_no_line():
    """Nobody went after it, or nobody says what was looked at."""
    (musing, guess, by, tossed) = heard(
        ("12:00", "ana", "maybe redis?"),
        ("12:00", "ana", "I suspect the redis upgrade"),
        ("12:01", "bob", "it's not the redis upgrade, latency of redis is 2 ms on all nodes"),
        ("12:02", "bob", "nvm, it's not the redis upgrade"),
    )

    assert rule_out(RuledOut(by, musing), ()) is None
    assert rule_out(RuledOut(tossed, guess), ()) is None
