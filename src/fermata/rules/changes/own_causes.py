"""A cause that the log of what the alert is about names itself, beside the change of somebody else.

Time, and words that both speak of, tie half of all changes to a failure. What the failing one says of itself is closer
than the change of a service that no call leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fermata.rules.changes.outside_cause import Outside, quote_telling
from fermata.rules.changes.places import list_affected
from fermata.rules.changes.symptoms import Symptoms

if TYPE_CHECKING:
    from fermata.rules.changes.judge import RankedChange
    from fermata.rules.signatures.base import Case

_BY_CHANCE = frozenset({"word", "number"})
"""Signs that share something with a line, and do not say how it came about."""


def list_own_causes(case: Case, outside: Sequence[Outside]) -> list[Outside]:
    """Return the causes outside that the log of what the alert is about tells of, in the order given."""
    logs = {log.id for one in case.workloads if one.alerted for log in one.logs}
    return [one for one in outside if any(quote.document in logs for quote in one.quotes)]


def list_unexplained(case: Case, top: RankedChange, outside: Sequence[Outside]) -> list[Outside]:
    """Return of the causes that the own log tells of those whose lines the guilty change does not explain."""
    explained = {
        quote_telling(one.telling) for one in top.signs if one.telling is not None and one.name not in _BY_CHANCE
    }
    return [one for one in list_own_causes(case, outside) if not explained & set(one.quotes)]


def say_own_cause(case: Case, symptoms: Symptoms, top: RankedChange, outside: Sequence[Outside]) -> str:
    """Return why the first change, of another service, is not named where the alerted one tells of a cause.

    Empty where it may be named.

    Args:
        outside: The causes outside, the surest first.
    """
    own = list_own_causes(case, outside)
    services = list_affected(top.change, top.effect, symptoms)
    if not own or not services:
        return ""
    reached = _list_reachable(symptoms, symptoms.alerted | _list_names(case))
    # Who calls it, is called by it, or asks the same as it does may be in its way.
    if reached & _list_reachable(symptoms, services | {top.change.evidence.entity.name}):
        return ""
    return (
        f"nothing leads from {min(services)} to what the alert is about, whose own log tells of a cause: {own[0].text}"
    )


def _list_names(case: Case) -> set[str]:
    """Return what is called what the alert is about: a change may name a container by its service."""
    alerted = [one for one in case.workloads if one.alerted]
    given = {name for one in alerted if one.state is not None for name in one.state.facts.names}
    return given | {one.entity.name for one in alerted}


def _list_reachable(symptoms: Symptoms, names: Iterable[str]) -> frozenset[str]:
    return frozenset(found for name in names for found in symptoms.graph.list_reachable(name))
