"""The plan card: everything a person needs to decide, and everything that is approved.

`compose_card` writes it from records that are redacted already; the same records give the same card at any time, but
for `can_decide`. `refuse_incomplete` reads the finished card, after its redaction, and does not trust who made it: a
card that lost a parameter or a line of a diff must not be approvable. No words of confidence decide anything here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from fermata.domain.action import PlannedAction
from fermata.domain.alert import Alert, AlertStatus
from fermata.domain.card import Card, CardRow, CardSection, Tone
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, Gap
from fermata.domain.execution import Execution, Verification
from fermata.domain.ids import EvidenceId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.model import Attempt
from fermata.domain.plan import Plan, SteadyState
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.domain.record import Instant, Record
from fermata.kit.digest import canonical_json
from fermata.kit.errors import GuardRefused
from fermata.kit.units import format_duration
from fermata.rules.budget import write_usd
from fermata.rules.card_causes import make_section, write_analysis, write_diagnosis, write_quotes
from fermata.rules.card_changes import write_changes, write_settings
from fermata.rules.card_facts import (
    OUTCOMES,
    list_unknown_severities,
    write_moment,
    write_pointers,
    write_result,
    write_span,
)
from fermata.rules.runbooks import Freshness, RunbookCheck
from fermata.rules.scope import find_entities

_MAX_ALERTS = 20
_MAX_EARLIER = 3
_MAX_LABELS = 2
_MOST_SKEW = timedelta(minutes=1)
"""Clocks of two machines differ by less; a start that lies further ahead is said to be one."""
_STATES: dict[IncidentState, tuple[str, Tone]] = {
    IncidentState.OPEN: ("open", Tone.PLAIN),
    IncidentState.INVESTIGATING: ("being investigated", Tone.PLAIN),
    IncidentState.HELD: ("held: a plan waits for a person", Tone.WARN),
    IncidentState.NEEDS_PERSON: ("a person must act", Tone.BAD),
    IncidentState.EXECUTING: ("the approved plan is being executed", Tone.WARN),
    IncidentState.VERIFYING: ("executed, being verified", Tone.WARN),
    IncidentState.MITIGATED: ("mitigated", Tone.GOOD),
    IncidentState.RESOLVED: ("resolved", Tone.GOOD),
    IncidentState.MERGED: ("merged into another incident", Tone.QUIET),
}


class EarlierHold(Record):
    """A plan that somebody rejected, or approved in vain."""

    proposal: Proposal
    summary: str = ""
    """Of the plan; empty when it cannot be read any more."""
    approvals: tuple[Approval, ...] = ()


class CardInput(Record):
    """Everything a card is made of, already redacted."""

    incident: Incident
    alerts: tuple[Alert, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    latest: tuple[EvidenceId, ...] | None = None
    """Which of it the latest look brought: what an earlier one lacked is missing no more. `None` is all of it."""
    diagnosis: Diagnosis | None = None
    plan: Plan | None = None
    proposal: Proposal | None = None
    """The hold of `plan`."""
    earlier: tuple[EarlierHold, ...] = ()
    """Earlier holds of this incident that somebody decided on and that were not carried out, the newest first."""
    approvals: tuple[Approval, ...] = ()
    execution: Execution | None = None
    verification: Verification | None = None
    gaps: tuple[Gap, ...] = ()
    runbooks: tuple[RunbookCheck, ...] = ()
    """The passages that the latest look found, judged against what it observed."""
    costs: tuple[Attempt, ...] = ()
    """Calls to models that were made for it."""
    no_action_reason: str = ""
    """Why a person must act: why there is no plan, or why the last one did not settle it. Shown while one must."""
    beside: tuple[str, ...] = ()
    """Rehearsals whose fault was there when it began."""
    seen: tuple[str, ...] = ()
    """Earlier incidents like this one, each with why and how it ended."""
    notes: tuple[str, ...] = ()
    """Whatever else must be said, in words."""
    page: str = ""
    """Address of the incident's own page; empty where nobody said how people reach it."""
    now: Instant
    """Decides `can_decide` and nothing that is shown."""


