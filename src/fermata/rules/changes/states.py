"""What the state of a change says of whether it took effect. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fermata.rules.changes.migrations import MIGRATION

if TYPE_CHECKING:
    from fermata.domain.facts import ChangeFacts

_NOT_IN_EFFECT = re.compile(
    r"\b(?:open|draft|fail\w*|error\w*|cancel\w*|abort\w*|reject\w*|pending|planned|plan|queued|skipped|declined|closed|"
    r"unmerged|not[ _]applied|dry[ _-]?run|in[ _]review|waiting|blocked|timed[ _]out)\b",
    re.IGNORECASE,
)
_FAILED = re.compile(r"\b(?:fail\w*|error\w*|abort\w*)\b", re.IGNORECASE)


def has_no_effect(facts: ChangeFacts) -> bool:
    """Answer whether its state says that it took no effect; a migration that failed may have done a part of it."""
    if "->" in facts.state or _NOT_IN_EFFECT.search(facts.state) is None:
        return False
    return facts.kind != MIGRATION or _FAILED.search(facts.state) is None
