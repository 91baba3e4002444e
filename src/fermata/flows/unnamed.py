"""An alert that names nothing that runs here: where little runs, all of it is looked at, and the card says so.

Uptime monitors are called `Homepage` or `My shop`, and a plain host runs five processes. Asked for those names, nobody
answers, while the log of one of the five says what is wrong. Where the alert's words speak of one of them (`checkout is
down`), that one is looked at. But something else may fail at the same time: a plan for what the alert never named is
for a person to choose.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, Gap, Gathering
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.own_changes import gather_scope
from fermata.kit.clock import is_within
from fermata.kit.listing import write_some
from fermata.kit.units import format_duration
from fermata.ports.store import Transaction

COLLECTOR = "fermata.services"
MOST_SERVICES = 8
"""Looked at for an alert that names none of them. A guess: in a larger house, something else fails at the same time."""
_FLAG = "unnamed/"
_STEPS = 3
MOST_WIDE, WIDE_WITHIN = 5, timedelta(minutes=5)
"""Looks at all that runs: in a storm each of them is the same, and load on what ails."""
_LOOKS = "unnamed-looks"
_PATIENCE = timedelta(seconds=2)
"""For each system's list of names."""
_RUNS = frozenset({EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.OBJECTS, EvidenceKind.TRACES})
_SAID = ("summary", "description", "message")
"""Annotations that say in a sentence what is wrong."""
_BESIDE = frozenset({"database", "graph"})
"""Kinds of entities that are looked at whatever an alert names."""


@dataclass(frozen=True, slots=True)
class Named:
    """What was gathered, and whether the alert was about it."""

    gathering: Gathering
    answered: tuple[str, ...] | None = None
    """What answered to the alert itself, where all that runs was looked at besides; `None` where only that was."""


async def gather_named(context: FlowContext, scope: Scope, deadline: timedelta) -> Named:
    """Gather what is true about a scope; where it names nothing that runs here, about all that does, if that is little.

    Raises:
        OperationalError: The store cannot be asked.
    """
    found = await gather_scope(context, scope, deadline)
    if any(_answers(item, scope) for item in found.evidence):
        return Named(found)
    known = await _list_services(context)
    asked = {entity.name.casefold() for entity in scope.entities if entity.kind != "host"}
    if not known or asked & {name.casefold() for name in known}:
        return Named(found)
    answered = None
    called = list_called(scope, known)
    # A host may be called like the service that it is said by.
    named = [name for name in scope.list_names() if name.casefold() not in {one.casefold() for one in called}]
    said = f"nothing that answered is called {' or '.join(named[:3])}" if named else "the alert names no service"
    meant = called or list_spoken_of(scope, known)
    if 0 < len(meant) <= MOST_SERVICES:
        # Of several, one may be what only stands beside it.
        answered = None if len(called) == 1 else _list_answered(found)
        reason = (
            f"{said}; its words speak of {', '.join(meant)}, so that was looked at. If another is meant, name it in "
            "the alert, as its label or tag `service`"
        )
        found = await look_also(context, scope, found, meant, deadline)
    elif len(known) > MOST_SERVICES:
        reason = (
            f"{said}. Name one in the alert, as its label or tag `service`: {', '.join(known[:MOST_SERVICES])}, ..."
        )
    elif not await context.store.write(partial(_take_turn, now=context.clock.now())):
        reason = (
            f"{said}. All that is known was looked at for {MOST_WIDE} such alerts in {format_duration(WIDE_WITHIN)}: "
            f"see the cards of the alerts before, or name one in the alert, as its label or tag `service`: "
            f"{', '.join(known)}"
        )
    else:
        reason = (
            f"{said}, so all that is known was looked at: {', '.join(known)}. Name the one that is meant in the "
            "alert, as its label or tag `service`"
        )
        answered = _list_answered(found)
        found = await look_also(context, scope, found, known, deadline)
    found = found.model_copy(update={"gaps": (*found.gaps, Gap(collector=COLLECTOR, reason=reason))})
    return Named(found, answered)


async def look_also(
    context: FlowContext, scope: Scope, found: Gathering, names: Sequence[str], deadline: timedelta
) -> Gathering:
    """Gather for more services than a scope names, besides; what only the first look brought stays."""
    wide = (*scope.entities, *(Entity(kind="service", name=name) for name in names))
    again = await gather_scope(context, scope.model_copy(update={"entities": wide}), deadline)
    # What somebody found the first time is no less true for their being late the second time.
    told = {item.collector for item in again.evidence}
    lost = (item for item in found.evidence if item.collector not in told)
    return again.model_copy(update={"evidence": (*again.evidence, *lost), "took": found.took + again.took})


def _list_answered(found: Gathering) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.entity.ref for item in found.evidence))


def list_called(scope: Scope, known: Sequence[str]) -> tuple[str, ...]:
    """Return the known services that stand in an alert's name (`[FIRING:1] HighErrorRate checkout`), host or address.

    Pure.
    """
    texts = [*scope.list_names(), *(f"{one.name} {one.annotations.get('url', '')}" for one in scope.alerts)]
    return find_words(texts, known)


def list_spoken_of(scope: Scope, known: Sequence[str]) -> tuple[str, ...]:
    """Return the known services that stand in what an alert says beside its name. Pure.

    A sentence has words such as `web` and `worker` by chance: none of them is named.
    """
    return find_words([one.annotations.get(name, "") for one in scope.alerts for name in _SAID], known)


def find_words(texts: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the names that stand in some texts as words of their own, however they are written. Pure."""
    text = "\n".join(texts).casefold()
    return tuple(one for one in known if re.search(rf"(?<![\w.-]){re.escape(one.casefold())}(?![\w-])", text))


def keep_answered(transaction: Transaction, incident_id: IncidentId, named: Named) -> None:
    """Keep whether the alert was about what was looked at, of the latest look."""
    if named.answered is None:
        transaction.flags.remove(_FLAG + incident_id)
    else:
        transaction.flags.put(_FLAG + incident_id, {"answered": list(named.answered)})


def doubt_unnamed(transaction: Transaction, incident_id: IncidentId, hypothesis: Hypothesis) -> str:
    """Return why no plan rests on a hypothesis about what the alert never named; empty where it may."""
    kept = transaction.flags.find(_FLAG + incident_id)
    meant = {hypothesis.entity.ref, *(one.target.ref for one in hypothesis.suggestions)}
    if kept is None or meant <= set(kept["answered"]):
        return ""
    steps = write_some([f"{one.name} on {one.target.ref}" for one in hypothesis.suggestions], _STEPS)
    return (
        f"the alert names nothing that runs here, so that this may be another trouble than its own. If it is the same: "
        f"{steps} by hand; or name {hypothesis.entity.name} in the alert, as its label or tag `service`"
    )


def _take_turn(transaction: Transaction, now: datetime) -> bool:
    """Note a look at all that runs; answer whether it may be had, as there were few of late."""
    told = (transaction.flags.find(_LOOKS) or {}).get("at", ())
    recent = [at for at in told if is_within(WIDE_WITHIN, datetime.fromisoformat(at), now)]
    if len(recent) >= MOST_WIDE:
        return False
    transaction.flags.put(_LOOKS, {"at": [*recent, now.isoformat()]})
    return True


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
