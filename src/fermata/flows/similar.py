"""What was like this before, and what keeps coming back: read from the rows of earlier incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from fermata.domain.execution import VerificationVerdict
from fermata.domain.ids import IncidentId
from fermata.domain.incident import UNFINISHED_STATES, Incident, IncidentState
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.rules.alert_keys import name_workload
from fermata.rules.rehearsed_places import find_beside, find_rehearsed, tell_beside, tell_rehearsed
from fermata.rules.similar import Past, Recurring, Similar, find_similar, list_recurring

_MOST = 500
"""Incidents that are looked through, the newest: half a year of three a day."""
_ON_CARD = 2
_MOST_REHEARSALS = 100
"""The newest: two years of one a week."""
_MOST_BESIDE = 10
"""The newest: a fault lasts minutes, and one runs at a time."""
_SEEN = "seen-before/"
_HELPED = {
    VerificationVerdict.RESTORED: "it helped",
    VerificationVerdict.UNCHANGED: "it changed nothing",
    VerificationVerdict.WORSE: "it made things worse",
}


@dataclass(frozen=True, slots=True)
class History:
    """The answer, with how much was looked through: "nothing alike" of three incidents is not that of three hundred."""

    incident_id: IncidentId
    similar: tuple[Similar, ...]
    compared: int


async def find_earlier(context: FlowContext, incident_id: IncidentId, limit: int = 5) -> History:
    """Return the incidents that began before one and are like it, with why.

    Raises:
        NotFoundError: No such incident.
    """

    def read(transaction: Transaction) -> History:
        asked = transaction.incidents.get(incident_id)
        began = (asked.started_at, asked.opened_at)
        others = [item for item in _list_known(transaction) if (item.started_at, item.opened_at) < began]
        pasts = [_read_past(transaction, item) for item in others]
        return History(incident_id, tuple(find_similar(_read_past(transaction, asked), pasts, limit)), len(others))

    return await context.store.read(read)


async def tell_earlier(context: FlowContext, incident_id: IncidentId) -> tuple[str, ...]:
    """Return for the card which earlier incidents an incident is like, and what rehearsals of the place showed.

    Nothing of what cannot be read.

    Reads hundreds of rows: once an investigation, and outside of any write.
    """
    read = await contain("earlier incidents", lambda: find_earlier(context, incident_id, _ON_CARD))
    rehearsed = await contain("earlier rehearsals", lambda: _tell_rehearsals(context, incident_id))
    return (*map(_tell, read.value.similar if read.value is not None else ()), *(rehearsed.value or ()))


async def _tell_rehearsals(context: FlowContext, incident_id: IncidentId) -> tuple[str, ...]:
    def read(transaction: Transaction) -> tuple[str, ...]:
        places = _read_past(transaction, transaction.incidents.get(incident_id))
        names = places.places | {name for _, name in places.causes}
        recent = transaction.experiments.list_recent(_MOST_REHEARSALS)
        return tuple(redact(tell_rehearsed(held)).text for held in find_rehearsed(recent, names, _ON_CARD))

    return await context.store.read(read)


def list_beside(transaction: Transaction, incident: Incident) -> tuple[str, ...]:
    """Return for the card and the post-mortem the rehearsal whose fault was there as one of its alerts began."""
    recent = transaction.experiments.list_recent(_MOST_BESIDE)
    alerts = transaction.alerts.list_by_ids(incident.alert_ids[:_MOST])
    began = sorted({incident.started_at, *(alert.starts_at for alert in alerts)}, reverse=True)
    told = (tell_beside(held, at) for at in began for held in find_beside(recent, at))
    return tuple(redact(line).text for line in islice(told, 1))


def remember_earlier(transaction: Transaction, incident_id: IncidentId, texts: Sequence[str]) -> None:
    """Note for the card what `tell_earlier` told."""
    name = f"{_SEEN}{incident_id}"
    if texts:
        transaction.flags.put(name, {"texts": list(texts)})
    else:
        transaction.flags.remove(name)


def list_remembered(transaction: Transaction, incident_id: IncidentId) -> tuple[str, ...]:
    """Return what was noted for the card: a text for each earlier incident, the most alike first."""
    noted = transaction.flags.find(f"{_SEEN}{incident_id}")
    return tuple(map(str, noted["texts"])) if noted else ()


async def find_recurring(context: FlowContext, fewest: int = 2) -> tuple[Sequence[Recurring], int]:
    """Return the contributing factors that were found in several incidents, and how many incidents were read."""

    def read(transaction: Transaction) -> tuple[Sequence[Recurring], int]:
        pasts = [_read_past(transaction, item) for item in _list_known(transaction)]
        return list_recurring(pasts, fewest), len(pasts)

    return await context.store.read(read)


def _tell(item: Similar) -> str:
    past = item.past
    # The card keeps this text: of one that goes on it must stay true when that ends, too.
    end = "It ended" if past.is_over else "Not over by then"
    return f"{past.started_at:%Y-%m-%d} {past.title} ({past.id}): {'; '.join(item.why)}. {end}: {past.ended}."


def _list_known(transaction: Transaction) -> list[Incident]:
    # One that was merged is told by the one that it went into.
    return [item for item in transaction.incidents.list_recent(_MOST) if item.state is not IncidentState.MERGED]


def _read_past(transaction: Transaction, incident: Incident) -> Past:
    alerts = transaction.alerts.list_by_ids(incident.alert_ids[:_MOST])
    diagnosis = transaction.findings.find_diagnosis(incident.id)
    leading = diagnosis.leading if diagnosis is not None else None
    places = {name_workload(entity.name) for entity in incident.entities}
    told = dict.fromkeys(alert.summary for alert in alerts)
    # What was seen, and not our own words about it: those are alike in all that were found by one rule.
    seen = dict.fromkeys(citation.quote for citation in leading.citations) if leading is not None else {}
    text = " ".join((*told, *seen))
    return Past(
        id=incident.id,
        title=redact(incident.title).text,
        started_at=incident.started_at,
        rules=frozenset(alert.name for alert in alerts),
        places=frozenset(places),
        # The leading one alone: those that lost were found not to be it.
        causes=frozenset({(leading.cause, name_workload(leading.entity.name))} if leading is not None else ()),
        text=redact(text).text,
        ended=_tell_end(transaction, incident),
        is_over=incident.state not in UNFINISHED_STATES,
    )


def _tell_end(transaction: Transaction, incident: Incident) -> str:
    """Return what was done last and whether it helped, else how the incident stands."""
    for execution in reversed(transaction.ledger.list_executions(incident.id)):
        done = ", ".join(f"{step.action_name} on {step.target.ref}" for step in execution.steps)
        verification = transaction.ledger.find_verification(execution.id)
        if done:
            helped = _HELPED[verification.verdict] if verification is not None else "not verified"
            return redact(f"{done}: {helped}").text
    return incident.state.value.replace("_", " ")
