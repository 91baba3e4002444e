"""The last change of a deployment's number of replicas that is no step of a rollout. Pure.

Kubernetes keeps no history of it, and the entry that `kubectl scale` leaves among the managed fields bears no time: its
controller's events say from which number to which, and when, for as long as they live (an hour by default).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.integrations.kubernetes.digging import time_of
from fermata.kit.digging import dig, dig_map, dig_maps, dig_text

Json = Mapping[str, Any]
_SCALED = re.compile(r"Scaled (?:up|down) replica set (?P<holder>\S+) from (?P<old>\d+) to (?P<new>\d+)$")
_AUTOSCALER = "kube-controller-manager"


@dataclass(frozen=True, slots=True)
class Scaling:
    """From one number of replicas to another."""

    old: int
    new: int
    at: datetime
    by: str
    """Under which name it was written, several joined by "or"; empty where that is not recorded."""
    said: str
    """The message of the event that tells it."""

    def write_diff(self, path: str) -> tuple[str, ...]:
        """Return it as the unified diff of a manifest that holds nothing else."""
        files = (f"--- a/{path}", f"+++ b/{path}", "@@ -1,2 +1,2 @@")
        return (*files, " spec:", f"-  replicas: {self.old}", f"+  replicas: {self.new}")


def find_scaling(workload: Json, events: Sequence[Json], *, is_autoscaled: bool) -> Scaling | None:
    """Return how somebody last changed a deployment's number of replicas; `None` where nothing tells it for sure.

    What an autoscaler decides is no change that somebody made. Where no manifest owns the number, the API server
    records nobody who scales it, neither a person nor an autoscaler (seen on 1.36). In a rollout, the old replica set
    is scaled down last: what came after all that is said of other sets is no step of one.

    Args:
        workload: The deployment as it is now, with its managed fields.
        events: Of its namespace.
        is_autoscaled: Whether an autoscaler may decide its number.
    """
    entries = dig_maps(workload, "metadata", "managedFields")
    writers = {dig_text(each, "manager") for each in entries if "f:replicas" in dig_map(each, "fieldsV1", "f:spec")}
    told = sorted(_list_told(workload, events), key=lambda each: each[0])
    if _AUTOSCALER in writers or (is_autoscaled and not writers) or not told:
        return None
    at, match = told[-1]
    others = [when for when, each in told if each["holder"] != match["holder"]]
    old, new = int(match["old"]), int(match["new"])
    # From none it begins, in a rollout as well.
    if old == 0 or new != dig(workload, "spec", "replicas") or (others and others[-1] >= at):
        return None
    return Scaling(old, new, at, " or ".join(sorted(writers)), match[0])


def _list_told(workload: Json, events: Sequence[Json]) -> list[tuple[datetime, re.Match[str]]]:
    name, found = dig(workload, "metadata", "name"), []
    for event in events:
        about = dig_map(event, "involvedObject") or dig_map(event, "regarding")
        match = _SCALED.match(dig_text(event, "message"))
        times = (time_of(event, key) for key in ("lastTimestamp", "eventTime", "firstTimestamp"))
        at = next((each for each in times if each is not None), None)
        if match and at is not None and about.get("kind") == "Deployment" and about.get("name") == name:
            found.append((at, match))
    return found
