"""What a run of Terraform says that it changed, whichever form it was printed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PARTLY = "partly applied"
"""The state of a run that an error ended after it had completed something."""
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """What a printed run says that it changed."""

    diff: str
    """Of what was applied, where its progress tells; else of all that is planned. Empty when nothing is in effect."""
    state: str
    """`applied`, `cancelled`, `PARTLY`, `FAILED`, or `UNCONFIRMED` where it tells of no step that was taken."""
    drift: str = ""
    """A diff of what was changed outside of Terraform."""
    error: str = ""
    """The first error that ended it."""
    at: datetime | None = None
    """When the last step was taken; `None` where the form tells no times, or no step was."""
    untold: tuple[str, ...] = ()
    """What it updates without saying from what to what, by address; among what `diff` is of."""
