"""The rollout history of a workload, and what changed from one revision to the next. Pure.

Sources, read November 2026: Kubernetes documentation, "Deployments" (a revision is a ReplicaSet with the annotation
`deployment.kubernetes.io/revision`; rolling back takes the old ReplicaSet up again under a new number) and "Perform a
Rolling Update on a DaemonSet" (a revision is a ControllerRevision, its template under `data`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fermata.integrations.kubernetes.digging import Owner, containers_of, name_of, owner_of, time_of
from fermata.integrations.kubernetes.pruning import prune
from fermata.integrations.kubernetes.yaml_text import write_value
from fermata.kit.digging import dig, dig_map, dig_maps, dig_text
from fermata.kit.listing import write_some

Json = Mapping[str, Any]
_REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_CAUSE = "kubernetes.io/change-cause"
_RESTARTED = "kubectl.kubernetes.io/restartedAt"
_HASHES = ("pod-template-hash", "controller-revision-hash")
_MOST_NAMED = 4
_COMMIT = re.compile(r"(?:^|[-_.])g?([0-9a-f]{7,40})$")
"""How a tag ends that is made of a commit's id; `g` is what `git describe` puts before it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a workload's pod template."""

    number: int
    holder: str
    """Name of the ReplicaSet or ControllerRevision that keeps it."""
    created_at: datetime | None
    template: Json
    """`metadata` and `spec`, without hashes, otherwise as stored."""
    cause: str = ""
    """What whoever rolled it out wrote about it (`kubernetes.io/change-cause`)."""
    is_again: bool = False
    """Whether it had run before under another number: it was rolled back to."""

    @property
    def images(self) -> tuple[str, ...]:
        """Return the images of its containers, in order."""
        holder = {"spec": {"template": self.template}}
        return tuple(dig_text(each, "image") for each in containers_of(holder, with_init=True))

    @property
    def sha(self) -> str:
        """Return the commit that its first image's tag names (`shop/checkout:main-3f2a9c1`); empty when none does."""
        tag = self.images[0].partition("@")[0].rpartition("/")[2].partition(":")[2] if self.images else ""
        match = _COMMIT.search(tag)
        # Seven digits are a date or a build number, and seven letters a word.
        is_mixed = match is not None and not match[1].isdecimal() and not match[1].isalpha()
        return match[1] if match is not None and is_mixed else ""


@dataclass(frozen=True, slots=True)
class Step:
    """From one revision to the next."""

    before: Revision | None
    """`None` for the first that is known."""
    after: Revision
    diff: tuple[str, ...]
    """Unified, of the templates as YAML, with file headers."""
    summary: str
    """For people: `image shop/checkout:1.4 -> 1.5, env DB_POOL_SIZE`."""
    redactions: int = 0

    @property
    def is_back(self) -> bool:
        """Answer whether the newer one had run before: the workload was rolled back to it."""
        now, then = self.after.created_at, self.before.created_at if self.before is not None else None
        return self.after.is_again or (now is not None and then is not None and now < then)

    @property
    def is_compared(self) -> bool:
        """Answer whether its diff says what changed: there was a revision before it, or no workload at all."""
        return self.before is not None or (self.after.number == 1 and not self.after.is_again)


_SETTLING = timedelta(seconds=10)
"""How long after it was made a workload that never served is first called unavailable; controllers take one or two."""


def list_told(steps: Sequence[Step], workload: Json) -> tuple[Step, ...]:
    """Return the steps that are changes of a workload, oldest first.

    The oldest revision that is kept differs from nothing: where a later one is known, that is the change; where the
    workload has served with it, that it was made is none either. It stays where the workload never served since it was
    made (its first template may be at fault), and where it is all that is known of a longer history: then it says when,
    and not what.

    Args:
        steps: All that are known, oldest first.
        workload: The controller as it is now.
    """
    if not steps or steps[0].before is not None:
        return tuple(steps)
    first, rest = steps[0], tuple(steps[1:])
    if rest or (first.is_compared and _has_served(workload)):
        return rest
    return (first,)


def _has_served(workload: Json) -> bool:
    status = dig_map(workload, "status")
    if any(status.get(count) for count in ("readyReplicas", "availableReplicas", "numberReady")):
        return True
    created = time_of(workload, "metadata", "creationTimestamp")
    for each in dig_maps(status, "conditions"):
        since = time_of(each, "lastTransitionTime")
        if each.get("type") == "Available" and created and since:
            return each.get("status") == "True" or since - created > _SETTLING
    return False


def list_revisions(owner: Owner, holders: Sequence[Json]) -> tuple[Revision, ...]:
    """Return the revisions of a workload, oldest first.

    Args:
        holders: ReplicaSets or ControllerRevisions, those of other workloads among them.
    """
    own = [item for item in holders if owner_of(item) == owner]
    found = [_read_replica_set(item) if owner.kind == "Deployment" else _read_controller_revision(item) for item in own]
    return tuple(sorted((each for each in found if each.template), key=lambda each: each.number))


def compare(before: Revision | None, after: Revision, path: str, shown: Sequence[str] = ("*",)) -> Step:
    """Return what changed from one revision to the next.

    Args:
        path: Under which the template is shown, as `shop/deployment/checkout.yaml`.
        shown: Globs of variables whose values may be shown.
    """
    pruned = prune([each.template for each in (before, after) if each is not None], shown)
    new = write_value(pruned.items[-1])
    old = write_value(pruned.items[0]) if before is not None else []
    diff = difflib.unified_diff(old, new, f"a/{path}" if old else "/dev/null", f"b/{path}", n=4, lineterm="")
    summary = _summarise(before, after)
    return Step(before, after, tuple(diff), summary, pruned.redactions)


