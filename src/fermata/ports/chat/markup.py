"""What chats write in place of names and links, as people read it: `<@U123>` is `@ana`, `&gt;` is `>`. Pure.

From docs.slack.dev, "Formatting message text", and Discord's reference, "Message Formatting", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_SLACK = re.compile(r"<(?:([@#!])|(?=[a-z][a-z+.-]{0,20}:))([^<>|\s][^<>|\n]*)(?:\|([^<>\n]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_DISCORD = re.compile(r"<(@[!&]?|#|a?:\w{2,32}:|t:|id:|/[\w -]{1,100}:)([^<>\s]{1,40})>")


def render_slack(text: str, names: Mapping[str, str]) -> str:
    """Return a text of Slack's as it is shown.

    Args:
        names: Of people and channels, by id.
    """

    def show(match: re.Match[str]) -> str:
        mark, what, label = match[1], match[2], match[3] or ""
        if mark in ("@", "#"):
            return mark + (names.get(what) or label.removeprefix(mark) or what)
        if mark == "!":
            kind = what.partition("^")[0]
            if kind in ("here", "channel", "everyone"):
                return f"@{kind}"
            return label or ("@group" if kind == "subteam" else what)  # An id tells nobody which.
        # `<mailto:ana@acme.io|ana@acme.io>`, `<https://status.acme.io|the page>`: what is shown, and where it leads.
        bare = what.removeprefix("mailto:").removeprefix("tel:")
        return bare if not label or label in what else f"{label} ({bare})"

    shown = _SLACK.sub(show, text)
    for entity, character in _ENTITIES:
        shown = shown.replace(entity, character)
    return shown


def render_discord(text: str, names: Mapping[str, str]) -> str:
    """Return a text of Discord's as it is shown.

    Args:
        names: Of people, channels and roles, by id.
    """

    def show(match: re.Match[str]) -> str:
        mark, what = match[1], match[2]
        if mark == "@&" and what not in names:
            return "@role"  # A number tells nobody which, and looks like a person's.
        if mark.startswith("@"):
            return f"@{names.get(what, what)}"
        if mark == "#":
            return f"#{names.get(what, what)}"
        if mark == "t:":
            return _write_time(what) or match[0]
        if mark.startswith("/"):
            return mark.removesuffix(":")
        return mark.removeprefix("a") if mark.endswith(":") and mark != "id:" else match[0]

    return _DISCORD.sub(show, text)


def _write_time(what: str) -> str:
    seconds = what.partition(":")[0]
    if not re.fullmatch(r"\d{1,11}", seconds):
        return ""
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M UTC}"
