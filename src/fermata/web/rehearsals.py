"""What the page asks of rehearsals: Protocols, as `web.house` has them for all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fermata.domain.experiment import ExperimentResult
from fermata.domain.held_experiment import HeldExperiment
from fermata.domain.ids import PersonId
from fermata.domain.journal import JournalEntry
from fermata.domain.person import Actor
from fermata.domain.proposal import Ruling


class Word(Protocol):
    """What came of a click."""

    @property
    def accepted(self) -> bool:
        """Answer whether it changed something."""
        ...

    @property
    def text(self) -> str:
        """Return what whoever clicked is told."""
        ...


class Stopped(Protocol):
    """What a request to stop came to."""

    @property
    def text(self) -> str:
        """Return what whoever asked is told."""
        ...


class RehearsalView(Protocol):
    """One rehearsal with everything."""

    @property
    def held(self) -> HeldExperiment:
        """Return the row."""
        ...

    @property
    def result(self) -> ExperimentResult | None:
        """Return what came of it, once it is over."""
        ...

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """Return its part of the journal, oldest first."""
        ...


class Rehearsals(Protocol):
    """Rehearsals, and people's words on them."""

    async def list_recent(self, limit: int = 50) -> Sequence[HeldExperiment]:
        """Return rehearsals, newest first."""
        ...

    async def show(self, held_id: str) -> RehearsalView:
        """Return one rehearsal.

        Raises:
            NotFoundError: No such rehearsal.
        """
        ...

    async def decide(  # noqa: PLR0913 - a click is what it is
        self,
        held_id: str,
        ruling: Ruling,
        *,
        channel: str,
        handle: str,
        person_id: PersonId | None = None,
        shown_digest: str,
        reason: str = "",
    ) -> Word:
        """Judge a click. Every one gets an answer."""
        ...

    async def name_states(self, rows: Sequence[HeldExperiment]) -> Mapping[str, str]:
        """Return what each row is now, in a word, by its id."""
        ...

    async def stop(self, held_id: str, by: Actor, reason: str = "") -> Stopped:
        """Stop one that runs, or withdraw one that has not begun."""
        ...
