"""An alert that names nothing that runs here: where little runs, all of it is looked at, and the card says so.

Uptime monitors are called `Homepage` or `My shop`, and a plain host runs five processes. Asked for those names, nobody
answers, while the log of one of the five says what is wrong.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, Gap, Gathering
from fermata.domain.scope import Scope
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.own_changes import gather_scope

COLLECTOR = "fermata.services"
MOST_SERVICES = 8
"""Looked at for an alert that names none of them. A guess: in a larger house, something else fails at the same time."""
_PATIENCE = timedelta(seconds=2)
"""For each system's list of names."""
_RUNS = frozenset({EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.OBJECTS, EvidenceKind.TRACES})
_BESIDE = frozenset({"database", "graph"})
"""Kinds of entities that are looked at whatever an alert names."""


async def gather_named(context: FlowContext, scope: Scope, deadline: timedelta) -> Gathering:
    """Gather what is true about a scope; where it names nothing that runs here, about all that does, if that is little.

    Raises:
        OperationalError: The store cannot be asked.
    """
    found = await gather_scope(context, scope, deadline)
    if any(_answers(item, scope) for item in found.evidence):
        return found
    known = await _list_services(context)
    named = scope.list_names()
    if not known or {name.casefold() for name in named} & {name.casefold() for name in known}:
        return found
    said = f"nothing that answered is called {' or '.join(named[:3])}" if named else "the alert names no service"
    if len(known) > MOST_SERVICES:
        reason = (
            f"{said}. Name one in the alert, as its label or tag `service`: {', '.join(known[:MOST_SERVICES])}, ..."
        )
    else:
        reason = (
            f"{said}, so all that is known was looked at: {', '.join(known)}. Name the one that is meant in the "
            "alert, as its label or tag `service`"
        )
        wide = (*scope.entities, *(Entity(kind="service", name=name) for name in known))
        again = await gather_scope(context, scope.model_copy(update={"entities": wide}), deadline)
        # What somebody found the first time is no less true for their being late the second time.
        answered = {item.collector for item in again.evidence}
        lost = (item for item in found.evidence if item.collector not in answered)
        kept = {"evidence": (*again.evidence, *lost), "took": found.took + again.took}
        found = again.model_copy(update=kept)
    return found.model_copy(update={"gaps": (*found.gaps, Gap(collector=COLLECTOR, reason=reason))})


def _answers(item: Evidence, scope: Scope) -> bool:
    return item.entity.name in scope.list_names() or (item.kind in _RUNS and item.entity.kind not in _BESIDE)


async def _list_services(context: FlowContext) -> tuple[str, ...]:
    async def ask_one(name: str) -> tuple[str, ...]:
        async def ask() -> tuple[str, ...]:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                return tuple(await context.systems[name].list_services())

        return (await contain(f"services of {name}", ask)).value or ()

    told = await asyncio.gather(*(ask_one(name) for name in context.systems))
    return tuple(dict.fromkeys(name for names in told for name in names))
