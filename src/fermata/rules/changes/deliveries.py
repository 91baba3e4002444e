"""Whether manifests that were committed were delivered, and to which environment.

Argo CD brings a commit to the cluster when it syncs, not before. Overlays, values, rendered manifests and Terraform's
variables of one environment stand in a folder that is called like it, as a rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fermata.rules.changes.live import Change

_MANIFEST = re.compile(r"\.(?:ya?ml|tpl|gotmpl)$", re.IGNORECASE)


_DECLARED = re.compile(r"\.(?:ya?ml|tpl|gotmpl|tf|tfvars|hcl)$", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"(?:[\w-]*-)?(?:stag(?:e|ing)|stg|dev|devel(?:opment)?|qa|uat|non-?prod|pre-?prod)", re.IGNORECASE
)


def find_elsewhere(change: Change, named: Collection[str]) -> str:
    """Return the folder of an environment that is not the alerts' and that holds all that a change declares.

    Empty where a file lies in no such folder, or is no declaration, or the alerts name the folder anywhere.

    Args:
        named: The values of the alerts' labels, in lower case.
    """
    folders: dict[str, None] = {}
    for path in dict.fromkeys(hunk.path for hunk in change.diff.effective):
        parts = path.split("/")[:-1]
        found = next((part for part in reversed(parts) if _ELSEWHERE.fullmatch(part)), "")
        if not found or not _DECLARED.search(path) or any("prod" in part.casefold().split("-") for part in parts):
            return ""
        folders[found] = None
    told = [folder for folder in folders if not _is_named(folder.casefold(), named)]
    return told[0] if folders and len(told) == len(folders) else ""


def _is_named(folder: str, named: Collection[str]) -> bool:
    # Whoever calls it `staging` there may call it `stg` here: of the alerts any such name will do.
    return any(folder in value or _ELSEWHERE.search(value) for value in named)


def list_concerned(change: Change, deliveries: Sequence[Change]) -> list[Change]:
    """Return the deliveries of the applications that a commit's manifests are of; nothing where any file is of no one.

    A file is of an application whose path holds it, or whose name one of its folders has. What is no manifest takes
    effect by other ways as well.
    """
    paths = tuple(dict.fromkeys(hunk.path for hunk in change.diff.effective))
    concerned: dict[str, Change] = {}
    for path in paths:
        of = [one for one in deliveries if _MANIFEST.search(path) and _holds(one, path)]
        if not of:
            return []
        concerned.update({one.id: one for one in of})
    return [one for one in deliveries if one.id in concerned]


def _holds(delivery: Change, path: str) -> bool:
    sources = (file.path.strip("/") for file in delivery.facts.files)
    is_below = any(source not in ("", ".") and path.startswith(f"{source}/") for source in sources)
    return is_below or delivery.facts.ref in path.split("/")[:-1]
