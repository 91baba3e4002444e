from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from fermata.domain.trail import Entry, KeyTime, Message, MessageKind, Participant, PostmortemDraft, Status, Trail
from fermata.flows.postmortem.document import Beside, write_document
from fermata.flows.postmortem.final_form import find_case
from fermata.kit.errors import UserError

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
EMPTY = PostmortemDraft((), {}, (), (), ())


def test_empty_draft_says_so():
    """Nothing is claimed where nothing was told, and no column is made up for a zone that nobody has."""
    text = write_document("inc-1", Trail("", ()), EMPTY)

    assert "Nothing in the trail tells an event." in text
    assert "| started | not told |  |" in text
    assert "started: null" in text
    assert "The rules found none in the talk." in text
    assert "\n\n\n" not in text


def test_text_from_the_channel_is_never_markup():
    """A table's bars, links and mentions in a message stay what they are: text."""
    said = "errors | timeouts on [x](http://evil.example) for customers"
    trail = Trail("Checkout | x", [Message("m1", NOON, "ana", said, "inc")], {"ana": Participant("ana")})
    entry = Entry(NOON, said, ("ana",), ("m1",), MessageKind.OBSERVATION)

    text = write_document("inc-1", trail, PostmortemDraft((entry,), {}, (entry,), (), ()))

    row = next(line for line in text.splitlines() if line.endswith("[message](#src-m1) |") and "ana" in line)
    assert row.count(" | ") == 3
    assert "](http" not in text.replace("`[x](http://evil.example)`", "")


def test_template_of_a_team_is_used_and_a_wrong_one_refused():
    """A template names the placeholders that there are."""
    trail = Trail("Checkout", ())

    assert write_document("inc-1", trail, EMPTY, "# $heading costs $$5") == "# Checkout costs $5"
    refused = (
        ("$nothing", "'nothing' is no placeholder"),
        ("$ 5", "a dollar sign in it is none"),
        ("import json", "it has no placeholder"),
    )
    for template, why in refused:
        with pytest.raises(UserError, match=why):
            write_document("inc-1", trail, EMPTY, template)


def test_document_tells_who_was_told_what_when():
    """Milestones stand out, times are told in the team's zone too, and what is ruled out stands apart."""
    berlin = ZoneInfo("Europe/Berlin")
    trail = Trail(
        "Checkout",
        [
            Message("m1", NOON, "pager", "fired", is_bot=True),
            Message("m2", NOON + timedelta(minutes=4), "ana", "on it"),
        ],
        {"ana": Participant("ana", zone=berlin)},
    )
    fired = Entry(NOON, "Alert fired", ("pager",), ("m1",), MessageKind.MILESTONE)
    guess = Entry(NOON, "Not the deploy", ("ana",), ("m2", "m1"), MessageKind.RETRACTION, Status.RULED_OUT)
    times = {
        "started": KeyTime(NOON, "m1", "an alert fired"),
        "detected": KeyTime(NOON + timedelta(minutes=3), "m1", "an alert fired"),
    }
    draft = PostmortemDraft((fired, guess), times, (), (), ())

    text = write_document("inc-1", trail, draft)

    assert "| 12:00:00 | 14:00:00 | pager | **Alert fired** | [message](#src-m1) |" in text
    assert "- 12:00:00 Not the deploy [message](#src-m2) [message](#src-m1)" in text
    assert "**Began 2026-07-02 12:00 UTC, detected after 3m.**" in text
    assert "| Time to acknowledge | 4m | started 12:00:00 to acknowledged 12:04:00 | MTTA |" in text


def test_what_stands_beside_a_draft_is_shown():
    """Links where it was said, gaps, earlier incidents, and tickets of actions that were ticked."""
    trail = Trail("Checkout", [Message("m1", NOON, "ana", "alert fired")])
    entry = Entry(NOON, "Alert fired", ("ana",), ("m1",), MessageKind.MILESTONE)
    beside = Beside(
        links={"m1": "https://chat.example/p1 (x)"},
        gaps=("slack C1: history not read",),
        seen_before=("inc-0: same signature",),
        made_by="rules, worded by a model",
    )

    text = write_document("inc-1", trail, PostmortemDraft((entry,), {}, (), (), ()), beside=beside)

    assert "[message](https://chat.example/p1%20%28x%29)" in text
    assert '<a id="src-m1"></a>[ana, 12:00:00](https://chat.example/p1%20%28x%29)' in text
    assert "**Could not be read**\n\n- slack C1: history not read" in text
    assert "**Seen before**\n\n- `inc-0`: same signature" in text
    assert "A draft by rules, worded by a model." in text


def test_heading_is_the_title_else_the_channel():
    """The name of a downloaded file is nobody's name for it."""

    def head(title, channels):
        return write_document("export (3)", Trail(title, (), channels=channels), EMPTY, "$heading")

    assert head("Card payments fail", ("inc-7",)) == "Card payments fail"
    assert head("", ("ops",)) == "ops"
    assert head("", ()).startswith("export")


def test_zone_of_as_many_people_is_the_one_from_which_most_is_said():
    """The alphabet chooses no zone."""
    people = {
        name: Participant(name, zone=ZoneInfo(zone)) for name, zone in (("a", "Africa/Lagos"), ("k", "Asia/Tokyo"))
    }
    fired = Entry(NOON, "Alert fired", ("k",), ("m1",), MessageKind.MILESTONE)
    messages = [Message("m1", NOON, "k", "fired"), Message("m2", NOON, "nobody", "hm")]

    text = write_document("c", Trail("x", messages, people), PostmortemDraft((fired,), {}, (), (), ()), "$timeline")

    assert "Asia/Tokyo" in text


@pytest.mark.parametrize("title", ["Checkout 😀 down", 'say "no"', "a\x7fb", "zwölf: 50 % #1", "a\u2028b"])
def test_title_of_the_first_lines_is_read_alike_by_all_tools(title):
    """Also where it holds what JSON and YAML write otherwise."""
    lines = write_document("inc-1", Trail(title, ()), EMPTY).split("---\n")[1]

    assert YAML(typ="safe", pure=True).load(lines)["title"] == title
    assert find_case(f"---\n{lines}---\n") == "inc-1"
