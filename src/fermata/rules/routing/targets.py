"""What is known of a target before it is asked, and how capable a model each kind of task begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fermata.domain.model import TaskKind, Tier

DEFAULT_TIERS: Mapping[TaskKind, Tier] = {
    # Their answers are checked by code to the last character, so a wrong one costs one more call and nothing else.
    TaskKind.PARSE: Tier.LOW,
    TaskKind.CLASSIFY: Tier.LOW,
    # The raw spans stay cited beside the summary.
    TaskKind.SUMMARISE: Tier.LOW,
    # A person edits it anyway; but it must read well.
    TaskKind.DRAFT: Tier.MEDIUM,
    # Once per incident, and the answer a person acts on.
    TaskKind.DIAGNOSE: Tier.HIGH,
    # Checked to the last parameter, and seen as a diff before anybody approves it; mostly the answer is none.
    TaskKind.PLAN: Tier.LOW,
}
"""Where each kind begins unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Target:
    """One model at one provider."""

    name: str
    """`provider/model`, or `provider/<the name given>`: unique."""
    tier: Tier | None = None
    """How capable it is; `None` takes whatever tier is asked for: the only model there is."""
    kinds: frozenset[TaskKind] = frozenset()
    """Tasks it may be asked for; empty means all."""
    context_tokens: int | None = None
    """Input and output together; `None` is not known."""
    max_output_tokens: int | None = None
    """The longest answer it gives; `None` is not known."""
    is_local: bool = False
    """Runs on one's own machine: costs no money."""
    refusal: str = ""
    """Why it is never asked, in words: a price that nobody declared. Empty for a target that may be asked."""

    def serves(self, kind: TaskKind) -> bool:
        """Answer whether the settings allow it this kind of task."""
        return not self.kinds or kind in self.kinds
