"""What a card says of times, of what was done, and of where its alerts point. Called by `fermata.rules.card`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC

from fermata.domain.action import Outcome
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.card import CardRow, CardSection, Tone
from fermata.domain.execution import Execution, HealthReading, Verification, VerificationVerdict
from fermata.domain.incident import Incident
from fermata.domain.record import Instant
from fermata.kit.units import format_duration
from fermata.rules.card_causes import make_section

OUTCOMES = {Outcome.DONE: Tone.GOOD, Outcome.FAILED: Tone.BAD, Outcome.UNKNOWN: Tone.BAD}
"""How what came of an action is coloured."""
_VERDICTS = {
    VerificationVerdict.RESTORED: Tone.GOOD,
    VerificationVerdict.UNCHANGED: Tone.WARN,
    VerificationVerdict.WORSE: Tone.BAD,
}
_POINTERS = {
    **dict.fromkeys(("runbook_url", "runbook"), "Runbook"),
    **dict.fromkeys(("dashboard_url", "dashboard", "grafana_dashboard_url"), "Dashboard"),
}
"""Annotations that say where a person looks, as rules of Prometheus and Grafana are written by convention."""
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_MOST_POINTERS = 4
"""Of a storm of alerts the first ones; `fermata incidents show` lists all."""
_LONGEST_WORD = 40


def write_moment(at: Instant) -> str:
    """Write an instant as people read it: to the second, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def write_span(incident: Incident) -> str:
    """Return since when it goes on; of what is over when it began, or that would read as if it were over since then."""
    began, over = incident.started_at, incident.resolved_at
    if over is None:
        return f"since {write_moment(began)}"
    took = f", after {format_duration(over - began)}" if over > began else ""
    return f"began {write_moment(began)}, over {write_moment(over)}{took}"


def write_result(execution: Execution | None, verification: Verification | None) -> CardSection | None:
    """Write what each step came to, and what was measured before and after; `None` where nothing was begun."""
    rows: list[CardRow] = []
    for step in execution.steps if execution else ():
        text = f"{step.result.outcome.value}: {step.result.detail}"
        label = f"{step.action_name} on {step.target.ref}"
        rows.append(CardRow(label=label, text=text, tone=OUTCOMES[step.result.outcome]))
    if execution is not None and not execution.steps:
        rows.append(
            CardRow(label="Execution", text=f"started {write_moment(execution.started_at)}, no step is done yet")
        )
    if verification is not None:
        is_partial = any(step.result.outcome is Outcome.FAILED for step in (execution.steps if execution else ()))
        tone = _VERDICTS[verification.verdict]
        rows.append(
            CardRow(
                label="Verified",
                text=f"{verification.verdict.value} after {format_duration(verification.took)}: {verification.text}",
                # What helped without a step that was approved wants a person's eye, too.
                tone=Tone.WARN if is_partial and tone is Tone.GOOD else tone,
            )
        )
        rows += [_write_reading("Before", reading) for reading in verification.before]
        rows += [_write_reading("After", reading) for reading in verification.after]
    return make_section("Result", rows=rows)


def _write_reading(label: str, reading: HealthReading) -> CardRow:
    tone = Tone.GOOD if reading.healthy else Tone.BAD
    return CardRow(label=f"{label}: {reading.entity.ref}", text=reading.text, tone=tone)


def write_pointers(alerts: Sequence[Alert]) -> CardSection | None:
    """Write the runbooks and dashboards that the alerts name, each address once; `None` where they name none."""
    found: dict[str, str] = {}
    for alert in alerts:
        for name, word in _POINTERS.items():
            for address in _ADDRESS.findall(alert.annotations.get(name, "")):
                found.setdefault(address, f"{word} of {alert.name}")
    rows = [CardRow(label=label, text=address) for address, label in list(found.items())[:_MOST_POINTERS]]
    return make_section("Where to look", rows=rows)


def list_unknown_severities(alerts: Sequence[Alert]) -> tuple[str, ...]:
    """Return a note for each severity of a firing alert that is no known word: `critcal` would wait for the morning.

    It is taken for a warning, which quiet hours hold back; whoever wrote it meant something else.
    """
    words = (alert.labels.get("severity", "").strip() for alert in alerts if alert.status is AlertStatus.FIRING)
    unknown = [word[:_LONGEST_WORD] for word in dict.fromkeys(words) if word and Severity.find_label(word) is None]
    told = [f"The severity {word!r} is no word that is known here: it is taken for a warning." for word in unknown]
    return tuple(told[:_MOST_POINTERS])