def compose_card(input: CardInput) -> Card:  # noqa: A002 - the word for what goes in; the built-in reads a terminal
    """Write the card. Sections stand in the order a person reads them; empty ones are left out.

    Returns:
        A card that shows the whole plan; `can_decide` is true only while its hold is open for this very plan.
    """
    if _is_withdrawn(input):
        # A newer look found nothing to do: the old plan below that sentence would read as if it could be done.
        input = input.model_copy(update={"plan": None, "proposal": None, "approvals": ()})  # noqa: A001 - as above
    plan, proposal, incident = input.plan, input.proposal, input.incident
    words, tone = _STATES[incident.state]
    sections = [
        _write_alerts(input),
        write_result(input.execution, input.verification),
        _write_call(input),
        make_section("Beside a rehearsal", paragraphs=input.beside),
        *(write_diagnosis(input.diagnosis, input.evidence) if input.diagnosis else ()),
        write_changes(input.diagnosis, input.evidence),
        write_settings(input.diagnosis, input.evidence),
        write_analysis(input.diagnosis.analysis if input.diagnosis else None),
        *(_write_proposed(input, plan) if plan else ()),
        make_section("Decided before", rows=[_write_earlier(hold) for hold in input.earlier[:_MAX_EARLIER]]),
        make_section("Seen before", paragraphs=input.seen, detail=True),
        _write_runbooks(input),
        _write_missing(input),
        write_pointers(input.alerts),
        make_section("Notes", paragraphs=(*input.notes, *list_unknown_severities(input.alerts))),
    ]
    is_open = proposal is not None and proposal.state is ProposalState.OPEN and input.now < proposal.expires_at
    is_ours = plan is not None and proposal is not None and proposal.plan_digest == plan.digest
    can_decide = is_open and is_ours
    return Card(
        incident_id=incident.id,
        title=_write_title(input),
        subtitle=f"{words}; {write_span(incident)}",
        tone=tone,
        sections=tuple(section for section in sections if section is not None),
        proposal_id=proposal.id if proposal else None,
        plan_digest=plan.digest if plan else "",
        can_decide=can_decide,
        can_ask=incident.state is IncidentState.NEEDS_PERSON and not can_decide,
        expires_at=proposal.expires_at if proposal else None,
        footer=_write_footer(input),
        page=input.page,
    )


def _is_withdrawn(input: CardInput) -> bool:  # noqa: A002 - as compose_card
    withdrawn = input.proposal is not None and input.proposal.state is ProposalState.SUPERSEDED
    return withdrawn and input.execution is None and input.incident.state is IncidentState.NEEDS_PERSON


@dataclass(frozen=True, slots=True)
class _Piece:
    """One thing that must be on a card, as the row it stands in."""

    what: str
    label: str
    text: str

    def is_in(self, rows: Iterable[CardRow]) -> bool:
        return any(row.label == self.label and row.text == self.text for row in rows)


def refuse_incomplete(card: Card, plan: Plan) -> None:
    """Refuse a card that does not show all of the plan that would be approved with it.

    Each step must stand in a section of its own, in the plan's order, with its whole diff behind it.

    Raises:
        GuardRefused: `incomplete_card`, with what is missing as the fact `missing`.
    """
    missing = [piece.what for piece in _list_plan_pieces(card, plan) if not piece.is_in(_list_rows(card.sections))]
    missing += _find_missing_steps(card, plan)
    quotes = {(quote.evidence_id, quote.text) for section in card.sections for quote in section.quotes}
    missing += [
        f"quote of {citation.evidence_id}"
        for citation in plan.citations
        if any((citation.evidence_id, line) not in quotes for line in citation.quote.split("\n"))
    ]
    if card.plan_digest != plan.digest:
        missing.append("the plan's digest in the card's own field")
    if missing:
        raise GuardRefused(
            "incomplete_card",
            f"The card of plan {plan.id} does not show all of it",
            why=f"missing or altered: {'; '.join(missing)}",
            do="Act by hand, or keep secrets out of what actions write: what cannot be shown cannot be approved",
            missing=missing,
        )


