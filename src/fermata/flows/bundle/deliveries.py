"""What Argo CD delivered and when: the history of an application, as an object and as `argocd app history` prints it.

Forms after argo-cd, `cmd/argocd/commands/app.go` (`printApplicationHistoryTable`), and an Application's
`status.history`. A history of chart versions names no commit, and tells nothing of what was committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fermata.domain.facts import DELIVERY
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.parsing import read_instant, read_text_field
from fermata.kit.digging import dig_map, dig_maps

_ASKED = re.compile(r"(?:^|[^\w-])argocd app history (?P<rest>.*)$")
_HEAD = re.compile(r"^ID\s+DATE\s+REVISION\s*$")
_ROW = re.compile(
    r"^(\d{1,9})\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ([+-]\d{4}) [\w+-]{1,6}\s+(?:\S+ \()?([0-9a-f]{7,64})\)?\s*$"
)
_MOST_ELSE = 3  # The head, the source above it, a remark.
_HASH = re.compile(r"[0-9a-f]{7,64}")


def list_delivered(item: Mapping[str, Any], file: str) -> Iterator[Change]:
    """Yield what the history of an object tells that is an application; nothing for any other object."""
    if item.get("kind") != "Application" or not str(item.get("apiVersion", "")).startswith("argoproj.io/"):
        return
    app = read_text_field(dig_map(item, "metadata"), "name")
    for entry in dig_maps(dig_map(item, "status").get("history")):
        at, sha = read_instant(entry.get("deployedAt")), read_text_field(entry, "revision")
        if app and at is not None and _HASH.fullmatch(sha):
            path = read_text_field(dig_map(entry, "source"), "path")
            yield _describe(file, app, str(entry.get("id", "")), at, sha, path)


def read_histories(lines: Sequence[str], file: str, name: str = "") -> list[Change]:
    """Return what the tables of `argocd app history` among the lines tell, each with the command above it.

    Args:
        name: The application of a table without a command; empty leaves it unread.
    """
    found: list[Change] = []
    app, is_below = name, False
    for line in lines:
        if (asked := _ASKED.search(line)) is not None:
            app, is_below = _find_app(asked["rest"]), False
        elif _HEAD.match(line):
            is_below = True
        elif is_below and app and (row := _ROW.match(line)) is not None:
            at = datetime.strptime(f"{row[2]} {row[3]}", "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
            found.append(_describe(file, app, row[1], at, row[4], ""))
        elif line.strip() and not _ROW.match(line):
            is_below = False
    return found


def holds_history(lines: Sequence[str]) -> bool:
    """Answer whether lines are such a table, and next to nothing else."""
    said = [line for line in lines if line.strip()]
    rows = sum(1 for line in said if _ROW.match(line))
    return rows > 0 and any(_HEAD.match(line) for line in said) and len(said) - rows <= _MOST_ELSE


def _find_app(rest: str) -> str:
    """Return the name that is asked for; empty where a pipe may have taken the last row away."""
    words = [word for word in rest.split() if not word.startswith("-")]
    return words[0].rpartition("/")[2] if words and "|" not in rest else ""


def _describe(file: str, app: str, number: str, at: datetime, sha: str, path: str) -> Change:
    return Change(
        file=file,
        id=f"{app}-{number}",
        kind=DELIVERY,
        at=at,
        title=f"Argo CD delivered {sha[:10]} to {app}",
        ref=app,
        sha=sha,
        state="success",
        files=(path,) if path else (),
    )
