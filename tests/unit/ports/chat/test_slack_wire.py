from datetime import UTC, datetime

import pytest
from hypothesis import given
from tests.unit.ports.chat.hostile import FEW, spoil

from fermata.domain.heard import HeardPerson
from fermata.ports.chat.slack_wire import (
    find_author,
    is_gone,
    read_app,
    read_message,
    read_person,
    read_text,
    read_ts,
    strip_skin,
    write_link,
)

TS = "1782993600.000100"


def say(**more):
    """Return a message of a person's."""
    return {"type": "message", "user": "U1", "ts": TS, "text": "errors"} | more


@pytest.mark.parametrize(
    ("ts", "at"),
    [
        (TS, datetime(2026, 7, 2, 12, 0, 0, 100, tzinfo=UTC)),
        ("1782993600", datetime(2026, 7, 2, 12, 0, tzinfo=UTC)),
        ("1782993600.5", datetime(2026, 7, 2, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("soon", None),
        (1782993600.0001, None),
        (None, None),
        ("99999999999999.1", None),
    ],
)
def test_moment_of_an_id_is_exact(ts, at):
    """Two messages of one second must not change places."""
    assert read_ts(ts) == at


def test_message_is_read_with_what_belongs_to_it():
    """Thread, edit, files, reactions and pin."""
    raw = say(
        thread_ts="1782993500.000000",
        edited={"user": "U1", "ts": "1782993700.000000"},
        files=[{"name": "a.png"}, {"title": "b"}, {"mode": "tombstone", "name": "c"}, {}],
        reactions=[
            {"name": "+1::skin-tone-3", "count": 2},
            {"name": "+1", "users": ["U2"]},
            {"name": "eyes", "users": ["U2", "U3"]},
            {},
        ],
        pinned_to=["C1"],
    )

    message = read_message(raw, "C1", "https://acme.slack.com/")

    assert (message.thread, message.files, message.is_pinned) == ("1782993500.000000", ("a.png", "b"), True)
    assert message.edited_at == datetime(2026, 7, 2, 12, 1, 40, tzinfo=UTC)
    assert message.reactions == {"+1": 3, "eyes": 2}
    assert message.url.endswith("/archives/C1/p1782993600000100?thread_ts=1782993500.000000&cid=C1")


def test_head_of_a_thread_hangs_from_nothing():
    """Slack gives it its own id as the thread's."""
    assert read_message(say(thread_ts=TS), "C1").thread == ""


@pytest.mark.parametrize(
    "raw",
    [
        say(ts="x"),
        say(type="file"),
        say(subtype="channel_join"),
        say(subtype="huddle_thread"),
        {},
        say(subtype="tombstone"),
    ],
)
def test_what_nobody_said_is_no_message(raw):
    """Slack's own words about the channel, and what is gone."""
    assert read_message(raw, "C1") is None


def test_stone_in_place_of_a_message_is_known():
    """Its thread lives on."""
    assert is_gone(say(subtype="tombstone"))
    assert not is_gone(say())


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"text": " errors "}, "errors"),
        ({"text": "", "attachments": [{"fallback": "down"}]}, "down"),
        (
            {
                "text": "",
                "attachments": [{"pretext": "P", "title": "T", "text": "X", "fields": [{"title": "f", "value": "v"}]}],
            },
            "P\nT\nX\nf: v",
        ),
        ({"text": "T", "attachments": [{"title": "T", "text": "X"}]}, "T\nX"),
        ({"attachments": [{"from_url": "https://x", "text": "preview"}]}, "errors"),
        ({"attachments": [{"is_msg_unfurl": True, "text": "what somebody deleted"}]}, "errors"),
        (
            {"text": "", "attachments": [{"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "B"}}]}]},
            "B",
        ),
        ({"text": "", "attachments": "none", "blocks": "none"}, ""),
    ],
)
def test_words_are_found_where_monitors_put_them(more, text):
    """Once each, and nothing that somebody else said."""
    assert read_text(say(**more)) == text


def test_apps_blocks_are_read_where_its_text_is_only_their_preview():
    """A person's text is what they wrote, and an app's that says something else stays."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*New SEV2 incident*\n*Users cannot log in*"}}]

    assert read_text(say(text="New SEV2 incident", blocks=blocks, bot_id="B1")).endswith("*Users cannot log in*")
    assert read_text(say(text="Look at this", blocks=blocks, bot_id="B1")) == "Look at this"
    assert read_text(say(text="New SEV2 incident", blocks=blocks)) == "New SEV2 incident"


def test_words_of_blocks_are_read_where_there_is_no_text():
    """Runs joined, a button's label left out, names as ids."""
    run = [
        {"type": "text", "text": "see "},
        {"type": "user", "user_id": "U2"},
        {"type": "channel", "channel_id": "C2"},
        {"type": "emoji", "name": "fire"},
        {"type": "broadcast", "range": "here"},
        {"type": "link", "url": "https://x"},
    ]
    blocks = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": run}]},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "a"}, {"type": "mrkdwn", "text": "b"}]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Click"}}]},
    ]

    assert read_text(say(text="", blocks=blocks)) == "see <@U2><#C2>:fire:<!here>https://x\na\nb"


def test_blocks_without_end_are_left():
    """Nested by somebody who means no good."""
    blocks = {"type": "context", "elements": []}
    for _ in range(100):
        blocks = {"type": "context", "elements": [blocks]}

    assert read_text(say(text="", blocks=[blocks])) == ""


