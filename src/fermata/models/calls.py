"""What passes between the dispatcher, which decides, and a call, which reaches out. Nothing here knows pydantic-ai."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, TaskKind, Tier, Usage
from fermata.models.settings import Deadlines, KeySettings, TargetSettings
from fermata.rules.pricing import Price
from fermata.rules.routing import Failure, Need, Target


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked, without its words."""

    kind: TaskKind
    need: Need
    tier: Tier | None = None
    """Begin here; `None`: where the settings begin this kind."""
    passed_over: tuple[str, ...] = ()
    """Names of targets that are not asked."""
    most_bad_answers: int | None = None
    """After so many nobody else is asked; `None`: everybody is."""
    incident_id: IncidentId | None = None
    prompt_name: str = ""
    prompt_digest: str = ""
    patience_s: float | None = None
    """How long whoever asks waits, over all targets; `None`: as long as the deadlines last."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One target, as a call needs it."""

    index: int
    settings: TargetSettings
    target: Target
    price: Price


@dataclass(frozen=True, slots=True)
class Order:
    """One call to one target with one of its keys."""

    lane: Lane
    key: KeySettings | None
    deadlines: Deadlines
    max_output_tokens: int
    in_words: bool = False
    """The answer's form is asked for in words: the endpoint did not take a schema."""
    fault: str = ""
    """What of the form its last answer to this very request missed; empty: nothing is known to have been wrong."""


@dataclass(slots=True)
class Reply:
    """A good answer."""

    value: Any
    """Whatever the call gives; the dispatcher hands it through."""
    usage: Usage | None = None
    """`None`: the provider told none."""
    output_text: str = ""
    """To count from when the provider told no usage."""
    fingerprint: str = ""
    first_byte_s: float | None = None


class CallFailed(Exception):
    """A call that brought no answer that can be used."""

    def __init__(
        self, failure: Failure, *, usage: Usage | None = None, first_byte_s: float | None = None, fingerprint: str = ""
    ) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.usage = usage
        """Of an answer that came and was no good: it is paid for."""
        self.first_byte_s = first_byte_s
        self.fingerprint = fingerprint
        self.had_begun = False
        """A part of an answer came: what was said until then may be billed, whatever status the error had."""


@dataclass(frozen=True, slots=True)
class Served:
    """An answer, and how it came."""

    value: Any
    lane: Lane
    tier: Tier
    attempts: tuple[Attempt, ...]
    decision: tuple[str, ...]
    unaffordable: tuple[str, ...] = ()


Call = Callable[[Order], Awaitable[Reply]]
"""Makes one call. Raises only `CallFailed` and `CancelledError`."""
