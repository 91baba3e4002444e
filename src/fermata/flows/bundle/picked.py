"""What somebody picked out of objects, put back where it was: `kubectl get pod x -o json | jq .status`.

What is printed then says neither what it is nor whose; the command says both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, Command, parse_command

_JQ = re.compile(r"\|\s*jq\s+(?:-[a-zA-Z]+\s+)*(?P<path>'[^'|]+'|\"[^\"|]+\"|[^\s|'\"]+)\s*$")
_PATH = re.compile(r"(?:\.(?:spec|status|metadata))(?:\.[A-Za-z]\w*|\[[0*]?\])*")
_STEP = re.compile(r"\.(\w+)|(\[[0*]?\])")
_NAME, _NAMESPACE = ".metadata.name", ".metadata.namespace"
_COLUMNS = "custom-columns="
_NOTHING = "<none>"
_NUMBER = re.compile(r"\d{1,15}")


def put_back(command: str, lines: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """Return objects of the API that hold what a command picked out of them, and nothing else that is not known.

    Nothing for any other command, for a Secret, and for what is no part of an object: a filter that works something
    out. Of a list only its first item can be put back.
    """
    asked = parse_command(command)
    if asked.verb != "get" or len(asked.kinds) != 1 or asked.kinds == ("Secret",):
        return ()
    if asked.output.startswith(_COLUMNS) and not asked.piped:
        return tuple(_read_columns(asked, lines))
    path = _find_path(command, asked.output)
    if len(asked.names) != 1 or asked.namespace == ANY_NAMESPACE or not path:
        return ()
    try:
        value = json.loads("\n".join(lines))
    except ValueError:
        return ()
    if not isinstance(value, Mapping | list):
        return ()
    return (_make(asked, [(path, value), (_NAME, asked.names[0][1])]),)


def _read_columns(asked: Command, lines: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Read a table of which the command says where each column was taken from."""
    pairs = [pair.partition(":") for pair in asked.output.removeprefix(_COLUMNS).strip("'\"").split(",")]
    head = lines[0] if lines else ""
    starts = [match.start() for match in re.finditer(r"\S+", head)]
    if len(starts) != len(pairs) or head.split() != [title for title, _, _ in pairs]:
        return
    ends = [*starts[1:], None]
    paths = [path.strip("{}") for _, _, path in pairs]
    for line in lines[1:]:
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        row = [(path, cell) for path, cell in zip(paths, cells, strict=True) if cell != _NOTHING]
        told = [(path, _read_cell(path, cell)) for path, cell in row if _PATH.fullmatch(path)]
        names = dict(told)
        known = asked.namespace != ANY_NAMESPACE or names.get(_NAMESPACE)
        if names.get(_NAME) and known:
            yield _make(asked, told)


def _find_path(command: str, output: str) -> str:
    """Return the path that a command picks, such as `.status.conditions`; empty where it picks none."""
    found = _JQ.search(command) if output == "json" else None
    text = found["path"] if found is not None else output.removeprefix("jsonpath=") if "|" not in command else ""
    bare = text.strip("'\"{} ")
    return bare if _PATH.fullmatch(bare) else ""


def _make(asked: Command, parts: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    body: dict[str, Any] = {"kind": asked.kinds[0], "metadata": {}}
    if asked.namespace and asked.namespace != ANY_NAMESPACE:
        body["metadata"]["namespace"] = asked.namespace
    for path, value in parts:
        _put(body, [key or 0 for key, _ in _STEP.findall(path)], value)
    return body


def _put(body: Any, steps: Sequence[str | int], value: Any) -> None:
    """Put a value where a path leads, and make what is not there on the way: of a list only its first item."""
    for step, after in pairwise((*steps, None)):
        made: Any = value if after is None else [{}] if after == 0 else {}
        found = body[0] if step == 0 else body.get(step)
        if after is None or not isinstance(found, type(made)):
            found = body[step] = made
        body = found


def _read_cell(path: str, cell: str) -> str | bool | int:
    """Return a cell as the API gives it: names stay text, whatever they look like."""
    if path.startswith(".metadata"):
        return cell
    return {"true": True, "false": False}.get(cell, int(cell) if _NUMBER.fullmatch(cell) else cell)
