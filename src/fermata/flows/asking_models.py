"""Calls to the gateway, written into the course of whoever asks: what was tried, what it brought, why not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from fermata.domain.analysis import Analysis, AnalysisOutcome, Prompt
from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, ModelRequest, TaskKind, Tier
from fermata.flows.boundary import contain
from fermata.kit.errors import GuardRefused
from fermata.kit.listing import cut_words, write_some
from fermata.kit.redaction import redact_cut
from fermata.kit.units import format_duration
from fermata.ports.model import ATTEMPTED, Judged, ModelGateway, NoModelAnswered
from fermata.rules.brief import SMALL, Size

_OWN_SHARE = 0.95
"""Of a deadline, what models may take: the rest is for settling what was given up, so that the cost of it is known."""
_LONGEST_FAULT = 300
"""Characters: one reason with what it quotes."""
_LONGEST_ERROR = 120
"""Characters of what a provider says when it fails, redacted before."""
_DEADLINE = "analysis.deadline"
"""The setting that bounds all questions but those about a critical alert."""
_MOST_FAILED = 4
"""Failed calls that are named."""
BriefT = TypeVar("BriefT")
ReadT = TypeVar("ReadT")


@dataclass(slots=True, kw_only=True)
class Round:
    """What came of asking, be it about several briefs at once."""

    answers: int = 0
    target: str = ""
    """`provider/model` that answered last; empty when none did."""
    refusals: list[str] = field(default_factory=list)
    """What was not answered or not accepted, in words."""
    attempts: list[Attempt] = field(default_factory=list)
    unaffordable: list[str] = field(default_factory=list)
    """Whom a budget did not let be asked while another one answered."""

    @property
    def cost_usd(self) -> Decimal:
        """Return what all attempts cost, those that failed too."""
        return sum((attempt.cost_usd for attempt in self.attempts), Decimal(0))


@dataclass(slots=True, kw_only=True)
class Course(Round):
    """What happened so far where one question is asked until its answer stands."""

    prompt: Prompt
    deadline: timedelta
    deadline_setting: str = _DEADLINE
    """Who gives more time changes this one."""
    size: Size
    """Of the next brief."""
    charged_to: IncidentId | None
    """Whose budget pays."""
    began: float = field(default_factory=time.monotonic)
    tier: Tier | None = None
    reasons: tuple[str, ...] = ()
    """Why the last answer was not accepted: told to the next one."""
    refused: str = ""
    """That answer, as it came."""
    judged: str = ""
    """Who gave it, and the first of the reasons; empty while no answer was refused."""
    retried: bool = False
    passed_over: tuple[str, ...] = ()
    """Whose answers were not accepted, and who is not asked again."""

    @property
    def left_s(self) -> float:
        """Return what is left of the deadline, in seconds."""
        return self.began + self.deadline.total_seconds() - time.monotonic()

    def write_analysis(self, outcome: AnalysisOutcome, text: str, **more: Any) -> Analysis:
        """Return what became of it, with what it cost."""
        return Analysis(
            outcome=outcome,
            text=text,
            target=self.target,
            refusals=tuple(self.refusals),
            prompt_digest=self.prompt.digest,
            calls=self.answers,
            outcomes=tuple(attempt.outcome for attempt in self.attempts),
            cost_usd=self.cost_usd,
            input_tokens=sum(attempt.usage.input_tokens for attempt in self.attempts),
            output_tokens=sum(attempt.usage.output_tokens for attempt in self.attempts),
            seconds=round(time.monotonic() - self.began, 3),
            **more,
        )


def share_patience(left_s: float) -> float:
    """Return how long models may take of what is left of a deadline, in seconds; a moment where nothing is."""
    return max(left_s * _OWN_SHARE, 0.001)


async def ask_once(
    gateway: ModelGateway, request: ModelRequest, course: Round, *, tokens: int, shrink: Callable[[], None]
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
        if error.is_too_long and tokens > SMALL.tokens:
            shrink()
            return None
        course.refusals.append(f"No model answered: {tell_why(error)}.")
        return None
    except GuardRefused as error:
        course.refusals.append(f"No model was asked: {error.what} ({error.why}).{f' {error.do}.' if error.do else ''}")
        return None
    finally:
        ATTEMPTED.reset(token)
    course.answers += 1
    course.attempts += answer.attempts
    course.unaffordable += [told for told in answer.unaffordable if told not in course.unaffordable]
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


async def ask_in_time(course: Course, name: str, work: Callable[[], Awaitable[ReadT | None]]) -> ReadT | None:
    """Return what a question brought before its deadline; `None` without, with the reason in the course.

    Args:
        name: Who is at fault where it fails, for the log.
    """

    async def timed() -> ReadT | None:
        try:
            async with asyncio.timeout(course.deadline.total_seconds()):
                return await work()
        except TimeoutError:
            # Answers that were not accepted are not the same as none.
            what = "No answer was accepted" if course.answers else "No model answered"
            course.refusals.append(_tell_late(course.deadline, course.attempts, what, setting=course.deadline_setting))
            return None

    brought = await contain(name, timed)
    if brought.failed:
        course.refusals.append(f"Asking a model failed: {brought.failure}.")
    return brought.value


def choose_next(
    gateway: ModelGateway, kind: TaskKind, course: Course, answer: ModelAnswer, faults: Sequence[str]
) -> bool:
    """Prepare the next question after an answer that does not stand; false when there is nobody left to ask.

    The same target is asked once more; then a dearer one, or without any another one of its tier, or a cheaper one.
    Of the reasons the first is the one to read: the others may follow from it. What the same model was told before is
    not told twice.
    """
    course.reasons, course.refused = tuple(fault[:_LONGEST_FAULT] for fault in faults), answer.text
    lines = [f"{answer.target}: {reason}" for reason in course.reasons]
    course.judged = lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")
    course.refusals += [line for line in lines if line not in course.refusals]
    if not course.retried:
        course.retried, course.tier = True, answer.tier
        return True
    higher = [tier for tier in Tier if tier.rank > answer.tier.rank]
    # What another one did wrong would only mislead a better one.
    course.tier, course.reasons = (*higher, answer.tier)[0], ()
    course.passed_over = (*course.passed_over, answer.target)
    return gateway.can_ask(kind, course.passed_over)


def tell_unaccepted(course: Course, otherwise: str) -> str:
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
            course.refusals.append(_tell_late(deadline, course.attempts))

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
        + (f": {cut_words(attempt.error, _LONGEST_ERROR).rstrip('.')}" if attempt.error else "")
        + ")"
        for attempt in attempts
        if attempt.outcome is not AttemptOutcome.OK
    )
    return write_some(failed, _MOST_FAILED)


def _tell_late(
    deadline: timedelta, attempts: Sequence[Attempt], what: str = "No answer", *, setting: str = _DEADLINE
) -> str:
    """Return that a deadline passed, and what failed until then: whom to look at is not told by a clock."""
    failed = tell_failed(attempts)
    return f"{what} within {format_duration(deadline)} (`{setting}`){f': {failed}' if failed else ''}."


def tell_why(error: NoModelAnswered) -> str:
    """Return why nobody answered, on one line: the error names each target on a line of its own."""
    return "; ".join(filter(None, map(str.strip, (error.why or error.what).split("\n"))))
