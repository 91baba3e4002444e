"""Questions for one scope, several at once, each answer worded as evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import MetricFacts
from fermata.domain.scope import Scope
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.ports.handing import expect, hand_over
from fermata.ports.metrics.series import SeriesLike, Window, choose_step, read_series

# Prometheus itself looks back five minutes for a value; past that it is no longer the present.
FRESH_FOR = timedelta(minutes=5)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """One query over time to make, and what its answer is evidence of."""

    entity: Entity
    purpose: str
    """As in `MetricFacts.purpose`."""
    title: str
    expression: str
    """In the language of the system that is asked."""
    unit: str = ""
    owners: tuple[Mapping[str, str], ...] = ()
    """Label sets whose series come first."""


@dataclass(frozen=True)
class Asker:
    """Asks for one collector and one scope. A system says how a query is put."""

    clock: Clock
    collector: str
    scope: Scope
    step_s: float | None = None
    """The step the settings ask for."""

    async def fetch(self, expression: str) -> Sequence[SeriesLike]:
        """Return the series of a query over the window.

        Raises:
            OperationalError: It cannot be asked; not transient when only this query is refused.
        """
        raise NotImplementedError

    def write_query(self, expression: str) -> str:
        """Return the query as a person can put it again."""
        raise NotImplementedError

    def measure_step(self, answer: Sequence[SeriesLike]) -> float:
        """Return the seconds between the points of an answer: those asked for, where the system keeps to them."""
        del answer
        return self.window.step_s

    def is_telling(self, item: Evidence) -> bool:
        """Return whether an answer is evidence whatever the others say."""
        del item
        return True

    @property
    def window(self) -> Window:
        """Return the scope's window with the step that keeps series small."""
        start, end = self.scope.window_start, self.scope.window_end
        step_s = choose_step(start, end, self.step_s)
        # Servers count their points from the start: the last one shall be now, not up to a step ago.
        late_s = (end - start).total_seconds() % step_s
        return Window(start + timedelta(seconds=late_s), end, self.scope.onset, step_s)

    async def ask(self, questions: Sequence[Question]) -> list[Evidence]:
        """Put all questions at once and return an evidence for each answer that has a series.

        A question that is refused is named in the `cut` of the first evidence.

        Raises:
            OperationalError: It cannot be asked at all, or it refused and nothing was answered.
        """
        expect(*(question.title for question in questions))
        answers = await gather(self._put(question) for question in questions)
        evidence = [answer for answer in answers if isinstance(answer, Evidence)]
        refusals = [answer for answer in answers if isinstance(answer, OperationalError)]
        if refusals and not evidence:
            raise refusals[0]
        if refusals:
            said = f"{len(refusals)} of {len(questions)} queries were refused, the first: {refusals[0].why}"
            evidence[0] = evidence[0].model_copy(update={"cut": join_cuts(evidence[0].cut, said)})
        return evidence

    async def _put(self, question: Question) -> Evidence | OperationalError | None:
        answer = await self._read(question)
        if not isinstance(answer, OperationalError):
            hand_over(question.title, *([answer] if answer and self.is_telling(answer) else []))
        return answer

    async def _read(self, question: Question) -> Evidence | OperationalError | None:
        try:
            answer = await self.fetch(question.expression)
        except TransientError:
            raise  # The others would meet the same.
        except OperationalError as error:
            return error
        window = replace(self.window, step_s=self.measure_step(answer))
        reading = read_series(answer, window, name=question.purpose, unit=question.unit, owners=question.owners)
        if not reading.series:
            return None
        expression, title = redact(question.expression), redact(question.title)
        now = self.clock.now()
        facts = MetricFacts(
            expression=expression.text,
            unit=question.unit,
            purpose=question.purpose,
            step_s=window.step_s,
            series=reading.series,
        )
        return Evidence(
            incident_id=self.scope.incident_id,
            kind=EvidenceKind.METRICS,
            collector=self.collector,
            entity=question.entity,
            title=title.text,
            query=self.write_query(expression.text),
            observed_at=now,
            fresh_until=now + FRESH_FOR,
            lines=reading.lines,
            facts=facts.to_json(),
            cut=reading.cut,
            redactions=reading.redactions + expression.count + title.count,
        )


async def gather(jobs: Iterable[Awaitable[T]]) -> list[T]:
    """Run jobs at once and return their results in order; the first failure cancels the others and is raised."""

    async def run(job: Awaitable[T]) -> T:
        return await job

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(job)) for job in jobs]
    except ExceptionGroup as failures:
        # Ours are all of one family; a caller handles one failure, not a group of them.
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]
