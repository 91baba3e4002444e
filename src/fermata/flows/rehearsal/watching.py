"""The watcher: asks each journey at its rate, whatever becomes of the questions before, and keeps every answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlsplit

from fermata.domain.experiment import Experiment, Phase, SteadyCheck
from fermata.flows.rehearsal.asking import Asker, Reply
from fermata.kit.clock import Clock
from fermata.rules.rehearsal import Answer, is_as_agreed

_FEWEST_REFUSED = 3
_MOST_BEHIND_S = 1.0
"""A watcher that was stopped for longer does not ask everything it missed at once: that would be a load test."""


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """A question without an answer yet."""

    check: SteadyCheck
    phase: Phase
    sent_s: float
    late_ms: float


class Watcher:
    """Asks until it is left.

    Questions are sent on time also when nothing answers (an open loop): a watcher that waits for the answers of a slow
    system asks less of it, and does not see it (G. Tene's "coordinated omission").
    """

    def __init__(self, experiment: Experiment, asker: Asker, clock: Clock) -> None:
        self._checks = experiment.checks
        self._asker = asker
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._phase: Phase | None = Phase.BASELINE
        self._answers: list[Answer] = []
        self._open: set[_Open] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unreached: dict[str, list[str]] = {}
        """By journey: why nobody was there to be asked. Of one that was ever reached, nothing."""
        self._reached: set[str] = set()

    @property
    def now_s(self) -> float:
        """Return the seconds since the run began, on the machine's monotonic clock."""
        return self._loop.time() - self._began

    async def __aenter__(self) -> Self:
        for number, check in enumerate(self._checks):
            # Not all journeys in the same instant: they would wait for each other in the watcher.
            self._start(self._keep_asking(check, number / len(self._checks) / check.rate_rps))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def enter(self, phase: Phase | None) -> None:
        """Let the questions from now on belong to a phase; `None`: to none, as while a fault comes or goes."""
        self._phase = phase

    def list_answers(self, phase: Phase | None = None) -> list[Answer]:
        """Return what is known by now, of one phase or all.

        A question that is open counts with the time it has waited, once that is longer than the journey may take.
        """
        now_s = self.now_s
        waiting = [
            _write_open(item, now_s) for item in self._open if (now_s - item.sent_s) * 1000 > item.check.max_p95_ms
        ]
        return [answer for answer in (*self._answers, *waiting) if phase is None or answer.phase is phase]

    def list_all(self) -> list[Answer]:
        """Return what is known by now, and every question that is open, with what it has waited for."""
        now_s = self.now_s
        return [*self._answers, *(_write_open(item, now_s) for item in self._open)]

    def find_unreachable(self) -> str:
        """Say which journey nobody can be asked about, and what to do; empty while there is none.

        Told after a few questions: the rest of a baseline would not show anything else.
        """
        for check in self._checks:
            reasons = self._unreached.get(check.journey, [])
            if check.journey not in self._reached and len(reasons) >= _FEWEST_REFUSED:
                return (
                    f"{check.journey} cannot be asked: {reasons[-1]} (the first {_FEWEST_REFUSED} questions). "
                    "Start what answers there, or correct the address of that check"
                )
        return ""

    async def settle(self, phase: Phase) -> None:
        """Wait until all questions of a phase are answered or given up."""
        while any(item.phase is phase for item in self._open):
            await self._clock.sleep(0.05)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_asking(self, check: SteadyCheck, first_s: float) -> None:
        due = self._loop.time() + first_s
        while True:
            await self._clock.sleep(max(0.0, due - self._loop.time()))
            late = self._loop.time() - due
            self._start(self._ask(check, late * 1000))
            due = max(due + 1 / check.rate_rps, self._loop.time() - _MOST_BEHIND_S)

    async def _ask(self, check: SteadyCheck, late_ms: float) -> None:
        if self._phase is None:
            with contextlib.suppress(OSError, ValueError):
                await self._asker.ask(check.url, timeout_s=check.timeout_s)  # The load goes on; nobody counts it.
            return
        item = _Open(check, self._phase, self.now_s, late_ms)
        self._open.add(item)
        reply = None
        try:
            reply = await self._find_answer(check)
        finally:
            self._open.discard(item)
        took_ms = (self.now_s - item.sent_s) * 1000
        is_well = reply is not None and reply.status < HTTPStatus.BAD_REQUEST
        is_false = reply is not None and is_well and not is_as_agreed(reply.body, check.holds)
        self._answers.append(
            Answer(
                check.journey,
                item.phase,
                item.sent_s,
                took_ms,
                ok=is_well and not is_false,
                late_ms=item.late_ms,
                is_false=is_false,
            )
        )

    async def _find_answer(self, check: SteadyCheck) -> Reply | None:
        """Ask, and return what was answered, if anything; remember whether anybody was there."""
        try:
            reply = await self._asker.ask(check.url, timeout_s=check.timeout_s)
        except ConnectionRefusedError:
            self._note_unreached(check, "nothing listens at")
            return None
        except socket.gaierror:
            self._note_unreached(check, "no name is known as in")
            return None
        except (OSError, ValueError):
            self._reached.add(check.journey)
            return None
        self._reached.add(check.journey)
        return reply

    def _note_unreached(self, check: SteadyCheck, why: str) -> None:
        if check.journey not in self._reached:
            self._unreached.setdefault(check.journey, []).append(f"{why} {urlsplit(check.url).netloc}")


def _write_open(item: _Open, now_s: float) -> Answer:
    waited_ms = (now_s - item.sent_s) * 1000
    # Of an open question that is overdue it is the time that counts against it.
    return Answer(item.check.journey, item.phase, item.sent_s, waited_ms, ok=True, is_open=True)
