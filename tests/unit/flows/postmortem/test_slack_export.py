import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from tests.unit.flows.postmortem.export_samples import (
    DAY,
    KEPT_BY_COMPLIANCE,
    USERS,
    list_slack_files,
    say,
    ts,
    write_folder,
    write_zip,
)
from tests.unit.flows.postmortem.trail_bundle import SECRET
from tests.unit.ports.chat.hostile import FEW, spoil

from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem.archive import Archive
from fermata.flows.postmortem.export_talk import Wanted, to_chat
from fermata.flows.postmortem.exports import read_export
from fermata.flows.postmortem.slack_export import find_root, read_slack_export
from fermata.kit.errors import UserError

INCIDENT = Wanted(frozenset({"inc-1"}))
RANDOM_SECRET = [say(3, "between us")]
NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def read(tmp_path):
    """Give a reader of an export's files as a zip: the chat and the warnings."""

    def run(files=None, wanted=INCIDENT, *, as_folder=False):
        write = write_folder if as_folder else write_zip
        path = write(tmp_path / ("export" if as_folder else "export.zip"), files or list_slack_files())
        haul = Haul()
        return read_export(path, wanted, haul), haul.warnings

    return run


@pytest.mark.parametrize("as_folder", [False, True])
def test_channel_is_read_with_people_threads_and_reactions(read, as_folder):
    """From the zip as it was downloaded, or from its folder."""
    chat, warnings = read(as_folder=as_folder)

    by_id = {message.id: message for message in chat.messages}
    assert warnings == []
    assert [message.user for message in chat.messages][:4] == ["Alertmanager", "ana", "ana", "bob"]
    assert by_id[ts(2)].text == "[FIRING:1] CheckoutHigh5xx\ncheckout 5xx > 5%"
    assert by_id[ts(2)].is_bot
    assert by_id[ts(4)].reactions == {"eyes": 1}
    assert (by_id[ts(5)].text, by_id[ts(5)].thread) == ("@bob can you look?", "")
    assert by_id[ts(6)].thread == ts(5)
    assert (by_id[ts(8)].files, by_id[ts(8)].user) == (("graph.png",), "Cy")
    assert str(chat.people["bob"].zone) == "Asia/Kolkata"
    assert chat.channels == ("inc-1",)


def test_deleted_messages_their_quotes_and_first_texts_are_nowhere(read):
    """Exports that keep everything hold what was deleted; a draft does not."""
    chat, _ = read()

    said = "\n".join(message.text for message in chat.messages)
    assert "dee's mess" not in said
    assert "please stay kind" in said
    assert "rolling back #812" in said
    assert "all its friends" not in said
    assert SECRET not in said
    assert {ts(9), ts(10)} & {message.id for message in chat.messages} == set()


def test_other_channels_are_read_when_none_is_named_and_that_is_said(read):
    """A whole workspace is rarely one incident; direct messages are nobody's business."""
    files = list_slack_files(
        **{"D0123456/2026-07-02.json": RANDOM_SECRET, "mpdm-a--b-1/2026-07-02.json": RANDOM_SECRET}
    )

    chat, warnings = read(files, Wanted())

    assert "lunch?" in [message.text for message in chat.messages]
    assert "between us" not in [message.text for message in chat.messages]
    assert "2 channels are read as one talk (inc-1, random)" in warnings[0]


@pytest.mark.parametrize("as_folder", [True, False])
def test_notes_beside_a_canvas_are_no_channel(read, as_folder):
    """Slack has them in folders of their own, `FC:F0123:name`; who names one is given it."""
    files = list_slack_files(**{"FC:F0123ABC:notes/2026-07-02.json": [say(5, "looks nice")]})

    chat, warnings = read(files, Wanted(), as_folder=as_folder)
    named, _ = read(files, Wanted(channels=frozenset({"FC:F0123ABC:notes"})), as_folder=as_folder)

    assert not any("looks nice" in message.text for message in chat.messages)
    assert not any("FC:" in warning for warning in warnings)
    assert [message.text for message in named.messages] == ["looks nice"]


@pytest.mark.parametrize("name", ["inc-1", "C1"])
def test_channel_is_named_by_name_or_id(read, name):
    """As people have it at hand."""
    chat, _ = read(wanted=Wanted(frozenset({name})))

    assert {message.channel for message in chat.messages} == {"inc-1"}


def test_talk_of_other_times_is_left_out(read):
    """A channel of alerts is older than the incident: an hour before it and two after it belong to it."""
    late = Wanted(INCIDENT.channels, start=NOON + timedelta(hours=1, minutes=7))
    early = Wanted(INCIDENT.channels, end=NOON - timedelta(hours=1, minutes=55))

    assert [message.id for message in read(wanted=late)[0].messages] == [ts(8), ts(12), ts(13), ts(20)]
    assert [message.id for message in read(wanted=early)[0].messages] == [ts(2), ts(4), ts(5)]


@pytest.mark.parametrize("prefix", ["", "Acme Slack export Jul 1 2026/"])
def test_export_may_lie_in_a_folder_of_its_own(read, prefix):
    """Whoever packed it again did so."""
    chat, _ = read({f"{prefix}{name}": text for name, text in list_slack_files().items()})

    assert len(chat.messages) == 8


def test_export_without_lists_is_read_by_its_days(read):
    """Somebody sent two days of one channel."""
    days = {f"inc-1/2026-07-0{day}.json": json.dumps([say(day, "errors")]) for day in (2, 3)}

    chat, _ = read(days)

    assert [message.user for message in chat.messages] == ["U1", "U1"]


