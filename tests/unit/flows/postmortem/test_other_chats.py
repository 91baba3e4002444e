"""An export of a chat that is not read is called what it is, and the docs make one that is read of it."""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem.drafting import draft_bundle
from fermata.flows.postmortem.export_talk import Wanted
from fermata.flows.postmortem.exports import read_export
from fermata.flows.postmortem.other_chats import name_other_chat
from fermata.kit.errors import UserError

TELEGRAM = {
    "name": "inc checkout",
    "type": "private_supergroup",
    "id": 1234567890,
    "messages": [
        {
            "id": 1,
            "type": "service",
            "date_unixtime": "1795597200",
            "actor": "Ana",
            "action": "create_group",
            "text": "",
        },
        {"id": 2, "type": "message", "date_unixtime": "1795597260", "from": "ana", "text": "checkout is down"},
        {
            "id": 3,
            "type": "message",
            "date_unixtime": "1795597320",
            "from": "bob",
            "reply_to_message_id": 2,
            "text": ["rolled back ", {"type": "code", "text": "v41"}],
        },
    ],
}
TEAMS = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#teams('x')/channels('y')/messages",
    "value": [
        {
            "id": "1616990032035",
            "replyToId": None,
            "messageType": "message",
            "createdDateTime": "2026-11-25T09:01:00.035Z",
            "from": {"application": None, "user": {"id": "8ea", "displayName": "ana"}},
            "body": {"contentType": "html", "content": "<div>checkout is <b>down</b></div>"},
        },
        {
            "id": "1616990032036",
            "replyToId": "1616990032035",
            "messageType": "message",
            "createdDateTime": "2026-11-25T09:02:00.035Z",
            "from": {"user": {"displayName": "bob"}},
            "body": {"contentType": "text", "content": "rolled back v41"},
        },
        {"id": "3", "messageType": "systemEventMessage", "createdDateTime": "2026-11-25T09:02:00Z", "from": None},
    ],
}
MATTERMOST = [
    {"type": "version", "version": 1},
    {"type": "channel", "channel": {"team": "acme", "name": "inc-checkout"}},
    {
        "type": "post",
        "post": {
            "team": "acme",
            "channel": "inc-checkout",
            "user": "ana",
            "message": "checkout is down",
            "create_at": 1795597260000,
            "replies": [{"user": "bob", "message": "rolled back v41", "create_at": 1795597320500}],
        },
    },
    {"type": "post", "post": {"channel": "random", "user": "cy", "message": "lunch?", "create_at": 1795597260000}},
]
GOOGLE = {"messages": [{"creator": {"name": "Ana"}, "created_date": "Tuesday, November 24, 2026", "text": "down"}]}
OWN_TEAMS = {"userId": "8:live:ana", "conversations": [{"id": "19:abc@thread", "MessageList": []}]}
FILES = {
    "result.json": (json.dumps(TELEGRAM, indent=1), "Telegram"),
    "messages.json": (json.dumps(TEAMS), "Teams"),
    "own.json": (json.dumps(OWN_TEAMS), "Teams"),
    "import.jsonl": ("\n".join(map(json.dumps, MATTERMOST)), "Mattermost"),
    "chat.json": (json.dumps(GOOGLE), "Google Chat"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", ["file", "folder", "zip", "bundle"])
def test_export_of_another_chat_is_called_by_its_name(tmp_path, name, form):
    """However it is given; and what to do is said once."""
    text, chat = FILES[name]
    (tmp_path / "given").mkdir()
    file = tmp_path / "given" / name
    file.write_text(text)
    path = {"file": file, "zip": tmp_path / "x.zip"}.get(form, file.parent)
    if form == "zip":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(name, text)

    with pytest.raises(UserError) as refused:
        draft_bundle(path) if form == "bundle" else read_export(path, Wanted(), Haul())

    assert f"{name}: it is an export of {chat}, which is not read." in str(refused.value)
    assert str(refused.value).count('docs/postmortem-sources.md, "Other chats"') == 1


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"messages": [{"id": "1", "time": "2026-10-05T07:20:14Z", "user": "ana", "text": "down"}]}',
        '{"type": "version", "messages": []}',
        '{"messages": [{"type": "message", "creator": "ana", "created_date": "x"}]}',
        '[{"type": "message", "user": "U1", "ts": "1782993600.000100", "text": "errors"}]',
    ],
)
def test_what_is_no_other_chats_export_is_called_none(text):
    """A chat.json of one's own, and a day of Slack's."""
    assert name_other_chat(text) == ""


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("name", ["result.json", "messages.json", "import.jsonl"])
def test_what_the_docs_make_of_it_is_read(tmp_path, name):
    """The page's own commands."""
    page = (Path(__file__).parents[4] / "docs/postmortem-sources.md").read_text()
    command = next(
        found for found in re.findall(r"^jq .*?chat\.json$", page, re.DOTALL | re.MULTILINE) if f" {name} >" in found
    )
    (tmp_path / "incident").mkdir()
    (tmp_path / name).write_text(FILES[name][0])
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)  # noqa: S602 - a command of our own docs

    drafted = draft_bundle(tmp_path / "incident")

    said = [(one.user, one.text, bool(one.thread or one.reply_to)) for one in drafted.trail.messages]
    assert said == [("ana", "checkout is down", False), ("bob", "rolled back v41", True)]
    assert [f"{one.at:%H:%M:%S}" for one in drafted.trail.messages] == ["09:01:00", "09:02:00"]
