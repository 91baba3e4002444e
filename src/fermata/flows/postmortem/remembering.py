"""What an earlier draft cited and nobody keeps any more: without it, a draft made again would lose its own lines.

Chats are kept for days and metrics for weeks; a post-mortem is edited longer than that. What was deleted is not here:
a stored post-mortem loses it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fermata.domain.heard import HeardMessage
from fermata.domain.postmortem import OWN, Postmortem
from fermata.domain.trail import Curve, Deploy, Message
from fermata.flows.postmortem.live import Told


def remember(told: Told, earlier: Postmortem | None, kept_since: datetime) -> Told:
    """Return what is known with what an earlier draft held and today's reading lacks; a gap says how much that is.

    Args:
        kept_since: What was said from then on is still kept: a message that is missing although it is younger is gone.
    """
    if earlier is None:
        return told
    known = {message.id for message in told.trail.messages}
    known |= {deploy.id for deploy in told.trail.deploys} | {curve.id for curve in told.trail.curves}
    lost = {
        name: source
        for name, source in earlier.sources.items()
        if name not in known
        and not name.startswith(OWN)
        and (_is_unread(name, source, told) or not _is_gone(source, kept_since))
    }
    if not lost:
        return told
    messages = [_read_message(name, source) for name, source in lost.items() if source["kind"] == "message"]
    deploys = [_read_deploy(name, source) for name, source in lost.items() if source["kind"] == "deploy"]
    curves = [read_curve(name, source) for name, source in lost.items() if source["kind"] == "metric"]
    heard = {message.id: found for message in messages if (found := _read_heard(message, lost[message.id])) is not None}
    trail = replace(
        told.trail,
        messages=sorted([*told.trail.messages, *messages], key=lambda message: (message.at, message.id)),
        deploys=sorted([*told.trail.deploys, *deploys], key=lambda deploy: deploy.at),
        curves=[*told.trail.curves, *curves],
    )
    taken = f"{len(lost)} sources can be read no longer, and are taken from the earlier draft"
    gap = f"{taken}; what else was said then is lost"
    return replace(told, trail=trail, heard={**told.heard, **heard}, gaps=(*told.gaps, gap))


def _is_unread(name: str, source: Mapping[str, Any], told: Told) -> bool:
    """Answer whether its chat could not be read whole this time, or was not asked: then what is missing is not gone."""
    platform = name.partition(":")[0]
    is_asked = platform in told.asked or source.get("room") in told.asked
    return not is_asked or any(gap.startswith((f"{platform} ", f"{platform}:")) for gap in told.gaps)


def _is_gone(source: Mapping[str, Any], kept_since: datetime) -> bool:
    return source["kind"] == "message" and datetime.fromisoformat(source["at"]) >= kept_since


def _read_message(name: str, source: Mapping[str, Any]) -> Message:
    return Message(
        id=name,
        at=datetime.fromisoformat(source["at"]),
        user=str(source.get("who", "")),
        text=str(source.get("text", "")),
        channel=str(source.get("room", "")).rpartition(":")[2],
        thread=str(source.get("thread", "")),
        is_bot=bool(source.get("bot")),
    )


def _read_heard(message: Message, source: Mapping[str, Any]) -> HeardMessage | None:
    """Return it as it was heard, as far as a link to it needs that; `None` for an id that is no chat's."""
    platform, _, rest = message.id.partition(":")
    room, _, own = rest.rpartition("/")
    if not (platform and room and own):
        return None
    url = str(source.get("url", ""))
    return HeardMessage(platform=platform, room=room, id=own, at=message.at, text=message.text, url=url)


def _read_deploy(name: str, source: Mapping[str, Any]) -> Deploy:
    return Deploy(
        id=name,
        at=datetime.fromisoformat(source["at"]),
        title=str(source.get("text", "")),
        author=str(source.get("who", "")),
        url=str(source.get("url", "")),
    )


def read_curve(name: str, source: Mapping[str, Any]) -> Curve:
    """Return a metric as a stored post-mortem has it among its sources."""
    return Curve(
        id=name,
        name=str(source.get("text", "")),
        times=list(source.get("times", ())),
        values=list(source.get("values", ())),
        unit=str(source.get("unit", "")),
        query=str(source.get("query", "")),
        url=str(source.get("url", "")),
    )