def _list_plan_pieces(card: Card, plan: Plan) -> list[_Piece]:
    rule, steady = plan.approval, plan.steady_state
    return [
        _Piece("summary", "Plan", plan.summary),
        _Piece("cause", "Acts on", plan.cause),
        *([_Piece("undone plan", "Undoes", plan.undoes)] if plan.undoes else []),
        *(
            _Piece(f"earlier action: {item.text}", _label_earlier(item.action_name, item.at), item.text)
            for item in plan.earlier
        ),
        _Piece("steady state", "Steady state", steady.text),
        _Piece("probe", "Probe", _write_probe(steady)),
        *(_Piece(f"guardrail {name}", "Guardrail", name) for name in rule.guardrails),
        *(_Piece(f"role {name}", "Role that may approve", name) for name in rule.roles),
        *(_Piece(f"person {name}", "Person who may approve", name) for name in rule.people),
        _Piece("needed approvals", "Approvals needed", str(rule.needed)),
        _Piece("valid until", "Open until", write_moment(card.expires_at) if card.expires_at else "never"),
        _Piece("plan digest", "Plan digest", plan.digest),
    ]


def _list_step_pieces(action: PlannedAction, position: int) -> list[_Piece]:
    dry_run, step = action.dry_run, f"step {position}"
    return [
        _Piece(f"{step}: action", "Action", action.name),
        _Piece(f"{step}: target", "Target", action.target.ref),
        *(
            _Piece(f"{step}: parameter {name}", f"Parameter {name}", canonical_json(value))
            for name, value in action.parameters.items()
        ),
        _Piece(f"{step}: risk", "Risk", action.risk.value),
        _Piece(f"{step}: blast radius", "Blast radius", dry_run.blast_radius.text),
        _Piece(f"{step}: undo", "Undo", dry_run.undo_text),
        *([_Piece(f"{step}: note", "Note", dry_run.note)] if dry_run.note else []),
    ]


def _find_missing_steps(card: Card, plan: Plan) -> list[str]:
    missing: list[str] = []
    start = 0
    for position, action in enumerate(plan.actions, start=1):
        lacking = [
            [piece.what for piece in _list_step_pieces(action, position) if not piece.is_in(section.rows)]
            for section in card.sections
        ]
        found = next((index for index in range(start, len(lacking)) if not lacking[index]), None)
        if found is None:
            fewest = sorted(lacking, key=len)[:1]
            missing += fewest[0] if fewest and fewest[0] else [f"step {position}: its place in the order"]
            continue
        start = found + 1
        diff = action.dry_run.diff
        if diff and all(section.diff != diff for section in card.sections[start:]):
            missing.append(f"step {position}: diff")
    return missing


def _list_rows(sections: Sequence[CardSection]) -> list[CardRow]:
    return [row for section in sections for row in section.rows]


def _label_earlier(action_name: str, at: Instant) -> str:
    return f"{write_moment(at)} {action_name}"


def _write_probe(steady: SteadyState) -> str:
    held, within = format_duration(steady.stable_for), format_duration(steady.within)
    return f"{steady.entity.ref} must hold for {held}, within {within}"


def _write_title(input: CardInput) -> str:  # noqa: A002 - as compose_card
    incident = input.incident
    # What resolved long ago is not what somebody is called for.
    alerts = sorted(input.alerts, key=lambda alert: alert.status is not AlertStatus.FIRING)
    names = list(dict.fromkeys(alert.name for alert in alerts)) or [incident.title]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    is_later = alerts[:1] != list(input.alerts[:1])
    entities = (find_entities(alerts[0]) if is_later else ()) or incident.entities
    about = f"{entities[0].name}: " if entities else ""
    return f"[{incident.severity.value}] {about}{names[0]}{more}"


