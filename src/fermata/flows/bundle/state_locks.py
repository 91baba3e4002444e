"""Who held the lock of a Terraform state when somebody else wanted it: an apply that went on just then.

Terraform tells it with its refusal (hashicorp/terraform, `internal/states/statemgr/locker.go`, `LockInfo.String`).
"""

from __future__ import annotations

import re

from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.parsing import read_instant

_REFUSED = "Error acquiring the state lock"
_FIELD = re.compile(r"^(?:\u2502)?\s*(ID|Operation|Who|Created):\s+(\S.*?)\s*$", re.MULTILINE)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? \+0000 UTC")
_APPLIES = "OperationTypeApply"


def read_lock(plain: str, file: str) -> Change | None:
    """Return the apply that held the lock; `None` where none did, or nobody says since when.

    Args:
        plain: The text without colours.
    """
    start = plain.find(_REFUSED)
    if start < 0:
        return None
    told = dict(reversed(_FIELD.findall(plain, start)))
    created = _INSTANT.fullmatch(told.get("Created", ""))
    at = read_instant(f"{created[1].replace(' ', 'T')}Z") if created is not None else None
    if told.get("Operation") != _APPLIES or at is None:
        return None
    return Change(
        file=file,
        id=f"lock-{told.get('ID', '')[:8]}",
        kind="terraform",
        at=at,
        title="An apply of Terraform that held the lock of the state",
        author=told.get("Who", ""),
        note="what it changes is not told",
    )
