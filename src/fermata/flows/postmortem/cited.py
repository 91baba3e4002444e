"""What a draft cites, small enough to be kept beside it: a page shows a line with its source, long after the chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fermata.domain.heard import HeardMessage
from fermata.domain.trail import Curve, Deploy, Message, PostmortemDraft
from fermata.flows.postmortem.live import Told
from fermata.flows.postmortem.sections import SourceKind
from fermata.kit.clock import format_instant

_MOST_DROPPED = 1_000
"""Messages that are in no line and can be taken back from a page; all others still can by their id."""
_LONGEST = 2_000
"""Characters of a message that are kept."""


def list_sources(told: Told, draft: PostmortemDraft) -> Mapping[str, Mapping[str, Any]]:
    """Return what lines cite, and what was dropped, by id: `kind`, `at`, `who`, `text`, `url`; of metrics points."""
    cited = {citation for entry in (*draft.entries, *draft.impact, *draft.factors) for citation in entry.citations}
    cited |= {found.citation for found in draft.key_times.values()}
    wanted = cited | {item.id for item in draft.dropped[:_MOST_DROPPED]}
    return {
        **_list(told.trail.messages, wanted, lambda message: _write_message(message, told.heard.get(message.id))),
        **_list(told.trail.deploys, wanted, _write_deploy),
        **_list(told.trail.curves, cited, _write_curve),
    }


def _list(items: Iterable[Any], wanted: Iterable[str], write: Any) -> dict[str, Mapping[str, Any]]:
    return {item.id: write(item) for item in items if item.id in wanted}


def _write_message(message: Message, heard: HeardMessage | None) -> Mapping[str, Any]:
    return {
        "kind": SourceKind.MESSAGE.value,
        "at": format_instant(message.at),
        "who": message.user,
        "text": message.text[:_LONGEST],
        "thread": message.thread,
        "bot": message.is_bot,
        "url": heard.url if heard is not None else "",
        "room": f"{heard.platform}:{heard.room}" if heard is not None else message.channel,
    }


def _write_deploy(deploy: Deploy) -> Mapping[str, Any]:
    words = (deploy.service, deploy.title or deploy.kind, deploy.ref or deploy.sha[:12], deploy.state)
    return {
        "kind": SourceKind.DEPLOY.value,
        "at": format_instant(deploy.at),
        "who": deploy.author,
        "text": " ".join(filter(None, words)),
        "url": getattr(deploy, "url", ""),
    }


def _write_curve(curve: Curve) -> Mapping[str, Any]:
    return {
        "kind": SourceKind.METRIC.value,
        "at": "",
        "who": "",
        "text": curve.name,
        "url": getattr(curve, "url", ""),
        "query": getattr(curve, "query", ""),
        "unit": curve.unit,
        "times": list(curve.times),
        "values": list(curve.values),
    }
