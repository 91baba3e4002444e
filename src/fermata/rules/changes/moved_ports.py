"""Ports that a change moved, and failing lines that are refused at the new one: nobody listens there, or nobody may."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.live import Change
from fermata.rules.changes.news import list_news
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms

_NAMED = re.compile(
    r"(?<![A-Za-z])(?i:port)\b|[a-z]Port\b|\b(?i:listen|expose|bind)\b|(?:\d|[=:/@][\s\"']?[\w.-]{0,100}|\S\s[\w.-]{1,100}):$"
)
"""A port by its name, a word of what listens, or an address up to its port; neither `viewport` nor `timeout:`."""
_NUMBER = re.compile(r"^[\"']?(\d{2,5})[\"']?$")
_UNREACHED = re.compile(
    r"refus|unreach|not (?:respond|listen|reach)\w*|are you listening|is your app listening|no (?:open|listening) port"
    r"|(?:health|readiness|liveness|startup)\W?\s?(?:check|probe).{0,60}(?:fail|unhealthy)|failed to (?:bind|start)"
    r"|\btime[d]?[ -]?out|did not (?:start|open)|failed to start and(?: then)? listen",
    re.IGNORECASE,
)
"""As systems, Fly.io, Render, Cloud Run and Kubernetes say that there is nobody."""
_POINTS = 1.5


def judge_ports(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where new failing lines find nobody at the port that a change moved something to."""
    told = list_news(symptoms)
    for turn in change.diff.turns:
        old, new = _NUMBER.match(turn.old), _NUMBER.match(turn.new)
        if old is None or new is None or not _NAMED.search(turn.key):
            continue
        at = re.compile(
            rf"(?<=[\w\])]):{new[1]}(?![\w.-])|\bport[ =:]{{1,3}}{new[1]}\b|\bPORT={new[1]}\b", re.IGNORECASE
        )
        found = next(
            (one for one in told if any(at.search(text) and _UNREACHED.search(text) for text in one.samples)), None
        )
        if found is not None:
            text = f"it moved a port from {old[1]} to {new[1]}, where nobody is found"
            yield Sign("constant", _POINTS, text, turn.line, found)
            return
