import json

import pytest
from hypothesis import given
from tests.unit.flows.postmortem.export_samples import DISCORD, build_discord, tell, write_folder, write_zip
from tests.unit.flows.postmortem.trail_bundle import SECRET
from tests.unit.ports.chat.hostile import FEW, spoil

from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem import archive
from fermata.flows.postmortem.discord_export import is_discord_export, read_discord_export
from fermata.flows.postmortem.export_talk import Wanted, to_chat
from fermata.flows.postmortem.exports import read_export
from fermata.kit.errors import UserError

FIRST = 1389900000000000000


@pytest.fixture
def read(tmp_path):
    """Give a reader of an export's files: the chat and the warnings."""

    def run(files, wanted=None, *, packed=False):
        write = write_zip if packed else write_folder
        path = write(tmp_path / ("e.zip" if packed else "e"), files)
        haul = Haul()
        return read_export(
            path if packed or len(files) > 1 else path / next(iter(files)), wanted or Wanted(), haul
        ), haul.warnings

    return run


def write(*args, **channel):
    """Return a channel's export as text, indented as the tool writes it."""
    return json.dumps(build_discord(*args, **channel), indent=2)


@pytest.mark.parametrize("packed", [False, True])
def test_channel_is_read_with_replies_reactions_and_links(read, packed):
    """One file, or the zip of it."""
    chat, warnings = read({"Acme - inc-1.json": write(DISCORD)}, packed=packed)

    alert, report, found = chat.messages
    assert warnings == []
    assert (alert.text, alert.user, alert.is_bot) == ("[FIRING:1] CheckoutHigh5xx\n5xx", "Alerts", True)
    assert report.reactions == {"eyes": 2}
    assert (found.reply_to, found.thread, found.files, found.is_pinned) == (report.id, report.id, ("graph.png",), True)
    assert SECRET not in found.text
    assert chat.links[found.id] == f"https://discord.com/channels/1/22/{found.id}"
    assert chat.channels == ("inc-1",)


def test_thread_and_parts_join_their_channel(read):
    """A thread is exported as a channel of its own, and a long channel in parts."""
    thread = {"id": str(FIRST + 4), "type": "GuildPublicThread", "category": "inc-1", "name": "what is it"}
    files = {
        "a.json": write(DISCORD[:3]),
        "a [part 2].json": write(DISCORD[3:]),
        "b.json": write([tell(8, "it is the db", "12")], **thread),
    }

    chat, _ = read(files)

    assert [message.id for message in chat.messages] == [str(FIRST + n) for n in (2, 4, 6, 8)]
    assert (chat.messages[3].channel, chat.messages[3].thread) == ("inc-1", str(FIRST + 4))


def test_other_channels_stay_out_when_one_is_named(read):
    """By name or by id."""
    files = {"a.json": write(DISCORD), "b.json": write([tell(5, "lunch?")], id="23", name="random")}

    for name in ("inc-1", "22"):
        chat, _ = read(files, Wanted(frozenset({name})))
        assert {message.channel for message in chat.messages} == {"inc-1"}


def test_half_an_export_is_read_up_to_where_it_breaks_off(read):
    """What is there is used, and the rest is named."""
    text = write(DISCORD)

    chat, warnings = read({"a.json": text[: text.index("found it")]})

    assert len(chat.messages) == 2
    assert warnings == ["a.json: it breaks off; 3 messages before that are used"]


def test_messages_without_id_or_time_are_counted(read):
    """What cannot be cited cannot be used."""
    chat, warnings = read({"a.json": write([tell(1, "x", id=""), tell(2, "x", timestamp="soon"), tell(3, "y"), "z"])})

    assert [message.text for message in chat.messages] == ["y"]
    assert warnings == ["a.json: 2 messages without an id or a time are left out"]


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (write(DISCORD)[:4096], True),
        ("\ufeff" + write([]), True),
        ('{"guild": {"id": "1"}, "messages": []}', False),
        ('{"messages": []}', False),
        ('{"channel": {}, "guild": {}}', False),
        ("[]", False),
    ],
)
def test_export_is_known_by_how_it_begins(head, is_one):
    """Not by its name."""
    assert is_discord_export(head) == is_one


@FEW
@given(spoil(build_discord([DISCORD[3]])))
def test_spoilt_export_costs_no_crash(document):
    """Whatever stands in its fields, a trail comes of it."""
    talk = read_discord_export(json.dumps(document), "e", Wanted(), Haul())

    to_chat([talk], Wanted(), Haul(), "e")


def test_file_that_is_too_large_is_named(read, monkeypatch):
    """The others are used."""
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 5000)  # A real one would cost seconds.
    many = [tell(n % 60, "x" * 1000, id=str(FIRST + n)) for n in range(20)]

    chat, warnings = read({"a.json": write(many), "b.json": write([tell(1, "errors")])})

    assert [message.text for message in chat.messages] == ["errors"]
    assert "unfolds into more than the 5,000 bytes" in warnings[0]


PACKAGE = {"messages/c118/messages.json": "[]", "messages/c118/channel.json": "{}"}


@pytest.mark.parametrize(
    ("files", "packed", "words"),
    [
        ({"Acme - incidents.html": "<html></html>"}, False, "cannot be read: it is no zip. Export it as JSON. In Disc"),
        ({"incidents.csv": "a,b"}, False, "Export it as JSON"),
        ({"a.txt": "x", "b.txt": "y"}, False, "Export it as JSON"),
        ({"incidents.HTM": "<html></html>"}, True, "Export it as JSON"),
        (PACKAGE, True, "data package holds what one person wrote, and no talk. In DiscordChatExporter choose"),
        (PACKAGE, False, "data package holds what one person wrote"),
        ({"incidents.dat": "x"}, False, "it is no zip. Give the export as it was downloaded"),
        ({"notes.json": "{}", "a.md": "x"}, False, "See docs/postmortem-sources.md for what is read"),
    ],
)
def test_export_of_another_kind_says_how_to_make_one_that_is_read(read, files, packed, words):
    """HTML is what DiscordChatExporter writes unless told otherwise; that it is no zip helps nobody."""
    with pytest.raises(UserError) as refused:
        read(files, packed=packed)

    assert words in str(refused.value)
