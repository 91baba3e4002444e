"""Calls to the gateway, written into the course of whoever asks: what was tried, what it brought, why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Protocol, TypeVar

from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, ModelRequest
from fermata.flows.boundary import contain
from fermata.kit.errors import GuardRefused
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact_cut
from fermata.kit.units import format_duration
from fermata.ports.model import ATTEMPTED, Judged, ModelGateway, NoModelAnswered
from fermata.rules.brief import SMALL

_OWN_SHARE = 0.95
"""Of a deadline, what models may take: the rest is for settling what was given up, so that the cost of it is known."""
_LONGEST_FAULT = 300
"""Characters: one reason with what it quotes."""
_LONGEST_ERROR = 120
"""Characters of what a provider says when it fails, redacted before."""
_MOST_FAILED = 4
"""Failed calls that are named."""
BriefT = TypeVar("BriefT")
ReadT = TypeVar("ReadT")


class Course(Protocol):
    """What happened so far between a flow and the models."""

    attempts: list[Attempt]
    refusals: list[str]
    """Why there is no answer yet, in words."""
    answers: int
    target: str
    """Who answered last."""


class JudgedCourse(Course, Protocol):
    """What happened so far where one question is asked until its answer stands."""

    reasons: tuple[str, ...]
    """Why the last answer was not accepted: told to the next one."""
    refused: str
    """That answer, as it came."""
    judged: str
    """Who gave it, and the first of the reasons; empty while no answer was refused."""


@dataclass(slots=True)
class Round:
    """What came of asking about several briefs at once."""

    answers: int = 0
    target: str = ""
    """`provider/model` that answered last; empty when none did."""
    refusals: list[str] = field(default_factory=list)
    """What was not answered or not accepted, in words."""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def cost_usd(self) -> Decimal:
        """Return what all attempts cost, those that failed too."""
        return sum((attempt.cost_usd for attempt in self.attempts), Decimal(0))


def share_patience(left_s: float) -> float:
    """Return how long models may take of what is left of a deadline, in seconds; a moment where nothing is."""
    return max(left_s * _OWN_SHARE, 0.001)


async def ask_once(
    gateway: ModelGateway, request: ModelRequest, course: Course, *, tokens: int, shrink: Callable[[], None]
) -> ModelAnswer | None:
    """Ask, and keep in the course what came of it, also when the wait is cut from outside.

    Args:
        tokens: Of the brief that is sent.
        shrink: Makes the next brief the small one; called when this one was too long for whoever could be asked.

    Returns:
        The answer; `None` without one, with the reason in the course unless a smaller brief is to be tried.
    """
    attempted: list[Attempt] = []
    token = ATTEMPTED.set(attempted)
    try:
        answer = await gateway.ask(request)
    except asyncio.CancelledError:
        course.attempts += attempted
        raise
    except NoModelAnswered as error:
        course.attempts += error.attempts
        if AttemptOutcome.CONTEXT_TOO_LONG in error.outcomes and tokens > SMALL.tokens:
            shrink()
            return None
        course.refusals.append(f"No model answered: {tell_why(error)}.")
        return None
    except GuardRefused as error:
        course.refusals.append(f"No model was asked: {error.what} ({error.why}).")
        return None
    finally:
        ATTEMPTED.reset(token)
    course.answers += 1
    course.attempts += answer.attempts
    course.target = answer.target
    return answer


async def note_judgement(gateway: ModelGateway, answer: ModelAnswer, faults: Sequence[str]) -> None:
    """Keep whether an answer stood, and the first reason why not, beside its cost: an invented quote is no failed call.

    Args:
        faults: Why it is not accepted; empty when it is.
    """
    if isinstance(gateway, Judged):
        fault = redact_cut(faults[0], _LONGEST_FAULT).text if faults else ""
        await gateway.note_judgement(answer.attempts[-1].model_copy(update={"fault": fault}))


def keep_refusal(course: JudgedCourse, answer: ModelAnswer, faults: Sequence[str]) -> None:
    """Keep why an answer does not stand. The first reason is the one to read: the others may follow from it.

    What the same model was told before is not told twice.
    """
    course.reasons, course.refused = tuple(fault[:_LONGEST_FAULT] for fault in faults), answer.text
    lines = [f"{answer.target}: {reason}" for reason in course.reasons]
    course.judged = lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")
    course.refusals += [line for line in lines if line not in course.refusals]


def tell_unaccepted(course: JudgedCourse, otherwise: str) -> str:
    """Return why no answer is shown, for people: what was wrong with the last one, or why there was none.

    Args:
        otherwise: Where neither was kept.
    """
    if course.judged:
        return f"The model's answer was not accepted: {course.judged}"
    last = course.refusals[-1] if course.refusals else otherwise
    return f"The model's answer was not accepted: {last}" if course.answers else last


async def ask_each(
    gateway: ModelGateway,
    briefs: Sequence[BriefT],
    *,
    write: Callable[[BriefT], ModelRequest],
    read: Callable[[BriefT, ModelAnswer], tuple[ReadT | None, Sequence[str]]],
    course: Round,
    deadline: timedelta,
) -> list[tuple[BriefT, ReadT]]:
    """Ask about each brief, all at once, under one deadline. Never raises for a model's fault, and tries none twice.

    Args:
        write: Makes the request about a brief.
        read: Returns what an answer says, or `None` and what is wrong with it.

    Returns:
        The briefs that were answered acceptably, in their order, each with what was read.
    """
    found: dict[int, tuple[BriefT, ReadT]] = {}
    patience_s = share_patience(deadline.total_seconds())

    async def ask(index: int) -> None:
        brief = briefs[index]
        # Half a brief would be another choice: where a window is too small, what rules found stands.
        request = write(brief).model_copy(update={"patience_s": patience_s})
        answer = await ask_once(gateway, request, course, tokens=0, shrink=lambda: None)
        if answer is None:
            return
        value, faults = read(brief, answer)
        await note_judgement(gateway, answer, faults if value is None else ())
        course.refusals += [f"{answer.target}: {fault}" for fault in faults]
        if value is not None:
            found[index] = (brief, value)

    async def ask_all() -> None:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await asyncio.gather(*(ask(index) for index in range(len(briefs))))
        except TimeoutError:
            course.refusals.append(tell_late(deadline, course.attempts))

    brought = await contain("the models", ask_all)
    if brought.failed:
        course.refusals.append(f"Asking a model failed: {brought.failure}.")
    return [found[index] for index in sorted(found)]


def tell_failed(attempts: Sequence[Attempt]) -> str:
    """Return which calls failed, with the key and the reason of each, on one line; empty when none did.

    A dead key would else be met only in the ledger, as long as another target answers.
    """
    failed = dict.fromkeys(
        f"{attempt.target} ({attempt.outcome.value}"
        + (f", key {attempt.key_label}" if attempt.key_label else "")
        + (f": {attempt.error[:_LONGEST_ERROR].rstrip('.')}" if attempt.error else "")
        + ")"
        for attempt in attempts
        if attempt.outcome is not AttemptOutcome.OK
    )
    return write_some(failed, _MOST_FAILED)


def tell_late(deadline: timedelta, attempts: Sequence[Attempt], what: str = "No answer") -> str:
    """Return that a deadline passed, and what failed until then: whom to look at is not told by a clock."""
    failed = tell_failed(attempts)
    return f"{what} within {format_duration(deadline)}{f': {failed}' if failed else ''}."


def tell_unheard(deadline: timedelta, course: Course) -> str:
    """Return that a deadline passed for one question: answers that were not accepted are not the same as none."""
    return tell_late(deadline, course.attempts, "No answer was accepted" if course.answers else "No model answered")


def tell_why(error: NoModelAnswered) -> str:
    """Return why nobody answered, on one line: the error names each target on a line of its own."""
    return "; ".join(filter(None, map(str.strip, (error.why or error.what).split("\n"))))
