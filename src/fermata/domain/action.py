"""Actions of the catalogue: what one is, what it would do, what it did."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.ids import ActionId
from fermata.domain.record import FrozenMap, Instant, Record, Text


class Risk(StrEnum):
    """How much could go wrong; `high` needs N of M people."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 for low, rising."""
        return list(Risk).index(self)

    def raised(self) -> Risk:
        """Return the next higher risk; high stays high."""
        return list(Risk)[min(self.rank + 1, len(Risk) - 1)]


class ActionSpec(Record):
    """A catalogue entry: what exists, not what is planned."""

    name: Text
    """`system.verb_object`."""
    summary: Text
    """One line for people."""
    risk: Risk
    """Before the dry run; an action that cannot be dry-run counts as one step higher."""
    reversible: bool
    parameters_schema: FrozenMap[str, Any]
    """JSON Schema of the parameters; what a model is given and what is validated."""


class BlastRadius(Record):
    """What could be touched if it goes wrong, counted."""

    count: int = Field(ge=1)
    """Number of objects in `entities` and those behind them."""
    entities: tuple[str, ...]
    """Refs of what is touched."""
    text: Text
    """In words: `1 process restarts; requests to checkout fail for about 2 s`."""


class DryRun(Record):
    """The computed effect, from the target system itself, without the effect."""

    possible: bool
    """False when the system cannot compute it; then `note` says so and the risk counts one step higher."""
    diff: str = ""
    """Unified diff of what would change, verbatim; part of what is approved."""
    note: str = ""
    """What a diff cannot say (`the process restarts`)."""
    observed_version: Text
    """Version of the target the diff was computed against; the drift check compares it."""
    blast_radius: BlastRadius
    undo: ActionSuggestion | None = None
    """The action that takes it back; `None` when `undo_text` says why there is none."""
    undo_text: Text
    """How to undo it, in words."""

    def saw_another_object(self, version_now: str) -> bool:
        """Answer whether a version now is another object's than that of this dry run, for versions that tell.

        Args:
            version_now: As `observed_version`: one that begins with `uid` and an object's id tells.
        """
        then, now = self.observed_version.split(), version_now.split()
        return then[:1] == now[:1] == ["uid"] and then[1:2] != now[1:2]


class PlannedAction(Record):
    """One step of a plan: a catalogue action, its parameters and its dry run."""

    id: ActionId
    name: Text
    target: Entity
    parameters: FrozenMap[str, Any]
    risk: Risk
    dry_run: DryRun


class Outcome(StrEnum):
    """What is known of one effect."""

    DONE = "done"
    FAILED = "failed"
    """It is certain that it did not happen, or not fully and nothing is left half-done."""
    UNKNOWN = "unknown"
    """It may or may not have happened: a card for a person, never a retry."""


class ActionResult(Record):
    """What one execution of one action brought."""

    outcome: Outcome
    detail: Text
    """In words, redacted: what the target system said."""
    at: Instant


class EarlierAction(Record):
    """What was done before on this target, and what it achieved: shown on the card."""

    action_name: Text
    target: Entity
    at: Instant
    outcome: Outcome
    verdict: str = ""
    """`restored`, `unchanged`, `worse`, or empty when it was never verified."""
    text: Text
    """In words."""
