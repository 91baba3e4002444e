from datetime import UTC, datetime
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from fermata.domain.trail import Message, Participant, Trail
from fermata.rules.timeline import draft_postmortem
from fermata.rules.timeline.minutes import split_minutes

NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def make(text, *, user="noor", at=NOON, is_bot=False, people=("paul", "kim.lee", "noor")):
    """Give a trail with one message of somebody who listens to a call with the others."""
    known = {name: Participant(name, zone=BERLIN) for name in people} | {"pager": Participant("pager", is_bot=True)}
    return Trail("checkout", [Message("m1", at, user, text, is_bot=is_bot)], known)


def split(text, **changes):
    """Give what is said by whom at which minute in UTC."""
    return [(f"{said.at:%H:%M}", said.user, said.text) for said in split_minutes(make(text, **changes)).messages]


@pytest.mark.parametrize(
    "text",
    [
        "so far\n[13:40] Paul: rolled back\n[13:42] Kim: errors fall\nto 3%\n[13:45] Ines: resolved",
        "so far\n13:40 - Paul - rolled back\n13:42 - Kim - errors fall\nto 3%\n13:45 - Ines - resolved",
        "so far\n- 13:40 Paul: rolled back\n- 13:42 @kim: errors fall\nto 3%\n- 13:45 Ines: resolved",
        "so far\n| 13:40 | Paul | rolled back |\n| 13:42 | Kim | errors fall |\nto 3%\n| 13:45 | Ines | resolved |",
        "so far\n(1:40 PM) Paul: rolled back\n(1:42 PM) Kim: errors fall\nto 3%\n(1:45 PM) Ines: resolved",
        "so far\n[11:40 UTC] Paul: rolled back\n[11:42 UTC] Kim: errors fall\nto 3%\n[11:45 UTC] Ines: resolved",
        "so far\nPaul  1:40 PM\nrolled back\nKim  1:42 PM\nerrors fall\nto 3%\nInes  1:45 PM\nresolved",
        "so far\nPaul \u2014 Today at 13:40\nrolled back\nKim \u2014 13:42\nerrors fall\nto 3%\nInes [13:45]\nresolved",
    ],
)
def test_each_line_of_minutes_is_said_by_whom_it_names(text):
    """At the minute that it names, by the scribe's zone; what stands before them is the scribe's own word."""
    assert split(text) == [
        ("11:40", "paul", "rolled back"),
        ("11:42", "kim.lee", "errors fall\nto 3%"),
        ("11:45", "Ines", "resolved"),
        ("12:00", "noor", "so far"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "13:40:11 ERROR: rolled back\n13:41:12 WARN: pool is full",
        "13:40 Deploy: v12\n13:42 Errors: 5%",
        "[13:40] Paul: rolled back",
        "13:40 paul and kim rolled back\n13:45 errors fall",
        "13:40 Tom: rolled back\n13:42 Ines: errors fall",
        "21:00 Paul: look at the graph\n21:30 Kim: tell the customers",
        "paul: rolled back\nkim: errors fall",
        "one line",
    ],
)
def test_what_only_looks_like_minutes_stays_whole(text):
    """Logs, lists of things, one quoted word, people nobody knows here, an agenda of what comes, and plain words."""
    trail = make(text)

    assert split_minutes(trail) is trail


@pytest.mark.parametrize(
    "line", ["Paul" + " " * 19_000 + "x", "13:40 Paul" + " " * 19_000 + "x", "13:40" + " " * 19_000]
)
def test_long_run_of_blanks_is_given_up_at_once(line):
    """Anybody may paste one: it is looked at once, not once for each way to share it out."""
    began = process_time()

    split(f"{line}\nbye")

    assert process_time() - began < 1


def test_machine_keeps_its_own_word():
    """What a bot writes is told by the bot."""
    trail = make("[13:40] Paul: rolled back\n[13:42] Kim: errors fall", user="pager", is_bot=True)

    assert split_minutes(trail) is trail


def test_label_of_a_thing_among_people_stays_in_the_scribes_words():
    """So does a line without a name; a minute that cannot be meant is the message's own."""
    text = (
        "[13:40] Paul: rolled back\n[13:41] Errors: 3%\n[13:42] Kim: better\n[13:43] graph is flat\n[23:10] Paul: bye"
    )

    assert split(text) == [
        ("11:40", "paul", "rolled back"),
        ("11:41", "noor", "Errors: 3%"),
        ("11:42", "kim.lee", "better"),
        ("11:43", "noor", "graph is flat"),
        ("12:00", "paul", "bye"),
    ]


def test_line_that_only_looks_like_a_head_goes_on_with_what_was_said():
    """Under pasted heads a label of a thing heads nothing; empty words are none."""
    text = "Paul  1:40 PM\nrolled back\nStatus  1:41 PM\nKim  1:42 PM\n\nPaul  1:43 PM\nbye\nKim  1:44 PM"

    assert split(text) == [("11:40", "paul", "rolled back\nStatus  1:41 PM"), ("11:43", "paul", "bye")]


def test_name_of_two_people_is_written_as_it_stands():
    """Nobody can tell which Kim it was."""
    text = "[13:40] Paul: rolled back\n[13:42] Kim: errors fall"

    assert split(text, people=("paul", "kim.lee", "kim.ott", "noor"))[1] == ("11:42", "Kim", "errors fall")


def test_draft_cites_the_message_that_the_minutes_stand_in():
    """Lines, key times and actions; left out is what no line of it tells."""
    talk = [
        Message("m0", NOON.replace(hour=11, minute=20), "pager", "[FIRING:1] CheckoutErrors", is_bot=True),
        Message("m1", NOON, "noor", "so far\n[13:35] Paul: rolled back checkout to v41\n[13:45] Kim: checkout errors "
                "are back to 0, resolved\n[13:46] Paul: todo: add an alert on checkout errors"),
        Message("m2", NOON.replace(minute=5), "noor", "[13:50] Paul: lunch?\n[13:51] Kim: pizza"),
    ]  # fmt: skip
    people = {name: Participant(name, zone=BERLIN) for name in ("paul", "kim", "noor")}

    draft = draft_postmortem(Trail("checkout errors", talk, people | {"pager": Participant("pager", is_bot=True)}))

    told = [(f"{entry.at:%H:%M}", entry.actors, entry.citations) for entry in draft.entries]
    assert ("11:35", ("paul",), ("m1",)) in told
    assert ("11:45", ("kim",), ("m1",)) in told
    assert (draft.key_times["resolved"].citation, f"{draft.key_times['resolved'].at:%H:%M}") == ("m1", "11:45")
    assert [(action.actors, action.citations) for action in draft.actions] == [(("paul",), ("m1",))]
    assert [item.id for item in draft.dropped] == ["m2"]
