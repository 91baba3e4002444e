"""What is asked of a model, what came back, and what every attempt cost."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field

from fermata.domain.ids import IncidentId
from fermata.domain.record import FrozenMap, Instant, Record, Text


class TaskKind(StrEnum):
    """What a request is for. Declared by whoever asks, never guessed from its text."""

    PARSE = "parse"
    """Text into typed values."""
    CLASSIFY = "classify"
    SUMMARISE = "summarise"
    DRAFT = "draft"
    """Words for people to edit."""
    DIAGNOSE = "diagnose"
    PLAN = "plan"


class Tier(StrEnum):
    """How capable, and how dear. The cheapest that can do the task is asked first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 for low, rising."""
        return list(Tier).index(self)


class ModelRequest(Record):
    """One task for a model. It returns data and executes nothing."""

    kind: TaskKind
    prompt_name: Text
    """The file of the instructions: `diagnose`."""
    prompt_digest: Text
    """Of the instructions' text, so that a change of the prompt shows in every run."""
    instructions: Text
    """Ours, trusted, the same for every request of this kind: providers can cache it."""
    content: Text
    """The brief. Everything from outside in it is fenced as data and redacted."""
    output_schema: FrozenMap[str, Any] | None = None
    """JSON Schema of the answer; `None` asks for text."""
    max_output_tokens: int = Field(default=2000, ge=1)
    """Reserved at its full price before the call."""
    tier: Tier | None = None
    """Begin at this tier; `None`: where the settings begin this kind. Set when a cheaper answer was not accepted."""
    passed_over: tuple[str, ...] = ()
    """Targets, as answers name them, that are not asked: their answers to this question were not accepted."""
    most_bad_answers: int | None = Field(default=None, ge=1)
    """After so many answers of the wrong form nobody else is asked; `None`: everybody is."""
    incident_id: IncidentId | None = None
    """Whose budget it is charged to, beside the day's and the month's."""
    patience_s: float | None = Field(default=None, gt=0)
    """How long whoever asks waits for an answer, over all targets; `None`: as long as the tier's deadlines last. A call
    that is then under way is given up, and says so: were the wait cut from outside, nobody would know who was asked."""


class Usage(Record):
    """Tokens of one attempt, as the provider counted them."""

    input_tokens: int = 0
    """All of the input, cached parts included."""
    cached_tokens: int = 0
    """Of the input, read from the provider's cache."""
    cache_write_tokens: int = 0
    """Of the input, written to the provider's cache."""
    output_tokens: int = 0


class AttemptOutcome(StrEnum):
    """How one call to one target ended. The words are those of attribution."""

    OK = "ok"
    RATE_LIMITED = "rate_limited"
    OUT_OF_CREDIT = "out_of_credit"
    OVERLOADED = "overloaded"
    """5xx."""
    UNAUTHORISED = "unauthorised"
    CONTEXT_TOO_LONG = "context_too_long"
    TIMED_OUT = "timed_out"
    """No first byte, no end, or a stall within it."""
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad_answer"
    """200 with a body that is empty, broken, or not of the schema."""
    REFUSED = "refused"
    """The provider's own rule: a content filter, a bad request."""
    CANCELLED = "cancelled"
    """We stopped waiting."""


class Attempt(Record):
    """One call to one target: a row of the ledger, whatever became of it."""

    id: Text
    at: Instant
    """When it was sent."""
    target: Text
    """`provider/model`, as the settings name it."""
    key_label: str = ""
    """Which key of the pool: a name or a digest, never the key."""
    kind: TaskKind
    tier: Tier
    outcome: AttemptOutcome
    usage: Usage = Usage()
    cost_usd: Decimal = Decimal(0)
    is_estimated: bool = False
    """The provider told no usage (a cut stream, a lost answer) or none that can be true: counted from our own side, at
    the dearer bound."""
    doubt: str = ""
    """What the provider told of its usage and was not believed, in words; empty when it was."""
    duration_s: float = 0
    first_byte_s: float | None = None
    incident_id: IncidentId | None = None
    prompt_name: str = ""
    prompt_digest: str = ""
    fingerprint: str = ""
    """The provider's own word for what answered: a model version, a system fingerprint."""
    error: str = ""
    """In words, redacted; empty on success."""
    fault: str | None = Field(default=None, exclude_if=lambda fault: fault is None)
    """Why code did not accept what the answer says, in words; empty when all of it stood; `None` when it was not
    looked up. To the provider such a call went well.

    Left out of the stored row where it is `None`: a Fermata that does not know it yet reads all calls but those."""

    @property
    def provider(self) -> str:
        """Return the first part of the target's name."""
        return self.target.partition("/")[0]


class Spent(Record):
    """What was spent and is reserved, of every budget that a call falls under."""

    incident_usd: Decimal = Decimal(0)
    day_usd: Decimal = Decimal(0)
    month_usd: Decimal = Decimal(0)
    tier_day_usd: Decimal = Decimal(0)
    provider_day_usd: Decimal = Decimal(0)


class ModelAnswer(Record):
    """What a model said, and how it came to be the one that was asked."""

    text: str
    """As it came; with a schema, the JSON text."""
    value: Any = None
    """The parsed answer, of the schema's shape; `None` without a schema."""
    target: Text
    tier: Tier
    attempts: tuple[Attempt, ...] = Field(min_length=1)
    """In order; the last one is the answer's."""
    decision: tuple[str, ...] = ()
    """Why this target, in words, one line a step."""
    unaffordable: tuple[str, ...] = ()
    """Whom a budget did not let be asked before it, in words."""

    @property
    def cost_usd(self) -> Decimal:
        """Return what all its attempts cost."""
        return sum((attempt.cost_usd for attempt in self.attempts), Decimal(0))
