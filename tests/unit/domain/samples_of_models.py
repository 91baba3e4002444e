"""Samples of what is asked of models and what came back, and of changes to manifests: the second part of `samples`."""

from datetime import UTC, datetime

from fermata.domain import answer
from fermata.domain.analysis import Analysis, AnalysisOutcome, Prompt, Relation
from fermata.domain.answer import (
    AnsweredCitation,
    AnsweredHypothesis,
    AnsweredSuggestion,
    EvidenceRequest,
    Wanted,
)
from fermata.domain.diagnosis import Verdict
from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.domain.model import (
    Attempt,
    AttemptOutcome,
    ModelAnswer,
    ModelRequest,
    Spent,
    TaskKind,
    Tier,
    Usage,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EDIT = FieldEdit(path=("spec", "replicas"), value=3, was=1)
USAGE = Usage(input_tokens=900, cached_tokens=100, cache_write_tokens=50, output_tokens=90)
ATTEMPT = Attempt(
    id="att-1",
    at=NOON,
    target="openai/gpt",
    key_label="main",
    kind=TaskKind.DIAGNOSE,
    tier=Tier.HIGH,
    outcome=AttemptOutcome.TIMED_OUT,
    usage=USAGE,
    cost_usd="0.01",
    is_estimated=True,
    duration_s=2.5,
    first_byte_s=0.5,
    incident_id="inc-1",
    prompt_name="diagnose",
    prompt_digest="sha256:33",
    fingerprint="fp-7",
    error="no answer within 2 s",
)
ANSWERED_CITATION = AnsweredCitation(evidence="E1", lines="12-14", quote="MemoryError")
ANSWERED_SUGGESTION = AnsweredSuggestion(
    action="supervisor.restart", target="supervisor:process/checkout", parameters={"a": 1}
)
ANSWERED_HYPOTHESIS = AnsweredHypothesis(
    cause="crash_loop",
    text="checkout crashes",
    confidence=0.7,
    entity="supervisor:process/checkout",
    citations=(ANSWERED_CITATION,),
    suggestion=ANSWERED_SUGGESTION,
    person_must="Turn the flag off.",
)

MODEL_SAMPLES = [
    EDIT,
    ManifestPatch(
        api_version="apps/v1",
        kind="Deployment",
        name="checkout",
        namespace="shop",
        manager="Argo CD application shop",
        edits=(EDIT,),
        hint="https://git.example.com/ops.git",
    ),
    USAGE,
    ATTEMPT,
    Spent(incident_usd="0.1", day_usd="0.2", month_usd="0.3", tier_day_usd="0.15", provider_day_usd="0.05"),
    ModelRequest(
        kind=TaskKind.DIAGNOSE,
        prompt_name="diagnose",
        prompt_digest="sha256:33",
        instructions="Say what is wrong.",
        content="## alerts",
        output_schema={"type": "object"},
        max_output_tokens=900,
        tier=Tier.LOW,
        incident_id="inc-1",
    ),
    ModelAnswer(
        text="{}", value={}, target="openai/gpt", tier=Tier.HIGH, attempts=(ATTEMPT,), decision=("the only one",)
    ),
    Prompt(name="diagnose", text="Say what is wrong."),
    Analysis(
        outcome=AnalysisOutcome.ACCEPTED,
        text="openai/gpt confirms it",
        target="openai/gpt",
        relation=Relation.CONFIRMS,
        refusals=("a quote does not stand there",),
        left_out=("There is no such action",),
        action_by="openai/gpt-small",
        checks=("Look at the flag.",),
        prompt_digest="sha256:33",
        calls=2,
        outcomes=(AttemptOutcome.OK,),
        cost_usd="0.01",
        input_tokens=900,
        output_tokens=90,
        seconds=2.5,
    ),
    ANSWERED_CITATION,
    ANSWERED_SUGGESTION,
    ANSWERED_HYPOTHESIS,
    answer.AnsweredPlan(actions=(ANSWERED_SUGGESTION,)),
    EvidenceRequest(what=Wanted.LOGS, of="checkout"),
    answer.Answer(
        verdict=Verdict.IDENTIFIED,
        hypotheses=(ANSWERED_HYPOTHESIS,),
        guilty_change="83db48f",
        checks=("Read its log.",),
        requests=(EvidenceRequest(what=Wanted.LOGS, of="checkout"),),
    ),
]
