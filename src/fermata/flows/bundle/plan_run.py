"""What a run of Terraform says that it changed, whichever form it was printed in."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

PARTLY = "partly applied"
"""The state of a run that an error ended after it had completed something."""
FAILED = "failed"
_HEAD = re.compile(r"^@@ (\S.*) @@$", re.MULTILINE)


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
    """When the last step was taken, or of a mere plan when it was made; `None` where the form tells no times."""
    untold: tuple[str, ...] = ()
    """What it updates or replaces without saying from what to what, by address; among what `diff` is of."""
    drift_untold: tuple[str, ...] = ()
    """What it found to be changed outside of Terraform, without saying from what to what, by address."""
    done: tuple[str, ...] = ()
    """The resources it told to be complete, by address."""


def list_addresses(diff: str) -> tuple[str, ...]:
    """Return the addresses of the resources that a run's diff is of, in its order."""
    return tuple(dict.fromkeys(_HEAD.findall(diff)))


def keep_addresses(diff: str, addresses: Collection[str]) -> str:
    """Return the part of a run's diff that is of these resources."""
    kept: list[str] = []
    is_kept = False
    for line in diff.split("\n"):
        head = _HEAD.match(line)
        is_kept = head[1] in addresses if head is not None else is_kept
        kept += [line] if is_kept else []
    return "\n".join(kept)
