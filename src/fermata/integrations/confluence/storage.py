"""Blocks in Confluence's storage format: XHTML with macros for what XHTML lacks. Pure.

Every character of the document is escaped: whatever people wrote, no macro and no markup comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from fermata.ports.publishing.blocks import Block, BlockKind, Row
from fermata.ports.publishing.inline import Run, clean_text, read_text

_DEEPEST_HEADING = 6


def write_storage(blocks: Sequence[Block], mark: str, drawings: Mapping[str, str]) -> str:
    """Return the body of a page.

    Args:
        mark: Name of an anchor at the top, by which the page is known as ours.
        drawings: By path in the document: the name of the attachment that holds it.
    """
    return write_anchor(mark) + "".join(_write_blocks(blocks, drawings))


def write_anchor(name: str) -> str:
    """Return a place in a page that links lead to."""
    return _write_macro("anchor", _write_parameter("", name))


def has_anchor(body: str, name: str) -> bool:
    """Answer whether a body holds such a place. Confluence adds attributes of its own to every macro."""
    return f">{_escape(name)}</ac:parameter>" in body


def _write_blocks(blocks: Sequence[Block], drawings: Mapping[str, str]) -> Iterator[str]:
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind in _LISTS:
            yield _LISTS[kind](list(group))
        else:
            yield from (_write_block(block, drawings) for block in group)


def _write_block(block: Block, drawings: Mapping[str, str]) -> str:
    if block.kind is BlockKind.HEADING:
        level = min(block.level, _DEEPEST_HEADING)
        return f"<h{level}>{_write_runs(block.runs)}</h{level}>"
    if block.kind is BlockKind.QUOTE:
        return f"<blockquote><p>{_write_runs(block.runs)}</p></blockquote>"
    if block.kind is BlockKind.CODE:
        text = block.text.replace("]]>", "]]]]><![CDATA[>")
        return _write_macro("code", f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>")
    if block.kind is BlockKind.RULE:
        return "<hr/>"
    if block.kind is BlockKind.TABLE:
        return _write_table(block)
    if block.kind is BlockKind.FOLD:
        body = "".join(_write_blocks(block.blocks, drawings))
        title = _write_parameter("title", read_text(block.runs))
        return _write_macro("expand", f"{title}<ac:rich-text-body>{body}</ac:rich-text-body>")
    if block.kind is BlockKind.IMAGE and block.text in drawings:
        alt, name = _escape(read_text(block.runs)), _escape(drawings[block.text])
        return f'<p><ac:image ac:alt="{alt}"><ri:attachment ri:filename="{name}"/></ac:image></p>'
    return f"<p>{_write_runs(block.runs)}</p>"


def _write_bullets(blocks: Sequence[Block]) -> str:
    return f"<ul>{''.join(f'<li>{_write_runs(block.runs)}</li>' for block in blocks)}</ul>"


def _write_numbers(blocks: Sequence[Block]) -> str:
    return f"<ol>{''.join(f'<li>{_write_runs(block.runs)}</li>' for block in blocks)}</ol>"


def _write_boxes(blocks: Sequence[Block]) -> str:
    tasks = (
        f"<ac:task><ac:task-status>{'complete' if block.is_ticked else 'incomplete'}</ac:task-status>"
        f"<ac:task-body>{_write_runs(block.runs)}</ac:task-body></ac:task>"
        for block in blocks
    )
    return f"<ac:task-list>{''.join(tasks)}</ac:task-list>"


_LISTS: Mapping[BlockKind, Callable[[Sequence[Block]], str]] = {
    BlockKind.BULLET: _write_bullets,
    BlockKind.NUMBERED: _write_numbers,
    BlockKind.BOX: _write_boxes,
}


def _write_table(block: Block) -> str:
    rows = [_write_row(row, "th" if block.has_head and not number else "td") for number, row in enumerate(block.rows)]
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _write_row(row: Row, cell: str) -> str:
    return f"<tr>{''.join(f'<{cell}><p>{_write_runs(runs)}</p></{cell}>' for runs in row)}</tr>"


def _write_runs(runs: Sequence[Run]) -> str:
    return "".join(_write_run(run) for run in runs)


def _write_run(run: Run) -> str:
    if run.anchor:
        return write_anchor(run.anchor)
    text = _escape(run.text).replace("\n", "<br/>")
    for is_set, name in ((run.is_code, "code"), (run.is_italic, "em"), (run.is_bold, "strong")):
        text = f"<{name}>{text}</{name}>" if is_set else text
    if run.url.startswith("#"):
        return f'<ac:link ac:anchor="{_escape(run.url[1:])}"><ac:link-body>{text}</ac:link-body></ac:link>'
    return f'<a href="{_escape(run.url)}">{text}</a>' if run.url else text


def _write_macro(name: str, content: str) -> str:
    return f'<ac:structured-macro ac:name="{name}">{content}</ac:structured-macro>'


def _write_parameter(name: str, value: str) -> str:
    return f'<ac:parameter ac:name="{name}">{_escape(value)}</ac:parameter>'


def _escape(text: str) -> str:
    return escape(clean_text(text))
