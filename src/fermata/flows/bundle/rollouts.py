"""What was rolled out, by the revisions of a deployment's pod template that a bundle holds.

Each ReplicaSet keeps the template of one revision and was made when that was rolled out first; `kubectl rollout history
--revision=7` prints a template and no time. Two revisions that follow on each other differ in what the later one
changed (kubernetes.io, "Deployments", revision history).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.parsing import read_instant, read_text_field
from fermata.kit.diffs import write_diff
from fermata.kit.digging import dig_map, dig_maps
from fermata.kit.yaml_writing import write_yaml

_REVISION = "deployment.kubernetes.io/revision"
_ASKED = re.compile(r"(?:^|[^\w-])(?:kubectl|oc|k) rollout history (?P<kind>[a-z.]+)[/ ](?P<name>[\w.-]+)(?P<rest>.*)$")
_NAMESPACE = re.compile(r"(?:^|\s)(?:-n|--namespace)[ =]?(\S+)")
_HEAD = re.compile(r"^[a-z]+(?:\.[a-z.]+)?/(?P<name>[\w.-]+) with revision #(?P<number>\d{1,9})\s*$")
_OTHER = re.compile(r"(?:^|[\s$#>])(?:kubectl|oc|helm|flux|argocd) [a-z]")
_NUMBER = re.compile(r"[0-9]{1,9}")
_HASH = re.compile(r"pod-template-hash|kubernetes\.io/change-cause")
_IMAGE = re.compile(
    r"^\+\s*(?:- )?image: *\"?\S*[:-](?=[0-9a-f]*\d)([0-9a-f]{7,40})\"?\s*$", re.MULTILINE | re.IGNORECASE
)
"""An image that is called by the commit it was built from."""
_MOST = 3
"""Steps of one deployment that are told: the last ones."""


@dataclass(frozen=True, slots=True)
class _Revision:
    workload: str
    namespace: str
    number: int
    template: str
    at: datetime | None = None


def list_rollouts(items: Sequence[Mapping[str, Any]], file: str) -> list[Change]:
    """Return what the ReplicaSets among objects tell was rolled out, latest last."""
    return _compare([own for item in items if (own := _read_set(item)) is not None], file)


def read_rollouts(lines: Sequence[str], file: str) -> list[Change]:
    """Return what differs between revisions that `kubectl rollout history` printed one by one; without a time."""
    return _compare(list(_list_printed(lines)), file)


def _read_set(item: Mapping[str, Any]) -> _Revision | None:
    metadata, template = dig_map(item, "metadata"), dig_map(dig_map(item, "spec"), "template")
    owner = next((one for one in dig_maps(metadata.get("ownerReferences")) if one.get("kind") == "Deployment"), {})
    number = read_text_field(dig_map(metadata, "annotations"), _REVISION)
    if item.get("kind") != "ReplicaSet" or not owner.get("name") or not _NUMBER.fullmatch(number) or not template:
        return None
    labels = dig_map(dig_map(template, "metadata"), "labels")
    own = {name: value for name, value in labels.items() if not _HASH.search(str(name))}
    text = write_yaml({**template, "metadata": {**dig_map(template, "metadata"), "labels": own}})
    namespace, at = read_text_field(metadata, "namespace"), read_instant(metadata.get("creationTimestamp"))
    return _Revision(str(owner["name"]), namespace, int(number), text, at)


def _list_printed(lines: Sequence[str]) -> Iterator[_Revision]:
    namespace, name, number = "", "", 0
    kept: list[str] = []
    said = (line for line in lines if not _HASH.search(line))  # A cause may be a command.
    for line in (*said, "$ kubectl get nothing"):  # The last one ends like the others.
        head = _HEAD.match(line)
        if head is not None or _OTHER.search(line):
            if name and kept:
                yield _Revision(name, namespace, number, "\n".join(kept).strip("\n") + "\n")
            name, kept = "", []
        if (asked := _ASKED.search(line)) is not None:
            found = _NAMESPACE.search(asked["rest"])
            namespace = found[1] if found is not None else ""
        elif head is not None:
            name, number = head["name"], int(head["number"])
        elif name:
            kept.append(line.replace("\t", " "))


def _compare(revisions: Sequence[_Revision], file: str) -> list[Change]:
    workloads = dict.fromkeys((one.namespace, one.workload) for one in revisions)
    found: list[Change] = []
    for workload in workloads:
        own = {one.number: one for one in revisions if (one.namespace, one.workload) == workload}
        steps = list(pairwise(sorted(own.values(), key=lambda one: one.number)))[-_MOST:]
        # Of text only what follows on each other is known to be one step.
        told = [(one, two) for one, two in steps if two.at is not None or two.number == one.number + 1]
        found += [change for one, two in told if (change := _describe(one, two, file)) is not None]
    return found


def _describe(before: _Revision, after: _Revision, file: str) -> Change | None:
    name = f"{after.namespace or 'cluster'}.{after.workload}.deployment.yaml"
    diff = write_diff(name, before.template, after.template)
    if not diff:
        return None
    # A revision that was rolled back to has the ReplicaSet that was made for it once.
    is_back = after.at is not None and before.at is not None and after.at < before.at
    verb = "rolled back to what ran before" if is_back else "rolled out"
    return Change(
        file=file,
        id=f"{after.namespace}/deployment/{after.workload}@{after.number}".lstrip("/"),
        kind="rollout",
        at=None if is_back else after.at,
        title=f"Deployment {after.workload}, revision {after.number} {verb}",
        service=after.workload,
        state="success",
        ref=f"revision {after.number}",
        sha=_find_sha(diff),
        diff=diff.rstrip("\n"),
    )


def _find_sha(diff: str) -> str:
    found = set(_IMAGE.findall(diff))
    return found.pop() if len(found) == 1 else ""