def test_half_a_day_is_read_up_to_where_it_breaks_off(read):
    """And the others whole."""
    files = list_slack_files()
    whole = json.dumps(DAY)
    files["inc-1/2026-07-02.json"] = whole[: whole.index("graph.png")]

    chat, warnings = read(files)

    assert [message.id for message in chat.messages] == [ts(2), ts(4), ts(5), ts(6)]
    assert warnings == ["export.zip/inc-1/2026-07-02.json: it breaks off; 5 items before that are used"]


@pytest.mark.parametrize("broken", ["{}", "null", "[1, null, {}]", '[{"ts": 7}, {"ts": "1782993600.1", "text": []}]'])
def test_lists_and_days_of_another_shape_cost_no_crash(read, broken):
    """Whatever stands in their place."""
    names = ("users.json", "channels.json", "random/2026-07-02.json")

    chat, _ = read(list_slack_files() | dict.fromkeys(names, broken), Wanted())

    assert ts(4) in {message.id for message in chat.messages}


def test_one_id_in_two_channels_is_two_messages(read):
    """An id is unique in its channel; a citation must lead to one message."""
    files = list_slack_files(**{"random/2026-07-02.json": [say(4, "lunch?")]})

    chat, _ = read(files, Wanted())

    assert {ts(4), f"random/{ts(4)}"} <= {message.id for message in chat.messages}


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["users.json", "inc/2026-07-02.json"], ""),
        (["a/channels.json", "a/inc/2026-07-02.json"], "a/"),
        (["org_users.json", "inc/2026-07-02.json"], ""),
        (["inc/2026-07-02.json", "inc/2026-07-03.json"], ""),
        (["inc/2026-07-02.json"], None),
        (["users.json"], None),
        (["users.json", "a/b/2026-07-02.json"], None),
        ([], None),
    ],
)
def test_export_is_known_by_its_files(names, root):
    """Whatever it is called."""
    assert find_root(names) == root


def test_what_is_no_export_is_refused(tmp_path):
    """A zip of photographs, a text, nothing."""
    photos = write_zip(tmp_path / "a.zip", {"photo.jpg": "x", "notes.json": "{}"})
    (tmp_path / "b.zip").write_text("nothing")

    for path in (photos, tmp_path / "b.zip", tmp_path / "c.zip"):
        with pytest.raises(UserError):
            read_export(path, Wanted(), Haul())


@FEW
@given(spoil([KEPT_BY_COMPLIANCE[0], KEPT_BY_COMPLIANCE[2], DAY[4], USERS[0]]))
def test_spoilt_export_costs_no_crash(items):
    """Whatever stands in its fields, a trail comes of it."""
    content = json.dumps(items).encode()
    names = ("users.json", "channels.json", "inc-1/2026-07-02.json", "inc-1/2026-07-03.json")
    archive = Archive("e", dict.fromkeys(names, lambda most: content[:most]))

    talk = read_slack_export(archive, "", Wanted(), Haul())
    chat = to_chat([talk], Wanted(), Haul(), "e")

    assert len(chat.messages) <= len(items)


def test_day_that_cannot_be_unpacked_and_link_out_of_a_folder_are_named(tmp_path):
    """The others are used."""
    content = bytearray(write_zip(tmp_path / "e.zip", list_slack_files()).read_bytes())
    start = content.index(b"random/2026-07-02.json") + len(b"random/2026-07-02.json")
    content[start : start + 8] = b"\xff" * 8
    (tmp_path / "e.zip").write_bytes(content)
    folder = write_folder(tmp_path / "e", list_slack_files())
    (folder / "inc-1" / "2026-07-03.json").symlink_to("/etc/hostname")
    packed, loose = Haul(), Haul()

    read_export(tmp_path / "e.zip", Wanted(), packed)
    read_export(folder, Wanted(), loose)

    assert any("random/2026-07-02.json: it is damaged" in warning for warning in packed.warnings)
    assert any("a link that leads out" in warning for warning in loose.warnings)


def test_messages_of_a_wrong_clock_are_left_out_and_counted(read):
    """Neither a line of the year 2100 nor a word that is gone without a trace."""
    wrong = [say(6, "later", ts="4102444800.000100"), say(6, "early", ts="12.000100"), say(6, "ms", ts="1782993600123")]
    files = list_slack_files(**{"inc-1/2026-07-02.json": [*DAY, *wrong]})

    chat, warnings = read(files)

    where = "export.zip/inc-1/2026-07-02.json"
    assert f"{where}: 2 messages are left out: no time can be read there" in warnings
    assert f"{where}: 1 message is left out: days away from the file's day" in warnings
    assert not {"later", "early", "ms"} & {message.text for message in chat.messages}


@pytest.mark.parametrize("day", ["2026-06-02", "2026-99-99"])
def test_day_that_is_wrong_itself_leaves_nothing_out(read, day):
    """The messages' own times count."""
    chat, warnings = read(list_slack_files(**{"inc-1/2026-07-02.json": [], f"inc-1/{day}.json": DAY}))

    assert len(chat.messages) == 6
    assert warnings == []


def test_list_that_is_an_object_is_named_as_one(read):
    """It does not break off: it is another file under this name."""
    _, warnings = read(list_slack_files(**{"users.json": {"U1": "ana"}}))

    assert warnings == ["export.zip/users.json: it holds no list, as Slack writes one; nothing of it is used"]


def test_span_without_talk_is_told_with_the_times_that_there_are(read):
    """So that the next try is no guess."""
    _, warnings = read(wanted=Wanted(frozenset({"inc-1"}), end=NOON - timedelta(days=900)))

    assert warnings == [
        "export.zip: nothing in that time; there is talk from 2026-07-02T12:00:00.000Z to 2026-07-02T12:20:00.000Z"
    ]
