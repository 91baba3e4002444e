"""What every collector has to keep to, as tests: subclass, say what it looks at, and pytest collects the rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import (
    ChangeFacts,
    DatabaseLoadFacts,
    DesiredFacts,
    EnvironmentFacts,
    LogFacts,
    MetricFacts,
    ResourceFacts,
    RunbookFacts,
    StateFacts,
    TicketFacts,
)
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.kit.errors import FermataError, OperationalError
from fermata.kit.redaction import redact
from fermata.ports.collector import Collector
from fermata.ports.handing import Handed, take_over
from fermata.testing.requiring import require

FACTS: dict[EvidenceKind, type[Record]] = {
    EvidenceKind.CHANGE: ChangeFacts,
    EvidenceKind.DATABASE_LOAD: DatabaseLoadFacts,
    EvidenceKind.DESIRED: DesiredFacts,
    EvidenceKind.ENVIRONMENT: EnvironmentFacts,
    EvidenceKind.LOGS: LogFacts,
    EvidenceKind.METRICS: MetricFacts,
    EvidenceKind.RESOURCES: ResourceFacts,
    EvidenceKind.RUNBOOK: RunbookFacts,
    EvidenceKind.STATE: StateFacts,
    EvidenceKind.TICKET: TicketFacts,
}
"""The record that the facts of each kind of evidence are."""


async def cut_off(collector: Collector, scope: Scope, slow: str) -> Handed:
    """Return what a collector hands over before a deadline that comes when only one part of all is not read.

    Args:
        slow: The name of that part. It is waited for at most ten seconds that the others are read.
    """
    handed = Handed()
    with take_over(handed):
        task = asyncio.ensure_future(collector.collect(scope))
    for _ in range(1_000):
        if handed.list_missing() == (slow,) or task.done():
            break
        await asyncio.sleep(0.01)
    require(not task.done(), f"ended though {slow} was not read")
    require(handed.list_missing() == (slow,), f"read {handed.list_read()}, and not {handed.list_missing()}")
    task.cancel()
    await asyncio.wait([task])
    return handed


@contextmanager
def hold_up(*paths: Path) -> Iterator[None]:
    """Make files that nobody can read before this ends: pipes into which nobody writes."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
    try:
        yield
    finally:
        for path in paths:
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))  # Whoever waits for it comes free.


class CollectorContract:
    """The suite. A subclass is named `Test...` and implements the methods that raise."""

    def make_collector(self) -> Collector:
        """Return the collector under test, looking at the real system."""
        raise NotImplementedError

    def give_scope(self) -> Scope:
        """Return a scope with an entity that the system knows."""
        raise NotImplementedError

    def give_foreign_scope(self) -> Scope:
        """Return a scope whose entities the system has never heard of."""
        raise NotImplementedError

    def take_snapshot(self) -> str:
        """Return a digest of everything outside that a collector could change by mistake."""
        raise NotImplementedError

    def break_system(self) -> None:
        """Make the system impossible to ask."""
        raise NotImplementedError

    def list_secrets(self) -> Sequence[str]:
        """Return secrets that lie where the collector looks; empty when it looks where none can lie."""
        return ()

    async def test_evidence_is_complete(self) -> None:
        """Each piece says who asked what, of whom, for how long it holds, and carries its kind's facts."""
        collector, scope = self.make_collector(), self.give_scope()

        evidence = await collector.collect(scope)

        require(bool(evidence), "nothing was collected")
        for item in evidence:
            require(item.collector == collector.name, f"{item.title}: another collector's name")
            require(item.incident_id == scope.incident_id, f"{item.title}: another incident")
            require(item.fresh_until > item.observed_at, f"{item.title}: stale at once")
            numbers = [line.number for line in item.lines]
            require(numbers == sorted(set(numbers)), f"{item.title}: line numbers repeat or go back")
            require(not any("\n" in line.text for line in item.lines), f"{item.title}: a line of several lines")
            if item.kind in FACTS:
                FACTS[item.kind].from_json(item.facts)
            Evidence.from_json(item.to_json())

    async def test_pieces_on_the_way_are_those_of_the_end(self) -> None:
        """What is handed over early is what a deadline leaves: nothing else, and every part is read in the end."""
        handed = Handed()

        with take_over(handed):
            evidence = await self.make_collector().collect(self.give_scope())

        known = {item.digest for item in evidence}
        require(all(item.digest in known for item in handed.evidence), "handed over what it does not return")
        require(not handed.list_missing(), f"said to be unread in the end: {handed.list_missing()}")

    async def test_collecting_changes_nothing(self) -> None:
        """A collector is read-only."""
        collector, scope = self.make_collector(), self.give_scope()
        before = self.take_snapshot()

        await collector.collect(scope)

        require(self.take_snapshot() == before, "something outside has changed")

    async def test_wanting_is_decided_without_asking(self) -> None:
        """`wants` needs no system: it answers the same when there is none."""
        collector, scope = self.make_collector(), self.give_scope()
        self.break_system()

        require(collector.wants(scope) is True, "does not want a scope that it knows")

    async def test_unknown_entities_bring_nothing(self) -> None:
        """What the system has never heard of is no gap and no error."""
        evidence = await self.make_collector().collect(self.give_foreign_scope())

        require(list(evidence) == [], "evidence about something unknown")

    async def test_system_that_cannot_be_asked_is_an_operational_error(self) -> None:
        """It becomes a stated gap; any other exception would be a bug."""
        collector = self.make_collector()
        self.break_system()

        try:
            await collector.collect(self.give_scope())
        except OperationalError as error:
            require(bool(error.what), "the gap would have no reason")
        except FermataError as error:
            raise AssertionError(f"{type(error).__name__} instead of an OperationalError") from error
        else:
            raise AssertionError("collected from a system that is not there")

    async def test_deadline_cancels_it_cleanly(self) -> None:
        """A deadline ends it at any point; nothing is changed by that, and the next time works."""
        collector, scope = self.make_collector(), self.give_scope()
        before = self.take_snapshot()

        for delay_s in (0.0, 0.001, 0.005, 0.02):
            task = asyncio.ensure_future(collector.collect(scope))
            await asyncio.sleep(delay_s)
            task.cancel()
            await asyncio.wait([task], timeout=2)
            require(task.done(), "did not end within 2 s of its cancellation")

        require(bool(await collector.collect(scope)), "does not work after a cancellation")
        require(self.take_snapshot() == before, "something outside has changed")

    async def test_secrets_stay_where_they_are(self) -> None:
        """Secrets are dropped before the evidence leaves the collector."""
        secrets = self.list_secrets()

        for item in await self.make_collector().collect(self.give_scope()):
            text = str(item.to_json())
            require(not any(secret in text for secret in secrets), f"{item.title}: a secret is in it")
            # A value's digest stands after its name, where the redaction would look for a value.
            shown = [line.text for line in item.lines if "<redacted " not in line.text]
            require(all(redact(text).count == 0 for text in shown), f"{item.title}: the second net caught one")
