"""Who is to blame for what models did not bring: the way there, a limit, a key, the model's words, or a change. Pure.

The ledger tells it: how each call ended, whether its answer stood, what answered in the provider's own words, and under
which prompt. A model that begins to invent things behind the same name is seen by nothing else: its calls go well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma

from fermata.domain.model import Attempt, AttemptOutcome
from fermata.domain.record import Instant, Record
from fermata.kit.clock import format_instant
from fermata.rules.costs import is_pending

_UNLIKELY = 0.05
"""How probable it may be that one of all differences of a report that count as such came by chance: what is said opens
no gate, it is looked at. Shared out among the comparisons (Bonferroni), for of twenty one would else always count."""
_NEITHER = "neither"
_LATEST = 10
"""Answers that are compared with all before them under the newest name and the newest prompt."""


class Party(StrEnum):
    """Whose doing it is that no usable answer came."""

    INFRASTRUCTURE = "infrastructure"
    """The way there, or the server: it was not reached, too slow, or overloaded."""
    LIMIT = "limit"
    """Asked too often, or out of credit."""
    KEY = "key"
    """The key is not accepted, or may not do this."""
    REQUEST = "request"
    """What was sent: too long, a model that is not there, a form or a content that is not taken."""
    FORM = "form"
    """The model's answer is none: empty, cut off, or not of the form."""
    CLAIMS = "claims"
    """The model's answer says what does not stand in the evidence: it is invented, or copied wrongly."""
    DEADLINE = "deadline"
    """We stopped waiting."""


_PARTIES: Mapping[AttemptOutcome, Party] = {
    AttemptOutcome.OVERLOADED: Party.INFRASTRUCTURE,
    AttemptOutcome.TIMED_OUT: Party.INFRASTRUCTURE,
    AttemptOutcome.UNREACHABLE: Party.INFRASTRUCTURE,
    AttemptOutcome.RATE_LIMITED: Party.LIMIT,
    AttemptOutcome.OUT_OF_CREDIT: Party.LIMIT,
    AttemptOutcome.UNAUTHORISED: Party.KEY,
    AttemptOutcome.CONTEXT_TOO_LONG: Party.REQUEST,
    AttemptOutcome.REFUSED: Party.REQUEST,
    AttemptOutcome.BAD_ANSWER: Party.FORM,
    AttemptOutcome.CANCELLED: Party.DEADLINE,
}


class Blame(Record):
    """What one party cost a target."""

    party: Party
    calls: int
    keys: tuple[str, ...] = ()
    """Labels of the keys it happened with, in order."""
    last_at: Instant
    last: str
    """The latest one in words."""


class Shift(Record):
    """Since when something answers otherwise, or is asked otherwise."""

    what: str
    """`model`: what answers, in the provider's words. `prompt`: our instructions. `neither`: no newer one
    of both came up."""
    prompt_name: str
    began_at: Instant
    """The first call of it."""
    was: str = ""
    """Before: the provider's words, or a prompt's digest; empty for `neither`."""
    now: str = ""
    before: int
    """Answers before it."""
    bad_before: int
    """Of them, those that were not of the form or did not stand."""
    since: int
    bad_since: int
    chance: float
    """How probable so many bad ones are by chance (Fisher's exact test, one-sided)."""
    compared: int = 1
    """Comparisons that were made for the same report."""
    is_worse: bool = False
    """The share of bad ones rose by more than chance explains, over all that was compared."""


class Standing(Record):
    """How one target did."""

    target: str
    calls: int
    """That ended."""
    answered: int
    checked: int
    """Of the answers, those whose claims were looked up."""
    accepted: int
    blames: tuple[Blame, ...] = ()
    """The most calls first."""
    shifts: tuple[Shift, ...] = ()


def attribute(attempts: Iterable[Attempt]) -> tuple[Standing, ...]:
    """Return how each target did, by name.

    Args:
        attempts: Of the time that was asked for, in any order; those under way are left out.
    """
    groups: dict[str, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda each: (each.at, each.id)):
        if not is_pending(attempt):
            groups.setdefault(attempt.target, []).append(attempt)
    standings = [_judge(target, group) for target, group in sorted(groups.items())]
    compared = sum(len(standing.shifts) for standing in standings)
    return tuple(_keep_shifts(standing, compared) for standing in standings)


def find_party(attempt: Attempt) -> Party | None:
    """Return whose doing it is that a call brought nothing of use; `None` when it did."""
    if attempt.outcome is AttemptOutcome.OK:
        return Party.CLAIMS if attempt.fault else None
    return _PARTIES[attempt.outcome]


def tell_standing(standing: Standing) -> str:
    """Return how a target did, in one sentence: what failed most often, and how it was put the last time."""
    times = "once" if standing.calls == 1 else f"{standing.calls:,} times"
    checked = f", {standing.accepted:,} of {standing.checked:,} accepted" if standing.checked else ""
    head = f"{standing.target} was called {times} and answered {standing.answered:,}{checked}"
    if not standing.blames:
        return f"{head}; nothing failed."
    told = ", ".join(f"{blame.party.value} {blame.calls:,}" for blame in standing.blames)
    worst = standing.blames[0]
    last = f"last {worst.party.value} at {format_instant(worst.last_at)}: {worst.last.rstrip('.')}"
    return f"{head}; to blame: {told}; {last}. See fermata models blame."


