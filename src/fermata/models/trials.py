"""One cheap call to each target, to see whether it answers and what it takes: `fermata models try`.

Each target is tried alone, in a gateway of its own: what others fail at does not count against it, and what is learnt
here changes nothing of what the serving process knows. Calls are paid and in the ledger like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from fermata.domain.model import Attempt, AttemptOutcome, ModelRequest, TaskKind, Tier
from fermata.kit.clock import Clock
from fermata.kit.digest import compute_digest
from fermata.kit.errors import GuardRefused
from fermata.models.gateway import Gateway
from fermata.models.prices import find_model
from fermata.models.settings import DeadlineSettings, ModelSettings, TargetSettings
from fermata.ports.model import NoModelAnswered, SpendBook
from fermata.rules.pricing import Rate
from fermata.rules.routing.failures import advise

_INSTRUCTIONS = "This is a test of a connection. Answer that you are ready, in the form that is asked for."
_SCHEMA = {
    "type": "object",
    "properties": {"state": {"type": "string", "enum": ["ready"]}},
    "required": ["state"],
    "additionalProperties": False,
}
# Room for a model that thinks before it says one word.
_OUTPUT_TOKENS = 200
PATIENCE_S = 60.0
"""For one target, in all the ways it is asked. 60: what a server hangs for, and most models on one's own machine load
in."""
_NO_TIME = "the time was up before it could be found out (--deadline waits longer)"
_NO_MODEL = 404
# What another form of the same request may cure. Of the others each repeat would only cost.
_ABOUT_FORM = (AttemptOutcome.REFUSED, AttemptOutcome.BAD_ANSWER, AttemptOutcome.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class DeadKey:
    """A key of a target that answers with another one."""

    label: str
    why: str
    """`rate_limited: 429: ...`, without the key."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of trying one target."""

    target: str
    is_local: bool = False
    price: Rate | None = None
    """For short prompts; `None`: not known."""
    attempts: tuple[Attempt, ...] = ()
    """In order; the last one tells latency and cost of an answer."""
    takes_schema: bool | None = None
    """False: it answers when the form is asked for in words. `None`: it was not found out."""
    streams: bool | None = None
    """`None`: it did not answer, or the settings say not to."""
    tells_usage: bool | None = None
    failure: str = ""
    """Why there is no answer, in words; empty when there is one."""
    dead_keys: tuple[DeadKey, ...] = ()
    """Of a target that answers: its keys that do not. With a single key it is the failure that tells."""

    @property
    def is_ok(self) -> bool:
        """Return whether it answers."""
        return not self.failure

    @property
    def cost_usd(self) -> Decimal:
        """Return what trying it cost."""
        return sum((attempt.cost_usd for attempt in self.attempts), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to ask."""

    settings: TargetSettings
    by_schema: bool


@dataclass(frozen=True, slots=True)
class _Asking:
    """Whom it is for, and until when."""

    settings: ModelSettings
    book: SpendBook
    clock: Clock
    ends: float
    """By the monotonic clock."""

    def is_over(self) -> bool:
        """Answer whether nothing is waited for any longer."""
        return monotonic() >= self.ends

    async def ask(self, target: TargetSettings) -> tuple[tuple[Attempt, ...], str]:
        """Return the attempts, and why none of them brought an answer."""
        tier = target.tier or Tier.MEDIUM
        deadlines = self.settings.deadlines
        patience = deadlines.get(tier, DeadlineSettings()).model_copy(update={"wait_s": 0.0})
        alone = self.settings.model_copy(update={"targets": (target,), "deadlines": {**deadlines, tier: patience}})
        gateway = Gateway(alone, self.book, self.clock)
        request = ModelRequest(
            kind=TaskKind.CLASSIFY,
            prompt_name="try",
            prompt_digest=compute_digest(_INSTRUCTIONS),
            instructions=_INSTRUCTIONS,
            content="Are you ready?",
            output_schema=_SCHEMA,
            max_output_tokens=_OUTPUT_TOKENS,
            tier=tier,
            patience_s=max(self.ends - monotonic(), 0.001),
        )
        try:
            answer = await gateway.ask(request)
        except NoModelAnswered as error:
            return error.attempts, _say(error)
        except GuardRefused as error:
            return (), str(error)
        finally:
            await gateway.close()
        return answer.attempts, ""


async def try_target(
    settings: ModelSettings,
    target: TargetSettings,
    book: SpendBook,
    clock: Clock,
    *,
    patience_s: float = PATIENCE_S,
) -> Trial:
    """Ask a target for one word; a target that does not take the way it is asked is asked in simpler ones.

    Args:
        patience_s: For all of it, its spare keys included.

    Raises:
        OperationalError: The extra `ai` is not installed.
    """
    known = find_model(target)
    rate = known.price.find_rate(0) if known.price else None
    trial = Trial(target.id, is_local=known.is_local, price=rate, failure=known.refusal)
    if known.refusal:
        return trial
    attempts: list[Attempt] = []
    failures: list[str] = []
    asking = _Asking(settings, book, clock, monotonic() + patience_s)
    for way in _list_ways(target):
        made, failure = await asking.ask(way.settings)
        attempts += made
        if not failure:
            spares, dead = await _try_spares(asking, way.settings, attempts)
            return Trial(
                target.id,
                is_local=known.is_local,
                price=rate,
                attempts=(*spares, *attempts),
                dead_keys=dead,
                takes_schema=way.by_schema if target.structure != "prompted" else None,
                streams=way.settings.stream if target.stream else None,
                tells_usage=not attempts[-1].is_estimated,
            )
        if asking.is_over():
            failures.append(
                f"no answer within {patience_s:g} s: it hangs, or is being loaded (--deadline waits longer)"
            )
            break
        failures.append(failure)
        if not made or made[-1].outcome not in _ABOUT_FORM or _find_status(made[-1]) == _NO_MODEL:
            break
    # The first is about the target as it is set; the last about the simplest way there is.
    words = "; then: ".join(dict.fromkeys((failures[0], failures[-1])))
    return Trial(target.id, is_local=known.is_local, price=rate, attempts=tuple(attempts), failure=words)


async def _try_spares(
    asking: _Asking, target: TargetSettings, made: Sequence[Attempt]
) -> tuple[tuple[Attempt, ...], tuple[DeadKey, ...]]:
    """Ask with each key that was not used yet, and return what came and which keys do not answer.

    A spare key is tried before it is needed; that the target answers says nothing of it.
    """
    good = {attempt.key_label for attempt in made if attempt.outcome is AttemptOutcome.OK}
    dead = {
        attempt.key_label: DeadKey(attempt.key_label, f"{attempt.outcome.value}: {_say_error(attempt)}")
        for attempt in made
        if attempt.key_label not in good
    }
    spares: list[Attempt] = []
    for key in target.keys:
        label = key.get_label()
        if label in good or label in dead:
            continue
        own: tuple[Attempt, ...] = ()
        failure = _NO_TIME
        if not asking.is_over():
            own, failure = await asking.ask(target.model_copy(update={"keys": (key,)}))
            spares += own
        if failure and asking.is_over():
            dead[label] = DeadKey(label, _NO_TIME)
        elif failure:
            why = f"{own[-1].outcome.value}: {_say_error(own[-1])}" if own else failure
            dead[label] = DeadKey(label, why)
    return tuple(spares), tuple(dead.values())


def _list_ways(target: TargetSettings) -> Iterator[_Way]:
    # An unknown endpoint falls back to words by itself, which would hide that it takes no schema.
    guessed = target.provider == "openai-compatible" and target.structure == "auto"
    best = target.model_copy(update={"kinds": (), **({"structure": "native"} if guessed else {})})
    plain = best.model_copy(update={"structure": "prompted"})
    if best.structure != "prompted":
        yield _Way(best, by_schema=True)
    yield _Way(plain, by_schema=False)
    if target.stream:
        yield _Way(plain.model_copy(update={"stream": False}), by_schema=False)


def _say(error: NoModelAnswered) -> str:
    if not error.attempts:
        return str(error)
    last = error.attempts[-1]
    key = f" (key {last.key_label})" if last.key_label else ""
    return f"{last.outcome.value}{key}: {_say_error(last)}"


def _say_error(attempt: Attempt) -> str:
    """Return a failure in its own words, with what a person can do about it."""
    do = advise(attempt.outcome, _find_status(attempt))
    return f"{attempt.error} ({do})" if do else attempt.error


def _find_status(attempt: Attempt) -> int | None:
    """Return the status that a failure's words begin with."""
    status, colon, _ = attempt.error.partition(": ")
    return int(status) if colon and status.isdecimal() else None
