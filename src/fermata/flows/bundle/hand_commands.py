"""Changes that somebody typed in a pasted session: `kubectl set`, `scale`, `edit`, `patch` and `rollout`, with a time.

A person in trouble types remedies as well: without a time (with its zone) nobody knows which of both a command
was, so that one stays a line of the session. What kubectl does not say it did was not done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.printed_text import Printed
from fermata.rules.logs import find_time

_TYPED = re.compile(r"kubectl (?P<verb>set|scale|edit|patch|rollout (?:restart|undo))\b")
_DONE = re.compile(
    r"(?P<kind>[a-z]+)(?:\.[\w.]{1,60})?/(?P<name>[a-z0-9][\w.-]{0,100}) "
    r"(?:(?:\w+ )?(?:updated|scaled|edited|patched|restarted)|rolled back)\s*"
)
_ROWS = 3


def read_typed(parts: Sequence[Printed], lines: Sequence[str], file: str) -> list[Change]:
    """Return the changes that a session's commands made, each as kubectl says that it was done."""
    return [change for part in parts if (change := _read(part, lines, file)) is not None]


def _read(part: Printed, lines: Sequence[str], file: str) -> Change | None:
    typed = _TYPED.match(part.command)
    done = next((found for line in part.lines[:_ROWS] if (found := _DONE.fullmatch(line)) is not None), None)
    above = lines[max(part.start - 2, 0) : part.start]
    at = next((at for line in reversed(above) if (at := find_time(line)) is not None), None)
    if typed is None or done is None or at is None:
        return None
    name = done["name"]
    # What an editor or a rollout did to it the command does not tell.
    is_told = typed["verb"] in ("set", "scale", "patch")
    told = part.command[typed.end() :].strip()
    return Change(
        file=file,
        id=f"kubectl:{name}@{at:%H%M%S}",
        kind="config",
        at=at,
        title=f"Typed by hand: {part.command}",
        service=name,
        ref=f"{done['kind']}/{name}",
        diff=f"--- a/{name}\n+++ b/{name}\n@@ -1,0 +1 @@ {done['kind']}\n+{told}" if is_told else "",
    )