def list_added(diff: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers of the lines, in the new text, that a unified diff adds."""
    found, number = [], 0
    for line in diff:
        if line.startswith("@@"):
            number = int(line.partition("+")[2].partition(" ")[0].partition(",")[0])
        elif line.startswith("+") and not line.startswith("+++"):
            found.append(number)
            number += 1
        elif line.startswith(" "):
            number += 1
    return tuple(found)


def find_start(step: Step, workload: Json, events: Sequence[Json]) -> datetime | None:
    """Return when a step began: when its holder was created, or for one taken up again, when that was said.

    Args:
        workload: The controller, whose conditions tell when it last progressed.
        events: Of the namespace.
    """
    created = step.after.created_at
    if not step.is_back:
        return created
    before = step.before
    # Where its pods never went away, as in a rollout that hung, only that those of the other one went is said.
    told = [("up", step.after.holder)] + ([("down", before.holder)] if before is not None else [])
    for way, holder in told:
        said = _list_scaled(events, way, holder)
        # It took back what was made before it: what was said of it earlier is of the time when it was rolled out first.
        later = [at for at in said if before is None or before.created_at is None or at >= before.created_at]
        if later:
            return max(later)
    conditions = dig_maps(workload, "status", "conditions")
    times = [time_of(each, "lastUpdateTime") for each in conditions if each.get("type") == "Progressing"]
    return next((at for at in times if at is not None), created)


def _list_scaled(events: Sequence[Json], way: str, holder: str) -> list[datetime]:
    words = (f"Scaled {way} replica set {holder} ", f"Scaled {way} replica set {holder}")
    found = []
    for event in events:
        if dig_text(event, "reason") != "ScalingReplicaSet" or not dig_text(event, "message").startswith(words):
            continue
        # What was said before is counted on the same event, so that its first time is that of the earlier rollout.
        times = (time_of(event, key) for key in ("lastTimestamp", "firstTimestamp", "eventTime"))
        found += [at for at in times if at is not None][:1]
    return found


def _read_replica_set(item: Json) -> Revision:
    annotations = dig_map(item, "metadata", "annotations")
    return Revision(
        number=_read_number(annotations.get(_REVISION)),
        holder=name_of(item),
        created_at=time_of(item, "metadata", "creationTimestamp"),
        template=_read_template(dig_map(item, "spec", "template")),
        cause=str(annotations.get(_CAUSE) or ""),
        is_again=bool(annotations.get(_HISTORY)),
    )


def _read_controller_revision(item: Json) -> Revision:
    return Revision(
        number=_read_number(item.get("revision")),
        holder=name_of(item),
        created_at=time_of(item, "metadata", "creationTimestamp"),
        template=_read_template(dig_map(item, "data", "spec", "template")),
        cause=str(dig_map(item, "metadata", "annotations").get(_CAUSE) or ""),
    )


def _read_number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0


def _read_template(template: Json) -> Json:
    metadata = {key: value for key, value in dig_map(template, "metadata").items() if key != "creationTimestamp"}
    if labels := dig_map(metadata, "labels"):
        metadata["labels"] = {name: value for name, value in labels.items() if name not in _HASHES}
    spec = dig_map(template, "spec")
    return {"metadata": metadata, "spec": spec} if spec else {}


def _summarise(before: Revision | None, after: Revision) -> str:
    if before is None:
        is_made = after.number == 1 and not after.is_again
        how = "the workload was made" if is_made else "what it changed is not known, as the one before is not kept"
        return f"{how}, image {', '.join(after.images)}"
    old, new = _index(before), _index(after)
    words = [_say_container(name, old[name], new[name]) for name in new if name in old]
    words += [f"container {name} added" for name in new if name not in old]
    words += [f"container {name} removed" for name in old if name not in new]
    said = ", ".join(filter(None, words))
    if not said and _restarted_at(before) != _restarted_at(after):
        return "restarted, nothing else changed"
    return said or "the template changed"


def _index(revision: Revision) -> dict[str, Json]:
    holder = {"spec": {"template": revision.template}}
    return {dig_text(each, "name"): each for each in containers_of(holder, with_init=True)}


def _say_container(name: str, old: Json, new: Json) -> str:
    words = []
    if old.get("image") != new.get("image"):
        words.append(f"image {old.get('image')} -> {new.get('image')}")
    for sort in ("limits", "requests"):
        was, now = dig_map(old, "resources", sort), dig_map(new, "resources", sort)
        words += [
            f"{sort}.{key} {was.get(key, 'none')} -> {now.get(key, 'none')}"
            for key in dict.fromkeys((*was, *now))
            if was.get(key) != now.get(key)
        ]
    changed = _list_changed_variables(old, new)
    if changed:
        words.append(f"env {write_some(changed, _MOST_NAMED)}")
    words += [
        key
        for key in ("command", "args", "ports", "livenessProbe", "readinessProbe", "envFrom")
        if old.get(key) != new.get(key)
    ]
    return f"{name}: {', '.join(words)}" if words else ""


def _list_changed_variables(old: Json, new: Json) -> list[str]:
    was = {dig_text(each, "name"): each for each in dig_maps(old, "env")}
    now = {dig_text(each, "name"): each for each in dig_maps(new, "env")}
    return [name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name)]


def _restarted_at(revision: Revision) -> object:
    return dig(revision.template, "metadata", "annotations", _RESTARTED)
