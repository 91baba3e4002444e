import json
from datetime import UTC, datetime

import pytest
from tests.unit.flows.postmortem.trail_bundle import CHAT, MESSAGES, SECRET

from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem import finishing
from fermata.flows.postmortem.chat_file import read_chat_file


@pytest.fixture
def read(tmp_path):
    """Give a reader of a chat's text or object: the chat and the warnings."""

    def run(chat):
        path = tmp_path / "chat.json"
        path.write_text(chat if isinstance(chat, str) else json.dumps(chat))
        haul = Haul()
        return read_chat_file(SourceFile("chat.json", path, path.stat().st_size), haul), haul.warnings

    return run


def say(name, text, **more):
    """Return one message of ana's."""
    return {"id": name, "time": "2026-07-02T12:00:00Z", "user": "ana", "text": text} | more


def test_messages_come_in_their_last_form_without_deleted_ones_and_secrets(read):
    """What was taken away is nowhere; an unknown zone is a warning."""
    chat, warnings = read(CHAT)

    assert [message.id for message in chat.messages] == ["m1", "m2", "m3", "m5", "m6", "m7"]
    assert SECRET not in repr(chat)
    assert "#811" not in repr(chat.messages)
    assert chat.messages[0].is_bot
    assert str(chat.people["ana"].zone) == "Europe/Berlin"
    assert any("Nowhere/Land is no time zone" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("> the pool is such garbage code\nrestarting it", "restarting it"),
        ("> such garbage code\nrestarting it", "restarting it"),
        ('he wrote "The pool  is such garbage code" again', "he wrote again"),
        ("the pool is such garbage code", ""),
        ("> old\nrestarting it", "restarting it"),
        ("> older\nrestarting it", "> older\nrestarting it"),
    ],
)
def test_quote_of_what_was_deleted_is_struck(read, text, left):
    """A reply does not keep what its author took away."""
    deleted = [
        say("m1", "the pool is such garbage code", deleted_at="2026-07-02T12:01:00Z"),
        say("m2", "old", deleted=True),
    ]

    chat, _ = read({"messages": [*deleted, say("m3", text)]})

    assert [message.text for message in chat.messages] == [left]


def test_deletion_wins_over_an_earlier_copy_of_the_message(read):
    """An export that holds both the message and its deletion holds a deleted message."""
    chat, _ = read({"messages": [say("m1", "errors"), say("m1", "errors", deleted_at="2026-07-02T12:01:00Z")]})

    assert chat.messages == []


def test_time_is_read_from_the_id_where_it_is_missing(read):
    """Slack's and Discord's ids are times."""
    slack = {"ts": "1782993600.000100", "user": "ana", "text": "errors"}
    discord = {"id": "1389900000000000000", "user": "ana", "text": "errors", "thread_ts": "1389900000000000000"}

    chat, _ = read({"messages": [slack, discord]})

    assert chat.messages[1].at.replace(microsecond=0) == datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
    assert chat.messages[0].at.year == 2025
    assert chat.messages[0].thread == ""


def test_half_an_export_is_read_up_to_where_it_breaks(read):
    """What is there is used, and the rest is named."""
    chat, warnings = read('{"messages": [' + json.dumps(MESSAGES[0]) + ", " + json.dumps(MESSAGES[1]) + ', {"id": "m3')

    assert [message.id for message in chat.messages] == ["m1", "m2"]
    assert any("2 messages before that are used" in warning for warning in warnings)


@pytest.mark.parametrize("text", ["[1]", "no json", '{"messages": [{]', '{"messages": [{"id": "m1"} x'])
def test_what_is_no_chat_is_refused_or_saved_in_part(read, text):
    """A list, a word or a torn beginning is no chat; a whole first message is."""
    if " x" in text:
        assert read(text)[0].messages == []
        return
    with pytest.raises(Unreadable):
        read(text)


def test_messages_without_id_time_or_text_are_counted(read, monkeypatch):
    """What cannot be cited cannot be used; neither is what is beyond the limit."""
    monkeypatch.setattr(finishing, "MOST_MESSAGES", 1)  # Two hundred thousand messages would take seconds.

    chat, warnings = read(
        {"participants": [], "messages": [say("", "x"), say("m2", None), say("m3", "x"), say("m4", "x")]}
    )

    assert [message.id for message in chat.messages] == ["m3"]
    assert "2 messages without an id, a time or a text" in " ".join(warnings)
    assert "1 more messages" in " ".join(warnings)


@pytest.mark.parametrize(
    ("reactions", "counts"),
    [
        ({"eyes": 2, ":+1:": 1}, {"eyes": 2, "+1": 1}),
        ({"eyes": ["ana", "bob"]}, {"eyes": 2}),
        (["eyes", "eyes", "+1"], {"eyes": 2, "+1": 1}),
        ([{"name": "eyes", "count": 2}, {"emoji": "+1", "users": ["ana"]}, {"name": None}], {"eyes": 2, "+1": 1}),
        ("eyes", {}),
        (None, {}),
    ],
)
def test_reactions_are_read_in_any_form_that_people_write(read, reactions, counts):
    """The format leaves it open."""
    chat, _ = read({"messages": [say("m1", "rolling back", reactions=reactions)]})

    assert chat.messages[0].reactions == counts


def test_files_pins_and_replies_belong_to_their_message(read):
    """Names only, without secrets."""
    files = ["graph.png", {"name": f"{SECRET}.txt"}, {"size": 7}, 7]
    told = [say("m1", "see", files=files, pinned=True), say("m2", "yes", reply_to="m1", files="none")]

    first, second = read({"messages": told})[0].messages

    assert (first.files[0], first.is_pinned) == ("graph.png", True)
    assert SECRET not in repr(first.files)
    assert (second.reply_to, second.thread, second.files) == ("m1", "m1", ())
