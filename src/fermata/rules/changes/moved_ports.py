"""Ports that a change moved, and failing lines that are refused at the new one, or at the old one still.

At the new one nobody listens, or nobody may. At the old one somebody calls who has not read the new setting: a program
that was not reloaded goes on with what its file said when it was started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.rules.changes.live import Change
from fermata.rules.changes.news import list_news
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling

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


_REFUSED = re.compile(r"refus|unreach|no route", re.IGNORECASE)
"""Nobody is there: an answer that is late comes from who still listens."""
_CALLED = re.compile(r"[\w\])]:$")
"""An address up to its port, as whoever calls it writes it: what listens has a port alone, and callers of its own."""
_STILL_CALLED = 2.0
"""More than nobody at a new port: what fails is the very address that the change took away."""


def judge_ports(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where new failing lines find nobody at a port that a change moved something to, or away from."""
    told = list_news(symptoms)
    for turn in change.diff.turns:
        old, new = _NUMBER.match(turn.old), _NUMBER.match(turn.new)
        if old is None or new is None or not _NAMED.search(turn.key):
            continue
        if (found := _find_at(told, new[1], _UNREACHED)) is not None:
            text = f"it moved a port from {old[1]} to {new[1]}, where nobody is found"
            yield Sign("constant", _POINTS, text, turn.line, found)
            return
        if _CALLED.search(turn.key) and (found := _find_at(told, old[1], _REFUSED)) is not None:
            yield Sign(
                "constant",
                _STILL_CALLED,
                f"it moved a port from {old[1]} to {new[1]}, and {found.service} still calls {old[1]}",
                turn.line,
                found,
                first=advise_reload(found.service, old[1]),
            )
            return


def advise_reload(service: str, old: str) -> str:
    """Return what to do where somebody still calls what a change took out of the settings."""
    return (
        f"See whether {service} has read the new setting: reload or restart it (nginx: `nginx -t && nginx -s reload`), "
        f"and look for {old} in its other settings."
    )


def _find_at(told: Sequence[Telling], port: str, words: re.Pattern[str]) -> Telling | None:
    at = re.compile(rf"(?<=[\w\])]):{port}(?![\w.-])|\bport[ =:]{{1,3}}{port}\b|\bPORT={port}\b", re.IGNORECASE)
    return next((one for one in told if any(at.search(text) and words.search(text) for text in one.samples)), None)
