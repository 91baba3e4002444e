"""Blocks in Notion's form, within its limits, and in portions that one request may carry. Pure.

Limits (developers.notion.com, "Request limits" and "Append block children", recalled): 2,000 characters for a text, 100
texts for a block, 100 children for a block or a request, two levels of children, 1,000 blocks and 500 KB for a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fermata.ports.publishing.blocks import Block, BlockKind
from fermata.ports.publishing.inline import Run, read_text

LONGEST_TEXT = 2000
MOST_CHILDREN = 100
_MOST_BLOCKS = 900
_LARGEST_BYTES = 400_000
"""Both a little below what is allowed: the request holds more than the blocks."""
_DEEPEST_HEADING = 3
_NAMES = {
    BlockKind.PARAGRAPH: "paragraph",
    BlockKind.QUOTE: "quote",
    BlockKind.BULLET: "bulleted_list_item",
    BlockKind.NUMBERED: "numbered_list_item",
    # What it shows is told in words; its name stands where it would be.
    BlockKind.IMAGE: "paragraph",
}
Json = Mapping[str, Any]


def write_blocks(blocks: Sequence[Block]) -> list[Json]:
    """Return blocks as Notion takes them, top level."""
    return [written for block in blocks for written in _write_block(block)]


def split_portions(blocks: Sequence[Json]) -> Iterator[list[Json]]:
    """Give blocks in portions that one request may carry, in their order."""
    portion: list[Json] = []
    count = size = 0
    for block in blocks:
        more, bytes_ = _count(block), len(json.dumps(block))
        if portion and (len(portion) >= MOST_CHILDREN or count + more > _MOST_BLOCKS or size + bytes_ > _LARGEST_BYTES):
            yield portion
            portion, count, size = [], 0, 0
        portion.append(block)
        count, size = count + more, size + bytes_
    if portion:
        yield portion


def write_texts(runs: Sequence[Run]) -> list[Json]:
    """Return runs as texts; where there are too many of them, without their looks."""
    texts = [text for run in runs for text in _write_run(run)]
    if len(texts) <= MOST_CHILDREN:
        return texts
    return list(_write_run(Run(read_text(runs))))[:MOST_CHILDREN]


def _write_block(block: Block) -> Iterator[Json]:
    if block.kind is BlockKind.FOLD:
        yield from _write_fold(block)
    elif block.kind is BlockKind.TABLE:
        yield from _write_table(block)
    elif block.kind is BlockKind.HEADING:
        yield _make(f"heading_{min(block.level, _DEEPEST_HEADING)}", {"rich_text": write_texts(block.runs)})
    elif block.kind is BlockKind.BOX:
        yield _make("to_do", {"rich_text": write_texts(block.runs), "checked": block.is_ticked})
    elif block.kind is BlockKind.CODE:
        yield _make("code", {"rich_text": write_texts([Run(block.text)]), "language": "plain text"})
    elif block.kind is BlockKind.RULE:
        yield _make("divider", {})
    else:
        yield _make(_NAMES[block.kind], {"rich_text": write_texts(block.runs)})


def _write_fold(block: Block) -> Iterator[Json]:
    """Write a fold; what would lie too deep in it stands behind its own summary instead."""
    children = write_blocks([*_flatten(block.blocks)])
    for start in range(0, max(len(children), 1), MOST_CHILDREN):
        part = children[start : start + MOST_CHILDREN]
        yield _make("toggle", {"rich_text": write_texts(block.runs), **({"children": part} if part else {})})


def _flatten(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind is BlockKind.FOLD:
            yield Block(BlockKind.PARAGRAPH, tuple(replace(run, is_bold=True) for run in block.runs))
            yield from _flatten(block.blocks)
        else:
            yield block


def _write_table(block: Block) -> Iterator[Json]:
    rows = [_make("table_row", {"cells": [write_texts(cell) for cell in row]}) for row in block.rows]
    if not rows:
        return
    head, body = (rows[:1], rows[1:]) if block.has_head else ([], rows)
    step = MOST_CHILDREN - len(head)
    for start in range(0, max(len(body), 1), step):
        shape = {"table_width": len(block.rows[0]), "has_column_header": block.has_head, "has_row_header": False}
        yield _make("table", {**shape, "children": [*head, *body[start : start + step]]})


def _write_run(run: Run) -> Iterator[Json]:
    # A place on the page has no address here; a link that is too long is refused.
    link = {"url": run.url} if run.url.startswith("http") and len(run.url) <= LONGEST_TEXT else None
    looks = {"bold": run.is_bold, "italic": run.is_italic, "code": run.is_code}
    annotations = {name: True for name, is_set in looks.items() if is_set}
    # It may count as JavaScript does, where a character beyond the basic plane is two.
    step = LONGEST_TEXT if max(run.text, default="") <= "\uffff" else LONGEST_TEXT // 2
    for start in range(0, len(run.text), step):
        text = {"content": run.text[start : start + step], **({"link": link} if link else {})}
        yield {"type": "text", "text": text, **({"annotations": annotations} if annotations else {})}


def _make(name: str, content: Json) -> Json:
    return {"object": "block", "type": name, name: content}


def _count(block: Json) -> int:
    children = block[block["type"]].get("children", ())
    return 1 + sum(_count(child) for child in children)
