"""When the data of a config map was last written, and by whom. Pure.

Kubernetes keeps no history of a config map: what it held before is gone. That it was written, and when, stands among
its managed fields (Kubernetes documentation, "Server-Side Apply", field management; read November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fermata.integrations.kubernetes.digging import time_of
from fermata.kit.digging import dig_map, dig_maps, dig_text

_DATA = frozenset({"f:data", "f:binaryData"})
_MAKING = timedelta(seconds=10)
"""What is written so soon after an object was made belongs to its making."""


@dataclass(frozen=True, slots=True)
class Written:
    """That somebody wrote what an object holds."""

    at: datetime
    by: str
    """Under which name."""


def find_written(item: Mapping[str, Any]) -> Written | None:
    """Return how a config map was last written since it was made; `None` where it was not, or nothing tells."""
    made = time_of(item, "metadata", "creationTimestamp")
    entries = (
        Written(at, dig_text(each, "manager"))
        for each in dig_maps(item, "metadata", "managedFields")
        if _DATA & dig_map(each, "fieldsV1").keys() and (at := time_of(each, "time")) is not None
    )
    last = max(entries, key=lambda each: each.at, default=None)
    return last if last is not None and made is not None and last.at - made > _MAKING else None


def is_unseen(written: Written, pods: Sequence[Mapping[str, Any]]) -> bool:
    """Answer whether all containers of some pods run since before that: a variable keeps what it had at the start."""
    statuses = [each for pod in pods for each in dig_maps(pod, "status", "containerStatuses")]
    starts = [time_of(each, "state", "running", "startedAt") for each in statuses]
    return bool(starts) and all(at is not None and at < written.at for at in starts)