def _write_alerts(input: CardInput) -> CardSection | None:  # noqa: A002 - as compose_card
    folded = _fold_firings(input.alerts)
    shown = folded[:_MAX_ALERTS]
    told = _tell_apart([alert for alert, _ in shown])
    rows = [_write_alert(alert, where, times) for (alert, times), where in zip(shown, told, strict=True)]
    unshown = len(folded) - len(rows)
    if unshown:
        rows.append(CardRow(label="More", text=f"{unshown} further alerts of this incident are not listed here"))
    if input.incident.truncated_alerts:
        text = f"{input.incident.truncated_alerts} alerts were cut off by their source: they exist and were never seen"
        rows.append(CardRow(label="Truncated", text=text, tone=Tone.WARN))
    return make_section("What is wrong", rows=rows)


def _fold_firings(alerts: Sequence[Alert]) -> list[tuple[Alert, int]]:
    """Return each alert by its latest firing with how often it fired; those that fire now come first.

    A rule that flaps fires dozens of times: what fires now would stand below what is long over, or not at all.
    """
    firings: dict[tuple[object, ...], list[Alert]] = {}
    for alert in alerts:
        labels = tuple(sorted(alert.labels.items()))
        firings.setdefault((alert.source, alert.fingerprint, alert.name, labels), []).append(alert)
    folded = [(max(same, key=lambda alert: alert.began_at), len(same)) for same in firings.values()]
    return sorted(folded, key=lambda pair: pair[0].status is not AlertStatus.FIRING)


def _tell_apart(alerts: Sequence[Alert]) -> list[str]:
    """Return for each alert the labels by which it differs from others of its name that say the same; mostly none."""
    alike: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        alike.setdefault((alert.name, alert.summary), []).append(alert)
    told = []
    for alert in alerts:
        others = alike[alert.name, alert.summary]
        keys = [key for key in sorted(alert.labels) if len({other.labels.get(key) for other in others}) > 1]
        told.append(", ".join(f"{key} {alert.labels[key]}" for key in keys[:_MAX_LABELS]))
    return told


def _write_alert(alert: Alert, where: str, times: int) -> CardRow:
    firing = alert.status is AlertStatus.FIRING
    since = f"{'firing since' if firing else 'resolved, was firing from'} {write_moment(alert.began_at)}"
    if alert.starts_at - alert.began_at > _MOST_SKEW:
        since += f", when it came: its source says {write_moment(alert.starts_at)}, which had not come yet"
    if times > 1:
        since += f"; it fired {times} times"
    # A summary that is the name says nothing beside it.
    words = [alert.summary if alert.summary != alert.name else "", f"({where})" if where else ""]
    told = (" ".join(filter(None, words)), f"value {alert.value}" if alert.value else "", since)
    return CardRow(label=alert.name, text="; ".join(filter(None, told)), tone=Tone.BAD if firing else Tone.GOOD)


def _write_call(input: CardInput) -> CardSection | None:  # noqa: A002 - as compose_card
    """Write what a person is called for, while one is."""
    if input.plan is None:
        return make_section("No action proposed", paragraphs=(input.no_action_reason,))
    waits = input.incident.state is IncidentState.NEEDS_PERSON
    return make_section("A person must act", paragraphs=(input.no_action_reason,) if waits else ())


def _write_runbooks(input: CardInput) -> CardSection | None:  # noqa: A002 - as compose_card
    tones = {Freshness.VERIFIED: Tone.GOOD, Freshness.STALE: Tone.WARN, Freshness.UNVERIFIED: Tone.QUIET}
    rows = [CardRow(label=check.title, text=check.text, tone=tones[check.freshness]) for check in input.runbooks]
    return make_section("Runbooks", rows=rows, detail=True)


