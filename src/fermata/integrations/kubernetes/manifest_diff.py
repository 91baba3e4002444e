"""The diff of a change: what the API server says the object would be, against what it is, as YAML. Pure.

Left out is only what the server counts by itself (versions, managed fields, status). Secrets are digests, which differ
when they do; a change that does not show is refused, and so is one of which more than a value would be hidden.
"""

from __future__ import annotations

import difflib
from typing import Any

from fermata.integrations.kubernetes.pruning import hide_secrets
from fermata.integrations.kubernetes.yaml_text import write_value
from fermata.kit.errors import UserError
from fermata.kit.showing import refuse_lost

Json = dict[str, Any]

_COUNTED = ("generation", "creationTimestamp", "uid", "resourceVersion", "managedFields", "selfLink")
# What a controller writes into the object by itself, a moment after the change: not part of what is approved.
_BOOKKEEPING = ("deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation")


def make_diff(before: Json, after: Json) -> str:
    """Return a unified diff of two states of one object, three lines of context; empty when nothing shows."""
    name = str(before["metadata"]["name"])
    label = "/".join(filter(None, (before["kind"].lower(), str(before["metadata"].get("namespace", "")), name)))
    old, new = write_lines(before), write_lines(after)
    lines = difflib.unified_diff(old, new, fromfile=f"live/{label}", tofile=f"changed/{label}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def write_lines(item: Json) -> list[str]:
    """Return an object as the diff shows it."""
    kept = {key: value for key, value in item.items() if key != "status"}
    meta = {key: value for key, value in kept["metadata"].items() if key not in _COUNTED}
    if isinstance(meta.get("annotations"), dict):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key not in _BOOKKEEPING}
    kept["metadata"] = meta
    return write_value(hide_secrets(kept))


def refuse_unseen(diff: str, mark: str) -> None:
    """Refuse a diff that shows nothing but the mark, or a changed line of which more than a value is hidden.

    Raises:
        UserError: The change would be approved unseen.
    """
    refuse_lost(diff)
    changed = [line for line in diff.split("\n") if line.startswith(("-", "+")) and mark not in line]
    if not [line for line in changed if not line.startswith(("---", "+++")) and line[1:].strip() != "annotations:"]:
        raise UserError(
            "The change cannot be shown",
            why="What it changes is what Kubernetes counts by itself, and is not on cards",
            do="Make the change by hand",
        )
