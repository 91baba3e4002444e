"""Which changed lines of a diff are settings of one service: those of its part of a compose file, and of its `.env`.

A file for all services of a shop changes often, and seldom for the one that fails.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from fermata.rules.changes.diffs import Diff, DiffLine, Hunk

_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$")
_ENV_FILE = re.compile(r"(?:^|/)[\w.-]*\.env(?:\.[\w.-]+)?$")
_KEY = re.compile(r"^(?P<indent>\s*)(?:- +)?[\"']?(?P<key>[\w.-]{1,60})[\"']?:(?:\s|$)")
_OF_ANOTHER = frozenset({"depends_on", "links", "networks", "volumes", "environment", "labels", "configs", "secrets"})
"""Below these stand names as well, and settings of whoever has such a part."""
_HEADED = re.compile(r"([\w.$/-]{1,60}):(?:\s|$)")
_VARIABLE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w{0,100})=")


def makes_containers(paths: Iterable[str]) -> bool:
    """Answer whether one of these files says how containers are made: what it changes comes with the next one."""
    return any(_COMPOSE.search(path) or _ENV_FILE.search(path) for path in paths)


def list_own_hunks(
    diff: Diff, names: Collection[str], variables: Collection[str]
) -> Iterator[tuple[Hunk, tuple[DiffLine, ...]]]:
    """Yield the hunks with changed lines that are a service's own settings, each with those lines.

    Args:
        names: Of the service, in lower case.
        variables: That it has: of a `.env` file only theirs count.
    """
    for hunk in diff.hunks:
        changed = [line for line in hunk.lines if line.sign in ("+", "-") and line.text.strip() and not line.inert]
        if _COMPOSE.search(hunk.path):
            below = {line.number for line, keys in _list_places(hunk) if not keys.isdisjoint(names)}
            own = tuple(line for line in changed if line.number in below)
        elif _ENV_FILE.search(hunk.path):
            own = tuple(line for line in changed if (found := _VARIABLE.match(line.text)) and found[1] in variables)
        else:
            own = ()
        if own:
            yield hunk, own


def _list_places(hunk: Hunk) -> Iterator[tuple[DiffLine, frozenset[str]]]:
    """Yield each line with the keys that it stands below, in lower case, as far as heading and hunk tell them."""
    lines = [line for line in hunk.lines if line.text.strip()]
    headed = [key.lower() for key in _HEADED.findall(hunk.heading)]
    first = lines[0].margin if lines else 0
    # Levels are equally deep in nearly every file; a heading does not say how deep.
    above = [(first * level // max(len(headed), 1), key) for level, key in enumerate(headed)]
    for line in lines:
        above = [(margin, key) for margin, key in above if margin < line.margin]
        yield line, frozenset(_cut([key for _, key in above]))
        if found := _KEY.match(line.text):
            above.append((line.margin, found["key"].lower()))


def _cut(keys: list[str]) -> list[str]:
    """Return the keys down to the first one below which a name is no service's."""
    inner = next((level for level, key in enumerate(keys) if key in _OF_ANOTHER), len(keys))
    return keys[: inner + 1]
