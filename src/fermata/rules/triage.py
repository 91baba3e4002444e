"""What an alert is allowed to start: the layers that keep a storm from becoming a storm of investigations.

Called by intake for each alert (`triage_alert`), and before each investigation (`triage_investigation`). A layer never
hides an alert: it is recorded and shown whatever comes out, and the text says which layer held it back and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from fermata.domain.alert import Alert, AlertChange, AlertStatus, Severity
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.record import Record, Text
from fermata.domain.silence import Silence
from fermata.kit.clock import format_instant
from fermata.kit.units import format_duration


class Layer(StrEnum):
    """Which layer decided."""

    DUPLICATE = "duplicate"
    """The same firing in the same state was recorded before."""
    LATE = "late"
    """It speaks of something that is over already."""
    SILENCED = "silenced"
    """Somebody does not want to be told: by a silence, or by the alert's own severity."""
    GROUPED = "grouped"
    """It joined an incident that is being worked on."""
    COOLDOWN = "cooldown"
    """Its incident was investigated a moment ago."""
    BUDGET = "budget"
    """The hour's investigations are spent."""
    NONE = "none"
    """Nothing held it back."""


class Triage(Record):
    """What one look at an alert or an incident decided."""

    layer: Layer
    text: Text
    """Why, in words, with the values."""
    opens_or_joins: bool
    """For an alert: whether it may open or join an incident. For an investigation: whether it starts.
    False for every layer but `none`; also false for an alert that resolves: nothing holds it back, and it starts
    nothing."""


_NOBODYS = "none"
"""The severity of what fires for machines: a watchdog that shows by firing that alerting works, and what inhibits
others (kube-prometheus' rules `Watchdog` and `InfoInhibitor`, read November 2026). It would be an incident for ever."""
_KEPT_FOR_SEVERE = 4
"""One in four of an hour's investigations: thirty of the default 120, more than a night of outages needs."""
# States in which the incident's own work must come to its end before it may be looked at anew.
_ACTING = frozenset({IncidentState.EXECUTING, IncidentState.VERIFYING})
# States in which earlier work on the incident has a result still to come, or waiting for a person.
_IN_WORK = _ACTING | {IncidentState.INVESTIGATING, IncidentState.HELD}


def triage_alert(alert: Alert, change: AlertChange, silences: Sequence[Silence], now: datetime) -> Triage:
    """Decide whether an alert may open or join an incident.

    Args:
        change: What recording it did to its row.
        silences: All that are known, in any order; those past their `until` are ignored. A silence matches when every
            label it names matches its glob; an absent label is empty text, as in Alertmanager.
    """
    if change is AlertChange.REPEATED:
        return _hold(Layer.DUPLICATE, f"this firing of {alert.name} was recorded before")
    if change is AlertChange.LATE:
        return _hold(Layer.LATE, f"this firing of {alert.name} is known to be over; the message came late")
    if change is AlertChange.RESOLVED:
        return Triage(layer=Layer.NONE, text=f"{alert.name} resolved", opens_or_joins=False)
    if alert.status is AlertStatus.RESOLVED:
        return _hold(Layer.LATE, f"{alert.name} was over before it was first seen")
    if alert.labels.get("severity", "").strip().casefold() == _NOBODYS:
        return _hold(Layer.SILENCED, "its own label severity says none: nobody is to be told")
    labels = {"alertname": alert.name, **alert.labels}
    for silence in silences:
        if now < silence.until and _matches(silence, labels):
            until = format_instant(silence.until)
            return _hold(Layer.SILENCED, f"silence {silence.id} covers it until {until}: {silence.reason}")
    return Triage(layer=Layer.NONE, text=f"{alert.name} fires", opens_or_joins=True)


def _matches(silence: Silence, labels: dict[str, str]) -> bool:
    return all(fnmatchcase(labels.get(name, ""), glob) for name, glob in silence.match.items())


def _hold(layer: Layer, text: str) -> Triage:
    return Triage(layer=layer, text=text, opens_or_joins=False)


def triage_investigation(
    incident: Incident,
    last_investigated_at: datetime | None,
    started_in_last_hour: int,
    cooldown: timedelta,
    hourly_limit: int,
    now: datetime,
) -> Triage:
    """Decide whether an incident is investigated now. Its alerts reach people either way.

    Args:
        last_investigated_at: Start of the incident's latest investigation; `None` when there was none.
        started_in_last_hour: Investigations of any incident that started within the last hour.
        cooldown: How long an incident rests after an investigation started, however many alerts join it.
        hourly_limit: Investigations per hour, over all incidents; 0 starts none. A quarter of it, rounded down, is kept
            for critical and high incidents: a storm of warnings must not leave the outage behind it unexplained.
    """
    if incident.state in _ACTING:
        return _hold(Layer.GROUPED, f"{incident.id} is {incident.state}; that comes to its end first")
    # A look in the future is one of a clock that ran ahead: nobody may wait until that hour comes.
    if last_investigated_at is not None and timedelta() <= now - last_investigated_at < cooldown:
        ago, again = format_duration(now - last_investigated_at), format_instant(last_investigated_at + cooldown)
        layer = Layer.GROUPED if incident.state in _IN_WORK else Layer.COOLDOWN
        then = ", when it is looked at again if it still fires" if layer is Layer.COOLDOWN else ""
        return _hold(layer, f"{incident.id} was investigated {ago} ago and rests until {again}{then}")
    kept = 0 if incident.severity.rank <= Severity.HIGH.rank else hourly_limit // _KEPT_FOR_SEVERE
    if started_in_last_hour >= hourly_limit - kept:
        of_these = f", {kept} of them kept for critical and high incidents" if kept else ""
        return _hold(
            Layer.BUDGET,
            f"{started_in_last_hour} investigations started within the last hour and the limit is {hourly_limit}"
            f"{of_these}; {incident.id} reaches people without one",
        )
    return Triage(layer=Layer.NONE, text=f"{incident.id} is investigated", opens_or_joins=True)
