"""Asks one target after the other until one answers: reserve, call, settle, remember. Knows no provider and no words.

Money is reserved before a call and corrected afterwards, so a process that dies in between has counted too much and
never too little. A failed call is settled beside the next one: whoever waits for an answer does not wait for the disk.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from time import monotonic

from fermata.domain.model import Attempt, AttemptOutcome, TaskKind, Tier
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError, GuardRefused
from fermata.kit.ids import new_id
from fermata.kit.log import get_log
from fermata.kit.redaction import redact_cut
from fermata.models.attempts import cancel_attempt, complete_attempt, draft_attempt, fail_attempt
from fermata.models.calls import Call, CallFailed, Lane, Order, Reply, Served, Task
from fermata.models.settings import ModelSettings
from fermata.models.switchboard import Switchboard
from fermata.ports.model import ATTEMPTED, NoModelAnswered, SpendBook
from fermata.rules.routing import Choice, Failure, Need, Scope
from fermata.rules.routing.failures import advise, may_be_about_form

_LOG = get_log("models")
# A model that thinks spends its limit on thoughts. Once in a request it gets four times as much, which is reserved too.
_WIDER = 4
_LONGEST_FAULT = 300
"""Characters: three faults with their places."""
_WAITED = "waited {:.1f} s for the first target to be asked again"


@dataclass(slots=True)
class _Journey:
    """What one request has met so far."""

    task: Task
    tier: Tier
    route: tuple[Lane, ...]
    need: Need
    ends_at: datetime
    wait_left: timedelta
    leaves_at: float | None = None
    """By the loop's clock, when whoever asked waits no longer; `None`: they wait."""
    waited: timedelta = timedelta(0)
    """Without asking anybody in between."""
    faults: dict[int, str] = field(default_factory=dict)
    """What of the form each lane's last answer missed: whoever is asked again is told."""
    is_widened: bool = False
    """An answer was cut off, and more is asked for since."""
    attempts: list[Attempt] = field(default_factory=list)
    decision: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    """Of the tried ones, those that may be asked again after a wait."""
    refusals: list[GuardRefused] = field(default_factory=list)
    """Of budgets that did not bear a call."""
    trouble: FermataError | None = None
    settled: set[str] = field(default_factory=set)
    """Ids of attempts whose end is known."""
    settling: set[asyncio.Task[None]] = field(default_factory=set)