def _write_footer(input: CardInput) -> str:  # noqa: A002 - as compose_card
    calls = len(input.costs)
    if not calls:
        return f"Incident {input.incident.id}. The analysis cost nothing: no model was asked."
    spent = sum((attempt.cost_usd for attempt in input.costs), Decimal(0))
    about = "about " if any(attempt.is_estimated for attempt in input.costs) else ""
    told = f"{calls} call{'s' if calls > 1 else ''} to models"
    return f"Incident {input.incident.id}. The analysis cost {about}{write_usd(spent)}: {told}."


def _write_missing(input: CardInput) -> CardSection | None:  # noqa: A002 - as compose_card
    gaps = dict.fromkeys((*input.gaps, *(input.diagnosis.gaps if input.diagnosis else ())))
    rows = [
        CardRow(
            label=gap.collector, text=f"{gap.entity.ref}: {gap.reason}" if gap.entity else gap.reason, tone=Tone.WARN
        )
        for gap in gaps
    ]
    cut = [item for item in input.evidence if item.cut and (input.latest is None or item.id in input.latest)]
    reasons = {gap.reason for gap in gaps}
    cuts = dict.fromkeys((item.title, item.cut) for item in cut if item.cut not in reasons)
    cut_rows = [CardRow(label=title, text=cut) for title, cut in cuts]
    return make_section("What is missing", rows=[*rows, *cut_rows], detail=True)


_OVER = frozenset({IncidentState.OPEN, IncidentState.INVESTIGATING, IncidentState.NEEDS_PERSON})


def _write_proposed(input: CardInput, plan: Plan) -> list[CardSection | None]:  # noqa: A002 - as compose_card
    """Write the plan, or what became of it where it is done with and the incident goes on.

    A diff and a verification below a newer look would read as if they could still be had; and so would a plan of which
    nothing was done, where the incident ended without it.
    """
    proposal, state = input.proposal, input.incident.state
    waits = (None, ProposalState.OPEN, ProposalState.APPROVED)
    is_past = state in _OVER or (state is IncidentState.RESOLVED and input.execution is None)
    if (proposal.state if proposal else None) in waits or not is_past:
        return [*_write_plan(input, plan), *_write_approval(plan, input)]
    rows = [CardRow(label="Plan", text=plan.summary), *(_write_vote(approval) for approval in input.approvals)]
    rows += [
        *(_write_decision(proposal) if proposal else ()),
        CardRow(label="Plan digest", text=plan.digest, tone=Tone.QUIET),
    ]
    return [make_section("The last plan", rows=rows)]


def _write_plan(input: CardInput, plan: Plan) -> list[CardSection | None]:  # noqa: A002 - as compose_card
    rows = [CardRow(label="Plan", text=plan.summary), CardRow(label="Acts on", text=plan.cause)]
    if plan.undoes:
        rows.append(CardRow(label="Undoes", text=plan.undoes))
    # What the first hypothesis quotes already stands above.
    leading = input.diagnosis.leading if input.diagnosis else None
    unquoted = [citation for citation in plan.citations if leading is None or citation not in leading.citations]
    sections = [make_section("Proposed", rows=rows, quotes=write_quotes(unquoted, input.evidence))]
    for position, action in enumerate(plan.actions, start=1):
        step = f"step {position} of {len(plan.actions)}"
        sections += [
            make_section(f"Proposed, {step}", rows=_write_step(action)),
            make_section(f"Diff of {step}", diff=action.dry_run.diff),
        ]
    earlier = [
        CardRow(label=_label_earlier(item.action_name, item.at), text=item.text, tone=OUTCOMES[item.outcome])
        for item in plan.earlier
    ]
    steady = plan.steady_state
    return [
        *sections,
        make_section("What was done here before", rows=earlier),
        make_section(
            "Verification",
            rows=(
                CardRow(label="Steady state", text=steady.text),
                CardRow(label="Probe", text=_write_probe(steady)),
            ),
        ),
    ]


