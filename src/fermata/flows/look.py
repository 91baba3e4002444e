"""A look at the world right now, for a person: the same gathering and the same diagnosis as an investigation.

`fermata investigate --alert` and `fermata context` call it. It writes nothing and holds nothing: what should be done is
dry-run and shown; it is held for approval only when the alert itself arrives at a serving Fermata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fermata.domain.alert import Alert, Severity
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.evidence import Gathering
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.scope import Scope
from fermata.flows.analyse import find_analyst
from fermata.flows.boundary import contain
from fermata.flows.bundle.alert_files import read_alerts
from fermata.flows.bundle.diagnose import Diagnosed, diagnose_bundle
from fermata.flows.bundle.files import SourceFile
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.kept import Kept
from fermata.flows.bundle.opinion import add_opinion
from fermata.flows.bundle.read import Bundle, Window, name_incident
from fermata.flows.callees import add_callees
from fermata.flows.context import FlowContext
from fermata.flows.gather import OnProgress, ignore_progress
from fermata.flows.hiding import hide_alert, hide_text
from fermata.flows.known_graph import add_known_graph, add_sharing
from fermata.flows.own_changes import gather_scope
from fermata.flows.plan import draft_step, pose
from fermata.kit.digest import compute_digest
from fermata.kit.errors import UserError
from fermata.rules.planning import Draft
from fermata.rules.policy import combine, decide
from fermata.rules.scope import find_entities, frame_scope, unite_entities

_FORMS = (
    "See docs/bundle.md for what it may hold; a body of Uptime Kuma, Better Stack, UptimeRobot, Sentry or the plain "
    "form is read where the settings have `webhook: {}` under systems"
)


@dataclass(frozen=True, slots=True)
class Step:
    """What would be proposed: a step with its dry run, or why it has none."""

    suggestion: ActionSuggestion
    draft: Draft | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found."""

    diagnosed: Diagnosed
    steps: tuple[Step, ...]
    denial: str = ""
    """Why the policy would not let a plan of these steps be held; empty when it would, or there is none."""


def read_alert_file(file: Path, context: FlowContext | None = None, *, called: str = "") -> tuple[Alert, ...]:
    """Return the alerts of a webhook body, or the one normalised alert, in a file.

    Args:
        called: How people know the file, where its own name says nothing to them.
        context: Its alert sources are asked, too, so that a body is read which the serving Fermata would take in.

    Raises:
        UserError: There is none that can be used; the reason is named.
    """
    if not file.is_file():
        raise UserError(f"There is no file {file}", do="Give a webhook body or a normalised alert (docs/bundle.md)")
    haul = Haul()
    read_alerts(SourceFile(file.name, file, file.stat().st_size), haul, None)
    if not haul.alerts and context is not None and (told := _ask_sources(context, file.read_bytes())):
        return told
    if not haul.alerts:
        reasons = "; ".join(gap.reason for gap in haul.gaps) or "it holds no alert"
        raise UserError(f"No alert in {called or file} can be used", why=reasons, do=_FORMS)
    return tuple(haul.alerts)


def _ask_sources(context: FlowContext, body: bytes) -> tuple[Alert, ...]:
    """Return the alerts that the first of the configured sources reads; none where none of them does."""
    now = context.clock.now()
    for source in context.sources.values():
        try:
            batch = source.parse(body, now)
        except UserError:
            continue
        if batch.alerts:
            # As those that are taken in: the secrets of a body are no part of an answer.
            return tuple(hide_alert(alert, hide_text) for alert in batch.alerts)
    return ()


async def look_at_alerts(
    context: FlowContext, alerts: Sequence[Alert], on_progress: OnProgress = ignore_progress
) -> Look:
    """Gather for alerts as an investigation does, diagnose, ask a model where one is configured, and dry-run."""
    scope = frame_scope(
        name_incident(f"look-{alerts[0].fingerprint}"),
        alerts,
        unite_entities(*(find_entities(alert) for alert in alerts)),
        now=context.clock.now(),
        lookback=context.limits.lookback,
    )
    gathering = await _gather(context, scope, on_progress)
    diagnosed = diagnose_bundle(_to_bundle(context, scope, gathering, title=alerts[0].name))

    async def gather_more(wider: Scope) -> Gathering:
        return await _gather(context, wider, ignore_progress)

    diagnosed = await add_opinion(diagnosed, find_analyst(context), gather_more)
    leading = diagnosed.diagnosis.leading
    steps = [await _dry_run(context, suggestion) for suggestion in (leading.suggestions if leading else ())]
    return Look(diagnosed, tuple(steps), _find_denial(context, scope, [step.draft for step in steps]))


async def gather_context(
    context: FlowContext, entity: Entity, on_progress: OnProgress = ignore_progress
) -> tuple[Scope, Gathering]:
    """Gather what is true about an entity now, over the usual look back."""
    now, lookback = context.clock.now(), context.limits.lookback
    scope = frame_scope(IncidentId("context"), (), (entity,), now=now, lookback=lookback)
    return scope, await _gather(context, scope, on_progress)


def judge_context(context: FlowContext, scope: Scope, gathering: Gathering) -> Diagnosed:
    """Return what the signatures make of what was gathered about an entity, without an alert to explain."""
    return diagnose_bundle(_to_bundle(context, scope, gathering, title="context"))


async def _gather(context: FlowContext, scope: Scope, on_progress: OnProgress) -> Gathering:
    limits = context.limits
    scope = await add_sharing(context, scope)
    critical = any(alert.severity is Severity.CRITICAL for alert in scope.alerts)
    deadline = limits.gather_deadline_critical if critical else limits.gather_deadline
    found = await add_callees(context, scope, await gather_scope(context, scope, deadline, on_progress), deadline)
    return await add_known_graph(context, scope, found)


async def _dry_run(context: FlowContext, suggestion: ActionSuggestion) -> Step:
    drafted = await contain(suggestion.name, lambda: draft_step(context, suggestion))
    return Step(suggestion, drafted.value, drafted.failure)


def _find_denial(context: FlowContext, scope: Scope, drafts: Sequence[Draft | None]) -> str:
    """Ask the policy what it would be asked if the alerts came in now."""
    now, severity = context.clock.now(), min((alert.severity for alert in scope.alerts), key=lambda one: one.rank)
    state, onset = IncidentState.INVESTIGATING, scope.onset
    questions = [pose(draft, now, severity=severity, state=state, started_at=onset) for draft in drafts if draft]
    if not questions:
        return ""
    combined = combine([decide(context.policy, question) for question in questions], context.people.values())
    return "" if combined.permitted else combined.reason


def _to_bundle(context: FlowContext, scope: Scope, gathering: Gathering, *, title: str) -> Bundle:
    return Bundle(
        id=scope.incident_id,
        title=title,
        question="",
        notes="",
        window=Window(scope.window_start, scope.window_end),
        onset=scope.onset,
        alerts=scope.alerts,
        evidence=gathering.evidence,
        gaps=gathering.gaps,
        unknown_files=(),
        warnings=(),
        kept=Kept(entities=scope.entities, actions=frozenset(context.actions)),
        digest=compute_digest([item.id for item in gathering.evidence]),
    )
