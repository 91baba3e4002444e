"""What rehearsals need beside the collaborators of every flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import PRODUCTION_WORDS
from fermata.flows.context import FlowContext
from fermata.flows.rehearsal.asking import Asker, HttpAsker
from fermata.kit.errors import UserError
from fermata.ports.faults import AddressBook, Injector
from fermata.rules.slots import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentContext:
    """The collaborators of rehearsals."""

    flow: FlowContext
    injectors: Mapping[str, Injector]
    """By the name targets call them."""
    address_books: Mapping[str, AddressBook] = field(default_factory=dict)
    """What knows whose an address is, by its system's name in the settings."""
    production_words: Sequence[str] = PRODUCTION_WORDS
    folder: Path
    """Holds requests to stop, and results that the store could not take. Beside the halt file, for the same reason."""
    proposal_valid: timedelta = timedelta(minutes=30)
    """How long a proposal waits for a person."""
    slot: Slot | None = None
    """When scheduled experiments run; `None`: never."""
    asker: Asker = field(default_factory=HttpAsker)
    """What measures the steady state."""
    announce: Sequence[str] = field(default_factory=tuple)
    """Addresses that cards of rehearsals go to; empty: every channel."""

    def get_injector(self, experiment: Experiment) -> Injector:
        """Return the injector of an experiment's target.

        Raises:
            UserError: No configured system injects for it.
        """
        name = experiment.target.system
        if name not in self.injectors:
            raise UserError(
                f"Nothing injects for {name!r}",
                why=f"Configured are {', '.join(sorted(self.injectors)) or 'no injectors'}",
                do="Add its section under `systems:`; see docs/rehearsals-run.md",
            )
        return self.injectors[name]
