from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fermata.domain.trail import Curve, Deploy, Dropped, Entry, Message, MessageKind, PostmortemDraft, Trail
from fermata.flows.postmortem.sections import (
    SourceKind,
    Sources,
    make_clock,
    name_kind,
    name_kinds,
    write_actions,
    write_dropped,
    write_inline,
    write_sources,
    write_summary,
)
from fermata.rules.ticks import BoxKind, list_boxes

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
SOURCES = Sources({"m1": "message", "d1": "change"})


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "", "http://[::1", "ftp://x.example/a"])
def test_only_web_addresses_become_links(url):
    """Anything else is the document's own list of sources."""
    assert Sources({"m1": "message"}, {"m1": url}).cite(["m1"]) == "[message](#src-m1)"


def test_source_of_no_known_kind_is_still_linked():
    """A line never loses what it is taken from."""
    assert SOURCES.cite(["m1", "x y"]) == "[message](#src-m1) [source](#src-x_y)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at 12:03:04 it was 31%", "at 12:03:04 it was 31%"),
        ("since 18:40, ~30% (0.4 to 215)", "since 18:40, ~30% (0.4 to 215)"),
        ("fixed in 1234567", "fixed in `1234567`"),
        ("see #12", "see `#12`"),
    ],
)
def test_clock_times_stay_plain_and_references_do_not(text, shown):
    """No forge links a time; it links a commit's digits and a number sign."""
    assert write_inline(text) == shown


def test_days_are_told_only_where_there_are_several():
    """A column of one date is noise; without one, two days could not be told apart."""
    later = NOON + timedelta(days=1)

    assert make_clock([NOON])(NOON) == "12:00:00"
    assert make_clock([NOON, later])(later) == "07-03 12:00:00"


def test_summary_needs_a_beginning():
    """Without it there is nothing to count from."""
    assert write_summary({}) == ""


def test_action_has_a_box_and_a_ticket_once_it_is_one():
    """What a person ticked is ticked in the next draft, too."""
    entry = Entry(NOON, "Add an alert", ("ana",), ("m1",), MessageKind.DECISION)

    fresh = write_actions([entry], SOURCES, {})
    done = write_actions([entry], SOURCES, {"m1": "https://jira.example/OPS-1"})
    told = write_actions([entry], SOURCES, {"m1": ""})

    assert fresh == "- [ ] Add an alert (named by ana) [message](#src-m1) <!-- action m1 -->"
    assert done.startswith("- [x] ")
    assert "[ticket](https://jira.example/OPS-1) <!-- action m1 -->" in done
    assert told == fresh.replace("[ ]", "[x]", 1)


def test_several_actions_of_one_message_have_a_box_each():
    """Ticking one makes one ticket; who takes an action over is named as who does it."""
    entries = [Entry(NOON, text, ("ana",), ("m1",), MessageKind.ACTION) for text in ("Add an alert", "Fix the pool")]

    written = write_actions(entries, SOURCES, {})

    assert "- [ ] Add an alert (ana) " in written
    assert len({box.id for box in list_boxes(f"## Actions\n{written}")}) == 2
    assert write_actions(entries[:1], SOURCES, {}) in written


MESSAGES = (
    Message("m1", NOON, "ana", "lunch?"),
    Message("m2", NOON, "bob", "the other cluster is down"),
    Message("m3", NOON, "bob", "the cache " + "really " * 30 + "is cold"),
    Message("m 4", NOON, "bob", "nope"),
)


def drop(*whys):
    """Give what is left out of those messages, in their order."""
    dropped = tuple(Dropped(message.id, why) for message, why in zip(MESSAGES, whys, strict=False))
    return write_dropped(Trail("x", MESSAGES), PostmortemDraft((), {}, (), (), dropped), SOURCES)


def test_dropped_messages_have_a_box_that_takes_them_back():
    """Each with the reason, and in no case with its words; an id that fits no comment has no box."""
    text = drop("small talk", "another incident", "one of several, or another", "an acknowledgement")

    lines = [line for line in text.split("\n") if line.startswith("- ")]
    assert lines == [
        "- [ ] 12:00:00 ana *(small talk)* <!-- keep m1 -->",
        "- [ ] 12:00:00 bob *(another incident)* <!-- keep m2 -->",
        "- [ ] 12:00:00 bob *(no line of its own)* <!-- keep m3 -->",
        "- 12:00:00 bob *(an acknowledgement)*",
    ]
    assert [box.id for box in list_boxes(text) if box.kind is BoxKind.KEEP] == ["m1", "m2", "m3"]


def test_only_the_first_dropped_messages_are_listed():
    """Two hundred rows are enough for a document; what says nothing at all gives up its row first, wherever it is."""
    messages = [Message(f"m{n}", NOON + timedelta(seconds=n), "ana", "lunch?") for n in range(250)]
    dropped = tuple(
        Dropped(message.id, "an acknowledgement" if number % 5 == 0 else "little in it tells an event")
        for number, message in enumerate(messages)
    )

    text = write_dropped(Trail("x", messages), PostmortemDraft((), {}, (), (), dropped), SOURCES)

    assert "- 50 more have no box here: `--dropped` lists them all" in text
    assert text.count("<!-- keep ") == 200
    assert "acknowledgement" not in text
    assert text.rindex("keep m249") > text.rindex("keep m1 ")


def test_sources_name_their_room_only_where_there_are_several():
    """Who and when; where, when that could be more than one place."""
    one = Trail("x", [Message("m1", NOON, "ana", "a", "inc")])
    two = Trail("x", [Message("m1", NOON, "ana", "a", "inc"), Message("m2", NOON, "ana", "a", "ops")])

    assert '<a id="src-m1"></a>m1: ana, 12:00:00\n' in write_sources(one, frozenset({"m1"}), SOURCES)
    assert "m1: ana, 12:00:00 in inc\n" in write_sources(two, frozenset({"m1", "m2"}), SOURCES)
    assert write_sources(one, frozenset(), SOURCES) == "None."


@pytest.mark.parametrize(
    ("hours", "told"),
    [((0, 1), ["02:30:00 +0200", "02:30:00 +0100"]), ((2, 3), ["03:30:00", "04:30:00"])],
)
def test_hour_that_comes_twice_is_told_with_its_offset(hours, told):
    """In the night in which summer time ends; on all others the time alone is enough."""
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in hours]

    clock = make_clock(moments, ZoneInfo("Europe/Berlin"))

    assert [clock(moment) for moment in moments] == told


def test_source_is_named_alike_wherever_it_comes_from():
    """A deployment is a change to people, of a trail as of what is kept."""
    moment = datetime(2026, 10, 25, tzinfo=UTC)
    deploys, curves = (Deploy("d", moment, "v2"),), (Curve("c", "errors", (), ()),)
    trail = Trail("x", (Message("m", moment, "ana", "hm"),), deploys=deploys, curves=curves)

    assert name_kinds(trail) == {"m": "message", "d": "change", "c": "metric"}
    assert [name_kind(kind) for kind in SourceKind] == ["message", "change", "metric"]
