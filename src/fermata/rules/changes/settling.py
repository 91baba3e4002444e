"""The looks that would settle which change is guilty, where none can be named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fermata.domain.facts import MANIFESTS
from fermata.kit.listing import cut_short
from fermata.rules.changes.advice import find_unexplained
from fermata.rules.changes.links import is_about
from fermata.rules.changes.symptoms import Symptoms

if TYPE_CHECKING:
    from fermata.rules.changes.judge import RankedChange


_LONGEST_LINE = 160
"""Characters of a line that is to be explained: whoever reads a check must not have to look the line up first."""
_SCALING, _WRITTEN = "scaling", "configuration"
"""Kinds of changes that a cluster tells of: a number of replicas, and a config map whose former content is gone."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def _name(one: RankedChange) -> str:
    """Return what people call a change: of a commit git's short id and its title."""
    return f"{one.id[:10]} ({cut_short(one.change.facts.title, 60)})" if _COMMIT.fullmatch(one.id) else one.id


def list_checks(
    ranked: Sequence[RankedChange], symptoms: Symptoms, *, close: Sequence[RankedChange], is_unread: bool
) -> tuple[str, ...]:
    """Return one or two looks, the most telling first; empty where there is nothing to look at.

    Args:
        close: The likeliest changes that are tied to the failure.
        is_unread: Whether a change that nobody read may well be the one.
    """
    checks = []
    if symptoms.unknown and not any(is_about(one.change, symptoms.unknown) for one in ranked):
        values = ", ".join(sorted(symptoms.unknown.values())[:3])
        checks.append(
            f"Find who began to send {values}: who reads it does not know it, and no change that was read is about it."
        )
    if close:
        names = " and ".join(_name(one) for one in close)
        turns = ", one at a time," if len(close) > 1 else ""
        # A copy is under no load: what is too few for it shows where the load is.
        where = "" if all(one.change.facts.kind == _SCALING for one in close) else " in a copy of the service"
        checks.append(f"Take back {names}{where}{turns} and see whether the failure goes.")
    if (telling := find_unexplained(symptoms)) is not None:
        rest = "" if close else ": nothing that changed is tied to it closely"
        line = f"line {telling.number} of '{telling.evidence.title}'"
        checks.append(f'Explain {line}, "{cut_short(telling.text.strip(), _LONGEST_LINE)}"{rest}.')
    unread = [
        one for one in ranked if not one.ruled_out and not one.change.facts.diff_read and not one.change.is_release
    ]
    diffs = [one.id for one in unread if one.change.facts.kind != _WRITTEN]
    asked = [f"Get the diff of {', '.join(diffs[:3])}."] if diffs else []
    if written := [one.change.facts.ref for one in unread if one.id not in diffs]:
        what = ", ".join(written[:3])
        asked.append(
            f"Compare what {what} holds with where it is declared, or a backup: the cluster keeps no former one."
        )
    open_ones = [one for one in ranked if one.change.is_unconfirmed and not one.ruled_out]
    if differing := [one.id for one in open_ones if one.change.facts.kind == MANIFESTS]:
        what = ", ".join(differing[:3])
        asked.append(
            f"Find out which side of {what} is the later one, and since when: whether what is declared was applied, or "
            "what is live was changed by hand."
        )
    if planned := [one.id for one in open_ones if one.id not in differing]:
        asked.append(f"Find out whether {', '.join(planned[:3])} was applied, and when: only the plan of it is here.")
    if asked:
        at = 0 if is_unread else min(len(checks), 1)
        checks[at:at] = asked
    return tuple(checks[:2])
