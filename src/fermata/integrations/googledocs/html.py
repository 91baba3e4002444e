"""Blocks as the HTML that Drive makes a document of. Pure. Every character of the document is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from fermata.ports.publishing.blocks import Block, BlockKind
from fermata.ports.publishing.inline import Run, clean_text

_DEEPEST_HEADING = 6


def write_html(title: str, blocks: Sequence[Block]) -> str:
    """Return a whole page; the title stands at its top, since a document has no other place for it."""
    head = f'<head><meta charset="utf-8"><title>{_escape(title)}</title></head>'
    return f"<html>{head}<body><h1>{_escape(title)}</h1>{''.join(_write_blocks(blocks))}</body></html>"


def _write_blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind in _LISTS:
            yield _LISTS[kind](list(group))
        else:
            yield from (_write_block(block) for block in group)


def _write_block(block: Block) -> str:
    if block.kind is BlockKind.HEADING:
        level = min(block.level, _DEEPEST_HEADING)
        return f"<h{level}>{_write_runs(block.runs)}</h{level}>"
    if block.kind is BlockKind.QUOTE:
        return f"<blockquote><p>{_write_runs(block.runs)}</p></blockquote>"
    if block.kind is BlockKind.CODE:
        return f"<pre>{_escape(block.text)}</pre>"
    if block.kind is BlockKind.RULE:
        return "<hr>"
    if block.kind is BlockKind.TABLE:
        return _write_table(block)
    if block.kind is BlockKind.FOLD:
        # A document has no folds.
        return f"<p><b>{_write_runs(block.runs)}</b></p>{''.join(_write_blocks(block.blocks))}"
    return f"<p>{_write_runs(block.runs)}</p>"


def _write_bullets(blocks: Sequence[Block]) -> str:
    return f"<ul>{''.join(f'<li>{_write_runs(block.runs)}</li>' for block in blocks)}</ul>"


def _write_numbers(blocks: Sequence[Block]) -> str:
    return f"<ol>{''.join(f'<li>{_write_runs(block.runs)}</li>' for block in blocks)}</ol>"


def _write_boxes(blocks: Sequence[Block]) -> str:
    # Drive's conversion knows no boxes to tick: the characters for them are what is left.
    rows = (f"<li>{'☑' if block.is_ticked else '☐'} {_write_runs(block.runs)}</li>" for block in blocks)
    return f"<ul>{''.join(rows)}</ul>"


_LISTS: Mapping[BlockKind, Callable[[Sequence[Block]], str]] = {
    BlockKind.BULLET: _write_bullets,
    BlockKind.NUMBERED: _write_numbers,
    BlockKind.BOX: _write_boxes,
}


def _write_table(block: Block) -> str:
    rows = []
    for number, row in enumerate(block.rows):
        cell = "th" if block.has_head and not number else "td"
        rows.append(f"<tr>{''.join(f'<{cell}>{_write_runs(runs)}</{cell}>' for runs in row)}</tr>")
    return f'<table border="1">{"".join(rows)}</table>'


def _write_runs(runs: Sequence[Run]) -> str:
    return "".join(_write_run(run) for run in runs)


def _write_run(run: Run) -> str:
    if run.anchor:
        return f'<a name="{_escape(run.anchor)}"></a>'
    text = _escape(run.text).replace("\n", "<br>")
    for is_set, name in ((run.is_code, "code"), (run.is_italic, "i"), (run.is_bold, "b")):
        text = f"<{name}>{text}</{name}>" if is_set else text
    return f'<a href="{_escape(run.url)}">{text}</a>' if run.url else text


def _escape(text: str) -> str:
    return escape(clean_text(text))


def list_losses(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return what a document shows otherwise than the Markdown does, in words."""
    boxes = any(block.kind is BlockKind.BOX for block in blocks)
    return ("boxes are characters there: tick action items in Fermata",) if boxes else ()
