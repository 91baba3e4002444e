"""A Slack export and a Discord export of one small incident, as the tools write them."""

import json
import zipfile

from tests.unit.flows.postmortem.trail_bundle import SECRET

USERS = [
    {
        "id": "U1",
        "name": "ana",
        "tz": "Europe/Berlin",
        "profile": {"display_name": "ana", "real_name": "Ana Lopez"},
    },
    {"id": "U2", "name": "bob", "tz": "Asia/Kolkata", "profile": {"display_name": "bob", "real_name": "Bob"}},
]
CHANNELS = [{"id": "C1", "name": "inc-1", "members": ["U1", "U2"]}, {"id": "C2", "name": "random"}]


def ts(minute, micros=0):
    """Return the id of a message written at 12:xx on 2 July 2026."""
    return f"{1782993600 + 60 * minute}.{micros:06d}"


def say(minute, text, user="U1", **more):
    """Return one message as Slack's exports have it."""
    return {"type": "message", "user": user, "ts": ts(minute), "text": text} | more


DAY = [
    {"type": "message", "subtype": "channel_join", "user": "U1", "ts": ts(0), "text": "<@U1> has joined the channel"},
    say(
        2,
        "",
        user=None,
        subtype="bot_message",
        bot_id="B1",
        username="Alertmanager",
        attachments=[{"title": "[FIRING:1] CheckoutHigh5xx", "text": "checkout 5xx &gt; 5%"}],
    ),
    say(4, "customers report that checkout fails with 504s", reactions=[{"name": "eyes", "users": ["U2"], "count": 1}]),
    say(5, "<@U2> can you look?", thread_ts=ts(5), replies=[{"user": "U2", "ts": ts(6)}]),
    say(6, f"found it: #812 starves checkout, key {SECRET}", "U2", thread_ts=ts(5), edited={"user": "U2", "ts": ts(7)}),
    say(8, "the screenshot", "U9", files=[{"name": "graph.png", "mode": "hosted"}], user_profile={"real_name": "Cy"}),
    {"type": "message", "subtype": "tombstone", "ts": ts(9), "user": "USLACKBOT", "text": "This message was deleted."},
    say(20, "errors are back to baseline"),
]
KEPT_BY_COMPLIANCE = [
    {
        "type": "message",
        "subtype": "message_deleted",
        "deleted_ts": ts(10),
        "ts": ts(11),
        "original": say(10, "this is dee's mess and it always is"),
    },
    say(12, "&gt; this is dee's mess and it always is\nplease stay kind", "U2"),
    {
        "type": "message",
        "subtype": "message_changed",
        "ts": ts(14),
        "message": say(13, "rolling back #812", edited={"user": "U1", "ts": ts(14)}),
        "original": say(13, "rolling back #811 with all its friends"),
    },
]
RANDOM = [say(3, "lunch?", "U2")]


def list_slack_files(**more):
    """Return an export's files by name."""
    named = {
        "users.json": USERS,
        "channels.json": CHANNELS,
        "inc-1/2026-07-02.json": [*DAY, *KEPT_BY_COMPLIANCE],
        "random/2026-07-02.json": RANDOM,
    }
    return {name: json.dumps(value) for name, value in (named | more).items()}


def write_zip(path, files, **options):
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def write_folder(path, files):
    """Write a folder."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def tell(number, text, author="11", **more):
    """Return one message as DiscordChatExporter writes it."""
    names = {"11": "ana", "12": "bob", "13": "alerts"}
    return {
        "id": str(1389900000000000000 + number),
        "type": "Default",
        "timestamp": f"2026-07-02T12:{number:02d}:00+00:00",
        "timestampEdited": None,
        "isPinned": False,
        "content": text,
        "author": {
            "id": author,
            "name": names[author],
            "nickname": names[author].capitalize(),
            "isBot": author == "13",
        },
        "attachments": [],
        "embeds": [],
        "reactions": [],
    } | more


def build_discord(messages, **channel):
    """Return a channel's export."""
    return {
        "guild": {"id": "1", "name": "Acme", "iconUrl": ""},
        "channel": {"id": "22", "type": "GuildTextChat", "categoryId": "2", "category": "ops", "name": "inc-1"}
        | channel,
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2026-07-03T00:00:00+00:00",
        "messages": messages,
        "messageCount": len(messages),
    }


DISCORD = [
    tell(0, "Joined the server.", type="GuildMemberJoin"),
    tell(2, "", "13", embeds=[{"title": "[FIRING:1] CheckoutHigh5xx", "description": "5xx", "fields": []}]),
    tell(4, "customers report that checkout fails", reactions=[{"emoji": {"name": "👀", "code": "eyes"}, "count": 2}]),
    tell(
        6,
        f"found it, key {SECRET}",
        "12",
        type="Reply",
        reference={"messageId": str(1389900000000000004), "channelId": "22"},
        timestampEdited="2026-07-02T12:07:00+00:00",
        attachments=[{"fileName": "graph.png", "url": "https://cdn/x"}],
        isPinned=True,
    ),
]
