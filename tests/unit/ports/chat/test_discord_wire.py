from datetime import UTC, datetime

import pytest
from hypothesis import given
from tests.unit.ports.chat.hostile import FEW, spoil

from fermata.ports.chat.discord_wire import (
    is_without_content,
    read_author,
    read_emoji,
    read_message,
    read_snowflake,
    read_text,
    read_time,
    write_snowflake,
)

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
ID = write_snowflake(NOON)
ANA = {"id": "11", "username": "ana_l", "global_name": "Ana"}


def say(**more):
    """Return a message of a person's."""
    return {"id": ID, "type": 0, "channel_id": "22", "author": ANA, "content": "errors"} | more


def test_ids_are_moments():
    """To the millisecond, and back."""
    assert read_snowflake(ID) == NOON
    assert write_snowflake(datetime(2010, 1, 1, tzinfo=UTC)) == "0"
    assert [read_snowflake(value) for value in (None, 7, "x", "", "٣", "9" * 21)] == [None] * 6


@pytest.mark.parametrize(
    ("value", "at"),
    [("2026-07-02T12:00:00.000000+00:00", NOON), ("2026-07-02T12:00:00", None), ("soon", None), (None, None)],
)
def test_times_have_a_zone(value, at):
    """Or they are none."""
    assert read_time(value) == at


def test_message_is_read_with_what_belongs_to_it():
    """Reply, edit, files, reactions, pin and link."""
    raw = say(
        type=19,
        message_reference={"message_id": "5", "channel_id": "22"},
        edited_timestamp="2026-07-02T12:01:00+00:00",
        attachments=[{"filename": "a.png"}, {}],
        reactions=[{"emoji": {"id": None, "name": "👍"}, "count": 2}, {"emoji": {"id": "1", "name": None}, "count": 1}],
        pinned=True,
    )

    message = read_message(raw, "22", guild="1")

    assert (message.reply_to, message.thread, message.files) == ("5", "", ("a.png",))
    assert (message.reactions, message.is_pinned) == ({"👍": 2}, True)
    assert message.edited_at == datetime(2026, 7, 2, 12, 1, tzinfo=UTC)
    assert message.url == f"https://discord.com/channels/1/22/{ID}"


def test_message_of_a_thread_belongs_to_the_channel():
    """The thread has the id of what it hangs from."""
    message = read_message(say(), "22", guild="1", thread="33")

    assert (message.room, message.thread, message.url) == ("22", "33", f"https://discord.com/channels/1/33/{ID}")
    assert read_message(say(), "22", thread=ID).thread == ""


@pytest.mark.parametrize("raw", [say(id="x"), say(type=7), say(content=None), {}, say(type=6), say(type=21)])
def test_what_nobody_said_is_no_message(raw):
    """Discord's own words about the channel, and half a message."""
    assert read_message(raw, "22") is None


def test_forwarded_message_answers_nothing():
    """It only refers to where it comes from."""
    assert read_message(say(message_reference={"type": 1, "message_id": "5"}), "22").reply_to == ""


def test_words_of_bots_stand_in_embeds():
    """Of people, an embed is the preview of a link."""
    embed = {"title": "[FIRING]", "description": "5xx", "fields": [{"name": "env", "value": "prod"}, {}]}
    bot = {"id": "44", "username": "alerts", "bot": True}

    assert read_text(say(author=bot, content="", embeds=[embed])) == "[FIRING]\n5xx\nenv: prod"
    assert read_text(say(content="see", embeds=[embed])) == "see"
    assert read_text(say(webhook_id="9", content="", embeds=[{"type": "link", "title": "t"}, embed])) != ""
    assert read_message(say(author=bot), "22").is_bot


def test_author_goes_by_the_name_that_the_server_shows():
    """Nick, else the global name, else the account's."""
    assert read_author(say(member={"nick": "Ana (IC)"})).name == "Ana (IC)"
    assert read_author(say()).name == "Ana"
    assert read_author(say(author={"id": "11", "username": "ana_l"})).name == "ana_l"
    assert read_author({}) is None


def test_emoji_goes_by_its_name():
    """A deleted one has none."""
    assert [read_emoji(value) for value in ({"name": "👍"}, {"name": None}, None)] == ["👍", "", ""]


@pytest.mark.parametrize(
    ("more", "is_empty"),
    [
        ({}, False),
        ({"content": ""}, True),
        ({"content": "", "embeds": [{}]}, False),
        ({"content": "", "poll": {}}, True),
    ],
)
def test_message_of_nothing_was_kept_back(more, is_empty):
    """Nobody can write one."""
    assert is_without_content(say(**more)) == is_empty


SAMPLE = say(
    author=ANA | {"bot": True},
    member={"nick": "x"},
    message_reference={"type": 0, "message_id": "5"},
    edited_timestamp="2026-07-02T12:01:00+00:00",
    attachments=[{"filename": "a"}],
    embeds=[{"type": "rich", "title": "t", "fields": [{"name": "n", "value": "v"}]}],
    reactions=[{"emoji": {"name": "x"}, "count": 2}],
    pinned=True,
    webhook_id="9",
)


@FEW
@given(spoil(SAMPLE))
def test_spoilt_message_is_read_or_is_none(raw):
    """Whatever stands in its fields: what is read can be stored, and comes back the same."""
    message, author = read_message(raw, "22", guild="1"), read_author(raw)

    is_without_content(raw)
    for record in filter(None, (message, author)):
        assert type(record).from_json(record.to_json()) == record
        record.model_dump_json().encode()