def _judge(target: str, attempts: Sequence[Attempt]) -> Standing:
    answered = [attempt for attempt in attempts if attempt.outcome is AttemptOutcome.OK]
    blamed: dict[Party, list[Attempt]] = {}
    for attempt in attempts:
        if (party := find_party(attempt)) is not None:
            blamed.setdefault(party, []).append(attempt)
    return Standing(
        target=target,
        calls=len(attempts),
        answered=len(answered),
        checked=sum(attempt.fault is not None for attempt in answered),
        accepted=sum(attempt.fault == "" for attempt in answered),
        blames=tuple(
            _blame(party, group) for party, group in sorted(blamed.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
        shifts=tuple(_find_shifts(attempts)),
    )


def _keep_shifts(standing: Standing, compared: int) -> Standing:
    """Return a standing with what is to be told: of what did not change only what is worse."""
    weighed = [
        shift.model_copy(update={"compared": compared, "is_worse": shift.chance < _UNLIKELY / compared})
        for shift in standing.shifts
    ]
    kept = tuple(shift for shift in weighed if shift.is_worse or shift.what != _NEITHER)
    return standing.model_copy(update={"shifts": kept})


def _blame(party: Party, attempts: Sequence[Attempt]) -> Blame:
    last = attempts[-1]
    return Blame(
        party=party,
        calls=len(attempts),
        keys=tuple(dict.fromkeys(attempt.key_label for attempt in attempts if attempt.key_label)),
        last_at=last.at,
        last=last.fault or f"{last.outcome.value}: {last.error}",
    )


def _find_shifts(attempts: Sequence[Attempt]) -> Iterable[Shift]:
    """Give all that is compared, prompt by prompt: each kind of question has a difficulty of its own."""
    groups: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        # An answer that came, good or not: what never arrived says nothing of who would have given it.
        if attempt.outcome in (AttemptOutcome.OK, AttemptOutcome.BAD_ANSWER):
            groups.setdefault(attempt.prompt_name, []).append(attempt)
    for name, group in sorted(groups.items()):
        steady_from = 0
        for what, values in (
            ("model", [attempt.fingerprint for attempt in group]),
            ("prompt", [attempt.prompt_digest for attempt in group]),
        ):
            if (newest := _find_newest(values)) is None:
                continue
            steady_from = max(steady_from, newest.began)
            # What an older build or prompt still answers beside it, or again, is not its doing.
            since = [
                attempt
                for attempt, value in zip(group[newest.began :], values[newest.began :], strict=True)
                if value in (newest.now, "")
            ]
            yield _compare(what, name, newest.was, newest.now, group[: newest.began], since)
        # A change that did no harm hides none that comes after it unsaid.
        split = len(group) - _LATEST
        if split > steady_from:
            yield _compare(_NEITHER, name, "", "", group[steady_from:split], group[split:])


@dataclass(frozen=True, slots=True)
class _Newest:
    """The value that came up last, the one before it, and with which call it began."""

    was: str
    now: str
    began: int


def _find_newest(values: Sequence[str]) -> _Newest | None:
    """Return the newest of the values that calls had, in their order; `None` without a change.

    Builds that answer by turns, as behind a load balancer, are no change once all of them are known.
    """
    firsts: dict[str, int] = {}
    for position, value in enumerate(values):
        if value:
            firsts.setdefault(value, position)
    if len(firsts) < 2:
        return None
    was, now = list(firsts)[-2:]
    return _Newest(was, now, firsts[now])


def _compare(
    what: str, prompt_name: str, was: str, now: str, before: Sequence[Attempt], since: Sequence[Attempt]
) -> Shift:
    bad_before, bad_since = (sum(map(_is_bad, calls)) for calls in (before, since))
    return Shift(
        what=what,
        prompt_name=prompt_name,
        began_at=since[0].at,
        was=was,
        now=now,
        before=len(before),
        bad_before=bad_before,
        since=len(since),
        bad_since=bad_since,
        chance=_compute_chance(len(before), bad_before, len(since), bad_since),
    )


def _is_bad(attempt: Attempt) -> bool:
    return attempt.outcome is AttemptOutcome.BAD_ANSWER or bool(attempt.fault)


def _compute_chance(before: int, bad_before: int, since: int, bad_since: int) -> float:
    """Return how probable it is that at least so many of the bad ones are the later ones, if time has no part in it.

    The upper tail of the hypergeometric distribution (Fisher, Statistical Methods for Research Workers, section 21.02).
    """
    bad, whole = bad_before + bad_since, _log_ways(before + since, since)
    return sum(
        exp(_log_ways(bad, late) + _log_ways(before + since - bad, since - late) - whole)
        for late in range(bad_since, min(bad, since) + 1)
    )


def _log_ways(among: int, chosen: int) -> float:
    """Return the logarithm of a binomial coefficient: of a year's calls it has tens of thousands of digits."""
    return lgamma(among + 1) - lgamma(chosen + 1) - lgamma(among - chosen + 1)
