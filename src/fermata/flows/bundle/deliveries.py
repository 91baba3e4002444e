"""What Argo CD delivered and when: the history of an application, as an object and as `argocd app history` prints it.

Forms after argo-cd, `cmd/argocd/commands/app.go` (`printApplicationHistoryTable`), and an Application's
`status.history`. A history of chart versions names no commit, and tells nothing of what was committed. What Flux
applied is in `applied_revisions.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
            own = describe_delivery("Argo CD", app, sha, at=at, file=file, number=str(entry.get("id", "")))
            yield replace(own, files=(path,) if path else ())


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
            found.append(describe_delivery("Argo CD", app, row[4], at=at, file=file, number=row[1]))
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


def describe_delivery(tool: str, app: str, sha: str, *, at: datetime | None, file: str, number: str = "") -> Change:
    """Return one delivery of a commit as a change.

    Args:
        at: `None` where it is only known that the commit is what was delivered last.
        number: What the tool counts it by; empty where it does not.
    """
    return Change(
        file=file,
        id=f"{app}-{number or sha[:8]}",
        kind=DELIVERY,
        at=at,
        title=f"{tool} delivered {sha[:10]} to {app}",
        ref=app,
        sha=sha,
        state="success",
    )
