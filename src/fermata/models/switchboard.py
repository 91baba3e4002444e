"""The states of all targets and keys, shared by every run of the process, whatever thread or loop it is on.

Workers of one store tell each other what opened and what closed (`share`, `adopt`); who carries it is not decided here.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.kit.clock import format_instant
from fermata.models.calls import Lane
from fermata.rules.routing import (
    Choice,
    Failure,
    Need,
    Pauses,
    Scope,
    TargetState,
    choose,
    classify,
    explain,
    find_scope,
    order_targets,
)
from fermata.rules.routing.breaker import CLOSED, Breaker, compute_pause
from fermata.rules.routing.choosing import Verdict, judge
from fermata.rules.routing.sharing import Notices, read_notice, write_notice

# Beside the numbers of a target's keys.
_CIRCUIT = -1
_MOST_UNACCEPTED = 3
"""Answers in a row that did not stand, from which on a target counts as failing. 3: one question asks it twice, and a
good model misquotes now and then."""
_Place = tuple[int, int]
"""A target and one of its keys, or its circuit."""


class Switchboard:
    """Chooses whom to ask, and remembers what came of it. Every method is short and takes no breath."""

    def __init__(self, lanes: Sequence[Lane], pauses: Pauses) -> None:
        self.lanes = tuple(lanes)
        """In the order of the settings."""
        self._pauses = pauses
        self._lock = threading.Lock()
        self._states = [TargetState(keys=(CLOSED,) * max(1, len(lane.settings.keys))) for lane in lanes]
        self._last: list[tuple[AttemptOutcome, datetime, str] | None] = [None] * len(self.lanes)
        self._unaccepted = [0] * len(self.lanes)
        self._asked_in_words: set[int] = set()
        self._routes: dict[tuple[TaskKind, Tier], tuple[Lane, ...]] = {}
        self._since: dict[_Place, datetime] = {}
        """When a circuit or a key last opened or closed; one that never did is not in it."""

    def find_route(self, kind: TaskKind, tier: Tier) -> tuple[Lane, ...]:
        """Return the targets of a kind in the order they are asked; empty when there is none."""
        known = self._routes.get((kind, tier))
        if known is None:
            by_name = {lane.target.name: lane for lane in self.lanes}
            ordered = order_targets([lane.target for lane in self.lanes], kind, tier)
            known = self._routes[kind, tier] = tuple(by_name[target.name] for target in ordered)
        return known

    def take(self, route: Sequence[Lane], need: Need, now: datetime, tried: Collection[str]) -> Choice:
        """Choose whom to ask, and count the call as begun."""
        with self._lock:
            for lane in route:
                self._believe(lane.index, now)
            states = [self._states[lane.index] for lane in route]
            choice = choose([lane.target for lane in route], states, need, now, tried)
            if choice.target is not None:
                lane = next(lane for lane in route if lane.target is choice.target)
                self._begin(lane.index, choice.key)
            return choice

    def explain(self, route: Sequence[Lane], need: Need, now: datetime, tried: Collection[str] = ()) -> tuple[str, ...]:
        """Say whom `take` would choose, and why not the others."""
        with self._lock:
            states = [self._states[lane.index] for lane in route]
        return explain([lane.target for lane in route], states, need, now, tried)

    def has_too_small(self, route: Sequence[Lane], need: Need, now: datetime, tried: Collection[str]) -> bool:
        """Answer whether a target is passed over because its window is too small, and for nothing else."""
        with self._lock:
            states = [self._states[lane.index] for lane in route]
        return any(
            judge(lane.target, state, need, now, tried)[0] is Verdict.TOO_SMALL
            and judge(lane.target, state, Need(), now)[0] in (Verdict.ASKED, Verdict.LAST_RESORT)
            for lane, state in zip(route, states, strict=True)
        )

    def note_success(self, lane: Lane, key: int, *, sent_at: datetime, now: datetime) -> None:
        """Remember a good answer."""
        with self._lock:
            state = self._states[lane.index]
            circuit, breaker = state.circuit.succeed(sent_at), state.keys[key].succeed(sent_at)
            if circuit is not state.circuit or breaker is not state.keys[key]:
                self._note_change((lane.index, _CIRCUIT), state.circuit, circuit, now)
                self._note_change((lane.index, key), state.keys[key], breaker, now)
                self._states[lane.index] = replace(state, circuit=circuit, keys=_put(state.keys, key, breaker))
            self._last[lane.index] = (AttemptOutcome.OK, now, "")

    def note_nothing(self, lane: Lane, key: int) -> None:
        """Forget a call that told nothing of its target: it was not made, or we stopped waiting."""
        with self._lock:
            self._release(lane.index, key)

    def note_failure(
        self, lane: Lane, key: int, failure: Failure, *, sent_at: datetime, now: datetime, input_tokens: int
    ) -> tuple[AttemptOutcome, Scope]:
        """Remember a failure, and return what it was and whom it speaks against."""
        outcome = classify(failure)
        scope = find_scope(failure, outcome)
        with self._lock:
            state = self._states[lane.index]
            before = state.keys[key] if scope is Scope.KEY else state.circuit
            pause = compute_pause(
                outcome,
                self._pauses,
                failures=before.failures,
                retry_after_s=failure.retry_after_s,
                is_lasting=failure.is_lasting,
            )
            after = before.fail(outcome, sent_at=sent_at, now=now, pause=pause)
            self._release(lane.index, key)
            state = self._states[lane.index]
            if scope is Scope.KEY:
                # Whoever says no to a key is alive: a probe of the target has succeeded.
                circuit = state.circuit.succeed(sent_at)
                self._note_change((lane.index, _CIRCUIT), state.circuit, circuit, now)
                self._since[lane.index, key] = now
                state = replace(state, keys=_put(state.keys, key, after), circuit=circuit)
            elif scope is Scope.TARGET:
                self._since[lane.index, _CIRCUIT] = now
                state = replace(state, circuit=after)
            elif scope is Scope.WINDOW:
                known = state.too_long_tokens
                state = replace(state, too_long_tokens=min(input_tokens, known) if known else input_tokens)
            self._states[lane.index] = state
            self._last[lane.index] = (outcome, now, failure.message)
        return outcome, scope

    def note_judgement(self, name: str, fault: str, *, sent_at: datetime, now: datetime) -> None:
        """Remember whether an answer stood: whoever always invents is passed over like whoever always fails.

        As with other bad answers it is alive, and so it is asked again where nobody else is left.

        Args:
            name: Of the target; one that is not known changes nothing.
            fault: Why the answer was not accepted; empty when it was.
            sent_at: When it was asked for.
            now: When that was found.
        """
        index = next((lane.index for lane in self.lanes if lane.target.name == name), None)
        if index is None:
            return
        with self._lock:
            circuit = self._states[index].circuit
            if not fault:
                self._unaccepted[index] = 0
                return
            if circuit.opened_at is not None and sent_at < circuit.opened_at:
                return  # Under way already when it opened: no failed probe.
            count = self._unaccepted[index] = self._unaccepted[index] + 1
            often = f"its last {count} answers were" if count > 1 else "its answer was"
            self._last[index] = (AttemptOutcome.OK, now, f"{often} not accepted: {fault}")
            if count < _MOST_UNACCEPTED:
                return
            # A good answer in form has closed the circuit since, so the pause doubles by what did not stand.
            outcome = AttemptOutcome.BAD_ANSWER
            pause = compute_pause(outcome, self._pauses, failures=count - _MOST_UNACCEPTED)
            self._since[index, _CIRCUIT] = now
            circuit = circuit.fail(outcome, sent_at=sent_at, now=now, pause=pause)
            self._states[index] = replace(self._states[index], circuit=circuit)

    def ask_in_words(self, lane: Lane) -> None:
        """Remember that a target does not take a schema."""
        with self._lock:
            self._asked_in_words.add(lane.index)

    def ask_by_schema(self, lane: Lane) -> None:
        """Forget that a target takes no schema: it refused a request in words as well."""
        with self._lock:
            self._asked_in_words.discard(lane.index)

    def is_asked_in_words(self, lane: Lane) -> bool:
        """Answer whether the form of an answer is asked for in words."""
        return lane.settings.structure == "prompted" or lane.index in self._asked_in_words

    def describe(self, now: datetime) -> list[Mapping[str, Any]]:
        """Return the state of each target as JSON types."""
        with self._lock:
            states, last = list(self._states), list(self._last)
        return [_describe(lane, states[lane.index], last[lane.index], now) for lane in self.lanes]

    def share(self) -> dict[str, dict[str, Any]]:
        """Return what other workers should know, as `rules.routing.sharing` has it."""
        with self._lock:
            known = dict(self._since)
            states = list(self._states)
        return {
            self._name(place): write_notice(_get_breaker(states[place[0]], place[1]), at) for place, at in known.items()
        }

    def adopt(self, notices: Notices, *, after: datetime) -> None:
        """Take over what another worker knows better.

        Args:
            notices: Of all workers; what is not of this form is passed over, for a newer worker may have written it.
            after: What is older is not believed: a restart forgets, so that a key that was renewed is tried.
        """
        places = {self._name((lane.index, key)): (lane.index, key) for lane in self.lanes for key in _list_keys(lane)}
        with self._lock:
            for name, notice in notices.items():
                if (place := places.get(name)) is None:
                    continue
                with contextlib.suppress(KeyError, ValueError):
                    breaker, at = read_notice(notice)
                    if at > after and at > self._since.get(place, after):
                        self._since[place] = at
                        self._states[place[0]] = _set_breaker(self._states[place[0]], place[1], breaker)

    def _name(self, place: _Place) -> str:
        lane = self.lanes[place[0]]
        if place[1] == _CIRCUIT:
            return lane.target.name
        keys = lane.settings.keys
        return f"{lane.target.name}#{keys[place[1]].get_label() if keys else ''}"

    def _note_change(self, place: _Place, before: Breaker, after: Breaker, now: datetime) -> None:
        if before is not after:
            self._since[place] = now

    def _believe(self, index: int, now: datetime) -> None:
        """Forget what is of a time to come: a clock was set back."""
        state = self._states[index]
        circuit, keys = state.circuit.as_of(now), tuple(key.as_of(now) for key in state.keys)
        if circuit is not state.circuit or keys != state.keys:
            self._states[index] = replace(state, circuit=circuit, keys=keys)

    def _begin(self, index: int, key: int) -> None:
        state = self._states[index]
        count = len(state.keys)
        circuit, breaker = state.circuit.begin(), state.keys[key].begin()
        if count == 1 and circuit is state.circuit and breaker is state.keys[key]:
            return  # The usual case, and there is nothing to remember.
        self._states[index] = replace(
            state, circuit=circuit, keys=_put(state.keys, key, breaker), next_key=(key + 1) % count
        )

    def _release(self, index: int, key: int) -> None:
        state = self._states[index]
        self._states[index] = replace(
            state, circuit=state.circuit.give_up(), keys=_put(state.keys, key, state.keys[key].give_up())
        )


def _list_keys(lane: Lane) -> range:
    """Return the places of a target: its circuit, and each of its keys."""
    return range(_CIRCUIT, max(1, len(lane.settings.keys)))


def _get_breaker(state: TargetState, key: int) -> Breaker:
    return state.circuit if key == _CIRCUIT else state.keys[key]


def _set_breaker(state: TargetState, key: int, breaker: Breaker) -> TargetState:
    return replace(state, circuit=breaker) if key == _CIRCUIT else replace(state, keys=_put(state.keys, key, breaker))


def _put(keys: tuple[Breaker, ...], index: int, breaker: Breaker) -> tuple[Breaker, ...]:
    if keys[index] is breaker:
        return keys
    return (*keys[:index], breaker, *keys[index + 1 :])


def _describe(
    lane: Lane, state: TargetState, last: tuple[AttemptOutcome, datetime, str] | None, now: datetime
) -> dict[str, Any]:
    settings = lane.settings
    labels = [key.get_label() for key in settings.keys] or [""]
    return {
        "target": lane.target.name,
        "provider": settings.provider,
        "model": settings.model,
        "tier": settings.tier.value if settings.tier else None,
        "kinds": [kind.value for kind in settings.kinds],
        "local": lane.target.is_local,
        "refusal": lane.target.refusal,
        "context_tokens": lane.target.context_tokens,
        "too_long_tokens": state.too_long_tokens,
        "circuit": _describe_breaker(state.circuit, now),
        "keys": [
            {"label": label, **_describe_breaker(breaker, now)}
            for label, breaker in zip(labels, state.keys, strict=True)
        ],
        "last": {"outcome": last[0].value, "at": format_instant(last[1]), "error": last[2]} if last else None,
    }


def _describe_breaker(breaker: Breaker, now: datetime) -> dict[str, Any]:
    return {
        "state": breaker.get_state(now),
        "reason": breaker.reason.value if breaker.reason else None,
        "until": format_instant(breaker.until) if breaker.until else None,
        "failures": breaker.failures,
    }
