"""The diff of a change: what the API server says the object would be, against what it is, as YAML. Pure.

Left out is only what the server counts by itself (versions, managed fields, status). Secrets are digests, which differ
when they do, or the change is refused; a change that does not show is refused, and so is one of which more than a value
would be hidden.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from fermata.integrations.kubernetes.pruning import hide_secrets
from fermata.integrations.kubernetes.yaml_text import write_value
from fermata.kit.errors import UserError
from fermata.kit.showing import refuse_alike, refuse_lost

Json = dict[str, Any]

_COUNTED = ("generation", "creationTimestamp", "uid", "resourceVersion", "managedFields", "selfLink")
# What a controller writes into the object by itself, a moment after the change: not part of what is approved.
_BOOKKEEPING = ("deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation")


def make_diff(before: Json, after: Json) -> str:
    """Return a unified diff of two states of one object, three lines of context; empty when nothing shows.

    Raises:
        UserError: Two values differ, and would be hidden behind the same digest.
    """
    name = str(before["metadata"]["name"])
    label = "/".join(filter(None, (before["kind"].lower(), str(before["metadata"].get("namespace", "")), name)))
    states = [(kept, hide_secrets(kept)) for kept in map(_strip, (before, after))]
    refuse_alike(*(_list_hidden(written, shown) for written, shown in states))
    old, new = (write_value(shown) for _, shown in states)
    lines = difflib.unified_diff(old, new, fromfile=f"live/{label}", tofile=f"changed/{label}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _strip(item: Json) -> Json:
    """Return an object without what the server counts by itself."""
    kept = {key: value for key, value in item.items() if key != "status"}
    meta = {key: value for key, value in kept["metadata"].items() if key not in _COUNTED}
    if isinstance(meta.get("annotations"), dict):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key not in _BOOKKEEPING}
    return kept | {"metadata": meta}


def _list_hidden(written: Any, shown: Any) -> Iterator[tuple[str, str]]:
    """Yield each text of an object of which something is hidden, with how it is shown."""
    if isinstance(shown, Mapping):
        for key, value in shown.items():
            yield from _list_hidden(written[key], value)
    elif isinstance(shown, list):
        for pair in zip(written, shown, strict=True):
            yield from _list_hidden(*pair)
    elif shown != written:
        yield str(written), str(shown)


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
