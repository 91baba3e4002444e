"""A gateway whose answers are a script: what flows see of models, without any."""

import asyncio
import re
from decimal import Decimal

from tests.unit.flows.stage import NOON

from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, TaskKind, Tier, Usage
from fermata.ports.model import NoModelAnswered

PIECE = re.compile(r"^\[(E\d+) (\w+) of (\S+) by", re.MULTILINE)


def make_attempt(target="acme/sage", *, outcome=AttemptOutcome.OK, tier=Tier.HIGH, cost="0.01"):
    """Give one attempt, as the gateway reports it."""
    return Attempt(
        id="att",
        at=NOON,
        target=target,
        kind=TaskKind.DIAGNOSE,
        tier=tier,
        outcome=outcome,
        cost_usd=Decimal(cost),
        usage=Usage(input_tokens=3000, output_tokens=200),
    )


class ScriptedGateway:
    """Answers each request with the next step of its script: a value, a function of the request, or an error."""

    def __init__(self, *steps, tier=Tier.HIGH, tried=(), unaffordable=()):
        self.steps = list(steps)
        self.tried, self.unaffordable = tuple(tried), tuple(unaffordable)
        self.requests = []
        self.faults = []
        self.tier = tier

    def can_ask(self, kind, passed_over=()):
        """Say that somebody is there, until the dearest was passed over."""
        return f"acme/{Tier.HIGH.value}" not in passed_over

    def explain(self, kind, tier=None):
        """Explain nothing."""
        return ()

    def describe(self):
        """Describe nothing."""
        return ()

    async def note_judgement(self, attempt):
        """Keep why an answer did not stand, or that it did."""
        self.faults.append(attempt.fault)

    async def ask(self, request):
        """Give the next step."""
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if step == "hang":
            await asyncio.Event().wait()
        tier = request.tier or self.tier
        value = step(request) if callable(step) else step
        value = await value if asyncio.iscoroutine(value) else value
        return ModelAnswer(
            text="what it said [1]",
            value=value,
            target=f"acme/{tier.value}",
            tier=tier,
            attempts=(*self.tried, make_attempt()),
            unaffordable=self.unaffordable,
        )


def find_line(request, words):
    """Give (piece, line number, text) of the first line of the brief's evidence that holds the words."""
    piece = ""
    for row in request.content.split("\n"):
        if heading := PIECE.match(row):
            piece = heading[1]
        head, _, text = row.partition("| ")
        if piece and head[:1].isdigit() and words in text:
            return piece, head.split(" ")[0], text
    raise AssertionError(f"{words!r} is not in the brief:\n{request.content}")


def answer_with(words, *, cause="memory_limit_exceeded", **changes):
    """Give a step: a diagnosis that cites the line that holds some words."""

    def step(request):
        piece, line, text = find_line(request, words)
        hypothesis = {
            "cause": cause,
            "text": "The process was ended because it needs more memory than its limit allows.",
            "confidence": 0.8,
            "entity": "rehearsal:process/checkout",
            "citations": [{"evidence": piece, "lines": line, "quote": text}],
            "suggestion": None,
        }
        return {
            "verdict": "identified",
            "hypotheses": [hypothesis | changes],
            "guilty_change": None,
            "checks": [],
            "requests": [],
        }

    return step


def nobody(outcome=AttemptOutcome.UNREACHABLE):
    """Give a step: every target is down."""
    return NoModelAnswered(
        "No model answered", why="acme/sage is unreachable", attempts=[make_attempt(outcome=outcome, cost="0")]
    )


def find_two(request):
    """Give citations of a line that the signatures cite and of one that they do not, so that the answer leads."""
    return [
        {"evidence": piece, "lines": line, "quote": text}
        for piece, line, text in (find_line(request, "MemoryError"), find_line(request, "ledger answered"))
    ]
