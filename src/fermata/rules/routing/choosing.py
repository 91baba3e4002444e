"""The choice: the first target in order that is allowed, fits, and is not to be left alone; and the words for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.kit.units import format_duration
from fermata.rules.routing.breaker import CLOSED, Breaker
from fermata.rules.routing.targets import Target

# A probe under way is asked after again this soon by a call that has nowhere else to go.
_PROBE_POLL = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True)
class Need:
    """What a request asks of a target."""

    input_tokens: int = 0
    """Estimated, a little above what vocabularies count."""
    output_tokens: int = 0
    """The most that is asked for."""
    over_tokens: int = 0
    """A window of this size was too small already."""


@dataclass(frozen=True, slots=True)
class TargetState:
    """What calls have told of a target."""

    circuit: Breaker = CLOSED
    keys: tuple[Breaker, ...] = (CLOSED,)
    """One for each key; a target without keys has one that stands for none."""
    next_key: int = 0
    """Where the rotation goes on."""
    too_long_tokens: int | None = None
    """A request of this many input tokens was too long for it; `None` while none was."""


class Verdict(StrEnum):
    """Why a target is asked or passed over."""

    ASKED = "asked"
    LAST_RESORT = "last_resort"
    """Its last answer was bad, and nobody else is left."""
    TRIED = "tried"
    REFUSED = "refused"
    """It is never asked: its price is not known."""
    TOO_SMALL = "too_small"
    LEFT_ALONE = "left_alone"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do now."""

    target: Target | None = None
    """Whom to ask; `None`: nobody can be asked now."""
    key: int = 0
    """Which of its keys."""
    verdict: Verdict = Verdict.TRIED
    due_at: datetime | None = None
    """Without a target: when the first of those that are left alone may be asked again; `None`: waiting is no use."""


def order_targets(targets: Sequence[Target], kind: TaskKind, tier: Tier) -> tuple[Target, ...]:
    """Return the targets of a kind in the order they are asked: the tier, dearer ones upwards, then cheaper ones.

    A weaker model comes last and not never: its answer has to prove itself like any other. Within a tier the order is
    that of the settings. What lies in no tier counts as the tier that is asked for.
    """

    def rank(target: Target) -> int:
        own = tier.rank if target.tier is None else target.tier.rank
        return own - tier.rank if own >= tier.rank else len(Tier) + tier.rank - own

    return tuple(sorted((target for target in targets if target.serves(kind)), key=rank))


def choose(
    targets: Sequence[Target],
    states: Sequence[TargetState],
    need: Need,
    now: datetime,
    tried: Collection[str] = (),
) -> Choice:
    """Return whom to ask now.

    Args:
        targets: In order (`order_targets`).
        states: One for each target, in the same order.
        need: What the request asks for.
        now: The instant of the decision.
        tried: Names of targets this request is not to be sent to again.
    """
    due_at: datetime | None = None
    last_resort: Choice | None = None
    for target, state in zip(targets, states, strict=True):
        verdict, key = judge(target, state, need, now, tried)
        if verdict is Verdict.ASKED:
            return Choice(target, key, verdict)
        if verdict is Verdict.LAST_RESORT:
            last_resort = last_resort or Choice(target, key, verdict)
        elif verdict in (Verdict.LEFT_ALONE, Verdict.NO_KEY):
            due = _find_due(state, now)
            due_at = due if due_at is None or due < due_at else due_at
    return last_resort or Choice(due_at=due_at)


def judge(
    target: Target, state: TargetState, need: Need, now: datetime, tried: Collection[str] = ()
) -> tuple[Verdict, int]:
    """Return what becomes of one target, and with which of its keys."""
    if target.refusal:
        return Verdict.REFUSED, 0
    if target.name in tried:
        return Verdict.TRIED, 0
    if _is_too_small(target, state, need):
        return Verdict.TOO_SMALL, 0
    key = _find_key(state, now)
    if key is None:
        return Verdict.NO_KEY, 0
    if state.circuit.admits(now):
        return Verdict.ASKED, key
    # Whoever answered nonsense is alive: with nobody else left, a second try is worth more than silence.
    is_alive = state.circuit.reason is AttemptOutcome.BAD_ANSWER
    return (Verdict.LAST_RESORT if is_alive else Verdict.LEFT_ALONE), key


