"""One call to the gateway, written into the course of whoever asks: what was tried, what it brought, why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, ModelRequest
from fermata.kit.errors import GuardRefused
from fermata.ports.model import ModelGateway, NoModelAnswered
from fermata.rules.brief import SMALL


class Course(Protocol):
    """What happened so far between a flow and the models."""

    attempts: list[Attempt]
    refusals: list[str]
    """Why there is no answer yet, in words."""
    answers: int
    target: str
    """Who answered last."""


async def ask_once(
    gateway: ModelGateway, request: ModelRequest, course: Course, *, tokens: int, shrink: Callable[[], None]
) -> ModelAnswer | None:
    """Ask, and keep in the course what came of it.

    Args:
        tokens: Of the brief that is sent.
        shrink: Makes the next brief the small one; called when this one was too long for whoever could be asked.

    Returns:
        The answer; `None` without one, with the reason in the course unless a smaller brief is to be tried.
    """
    try:
        answer = await gateway.ask(request)
    except NoModelAnswered as error:
        course.attempts += error.attempts
        if AttemptOutcome.CONTEXT_TOO_LONG in error.outcomes and tokens > SMALL.tokens:
            shrink()
            return None
        course.refusals.append(f"No model answered: {tell_why(error)}.")
        return None
    except GuardRefused as error:
        course.refusals.append(f"No model was asked: {error.what}. {error.why}".strip())
        return None
    course.answers += 1
    course.attempts += answer.attempts
    course.target = answer.target
    return answer


def tell_why(error: NoModelAnswered) -> str:
    """Return why nobody answered, on one line: the error names each target on a line of its own."""
    return "; ".join(filter(None, map(str.strip, (error.why or error.what).split("\n"))))