def test_app_goes_by_the_name_it_shows():
    """A person has none there, and a nameless one is nobody."""
    bot = {"subtype": "bot_message", "bot_id": "B1", "username": "Alertmanager", "user": None}

    assert read_app(say(**bot)).name == "Alertmanager"
    assert read_app(say(bot_id="B1", bot_profile={"name": "PagerDuty"})).name == "PagerDuty"
    assert (read_app(say()), read_app(say(**bot | {"username": ""}))) == (None, None)
    assert (find_author(say(**bot)), find_author({})) == ("B1", "")
    assert read_message(say(**bot), "C1").is_bot


def test_person_goes_by_the_name_that_is_shown_and_has_a_zone():
    """The display name, else the real one, else the account's."""
    profile = {"display_name": "", "real_name": "Ana Lopez"}

    person = read_person({"id": "U1", "name": "ana", "tz": "Europe/Berlin", "profile": profile})

    assert (person.name, person.zone, person.is_bot) == ("Ana Lopez", "Europe/Berlin", False)
    assert read_person({"id": "U1", "name": "ana", "is_bot": True}).is_bot
    assert read_person({"name": "ana"}) is None


def test_link_needs_the_workspaces_address():
    """A link that leads nowhere is none."""
    assert write_link("", "C1", TS) == ""
    assert write_link("https://acme.slack.com/", "C1", TS) == "https://acme.slack.com/archives/C1/p1782993600000100"


def test_reactions_tone_of_skin_is_no_name_of_its_own():
    """One thumb is like the other."""
    assert strip_skin("thumbsup::skin-tone-2") == strip_skin("thumbsup") == "thumbsup"


SAMPLE = say(
    subtype="bot_message",
    bot_id="B1",
    username="Alertmanager",
    bot_profile={"name": "x"},
    thread_ts=TS,
    edited={"ts": TS},
    files=[{"name": "a", "mode": "hosted"}],
    reactions=[{"name": "eyes", "users": ["U1"], "count": 1}],
    pinned_to=["C1"],
    attachments=[{"title": "t", "fields": [{"title": "f", "value": "v"}], "blocks": [{"type": "section"}]}],
    blocks=[{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text"}]}]}],
)


@FEW
@given(spoil(SAMPLE))
def test_spoilt_message_is_read_or_is_none(raw):
    """Whatever stands in its fields: what is read can be stored, and comes back the same."""
    message = read_message(raw, "C1", "https://acme.slack.com/")
    app = read_app(raw)

    for record in filter(None, (message, app)):
        assert type(record).from_json(record.to_json()) == record
        record.model_dump_json().encode()


@FEW
@given(spoil({"id": "U1", "name": "ana", "tz": "x", "profile": {"display_name": "d", "real_name": "r"}}))
def test_spoilt_person_is_read_or_is_none(raw):
    """As messages."""
    person = read_person(raw)

    assert person is None or HeardPerson.from_json(person.to_json()) == person


def test_blocks_alone_say_what_the_text_would():
    """Groups, links, dates, quotes and code as in a message's text: a quote is somebody else's words."""
    sections = [
        (
            "rich_text_section",
            [("text", {"text": "cc "}), ("usergroup", {"usergroup_id": "S1"}), ("text", {"text": " "})],
        ),
        ("rich_text_section", [("link", {"url": "https://run.acme/1", "text": "runbook"})]),
        ("rich_text_section", [("link", {"url": "https://run.acme/2"}), ("link", {"url": "https://x", "text": "a<b"})]),
        ("rich_text_section", [("date", {"timestamp": 1, "format": "{date}", "fallback": "Nov 24"})]),
        ("rich_text_quote", [("text", {"text": "it is fixed\nfor all"})]),
        ("rich_text_preformatted", [("text", {"text": "503 upstream"})]),
    ]
    elements = [{"type": kind, "elements": [{"type": one, **more} for one, more in runs]} for kind, runs in sections]

    text = read_text(say(text="", blocks=[{"type": "rich_text", "elements": elements}]))

    assert text.split("\n") == [
        "cc <!subteam^S1>",
        "<https://run.acme/1|runbook>",
        "https://run.acme/2a<b",
        "Nov 24",
        "> it is fixed",
        "> for all",
        "```503 upstream```",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "This content can't be displayed.",
        "This content can\u2019t be displayed",
        "This message contains interactive elements.",
    ],
)
def test_what_slack_puts_in_place_of_a_text_is_none(text):
    """The app gave blocks only."""
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "INC-42 declared"}}]

    assert read_text(say(text=text, bot_id="B1", blocks=blocks)) == "INC-42 declared"
    assert read_text(say(text=f"{text} why?", blocks=blocks)) == f"{text} why?"


def test_fields_of_an_attachment_stand_behind_what_they_are_of():
    """Where it has no title, the line for phones says whether it fires; where it has one, that line says it again."""
    fields = [{"title": "Value", "value": "4.2s"}]

    alone = read_text(say(text="", attachments=[{"fallback": "[Alerting] p99", "fields": fields}]))
    titled = read_text(say(text="", attachments=[{"fallback": "x", "title": "[Alerting] p99", "fields": fields}]))

    assert alone == titled == "[Alerting] p99\nValue: 4.2s"


def test_what_slackbot_answers_is_a_machines():
    """It repeats what somebody taught it, whenever a word falls."""
    assert read_message(say(user="USLACKBOT"), "C1").is_bot
    assert read_message(say(subtype="slackbot_response"), "C1").is_bot
    assert not read_message(say(), "C1").is_bot