def _write_step(action: PlannedAction) -> list[CardRow]:
    dry_run = action.dry_run
    rows = [CardRow(label="Action", text=action.name), CardRow(label="Target", text=action.target.ref)]
    rows += [
        CardRow(label=f"Parameter {name}", text=canonical_json(value)) for name, value in action.parameters.items()
    ]
    rows.append(CardRow(label="Risk", text=action.risk.value))
    if not dry_run.possible:
        text = "not possible: the effect could not be computed, and the risk counts one step higher"
        rows.append(CardRow(label="Dry run", text=text, tone=Tone.WARN))
    rows += [
        CardRow(label="Blast radius", text=dry_run.blast_radius.text),
        CardRow(label="Undo", text=dry_run.undo_text),
    ]
    if dry_run.note:
        rows.append(CardRow(label="Note", text=dry_run.note))
    return rows


def _write_approval(plan: Plan, input: CardInput) -> list[CardSection | None]:  # noqa: A002 - as compose_card
    rule, proposal, approvals = plan.approval, input.proposal, input.approvals
    rows = [CardRow(label="Guardrail", text=name) for name in rule.guardrails]
    rows += [CardRow(label="Role that may approve", text=name) for name in rule.roles]
    rows += [CardRow(label="Person who may approve", text=name) for name in rule.people]
    rows.append(CardRow(label="Approvals needed", text=str(rule.needed)))
    people = dict.fromkeys(approval.person_id for approval in approvals)
    rows.append(CardRow(label="So far", text=f"{len(people)} of {rule.needed}"))
    rows += [_write_vote(approval) for approval in approvals]
    if proposal is not None:
        rows.append(CardRow(label="Open until", text=write_moment(proposal.expires_at)))
        # It may still be carried out after the hold has ended: an approval has a time of its own.
        rows.append(
            CardRow(label="An approval is good for", text=f"{format_duration(rule.valid_for)} from when it is given")
        )
        rows += _write_decision(proposal)
    rows.append(CardRow(label="Plan digest", text=plan.digest, tone=Tone.QUIET))
    return [make_section("Approval", rows=rows)]


def _write_vote(approval: Approval) -> CardRow:
    text = f"{approval.person_id} as {approval.role}, {write_moment(approval.approved_at)}, by {approval.channel}"
    return CardRow(label="Approved by", text=text, tone=Tone.GOOD)


def _write_decision(proposal: Proposal) -> list[CardRow]:
    by = f" by {proposal.decided_by.replace(',', ' and ')}" if proposal.decided_by else ""
    # Those who said yes; what was approved is executed by Fermata.
    by = f", approved{by}" if by and proposal.state is ProposalState.EXECUTED else by
    at = f", {write_moment(proposal.decided_at)}" if proposal.decided_at else ""
    reason = f": {proposal.reason}" if proposal.reason else ""
    # Nothing took its place where the incident just ended: whoever clicks on it is told the same word.
    word = "withdrawn" if proposal.state is ProposalState.SUPERSEDED else proposal.state.value
    return [CardRow(label="Decision", text=f"{word}{by}{at}{reason}")]


def _write_earlier(hold: EarlierHold) -> CardRow:
    """Write that somebody said no, or yes in vain: whoever is asked again has to know."""
    proposal, plan = hold.proposal, f" {hold.summary}" if hold.summary else ""
    at = write_moment(proposal.decided_at or proposal.opened_at)
    if proposal.state is ProposalState.REJECTED:
        text = f"by {proposal.decided_by}, {at}: {proposal.reason or 'no reason given'}.{plan}"
        return CardRow(label="Rejected before", text=text, tone=Tone.WARN)
    people = " and ".join(dict.fromkeys(approval.person_id for approval in hold.approvals))
    text = f"approved by {people}, not executed, {at}: {proposal.reason or 'no reason given'}.{plan}"
    return CardRow(label="Approved before", text=text, tone=Tone.WARN)