class Dispatcher:
    """Brings a task to an answer, over as many targets as it takes."""

    def __init__(self, settings: ModelSettings, switchboard: Switchboard, book: SpendBook, clock: Clock) -> None:
        self._switchboard = switchboard
        self._book = book
        self._clock = clock
        self._tiers = settings.get_tiers()
        self._deadlines = {
            (lane.index, tier): settings.get_deadlines(tier, lane.settings.deadline_factor)
            for lane in switchboard.lanes
            for tier in Tier
        }
        self._allowed: dict[tuple[TaskKind, Tier], timedelta] = {}
        # One random part for the process, then numbers: a random part for each call costs a fifth of the decision.
        self._ids, self._numbers = new_id("call", clock.now()), count()
        self._waits = {tier: timedelta(seconds=settings.get_deadlines(tier).wait_s) for tier in Tier}

    def get_tier(self, task: Task) -> Tier:
        """Return where a task begins."""
        return task.tier or self._tiers[task.kind]

    async def run(self, task: Task, call: Call) -> Served:
        """Return the first good answer.

        Raises:
            NoModelAnswered: Nobody could be asked, or nobody answered in time.
            GuardRefused: `budget`, when that alone stood in the way.
        """
        journey = self._set_out(task)
        try:
            while True:
                now = self._clock.now()
                if now >= journey.ends_at and journey.route:
                    journey.decision.append("the request's own deadline is over")
                    raise self._give_up(journey, now)
                if _is_spoilt(journey):
                    journey.decision.append("nobody else is asked: another answer is not worth its price here")
                    journey.tried.update(lane.target.name for lane in journey.route)
                    raise self._give_up(journey, now)
                choice = self._switchboard.take(journey.route, journey.need, now, journey.tried)
                if choice.target is None:
                    await self._wait_or_give_up(journey, choice, now)
                elif (served := await self._attempt(journey, choice, now, call)) is not None:
                    return served
        finally:
            if journey.settling:
                await asyncio.wait(journey.settling)

    def _set_out(self, task: Task) -> _Journey:
        tier = self.get_tier(task)
        route = self._switchboard.find_route(task.kind, tier)
        allowed = self._allowed.get((task.kind, tier))
        if allowed is None:
            longest = max((self._deadlines[lane.index, tier].answer_s for lane in route), default=0.0)
            allowed = self._allowed[task.kind, tier] = timedelta(seconds=2 * longest)
        leaves_at = None
        if task.patience_s is not None:
            allowed = min(allowed, timedelta(seconds=task.patience_s))
            leaves_at = asyncio.get_running_loop().time() + task.patience_s
        return _Journey(
            task=task,
            tier=tier,
            route=route,
            need=task.need,
            ends_at=self._clock.now() + allowed,
            wait_left=self._waits[tier],
            tried=set(task.passed_over),
            leaves_at=leaves_at,
            # An empty list is somebody's, too.
            attempts=[] if (attempted := ATTEMPTED.get()) is None else attempted,
        )

    async def _attempt(self, journey: _Journey, choice: Choice, now: datetime, call: Call) -> Served | None:
        """Make one call. Returns `None` after a failure, with everything noted."""
        order = self._order(journey, choice, now)
        lane = order.lane
        draft = draft_attempt(
            journey.task,
            order,
            call_id=f"{self._ids}-{next(self._numbers):06x}",
            at=now,
            tier=journey.tier,
            input_tokens=journey.need.input_tokens,
        )
        if not await self._reserve(journey, lane, choice.key, draft):
            return None
        began = monotonic()
        reply: Reply | None = None
        try:
            # Another call raises no `TimeoutError`: those of its own are failed calls.
            async with asyncio.timeout_at(journey.leaves_at):
                reply = await call(order)
        except TimeoutError:
            raise self._leave(journey, order, choice, draft, monotonic() - began) from None
        except CallFailed as failed:
            self._note_failure(journey, choice, order, draft, failed, monotonic() - began)
            return None
        finally:
            if reply is None and draft.id not in journey.settled:
                # Cancelled, or a fault of ours: the target is not to blame, and the money may be gone.
                self._switchboard.note_nothing(lane, choice.key)
                cancelled = cancel_attempt(draft, monotonic() - began)
                journey.attempts.append(cancelled)
                self._settle_beside(journey, cancelled)
        self._switchboard.note_success(lane, choice.key, sent_at=now, now=self._clock.now())
        attempt = complete_attempt(draft, order, reply, monotonic() - began, journey.need.input_tokens)
        await self._settle(attempt)
        tier = lane.target.tier or journey.tier
        line = f"{lane.target.name} answered ({journey.task.kind.value} begins at the {journey.tier.value} tier)"
        unaffordable = tuple(f"{refused.what} ({refused.why})" for refused in journey.refusals)
        return Served(reply.value, lane, tier, (*journey.attempts, attempt), (*journey.decision, line), unaffordable)

    def _leave(
        self, journey: _Journey, order: Order, choice: Choice, draft: Attempt, duration_s: float
    ) -> FermataError:
        """Give up a call for which nobody waits any longer: its target is not to blame, and the money may be gone."""
        self._switchboard.note_nothing(order.lane, choice.key)
        attempt = cancel_attempt(draft, duration_s)
        journey.attempts.append(attempt)
        journey.tried.add(draft.target)
        journey.decision.append(
            f"{draft.target}: {attempt.outcome.value}: no whole answer in the {duration_s:.1f} s that were left for it"
        )
        self._settle_beside(journey, attempt)
        return self._give_up(journey, self._clock.now())

    def _order(self, journey: _Journey, choice: Choice, now: datetime) -> Order:
        lane = next(lane for lane in journey.route if lane.target is choice.target)
        key = lane.settings.keys[choice.key] if lane.settings.keys else None
        left_s = (journey.ends_at - now).total_seconds()
        deadlines = self._deadlines[lane.index, journey.tier]
        if left_s < deadlines.answer_s:
            deadlines = replace(deadlines, answer_s=max(left_s, 0.0))
        output = min(journey.need.output_tokens, lane.target.max_output_tokens or journey.need.output_tokens)
        in_words = self._switchboard.is_asked_in_words(lane)
        return Order(lane, key, deadlines, output, in_words, journey.faults.get(lane.index, ""))

    async def _reserve(self, journey: _Journey, lane: Lane, key: int, draft: Attempt) -> bool:
        """Write the call's row, if it fits. Returns whether the call may be made; otherwise everything is noted."""
        may_call = False
        try:
            if journey.settling and journey.attempts:
                await self._reserve_behind(journey, draft)
            else:
                await self._book.reserve(draft)
            may_call = True
        except GuardRefused as refused:
            journey.refusals.append(refused)
            journey.decision.append(str(refused).rstrip("."))
            facts = {"incident_id": draft.incident_id, "budget": refused.facts.get("budget")}
            _LOG.warning("model.over_budget", target=draft.target, **facts)
        except FermataError as error:
            # A model on one's own machine costs nothing: it goes on without its row.
            may_call = lane.target.is_local
            journey.trouble = error
            journey.decision.append(f"{draft.target}: {error}")
            _LOG.warning("model.ledger_failed", target=draft.target, error=str(error))
        finally:
            if not may_call:
                self._switchboard.note_nothing(lane, key)
                journey.tried.add(draft.target)
        return may_call

    async def _reserve_behind(self, journey: _Journey, draft: Attempt) -> None:
        """Reserve while failed calls are still being settled: until then they count at their most."""
        try:
            await self._book.reserve(draft)
        except GuardRefused:
            await asyncio.wait(journey.settling)
            await self._book.reserve(draft)

    def _note_failure(
        self, journey: _Journey, choice: Choice, order: Order, draft: Attempt, failed: CallFailed, duration_s: float
    ) -> None:
        failure, lane, may_take_words = failed.failure, order.lane, _may_take_words(order)
        if not may_take_words:
            failure = replace(
                failure, is_about_form=False
            )  # Nothing is left to try: it is a bad answer like any other.
        outcome, scope = self._switchboard.note_failure(
            lane,
            choice.key,
            failure,
            sent_at=draft.at,
            now=self._clock.now(),
            input_tokens=journey.need.input_tokens,
        )
        name = lane.target.name
        is_refused = may_be_about_form(failure, outcome)
        if order.in_words and is_refused:
            # A filter's no to this one text, for instance: the form was not the reason.
            self._switchboard.ask_by_schema(lane)
        takes_words = may_take_words and (failure.is_about_form or is_refused)
        if takes_words:
            self._switchboard.ask_in_words(lane)
            if failure.is_about_form:
                # It may repeat the prompt, and a place of an endless schema is long: as in the row of the call.
                journey.faults[lane.index] = redact_cut(failure.message, _LONGEST_FAULT).text
        takes_more = failure.is_cut_off and _widen(journey, lane)
        if scope is not Scope.KEY and not takes_words and not takes_more:
            journey.tried.add(name)
        # A model that is not there is not there in ten seconds either, and a bad certificate is no better then.
        is_lasting = failure.is_lasting or outcome in (AttemptOutcome.BAD_ANSWER, AttemptOutcome.REFUSED)
        if scope is Scope.TARGET and not is_lasting:
            journey.again.add(name)
        if scope is Scope.WINDOW:
            over = max(journey.need.over_tokens, lane.target.context_tokens or 0)
            journey.need = replace(journey.need, over_tokens=over)
        attempt = fail_attempt(draft, order, failed, outcome, duration_s, input_tokens=journey.need.input_tokens)
        journey.attempts.append(attempt)
        journey.decision.append(f"{name}: {outcome.value}: {attempt.error}{_tell_rest(order, outcome, failure)}")
        _LOG.warning(
            "model.attempt_failed",
            target=name,
            key=draft.key_label,
            outcome=outcome.value,
            duration_s=round(duration_s, 3),
            incident_id=draft.incident_id,
        )
        self._settle_beside(journey, attempt)

    def _settle_beside(self, journey: _Journey, attempt: Attempt) -> None:
        """Correct the row of a call while the next one is made."""
        journey.settled.add(attempt.id)
        task = asyncio.ensure_future(self._settle(attempt))
        journey.settling.add(task)
        task.add_done_callback(journey.settling.discard)

    async def _settle(self, attempt: Attempt) -> None:
        if attempt.doubt:
            _LOG.warning("model.usage_doubted", target=attempt.target, attempt_id=attempt.id, told=attempt.doubt)
        try:
            await self._book.settle(attempt)
        except FermataError as error:
            # The row stays as it was reserved: it counts at the most the call may have cost.
            _LOG.warning("model.ledger_failed", target=attempt.target, attempt_id=attempt.id, error=str(error))

    async def _wait_or_give_up(self, journey: _Journey, choice: Choice, now: datetime) -> None:
        """Wait until the first target may be asked again, if that is worth it.

        What a provider asks to wait for is waited for only within the tier's own patience.
        """
        wait = choice.due_at - now if choice.due_at is not None else None
        # Those tried already are not in the choice; their turn comes again with a pause that fits.
        if journey.again:
            journey.tried -= journey.again
            journey.again.clear()
            return
        if wait is None or wait > journey.wait_left or now + wait >= journey.ends_at:
            raise self._give_up(journey, now)
        journey.wait_left -= wait
        # A probe under way is asked after ten times a second, and all that is one wait to whoever reads of it.
        if journey.decision and journey.decision[-1] == _WAITED.format(journey.waited.total_seconds()):
            journey.decision.pop()
        else:
            journey.waited = timedelta(0)
        journey.waited += wait
        journey.decision.append(_WAITED.format(journey.waited.total_seconds()))
        await self._clock.sleep(max(wait.total_seconds(), 0.001))

    def _give_up(self, journey: _Journey, now: datetime) -> FermataError:
        # What was asked, or could not be paid for, has told its own failure.
        untold = [lane for lane in journey.route if lane.target.name not in journey.tried]
        lines = self._switchboard.explain(untold, journey.need, now, journey.tried)
        is_too_long = self._switchboard.has_too_small(untold, journey.need, now, journey.tried)
        if not journey.attempts and journey.refusals and not is_too_long:
            return journey.refusals[-1]
        if not journey.route:
            return NoModelAnswered(
                f"No model is configured for the task {journey.task.kind.value}",
                do="Add a target under models.targets",
            )
        refused = [lane for lane in journey.route if lane.target.refusal]
        return NoModelAnswered(
            f"No model answered the task {journey.task.kind.value}",
            why="\n  " + "\n  ".join([*_fold(journey.decision), *lines]),
            do="Declare the price of each target" if refused else "See `fermata models status`",
            attempts=journey.attempts,
            is_too_long=is_too_long,
        )


