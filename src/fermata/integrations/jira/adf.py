"""Atlassian's document format, as far as plain text needs it: read into lines, and written in paragraphs.

Source: Atlassian Developer, "Atlassian Document Format". Jira Cloud's API 3 takes and gives nothing
else. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 20
"""Levels looked into; what lies deeper is not text that somebody wrote in a comment."""
_BLOCKS = frozenset({"paragraph", "heading", "codeBlock", "blockquote", "panel", "rule", "mediaSingle", "table"})
_ITEMS = frozenset({"listItem", "taskItem", "decisionItem", "tableRow"})


def write_document(text: str) -> dict[str, Any]:
    """Return plain text as a document: blank lines part paragraphs, line breaks stay."""
    paragraphs = [_write_paragraph(part) for part in text.split("\n\n") if part.strip()]
    return {"type": "doc", "version": 1, "content": paragraphs}


def read_document(body: Any) -> str:
    """Return the text of a document; a plain text, which API 2 gives, stays as it is. Anything else is empty."""
    if isinstance(body, str):
        return body.strip()
    return _read(body, 0).strip() if isinstance(body, Mapping) else ""


def _write_paragraph(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:  # An empty text node is refused.
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def _read(node: Mapping[str, Any], depth: int) -> str:
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    if isinstance(attributes, Mapping) and not node.get("content"):
        return next((str(attributes[name]) for name in ("text", "shortName", "url") if attributes.get(name)), "")
    children = node.get("content")
    if depth >= DEEPEST or not isinstance(children, list):
        return ""
    parts = [child for child in children if isinstance(child, Mapping)]
    texts = [_read(child, depth + 1) for child in parts]
    if kind in _ITEMS:
        return "- " + " ".join(text.strip() for text in texts if text.strip())
    if any(child.get("type") in _ITEMS for child in parts):
        return "\n".join(texts)
    is_block = any(child.get("type") in _BLOCKS or str(child.get("type")).endswith("List") for child in parts)
    return "\n\n".join(text for text in texts if text.strip()) if is_block else "".join(texts)
