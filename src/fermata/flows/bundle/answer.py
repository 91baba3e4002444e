"""The machine-readable answer of `fermata investigate --bundle`, as the bundle format lays it down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fermata.domain.analysis import Analysis
from fermata.domain.diagnosis import ActionSuggestion, Citation, Diagnosis, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.flows.bundle.diagnose import Diagnosed
from fermata.flows.bundle.places import Places, write_lines
from fermata.kit.clock import format_instant
from fermata.kit.ids import derive_id
from fermata.rules.changes.reading import read_facts
from fermata.rules.planning import explain_no_plan
from fermata.rules.runbooks import check_runbooks

_DIFF = re.compile(r"(?:^|; )diff: [^;]+")
"""Says only which file a change's diff came from."""


def compose_answer(diagnosed: Diagnosed, seconds: float) -> dict[str, Any]:
    """Return the answer as JSON types. But for `costs.seconds` the same bundle gives the same answer.

    Args:
        seconds: What it took, reading included.
    """
    diagnosis, bundle = diagnosed.diagnosis, diagnosed.bundle
    cited, places = list_cited(diagnosed), Places(bundle.files)
    suggestions = diagnosis.leading.suggestions if diagnosis.leading else ()
    analysis = diagnosis.analysis
    plan = {
        "actions": [_describe_suggestion(item) for item in suggestions],
        "needs": "a live system: dry run, policy and a person's approval",
    }
    return {
        "incident": bundle.id,
        "verdict": diagnosis.verdict.value,
        "guilty_change": diagnosis.guilty_change,
        "changes": _describe_changes(diagnosed),
        "entities": rank_entities(diagnosis),
        "hypotheses": [
            _describe_hypothesis(item, cited, places)
            | {"guilty_change": item.guilty_change if position else diagnosis.guilty_change}
            for position, item in enumerate(diagnosis.hypotheses)
        ],
        "plan": plan if suggestions else None,
        "no_action_reason": None if suggestions else explain_no_plan(diagnosis, ""),
        "missing": [{"what": gap.collector, "why": gap.reason} for gap in diagnosis.gaps],
        "cut": [{"what": what, "why": why} for what, why in list_cuts(diagnosed)],
        "checks": list(diagnosis.checks),
        "runbooks": [
            {"evidence": check.evidence_id, "title": check.title, "freshness": check.freshness.value, "why": check.text}
            for check in check_runbooks(diagnosed.case.evidence)
        ],
        "unknown_files": list(bundle.unknown_files),
        "costs": _describe_costs(analysis) | {"seconds": round(seconds, 3)},
        "analysis": analysis.to_json() if analysis is not None else None,
        "run_id": derive_id("run", bundle.digest),
    }


def rank_entities(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """Return where the causes sit, the most suspect first, each once with its best hypothesis' words."""
    ranked: dict[tuple[str, str, str], dict[str, Any]] = {}
    for hypothesis in diagnosis.hypotheses:
        entity = hypothesis.entity
        evidence = list(dict.fromkeys(citation.evidence_id for citation in hypothesis.citations))
        known = ranked.setdefault(
            (entity.kind, entity.namespace, entity.name),
            {**_describe_entity(entity), "score": hypothesis.confidence, "why": hypothesis.text, "evidence": []},
        )
        known["evidence"] += [item for item in evidence if item not in known["evidence"]]
    return list(ranked.values())


def list_cuts(diagnosed: Diagnosed) -> list[tuple[str, str]]:
    """Return what of the evidence was not kept whole, and how: the evidence's title, and words."""
    gaps = {gap.reason for gap in diagnosed.diagnosis.gaps}  # What is missing is said there.
    kept = (item for item in diagnosed.case.evidence if item.cut and item.cut not in gaps)
    told = ((item.title, _DIFF.sub("", item.cut).strip("; ")) for item in kept)
    return list(dict.fromkeys((title, cut) for title, cut in told if cut))


def find_changes(diagnosed: Diagnosed) -> dict[str, ChangeFacts]:
    """Return what is known of the changes that were weighed, by their ids."""
    return {facts.id: facts for _, facts in read_facts(diagnosed.case, EvidenceKind.CHANGE, ChangeFacts)}


def list_cited(diagnosed: Diagnosed) -> dict[str, Evidence]:
    """Return the evidence that the hypotheses cite, by its id."""
    wanted = {
        citation.evidence_id for hypothesis in diagnosed.diagnosis.hypotheses for citation in hypothesis.citations
    }
    if not wanted:
        return {}
    return {item_id: item for item in diagnosed.case.evidence if (item_id := item.id) in wanted}


def locate(citation: Citation, cited: Mapping[str, Evidence], places: Places) -> str:
    """Return where a quote stands, for people: `logs/checkout.log:42`, the command behind it where one printed it."""
    item = cited.get(citation.evidence_id)
    return places.find(citation, item) if item else f"{citation.evidence_id}:{write_lines(citation)}"


def _describe_changes(diagnosed: Diagnosed) -> list[dict[str, Any]]:
    known = find_changes(diagnosed)
    described = []
    for item in diagnosed.diagnosis.changes:
        facts = known.get(item.id)
        told = (
            {
                "kind": facts.kind,
                "title": facts.title,
                "author": facts.author,
                "changed_at": format_instant(facts.changed_at),
            }
            if facts
            else {}
        )
        described.append({"id": item.id, "blame": item.blame, "why": item.why, **told})
    return described


def _describe_costs(analysis: Analysis | None) -> dict[str, Any]:
    if analysis is None:
        return {"usd": 0, "tokens": 0, "model_calls": 0}
    tokens = analysis.input_tokens + analysis.output_tokens
    return {"usd": float(analysis.cost_usd), "tokens": tokens, "model_calls": len(analysis.outcomes)}


def _describe_hypothesis(hypothesis: Hypothesis, cited: Mapping[str, Evidence], places: Places) -> dict[str, Any]:
    return {
        "cause": hypothesis.cause,
        "text": hypothesis.text,
        "confidence": hypothesis.confidence,
        "tier": hypothesis.tier,
        "contributing_factors": [_describe_entity(hypothesis.entity)],
        "citations": [
            {
                "evidence": citation.evidence_id,
                "lines": write_lines(citation),
                "quote": citation.quote,
                "source": locate(citation, cited, places),
            }
            for citation in hypothesis.citations
        ],
        "suggestions": [_describe_suggestion(item) for item in hypothesis.suggestions],
        "lost_because": hypothesis.lost_because,
        "person_must": hypothesis.person_must,
    }


def _describe_suggestion(item: ActionSuggestion) -> dict[str, Any]:
    return {"name": item.name, "target": item.target.ref, "parameters": dict(item.parameters)}


def _describe_entity(entity: Entity) -> dict[str, Any]:
    return {"kind": entity.kind, "namespace": entity.namespace, "name": entity.name}