def _tell_rest(order: Order, outcome: AttemptOutcome, failure: Failure) -> str:
    """Return which of several keys it was, and what a person can do about it."""
    label = f"key {order.key.get_label()}" if order.key and len(order.lane.settings.keys) > 1 else ""
    rest = ": ".join(filter(None, (label, advise(outcome, failure.status))))
    return f" ({rest})" if rest else ""


def _is_spoilt(journey: _Journey) -> bool:
    """Answer whether so many answers were no good that whoever asks rather does without."""
    most = journey.task.most_bad_answers
    return most is not None and sum(one.outcome is AttemptOutcome.BAD_ANSWER for one in journey.attempts) >= most


def _fold(lines: Sequence[str]) -> list[str]:
    """Return each line once, in the order in which they came first, with how often it came."""
    return [line if often == 1 else f"{line} ({often} times)" for line, often in Counter(lines).items()]


def _widen(journey: _Journey, lane: Lane) -> bool:
    """Ask for a longer answer, once, as far as the target's window allows; return whether that is any longer."""
    need = journey.need
    window = lane.target.context_tokens
    most = (
        need.output_tokens * _WIDER if window is None else min(need.output_tokens * _WIDER, window - need.input_tokens)
    )
    if journey.is_widened or most <= need.output_tokens:
        return False
    journey.is_widened, journey.need = True, replace(need, output_tokens=most)
    return True


def _may_take_words(order: Order) -> bool:
    """Only an endpoint of unknown make is asked again in words; the providers' own take a schema."""
    settings = order.lane.settings
    return not order.in_words and settings.structure == "auto" and settings.provider == "openai-compatible"
