"""The card of a rehearsal: what would be broken and what is expected, then what came of it; one message for all."""

from __future__ import annotations

from fermata.domain.card import Card, CardRow, CardSection, Tone
from fermata.domain.experiment import Experiment, ExperimentResult, Verdict
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.ids import IncidentId, ProposalId
from fermata.flows.cards import redact_card
from fermata.flows.experiments.context import ExperimentContext
from fermata.kit.digest import canonical_json, shorten
from fermata.kit.units import format_duration
from fermata.ports.store import Transaction
from fermata.rules.sandbox.words import name_fault

PREFIX = "exp-"
"""Ids of experiments begin with it: where a card's buttons carry an incident, these carry the experiment."""
_TONES = {
    Verdict.GRACEFUL: Tone.GOOD,
    Verdict.CONTAINED: Tone.WARN,
    Verdict.COLLAPSED: Tone.BAD,
    Verdict.INCONCLUSIVE: Tone.QUIET,
    Verdict.INVALID: Tone.QUIET,
}


def queue_card(
    transaction: Transaction, context: ExperimentContext, held: HeldExperiment, result: ExperimentResult | None = None
) -> None:
    """Queue the card where rehearsals are announced, in the transaction that changed what is on it."""
    addresses = context.announce or tuple(context.flow.channels)
    if not addresses:
        return
    card = build_card(held, result)
    for address in addresses:
        transaction.outbox.put(address, held.id, card, now=context.flow.clock.now())


def build_card(held: HeldExperiment, result: ExperimentResult | None = None) -> Card:
    """Return the card as it leaves for a channel: redacted, and without buttons where that took something away."""
    return _refuse_hidden(redact_card(compose_card(held, result)), held)


def _refuse_hidden(card: Card, held: HeldExperiment) -> Card:
    """Return the card without its buttons where redaction took something away that would be approved."""
    shown = card.to_text()
    if not card.can_decide or (held.preview in shown and canonical_json(held.experiment.to_json()) in shown):
        return card
    footer = f"Not all of it can be shown here; look and decide with `fermata chaos approve {held.id}`"
    return card.model_copy(update={"can_decide": False, "proposal_id": None, "footer": footer})


def compose_card(held: HeldExperiment, result: ExperimentResult | None = None) -> Card:
    """Return the card of an experiment as it is now. While it waits it shows all that is approved, whole."""
    experiment = held.experiment
    waits = held.state is ExperimentState.PROPOSED
    sections = [CardSection(heading="Rehearsal", rows=list_facts(held)), _describe_expected(experiment)]
    if result is not None and (result.measured or result.comparison or result.fix_first):
        sections.append(_describe_result(result))
    if waits:
        sections.append(CardSection(heading="What would be created", diff=held.preview))
        # All that the digest covers: what no line above says stands here.
        whole = canonical_json(experiment.to_json())
        sections.append(CardSection(heading=f"Approved as {shorten(held.digest)}", paragraphs=(whole,)))
    return Card(
        incident_id=IncidentId(held.id),
        title=f"Rehearsal: {experiment.title}",
        subtitle=_describe_state(held, result),
        tone=_TONES[result.verdict] if result is not None else Tone.PLAIN,
        sections=tuple(sections),
        proposal_id=ProposalId(held.id) if waits else None,
        plan_digest=held.digest,
        can_decide=waits,
        expires_at=held.expires_at if waits else None,
        footer=f"fermata chaos report {held.id}",
    )


def _describe_state(held: HeldExperiment, result: ExperimentResult | None) -> str:
    if result is not None:
        return f"{result.verdict.value}: {result.why}"
    by = " and ".join(approval.person_id for approval in held.approvals)
    words = {
        ExperimentState.PROPOSED: f"waits for a person{f'; {by} said yes' if by else ''}",
        ExperimentState.APPROVED: f"approved by {by}",
        ExperimentState.RUNNING: f"runs; approved by {by}",
        ExperimentState.DONE: f"done: {held.verdict}",
        ExperimentState.STOPPED: f"stopped: {held.reason}",
        ExperimentState.REFUSED: f"not run: {held.reason}",
    }
    return words[held.state]


def list_facts(held: HeldExperiment) -> tuple[CardRow, ...]:
    """Return what is done where, how much of it and for how long, as labelled facts."""
    experiment = held.experiment
    target, fault = experiment.target, experiment.fault
    where = f"{target.service} -> {target.callee}" if target.callee else target.service
    size = ", ".join(
        f"{name} {value}" for name, value in fault.model_dump(mode="json", exclude_none=True).items() if name != "kind"
    )
    place = target.namespace or target.address or "this machine"
    rows = [
        ("Fault", f"{name_fault(experiment)} on {where} ({size})"),
        ("Where", f"{target.system}: {place}"),
        ("Blast radius", experiment.blast_radius),
        ("How long", f"{format_duration(experiment.duration)}; a lease of {format_duration(experiment.lease)}"),
        ("Ends early when", ", ".join(check.journey for check in experiment.checks if not check.is_hit) + " suffers"),
    ]
    if held.scheduled_until:
        rows.append(("Scheduled", f"in each slot until {held.scheduled_until}"))
    if experiment.from_incident:
        rows.append(("From", f"incident {experiment.from_incident}"))
    return tuple(CardRow(label=label, text=text) for label, text in rows)


def _describe_expected(experiment: Experiment) -> CardSection:
    prediction = experiment.prediction
    rows = [CardRow(label="Expected", text=f"{prediction.expected.value}: {prediction.why}")]
    rows += [
        CardRow(
            label=check.journey,
            text=f"{check.min_ok_ratio:.0%} answered, p95 within {check.max_p95_ms:g} ms, "
            f"asked {check.rate_rps:g} times a second"
            + (f', holding "{check.holds}"' if check.holds else "")
            + (" (the fault is expected here)" if check.is_hit else ""),
        )
        for check in experiment.checks
    ]
    return CardSection(heading="Steady state", rows=tuple(rows))


def _describe_result(result: ExperimentResult) -> CardSection:
    rows = [
        CardRow(
            label=f"{item.journey}, {item.phase.value}",
            text=f"{'none answered' if item.ok_ratio is None else f'{item.ok_ratio:.1%} answered'}"
            + (f", p95 {item.p95_ms:.0f} ms" if item.p95_ms is not None else "")
            + f" ({item.requests} asked)",
        )
        for item in result.measured
    ]
    fix = (f"Fix first: {result.fix_first}",) if result.fix_first else ()
    return CardSection(heading="Measured", paragraphs=(*result.comparison, *fix), rows=tuple(rows))
