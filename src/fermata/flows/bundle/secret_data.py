"""The data of Kubernetes Secrets, taken out of a text before anything else is done with it.

A redactor by look would miss most of it: base64 of a short word looks like a word. So the places are found by the
text's own structure, and what stands there is replaced, line for line, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.parsing import LARGEST_YAML

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

PLACEHOLDER = "redacted"
_KIND = re.compile(r"""["']?kind["']?\s*:\s*["']?Secret(?:List)?["']?\s*(?:[,}\n#]|$)""")
_HOLDERS = ("data", "stringData")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def holds_secrets(text: str) -> bool:
    """Answer whether a text holds a Secret object in the API's own shape."""
    return _KIND.search(text) is not None


def blank_secrets(text: str) -> str:
    """Return a YAML or JSON text with the data of every Secret in it replaced; its lines keep their numbers.

    Raises:
        Unreadable: The text cannot be taken apart, so that nobody knows where the data stands: it must not be used.
    """
    if not holds_secrets(text):
        return text
    if len(text) > LARGEST_YAML:
        raise Unreadable("it holds a Secret, and is too large to be sure that its data is taken out")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        roots = list(YAML(pure=True).compose_all(text))
    except (YAMLError, ValueError, RecursionError) as error:
        raise Unreadable("it holds a Secret, and cannot be taken apart to take its data out") from error
    spans = sorted((span for root in roots for span in _list_spans(root)), reverse=True)
    for start, end in spans:
        old = text[start:end]
        # Line feeds stay, so that what follows keeps its number; a block scalar brings its own last one.
        new = '"redacted"' if old.startswith('"') else PLACEHOLDER
        text = text[:start] + new + "\n" * old.count("\n") + text[end:]
    return text


def _list_spans(root: Any) -> Iterator[tuple[int, int]]:
    """Yield where the values stand that must go."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending += node
            continue
        content = getattr(node, "value", None)
        if not isinstance(content, list):
            continue
        pending += content
        if _is_kind(node, "Secret"):
            yield from _list_values(node)
        elif _is_kind(node, "SecretList"):  # Its items come without their kind.
            for key, items in _list_pairs(node):
                for item in items.value if key == "items" and isinstance(items.value, list) else ():
                    if not _is_kind(item, "Secret"):
                        yield from _list_values(item)


def _is_kind(node: Node, kind: str) -> bool:
    return any(key == "kind" and getattr(value, "value", None) == kind for key, value in _list_pairs(node))


def _list_values(node: Node) -> Iterator[tuple[int, int]]:
    for key, value in _list_pairs(node):
        if key in _HOLDERS:
            yield from ((item.start_mark.index, item.end_mark.index) for _, item in _list_pairs(value))
        elif key == "metadata":
            for name, annotations in _list_pairs(value):
                for own, item in _list_pairs(annotations) if name == "annotations" else ():
                    if own == _APPLIED:
                        yield item.start_mark.index, item.end_mark.index


def _list_pairs(node: Any) -> list[tuple[str, Any]]:
    content = getattr(node, "value", None)
    if not isinstance(content, list):
        return []
    return [(getattr(pair[0], "value", ""), pair[1]) for pair in content if isinstance(pair, tuple)]
