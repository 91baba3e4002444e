"""The first lines of a post-mortem as other tools will read them: what is no YAML is refused before it leaves.

Forges show a broken front matter as an error above the document, site builders drop the page, and key times that people
corrected in it count nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fermata.kit.errors import UserError

_FRONT = re.compile(r"\A---[ \t]*\n(?P<lines>(?:.*\n)*?)---[ \t]*(?:\n|\Z)")
_OPENED = re.compile(r"\A---[ \t]*\n[A-Za-z_][\w-]*:(?:\s|\Z)")
"""A rule at the top of a page is followed by prose; what is followed by a field was meant to be closed."""
_LONGEST = 20_000
"""Characters; a draft's has a few hundred."""
_FIRST = 2
"""The file's line that the first line of a front matter is."""


def refuse_broken_front(text: str, name: str) -> None:
    """Refuse a document whose front matter other tools cannot read. One without a front matter is fine.

    Args:
        name: What is not exported, in words: a file's path.

    Raises:
        UserError: It is not YAML, has a field twice, or does not end; the file's line is named.
    """
    front = _FRONT.match(text)
    if front is None:
        if _OPENED.match(text):
            raise _refuse(name, 1, "it begins here, and no line `---` ends it", "Put a line `---` after its last field")
        return
    if len(front["lines"]) > _LONGEST:
        raise _refuse(name, 1, f"it is longer than {_LONGEST:,} characters", "End it with `---` after its last field")
    fault = _find_fault(front["lines"])
    if fault is not None:
        line, why = fault
        shown = text.split("\n")[line - 1].strip()[:80]
        raise _refuse(
            name, line, f"{why}: `{shown}`", "Correct that line, in quotes where it holds a colon, and export again"
        )


def _refuse(name: str, line: int, why: str, do: str) -> UserError:
    return UserError(f"{name} was not exported", why=f"line {line} of its front matter cannot be read: {why}", do=do)


def _find_fault(lines: str) -> tuple[int, str] | None:
    """Return the line of the file that is no YAML, and why; `None` where all is well."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.nodes import MappingNode

    try:
        node: Any = YAML(typ="safe", pure=True).compose(lines)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return (mark.line if mark is not None else 0) + _FIRST, str(error.problem or "it is not YAML")
    except RecursionError:
        return _FIRST, "it is nested too deep, below this line"
    except YAMLError as error:
        # A sign that YAML does not have: it tells the place, and no line.
        place = getattr(error, "position", 0)
        return lines[:place].count("\n") + _FIRST, "it holds a sign that YAML does not have"
    if isinstance(node, MappingNode):
        return next(_list_twice(node), None)
    return None


def _list_twice(node: Any) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for key, _ in node.value:
        if str(key.value) in seen:
            yield key.start_mark.line + _FIRST, f"it gives `{key.value}` twice"
        seen.add(str(key.value))
