"""What happened around an incident, in one order: alerts, changes, what providers said, and Fermata's own steps. Pure.

A reading of the view's records, never a second record, for the page and for `fermata incidents show`. Everything is
here once: the journal's many entries are told by those that a person would tell; the whole journal stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import ValidationError

from fermata.domain.alert import Alert
from fermata.domain.card import Tone
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, ProviderStatusFacts
from fermata.domain.ids import EvidenceId
from fermata.domain.incident import Incident
from fermata.domain.journal import JournalEntry
from fermata.domain.person import Actor
from fermata.kit.units import format_duration
from fermata.rules.handovers import drop_repeated

_MOST_ALERTS = 12
"""More than these are told as one moment: a storm is one fact."""
_MOST_CHANGES = 8
_OURSELVES = "Fermata"
_RESOLVED = {"alerts": "every alert of it ended", "verification": "the fix was verified"}
"""By what Fermata resolved an incident -> words."""
_CHANGES_BEFORE = timedelta(days=2)
"""What changed earlier than this before an incident rarely made it; the evidence has it all the same."""


class Account(Protocol):
    """What is read of an incident to tell its moments."""

    @property
    def incident(self) -> Incident:
        """Return the incident."""
        ...

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Return its alerts, in any order."""
        ...

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return its evidence, in the order it was added."""
        ...

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Return the latest diagnosis."""
        ...

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """Return its entries, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened."""

    at: datetime
    what: str
    """Of which sort it is, for its mark: `alert`, `change`, `provider`, `fermata`, `person`."""
    title: str
    detail: str = ""
    anchor: str = ""
    """Where on the page there is more; empty when this is all."""
    tone: Tone = Tone.PLAIN


def list_moments(view: Account, ids: Mapping[int, EvidenceId]) -> tuple[Moment, ...]:
    """Return what happened, oldest first; of the same instant, causes before what was done about them.

    Args:
        ids: Place of an evidence in the view -> its id, which is dear to work out; the anchor of what is not here is
            empty.
    """
    moments = [*_tell_alerts(view.alerts), *_tell_evidence(view, ids), *_tell_journal(view.journal)]
    order = {"change": 0, "provider": 1, "alert": 2, "fermata": 3, "person": 3}
    return tuple(sorted(moments, key=lambda moment: (moment.at, order[moment.what])))


def _tell_alerts(alerts: tuple[Alert, ...]) -> Iterator[Moment]:
    shown = sorted(alerts, key=lambda alert: alert.began_at)
    for alert in shown[:_MOST_ALERTS]:
        yield Moment(alert.began_at, "alert", f"{alert.name} began", alert.summary, anchor=alert.id, tone=Tone.BAD)
        if alert.ends_at is not None:
            yield Moment(alert.ends_at, "alert", f"{alert.name} ended", anchor=alert.id, tone=Tone.GOOD)
    rest = shown[_MOST_ALERTS:]
    if rest:
        yield Moment(
            rest[0].began_at, "alert", f"{len(rest)} more alerts began", "From here on", anchor="alerts", tone=Tone.BAD
        )


def _tell_evidence(view: Account, ids: Mapping[int, EvidenceId]) -> Iterator[Moment]:
    changes: dict[str, Moment] = {}
    for place, item in enumerate(view.evidence):
        if item.kind is EvidenceKind.CHANGE and (change := _read(ChangeFacts, item)) is not None:
            is_guilty = view.diagnosis is not None and view.diagnosis.guilty_change == change.id
            changes[change.id] = _tell_change(change, ids.get(place, ""), is_guilty=is_guilty)
        elif item.kind is EvidenceKind.PROVIDER_STATUS and (status := _read(ProviderStatusFacts, item)) is not None:
            yield from _tell_provider(status, ids.get(place, ""))
    since = view.incident.started_at - _CHANGES_BEFORE
    recent = sorted((moment for moment in changes.values() if moment.at >= since), key=lambda moment: moment.at)
    # The guilty one is told however many came after it.
    yield from (moment for moment in recent[:-_MOST_CHANGES] if moment.tone is Tone.BAD)
    yield from recent[-_MOST_CHANGES:]


def _tell_change(change: ChangeFacts, anchor: str, *, is_guilty: bool) -> Moment:
    name = change.id[:8] if change.kind == "commit" else change.ref or change.id
    by = f" by {change.author}" if change.author else ""
    title = f"{change.kind.capitalize()} {name}{by}" + (": to blame, as diagnosed" if is_guilty else "")
    return Moment(
        change.changed_at, "change", title, change.title, anchor=anchor, tone=Tone.BAD if is_guilty else Tone.PLAIN
    )


def _tell_provider(status: ProviderStatusFacts, anchor: str) -> Iterator[Moment]:
    for event in status.events:
        if event.started_at is not None:
            where = f"{status.source}: {event.service} {event.region}".strip()
            yield Moment(event.started_at, "provider", where, event.title or event.status, anchor, Tone.WARN)


