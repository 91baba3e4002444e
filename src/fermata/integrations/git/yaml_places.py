"""Where in a YAML file each hunk of a diff stands: git's own headings name a function, and of YAML the top key alone.

`@@ -31,7 +31,7 @@ services:` does not say whose setting was changed; `services: cache:` does. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ENDINGS = (".yaml", ".yml")
_RANGE = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_KEY = re.compile(r"^(?P<indent> *)(?:- +)?(?P<key>[\w.$/-]{1,60}):(?:\s|$)")


def add_places(diff: str, texts: Mapping[str, str]) -> str:
    """Return a diff whose hunks of YAML files are headed by the keys that they stand below, the outermost first.

    Args:
        texts: Files as the commit left them, by path; hunks of others stay as they are.
    """
    lines, walk = diff.split("\n"), _Walk("")
    for position, line in enumerate(lines):
        if line.startswith("+++ "):
            walk = _Walk(texts.get(line.removeprefix("+++ ").removeprefix("b/"), ""))
        found = _RANGE.match(line)
        if found is not None and (keys := walk.list_keys(int(found[1]))):
            lines[position] = f"{found[0]} {' '.join(f'{key}:' for key in keys)}"
    return "\n".join(lines)


class _Walk:
    """A way down a file, once for all its hunks: of a file that was laid out anew there are thousands."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._place = 0
        self._above: list[tuple[int, str]] = []
        """The keys that the place may stand below, with their margins."""

    def list_keys(self, first: int) -> list[str]:
        """Return the keys that a line stands below, the outermost first. Lines are asked for from above to below."""
        while self._place < min(first - 1, len(self._lines)):
            if (found := _KEY.match(self._lines[self._place])) is not None:
                margin = len(found["indent"])
                while self._above and self._above[-1][0] >= margin:
                    self._above.pop()
                self._above.append((margin, found["key"]))
            self._place += 1
        rest = (self._lines[place] for place in range(self._place, len(self._lines)))
        below = next((line for line in rest if line.strip()), "")
        margin = len(below) - len(below.lstrip())
        return [key for indent, key in self._above if indent < margin]
