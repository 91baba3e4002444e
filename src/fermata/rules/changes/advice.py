"""What a person is told to do about the change that is to blame: what is quickest and can be taken back comes first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.rules.changes.aftermath import Undoing
from fermata.rules.changes.failures import classify
from fermata.rules.changes.live import Change
from fermata.rules.changes.migrations import runs_once
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.levels import LogLevel

_LONGEST_TITLE = 80
_SHA = re.compile(r"[0-9a-f]{13,64}", re.IGNORECASE)
_SHORT_SHA = 12
_SWITCHES = frozenset({"flag", "config"})
_HEALTHY = frozenset({None, LogLevel.DEBUG, LogLevel.INFO})


def name_change(change: Change) -> str:
    """Return a change as people know it: its kind, its id, and its title, or the name of what it sets."""
    facts = change.facts
    named = facts.ref if facts.kind in _SWITCHES else ""  # Of a commit or a release it is a branch.
    title = named if facts.title in ("", f"{facts.kind} {facts.id}") else facts.title
    short = facts.id[:_SHORT_SHA] if _SHA.fullmatch(facts.id) else facts.id  # Another's name cut is another name.
    return f"{facts.kind} {short}" + (f" ({_shorten(title)})" if title else "")


def _shorten(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1].rstrip()}…"


def advise(change: Change, *, undone: Undoing | None, switch: Change | None, signs: Sequence[Sign] = ()) -> str:
    """Return what to do about a guilty change.

    Args:
        undone: Who took it back already; `None` when nobody did.
        switch: The flag or the setting that turned its code on, if one did: turning that back acts at once.
        signs: Those that speak for it: one may say what is done before it is taken back.
    """
    what = name_change(change)
    if undone is not None and undone.helped:
        return f"Leave it taken back: {undone.words}. Mend {what} before it is brought back."
    if undone is not None:
        first = (
            "see whether what failed has ended" if undone.helped is None else "see whether that reached every instance"
        )
        return f"{undone.words}: {first}, and look for what outlasts {what}."
    if switch is not None:
        return f"{_turn_back(switch)} first, which acts at once; then read {what} and mend it."
    if change.facts.kind == "flag":
        return f"{_turn_back(change)}, which acts at once; then read what it turned on and mend it."
    first = next((f"{sign.first} Then: read" for sign in signs if sign.first), "Read")
    if runs_once(change.facts):
        return f"{first} {what}: run what undoes it, or release code that fits it. Its file taken back undoes nothing."
    return f"{first} {what} and take it back, or mend it."


def find_unexplained(symptoms: Symptoms) -> Telling | None:
    """Return the line that a person should explain; `None` where none fails and nobody was alerted.

    Nobody knows then when it began, so that the first request of a healthy log is as new as any other.
    """
    first = symptoms.tellings[0] if symptoms.tellings else None
    if first is None or symptoms.alert_text:
        return first
    bad = (one for one in symptoms.tellings if one.level not in _HEALTHY or classify(one.text))
    return next(bad, None)


def _turn_back(switch: Change) -> str:
    """Return the order to turn a switch back, to what it was where that is known."""
    old, arrow, _ = switch.facts.state.partition("->")
    return f"Turn {name_change(switch)} back" + (f" to {old.strip()}" if arrow and old.strip() else "")