def _read(kind: Any, item: Evidence) -> Any:
    """Return the facts of an evidence, or `None` when they are of another form: an old store may hold such."""
    try:
        return kind.from_json(item.facts)
    except ValidationError:
        return None


def _tell_journal(journal: tuple[JournalEntry, ...]) -> Iterator[Moment]:
    for entry in drop_repeated(journal):
        tell = _WORDS.get(entry.event.kind)
        if tell is not None:
            title, detail, tone = tell(entry.event.data, _name(entry.event.actor))
            what = "person" if entry.event.actor.kind == "person" else "fermata"
            yield Moment(entry.at, what, title, detail, f"entry-{entry.sequence}", tone)


def _name(actor: Actor) -> str:
    return _OURSELVES if actor.kind == "fermata" else actor.id


_Told = tuple[str, str, Tone]
_Data = Mapping[str, Any]


def _say(title: str, key: str = "", tone: Tone = Tone.PLAIN) -> Callable[[_Data, str], _Told]:
    """Return words that hold for every entry of a kind; `{by}` is who did it, `key` names the data told with it."""
    return lambda data, by: (title.format(by=by), str(data.get(key) or "") if key else "", tone)


def _tell_collected(data: _Data, _by: str) -> _Told:
    pieces, gaps = len(data.get("evidence") or ()), len(data.get("gaps") or ())
    missing = f", {gaps} missing" if gaps else ""
    took = f" in {format_duration(timedelta(seconds=float(data['took_s'])))}" if "took_s" in data else ""
    return f"{pieces} piece{'s' if pieces != 1 else ''} of evidence collected{took}{missing}", "", Tone.PLAIN


def _tell_diagnosed(data: _Data, _by: str) -> _Told:
    causes = ", ".join(str(cause) for cause in data.get("causes") or ())
    return f"Signatures: {data.get('verdict', 'concluded')}", causes, Tone.PLAIN


def _tell_model(data: _Data, _by: str) -> _Told:
    return f"A model was asked: {data.get('target') or 'none answered'}", str(data.get("text") or ""), Tone.PLAIN


def _tell_action(tone: Tone, words: str) -> Callable[[_Data, str], _Told]:
    def tell(data: _Data, _by: str) -> _Told:
        return f"{data.get('action', 'Action')} {words}", str(data.get("detail") or data.get("target") or ""), tone

    return tell


def _tell_verified(data: _Data, _by: str) -> _Told:
    tones = {"restored": Tone.GOOD, "worse": Tone.BAD}
    verdict = str(data.get("verdict", ""))
    return f"Verified: {verdict}", str(data.get("text") or ""), tones.get(verdict, Tone.WARN)


def _tell_click(data: _Data, by: str) -> _Told:
    # The answer to whoever clicked begins with these words, and so does the line.
    return f"A click of {by} did not count", str(data.get("text") or "").removeprefix("Not counted: "), Tone.WARN


def _tell_resolved(data: _Data, by: str) -> _Told:
    if by == _OURSELVES:
        return "Resolved", _RESOLVED.get(str(data.get("by") or ""), ""), Tone.GOOD
    return f"{by} resolved it by hand", str(data.get("reason") or ""), Tone.GOOD


_WORDS: Mapping[str, Callable[[_Data, str], _Told]] = {
    "incident.opened": _say("Incident opened", "reason"),
    "incident.resolved": _tell_resolved,
    "incident.handed_over": _say("A person must act", "reason", Tone.WARN),
    "incident.merged": _say("{by} folded another incident into this one", "source"),
    "incident.merged_away": _say("{by} folded this into another incident", "target"),
    "incident.snoozed": _say("{by} asked to keep still about it"),
    "card.escalated": _say("Not decided yet: shown to the next ones", "reason", Tone.WARN),
    "incident.split": _say("{by} took alerts out", "into"),
    "evidence.collected": _tell_collected,
    "incident.diagnosed": _tell_diagnosed,
    "model.answered": _tell_model,
    "model.refused": _tell_model,
    "proposal.opened": _say("A plan is held for a person", tone=Tone.WARN),
    "proposal.approved": _say("{by} approved", "role", Tone.GOOD),
    "proposal.rejected": _say("{by} rejected", "reason", Tone.BAD),
    "proposal.expired": _say("The plan expired", "reason", Tone.WARN),
    "proposal.superseded": _say("The plan was withdrawn", "reason"),
    "approval.given": _say("{by} said yes", "role", Tone.GOOD),
    "approval.refused": _tell_click,
    "execution.refused": _say("A guard refused the execution", "text", Tone.WARN),
    "action.executed": _tell_action(Tone.GOOD, "done"),
    "action.failed": _tell_action(Tone.BAD, "failed"),
    "action.outcome_unknown": _tell_action(Tone.BAD, "ended, nobody knows how"),
    "execution.verified": _tell_verified,
    "verification.overturned": _say("The alert came back", "text", Tone.BAD),
    "verification.upheld": _say("The fix held", "text", Tone.GOOD),
}
"""Journal kind -> what is told of it. Kinds that are not here only lead from one of these to another."""
