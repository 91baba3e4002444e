"""Where in a YAML file each hunk of a diff stands: git's own headings name a function, and of YAML the top key alone.

`@@ -31,7 +31,7 @@ services:` does not say whose setting was changed; `services: cache:` does. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

ENDINGS = (".yaml", ".yml")
_RANGE = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_KEY = re.compile(r"^(?P<indent> *)(?:- +)?(?P<key>[\w.$/-]{1,60}):(?:\s|$)")


def add_places(diff: str, texts: Mapping[str, str]) -> str:
    """Return a diff whose hunks of YAML files are headed by the keys that they stand below, the outermost first.

    Args:
        texts: Files as the commit left them, by path; hunks of others stay as they are.
    """
    lines, path = diff.split("\n"), ""
    for position, line in enumerate(lines):
        if line.startswith("+++ "):
            path = line.removeprefix("+++ ").removeprefix("b/")
        found = _RANGE.match(line)
        if found is None or path not in texts:
            continue
        keys = list(_list_keys(texts[path].split("\n"), int(found[1])))
        if keys:
            lines[position] = f"{found[0]} {' '.join(f'{key}:' for key in reversed(keys))}"
    return "\n".join(lines)


def _list_keys(lines: Sequence[str], first: int) -> Iterator[str]:
    """Yield the keys that a line stands below, the innermost first."""
    below = next((line for line in lines[max(first - 1, 0) :] if line.strip()), "")
    margin = len(below) - len(below.lstrip())
    for line in reversed(lines[: max(first - 1, 0)]):
        found = _KEY.match(line)
        if found is not None and len(found["indent"]) < margin:
            margin = len(found["indent"])
            yield found["key"]
