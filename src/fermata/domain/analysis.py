"""What became of asking a model about an incident: who was asked, what it cost, and whether its answer was accepted."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from fermata.domain.model import AttemptOutcome
from fermata.domain.record import Record, Text
from fermata.kit.digest import compute_digest


class Prompt(Record):
    """The instructions of one task: ours, the same for every request of the kind."""

    name: Text
    """Of its file, without the ending: `diagnose`."""
    text: Text

    @property
    def digest(self) -> str:
        """Return the digest of the text: a changed prompt is another one in every record of a run."""
        return compute_digest(self.text)


class When(StrEnum):
    """When a model is asked."""

    NEVER = "never"
    UNDETERMINED = "undetermined"
    """Only where signatures find no cause."""
    SEVERE = "severe"
    """There, and for alerts that are at least a warning."""
    ALWAYS = "always"


class AnalysisOutcome(StrEnum):
    """How it ended."""

    ACCEPTED = "accepted"
    """Everything the answer says was found to stand."""
    NOT_ACCEPTED = "not_accepted"
    """There was an answer, and code found a fault in it each time."""
    NO_ANSWER = "no_answer"
    """No model answered: none reachable, no budget, or no time left."""


class Relation(StrEnum):
    """What an accepted answer is to the diagnosis that signatures had made."""

    CONFIRMS = "confirms"
    """The same cause in the same place."""
    REFINES = "refines"
    """The same cause elsewhere, or a cause where there was none."""
    CONTRADICTS = "contradicts"
    UNDETERMINED = "undetermined"
    """It finds no cause either, or none at all."""


class Analysis(Record):
    """One analysis by models."""

    outcome: AnalysisOutcome
    text: Text
    """In words, for the card."""
    target: str = ""
    """`provider/model` whose answer was looked at last; empty when none answered."""
    relation: Relation | None = None
    """`None` unless it was accepted."""
    refusals: tuple[str, ...] = ()
    """Why answers were not accepted, or nobody answered, in the order it happened."""
    left_out: tuple[str, ...] = ()
    """What of an accepted answer does not stand and was dropped, with the reason: it is shown, never acted on."""
    action_by: str = ""
    """`provider/model` that chose the action of the leading hypothesis, where it had none of its own."""
    checks: tuple[str, ...] = ()
    """What an accepted answer would have a person look at, in the model's words."""
    prompt_digest: str = ""
    calls: int = 0
    """Answers that came; the attempts behind them are in the ledger."""
    outcomes: tuple[AttemptOutcome, ...] = ()
    """How every attempt ended, in order."""
    cost_usd: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0
    """Wall time, evidence that was fetched for the model included."""
