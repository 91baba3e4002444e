import json
import shutil
from datetime import UTC, datetime

import pytest
from tests.unit.flows.postmortem.export_samples import DISCORD, build_discord, list_slack_files, write_zip
from tests.unit.flows.postmortem.trail_bundle import CHAT, write_bundle

from fermata.flows.postmortem.export_talk import Wanted
from fermata.flows.postmortem.trail_files import read_export_trail, read_trail
from fermata.kit.errors import UserError

POINTS = [[1782993600 + 60 * minute, 1.0] for minute in range(10)]


def test_folders_and_chat_are_read_together(tmp_path):
    """Deploys and metrics may stand in the chat or in their folders."""
    series = {"id": "M1", "name": "errors", "labels": {"service": "checkout"}, "points": POINTS}
    folder = write_bundle(
        tmp_path / "b",
        CHAT | {"metrics": [series]},
        changes__a_DOT_json=json.dumps([{"id": "D2", "time": "2026-07-02T12:16:00Z", "title": "x"}, {"id": "D3"}]),
        changes__b_DOT_json="{",
        changes__c_DOT_diff="--- a\n",
        metrics__m_DOT_json=json.dumps(series | {"id": "M2"}),
        metrics__n_DOT_txt="",
    )

    read = read_trail(folder)

    assert [deploy.id for deploy in read.trail.deploys] == ["D1", "D2"]
    assert {curve.id for curve in read.trail.curves} == {"M1", "M2"}
    assert (read.case, read.trail.title) == ("inc-1", "Checkout errors")
    assert any("D3 has no time" in warning for warning in read.warnings)
    assert any("b.json" in warning for warning in read.warnings)


def test_broken_chat_leaves_deploys(tmp_path):
    """What cannot be read is named, and the rest is used."""
    folder = write_bundle(
        tmp_path / "b", "[]", changes__a_DOT_json=json.dumps({"id": "D2", "time": "2026-07-02T12:16:00Z", "title": "x"})
    )

    read = read_trail(folder)

    assert [deploy.id for deploy in read.trail.deploys] == ["D2"]
    assert any("a chat is an object" in warning for warning in read.warnings)


def test_alerts_of_a_bundle_say_when_it_was_detected(tmp_path):
    """An alert that no channel heard is told by its source: when it fired, and when it ended."""
    alert = {
        "title": "CheckoutHigh5xx",
        "status": "resolved",
        "started_at": "2026-07-02T12:22:00Z",
        "ended_at": "2026-07-02T12:50:00Z",
        "labels": {"service": "checkout"},
        "annotations": {"summary": "5xx at 14%"},
    }
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / "a.json").write_text(json.dumps(alert))

    messages = read_trail(tmp_path).trail.messages

    assert [(message.text, message.is_bot) for message in messages] == [
        ("[FIRING] CheckoutHigh5xx: 5xx at 14%", True),
        ("[RESOLVED] CheckoutHigh5xx", True),
    ]


def test_metrics_of_the_chat_that_are_none_are_named(tmp_path):
    """A series without points is no series."""
    read = read_trail(write_bundle(tmp_path / "b", CHAT | {"metrics": [{"id": "M1"}]}))

    assert read.trail.curves == []
    assert any("no series" in warning for warning in read.warnings)


def test_folder_that_tells_nothing_is_refused(tmp_path):
    """An empty folder is no incident; a link out of it is not followed."""
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "chat.json").symlink_to("/etc/hostname")

    with pytest.raises(UserError, match="tells of an incident"):
        read_trail(folder)


def test_exports_in_a_bundle_are_read_in_place_of_its_chat(tmp_path):
    """A zip of Slack's as it was downloaded, a file of DiscordChatExporter; no chat.json is missed then."""
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "bundle.yaml").write_text(
        "version: 1\nid: inc-9\nwindow: {start: 2026-07-02T12:00:00Z, end: 2026-07-02T13:00:00Z}\n"
    )
    write_zip(folder / "download.zip", list_slack_files())
    (folder / "discord.json").write_text(json.dumps(build_discord(DISCORD, name="gaming")))

    read = read_trail(folder)

    assert {message.channel for message in read.trail.messages} == {"inc-1", "random", "gaming"}
    assert read.case == "inc-9"
    assert any("3 channels are read as one talk" in warning for warning in read.warnings)
    assert not any("chat.json" in warning for warning in read.warnings)
    assert len(read.links) == 3


def test_export_that_is_called_chat_json_is_read_as_what_it_is(tmp_path):
    """People rename files."""
    read = read_trail(write_bundle(tmp_path / "b", build_discord(DISCORD)))

    assert [message.user for message in read.trail.messages] == ["Alerts", "Ana", "Bob"]
    assert read.warnings == ()


def test_export_beside_a_chat_adds_to_it(tmp_path):
    """A message that both hold is the chat's."""
    folder = write_bundle(tmp_path / "b")
    write_zip(folder / "download.zip", list_slack_files())
    (folder / "broken.zip").write_text("no zip")

    read = read_trail(folder, Wanted(frozenset({"random"})))

    assert {message.channel for message in read.trail.messages} == {"", "random"}
    assert read.trail.channels == ("inc-1",)
    assert any("broken.zip: it is no zip" in warning for warning in read.warnings)


def test_export_alone_is_a_trail(tmp_path):
    """Without a bundle around it; when nothing of it is wanted, that is said."""
    path = write_zip(tmp_path / "acme.zip", list_slack_files())

    read = read_export_trail(path, Wanted(frozenset({"inc-1"})))

    assert (read.case, read.trail.channels) == ("acme-inc-1", ("inc-1",))
    with pytest.raises(UserError, match="no messages of the incident"):
        read_export_trail(path, Wanted(frozenset({"nowhere"})))


@pytest.mark.parametrize(
    ("wanted", "case"),
    [
        (Wanted(), "acme"),
        (Wanted(frozenset({"inc-1", "random"})), "acme"),
        (Wanted(frozenset({"random"})), "acme-random"),
        (Wanted(frozenset({"random"}), start=datetime(2026, 7, 2, 12, tzinfo=UTC)), "acme-random-2026-07-02"),
    ],
)
def test_incidents_of_one_export_have_names_of_their_own(tmp_path, wanted, case):
    """By the channels that are wanted, where there are more, and by the day: one archive holds many incidents."""
    path = write_zip(tmp_path / "acme.zip", list_slack_files())

    assert read_export_trail(path, wanted).case == case


def test_chat_may_name_the_incidents_channel_of_an_export(tmp_path):
    """With or without the sign that people write before it; the other channel is then another one."""
    folder = write_bundle(tmp_path / "b", {"incident": {"channels": ["#inc-1"]}, "messages": []})
    write_zip(folder / "download.zip", list_slack_files())

    read = read_trail(folder)

    assert read.trail.channels == ("#inc-1", "inc-1")
    assert {message.channel for message in read.trail.messages} == {"inc-1", "random"}


def test_chat_without_messages_is_said_to_be_that(tmp_path):
    """It is there: that it is missing would send somebody looking."""
    folder = write_bundle(tmp_path / "b", {"messages": []})
    for other in ("changes", "metrics", "alerts"):
        shutil.rmtree(folder / other, ignore_errors=True)

    with pytest.raises(UserError, match=r"chat\.json holds no messages"):
        read_trail(folder)
