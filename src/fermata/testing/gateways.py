"""Gateways without a provider: one says what it is told, one writes down what another said, one says it again.

Their answers are counted like real ones, at no cost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, ModelRequest, TaskKind, Tier, Usage
from fermata.kit.digest import compute_digest
from fermata.ports.model import ModelGateway, NoModelAnswered
from fermata.rules.answers import find_json, list_mismatches
from fermata.rules.condense.tokens import count_tokens
from fermata.rules.routing import DEFAULT_TIERS

TARGET = "scripted/model"
# When a scripted answer is said to have been given: it is the same in every run.
_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

_OF_ROUTES = frozenset({"incident_id", "most_bad_answers", "passed_over"})
"""Fields of a request that say whose budget pays, and who is not asked: neither is of its words."""

Step = str | Mapping[str, Any] | AttemptOutcome | Callable[[ModelRequest], "str | Mapping[str, Any]"]
"""An answer (a mapping is JSON), a failure, or how to make an answer from the request."""


@dataclass(slots=True)
class ScriptedGateway:
    """`ports.model.ModelGateway` that says one thing after the other."""

    steps: list[Step] = field(default_factory=list)
    """What it says next; the last one is said for ever. Empty: nobody answers."""
    kinds: frozenset[TaskKind] = frozenset(TaskKind)
    """What it may be asked for."""
    requests: list[ModelRequest] = field(default_factory=list)
    """What it was asked."""

    def can_ask(self, kind: TaskKind, passed_over: Collection[str] = ()) -> bool:
        """Answer whether it may be asked for this kind."""
        return kind in self.kinds and TARGET not in passed_over

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Say the next thing.

        Raises:
            NoModelAnswered: The step is a failure, there is none, or what it says is not of the schema.
        """
        self.requests.append(request)
        if not self.steps:
            raise NoModelAnswered("Nobody answers", why="the script is empty")
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, AttemptOutcome):
            raise NoModelAnswered("Nobody answers", why=step.value, attempts=[_attempt(request, "", step)])
        said = step(request) if callable(step) else step
        return _answer(request, said if isinstance(said, str) else json.dumps(said))

    def explain(self, kind: TaskKind, tier: Tier | None = None) -> Sequence[str]:
        """Return that the script decides."""
        return [f"{kind.value} begins at the {(tier or DEFAULT_TIERS[kind]).value} tier", f"{TARGET}: asked"]

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """Return the one target there is."""
        return [{"target": TARGET, "circuit": {"state": "closed"}, "keys": [], "local": True}]


@dataclass(slots=True)
class RecordingGateway:
    """Passes requests on to another gateway, and writes each answer into a folder, one file for each request."""

    inner: ModelGateway
    folder: Path

    def can_ask(self, kind: TaskKind, passed_over: Collection[str] = ()) -> bool:
        """Answer as the other one does."""
        return self.inner.can_ask(kind, passed_over)

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Ask the other one and write its answer down. The request itself is not kept: it may be long and private."""
        answer = await self.inner.ask(request)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{digest_request(request)}.json"
        path.write_text(json.dumps(answer.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return answer

    def explain(self, kind: TaskKind, tier: Tier | None = None) -> Sequence[str]:
        """Explain as the other one does."""
        return self.inner.explain(kind, tier)

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """Describe as the other one does."""
        return self.inner.describe()


@dataclass(slots=True)
class ReplayGateway:
    """Says again what a `RecordingGateway` wrote down. A request that differs in one letter has no answer."""

    folder: Path

    def can_ask(self, kind: TaskKind, passed_over: Collection[str] = ()) -> bool:  # noqa: ARG002 - the port's signature
        """Answer whether anything was recorded."""
        return any(self.folder.glob("*.json"))

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return the recorded answer.

        Raises:
            NoModelAnswered: This very request was not recorded.
        """
        digest = digest_request(request)
        path = self.folder / f"{digest}.json"
        if not path.is_file():
            raise NoModelAnswered(
                "The recording holds no answer to this request",
                why=f"there is no {path.name}; the prompt or the brief has changed since",
                do="Record it anew",
            )
        return ModelAnswer.from_json(json.loads(path.read_text(encoding="utf-8")))

    def explain(self, kind: TaskKind, tier: Tier | None = None) -> Sequence[str]:
        """Return that the recording decides."""
        return [f"{kind.value} begins at the {(tier or DEFAULT_TIERS[kind]).value} tier", "recording: asked"]

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """Return the one target there is."""
        return [{"target": "recording", "circuit": {"state": "closed"}, "keys": [], "local": True}]


def digest_request(request: ModelRequest) -> str:
    """Return what tells requests apart: their words and the form of the answer, not who pays or answers."""
    whole = request.to_json()
    return compute_digest({name: value for name, value in whole.items() if name not in _OF_ROUTES}).rpartition(":")[2]


def _answer(request: ModelRequest, said: str) -> ModelAnswer:
    attempt = _attempt(request, said, AttemptOutcome.OK)
    value = None
    if request.output_schema is not None:
        try:
            value = find_json(said)
            faults = list_mismatches(value, request.output_schema)
        except ValueError as error:
            faults = [str(error)]
        if faults:
            bad = _attempt(request, said, AttemptOutcome.BAD_ANSWER)
            raise NoModelAnswered("Nobody answers", why="; ".join(faults), attempts=[bad])
    return ModelAnswer(text=said, value=value, target=TARGET, tier=attempt.tier, attempts=(attempt,))


def _attempt(request: ModelRequest, said: str, outcome: AttemptOutcome) -> Attempt:
    sent = count_tokens(request.instructions) + count_tokens(request.content)
    return Attempt(
        id=f"call-{digest_request(request)[:16]}",
        at=_NOON,
        target=TARGET,
        kind=request.kind,
        tier=request.tier or DEFAULT_TIERS[request.kind],
        outcome=outcome,
        usage=Usage(input_tokens=sent, output_tokens=count_tokens(said)),
        incident_id=request.incident_id,
        prompt_name=request.prompt_name,
        prompt_digest=request.prompt_digest,
        fingerprint="scripted-1",
    )