def explain(
    targets: Sequence[Target], states: Sequence[TargetState], need: Need, now: datetime, tried: Collection[str] = ()
) -> tuple[str, ...]:
    """Say in words whom `choose` would ask, and why not the others: a line for each target, in order."""
    chosen = choose(targets, states, need, now, tried)
    return tuple(_explain(targets, states, need, now, tried, chosen))


def _explain(
    targets: Sequence[Target],
    states: Sequence[TargetState],
    need: Need,
    now: datetime,
    tried: Collection[str],
    chosen: Choice,
) -> Iterator[str]:
    for target, state in zip(targets, states, strict=True):
        if target is chosen.target:
            yield f"{target.name}: asked{_say_of_choice(target, state, chosen, now)}"
        else:
            verdict, _ = judge(target, state, need, now, tried)
            yield f"{target.name}: {_say_why_not(verdict, target, state, need, now)}"


def _say_of_choice(target: Target, state: TargetState, chosen: Choice, now: datetime) -> str:
    tier = f" ({target.tier.value} tier)" if target.tier else ""
    if chosen.verdict is Verdict.LAST_RESORT:
        return f"{tier}, although its last answer was bad: nobody else is left"
    is_probe = state.circuit.get_state(now) == "half-open" or state.keys[chosen.key].get_state(now) == "half-open"
    return f"{tier}{', as the one probe after a failure' if is_probe else ''}"


def _say_why_not(verdict: Verdict, target: Target, state: TargetState, need: Need, now: datetime) -> str:
    if verdict is Verdict.REFUSED:
        return f"never asked: {target.refusal}"
    if verdict is Verdict.TRIED:
        return "passed over: it was asked for this already"
    if verdict is Verdict.TOO_SMALL:
        return _say_too_small(target, state, need)
    if verdict is Verdict.NO_KEY:
        said = ", ".join(_say_left_alone(key, now) for key in state.keys)
        return f"passed over: no key may be used ({said})"
    if verdict in (Verdict.LEFT_ALONE, Verdict.LAST_RESORT):
        return f"passed over: {_say_left_alone(state.circuit, now)}"
    return "next in order"


def _say_too_small(target: Target, state: TargetState, need: Need) -> str:
    tokens = need.input_tokens + need.output_tokens
    if target.context_tokens is not None:
        return f"passed over: its window of {target.context_tokens:,} tokens is too small for {tokens:,}"
    return (
        f"passed over: {state.too_long_tokens or 0:,} tokens were too long for it, and these are {need.input_tokens:,}"
    )


def _say_left_alone(breaker: Breaker, now: datetime) -> str:
    left = (breaker.until or now) - now
    if left <= timedelta(0):
        return f"{breaker.reason}, a probe is under way"
    return f"{breaker.reason} for another {format_duration(left)}"


def _is_too_small(target: Target, state: TargetState, need: Need) -> bool:
    if state.too_long_tokens is not None and need.input_tokens >= state.too_long_tokens:
        return True
    window = target.context_tokens
    return window is not None and (need.input_tokens + need.output_tokens > window or window <= need.over_tokens)


def _find_key(state: TargetState, now: datetime) -> int | None:
    """Return the next key of the rotation that may be used."""
    count = len(state.keys)
    for step in range(count):
        key = (state.next_key + step) % count
        if state.keys[key].admits(now):
            return key
    return None


def _find_due(state: TargetState, now: datetime) -> datetime:
    """Return when a target that is left alone may be asked again: circuit and at least one key."""
    circuit = _get_due(state.circuit, now)
    return max(circuit, min(_get_due(key, now) for key in state.keys))


def _get_due(breaker: Breaker, now: datetime) -> datetime:
    if breaker.admits(now) or breaker.until is None:
        return now
    return breaker.until if breaker.until > now else now + _PROBE_POLL
