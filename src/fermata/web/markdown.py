"""A post-mortem's Markdown as a page: the part of it that drafts use, and everything else as the text it is.

What people wrote is shown to others, so nothing of it is ever markup of ours: every character is escaped, addresses are
web addresses or places on this page, and of HTML only folds, anchors and breaks that a draft writes are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from markupsafe import Markup, escape

from fermata.kit.markdown import ADDRESS
from fermata.ports.publishing.blocks import BREAKS_ROW, COMMENT, DIVIDER, FENCE, FRONT, HEADING, RULE, SUMMARY
from fermata.rules.ticks import Box, list_boxes
from fermata.web.inert import reveal_hidden

_HINT = re.compile(r"^<!--(.+?)-->$")
"""A comment that is a line of its own: what the template tells whoever writes."""
_CLOCK = re.compile(r"(?:\d\d-\d\d )?\d\d:\d\d:\d\d")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,4}[.)])\s+(.*)$")
_TICK = re.compile(r"^\[[ xX]\]\s*")
_INLINE = re.compile(
    # Whole runs only: tried from each of its marks, a run of thousands would take cubic time.
    r"(?<!`)(?P<ticks>`{1,9})(?!`)(?P<code>.{1,2000}?)(?<!`)(?P=ticks)(?!`)"
    # None of these goes on beyond a bracket that may begin the next: each character is looked at a few times only.
    r"|!\[(?P<alt>[^\[\]\n]*)\]\([^)\[\s]*\)"
    rf"|\[(?P<label>(?:[^\[\]\\\n]|\\.){{1,500}})\]\((?P<url>{ADDRESS})\)"
    r'|<a id="(?P<anchor>[\w.-]{1,250})"></a>'
    r"|(?P<break><br>)"
    r"|\*\*(?P<bold>(?:[^*\n]|\*(?!\*))+)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
)
_DEEPEST = 4
"""Emphasis in emphasis; what is deeper is text."""

Cite = Callable[[str, str, bool], Markup | None]
"""Address, label, whether it stands in a table -> what shows a source; `None` for an address that is none of them."""
ShowBox = Callable[[Box], Markup]
"""A box -> what is beside its line: a button that takes a message back, a ticket."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a document's links and boxes are shown."""

    cite: Cite = lambda _url, _label, _is_row: None
    box: ShowBox = lambda _box: Markup()
    boxes: dict[int, Box] = field(default_factory=dict)
    """By line."""
    hints: dict[int, str] = field(default_factory=dict)
    """By line; the line itself is empty."""


def render_markdown(text: str, cite: Cite | None = None, show_box: ShowBox | None = None) -> Markup:
    """Return a document as HTML. Its front matter is not shown, and comments only where they are lines of their own."""
    text = text.replace("\r\n", "\n")
    boxes = {box.line: box for box in list_boxes(text)}
    default = Shown()
    shown = Shown(cite or default.cite, show_box or default.box, boxes)
    # Removed line by line, so that a box's line keeps its number.
    lines = _blank(FRONT, text).split("\n")
    hints = {number: match[1].strip() for number, line in enumerate(lines) if (match := _HINT.match(line.strip()))}
    plain = _blank(COMMENT, "\n".join(lines)).split("\n")
    # A hint is a block of its own: the lines around it never run into it.
    return Markup("\n").join(_render_blocks(plain, replace(shown, hints=hints)))


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)


def _render_blocks(lines: Sequence[str], shown: Shown) -> Iterator[Markup]:
    place, folds = 0, 0
    while place < len(lines):
        line = lines[place].strip()
        if place in shown.hints:
            yield Markup('<p class="hint">{}</p>').format(_write(shown.hints[place]))
        elif line == "<details>":
            folds += 1
            yield Markup('<details class="fold prose-fold">')
        elif line == "</details>" and folds:
            folds -= 1
            yield Markup("</details>")
        elif match := SUMMARY.match(line):
            summary = _render_inline(match[1], shown)
            yield Markup("<summary>{}</summary>").format(summary) if folds else Markup("<p>{}</p>").format(summary)
        elif line:
            end = _find_end(lines, place)
            yield _render_block(lines, place, end, shown)
            place = end
            continue
        place += 1
    for _ in range(folds):
        yield Markup("</details>")


def _find_end(lines: Sequence[str], start: int) -> int:
    """Return the line behind the block that begins at `start`."""
    line = lines[start]
    if fence := FENCE.match(line):
        closing = (at for at in range(start + 1, len(lines)) if lines[at].strip() == fence[1])
        return next(closing, len(lines) - 1) + 1
    if HEADING.match(line) or RULE.match(line):
        return start + 1
    kind = _find_kind(line)
    end = start + 1
    while end < len(lines) and _continues(lines[end], kind):
        end += 1
    return end


def _find_kind(line: str) -> str:
    if line.lstrip().startswith("|"):
        return "row"
    if line.lstrip().startswith(">"):
        return "quote"
    return "item" if _ITEM.match(line) else "text"


def _continues(line: str, kind: str) -> bool:
    if not line.strip() or line.strip() in ("<details>", "</details>") or HEADING.match(line) or FENCE.match(line):
        return False
    found = _find_kind(line)
    # A line that is indented below an item goes on with it.
    return found == kind or (kind == "item" and found == "text" and line[:1] == " ")


def _render_block(lines: Sequence[str], start: int, end: int, shown: Shown) -> Markup:
    first = lines[start]
    if FENCE.match(first):
        code = reveal_hidden("\n".join(lines[start + 1 : end - 1]))
        return Markup('<pre class="lines" tabindex="0"><code>{}</code></pre>').format(code)
    if heading := HEADING.match(first):
        level = min(len(heading[1]), 4)
        return Markup("<h{0}>{1}</h{0}>").format(level, _render_inline(heading[2].rstrip().rstrip("#").rstrip(), shown))
    if RULE.match(first):
        return Markup("<hr>")
    kind = _find_kind(first)
    if kind == "row":
        return _render_table(lines[start:end], start, shown)
    if kind == "quote":
        words = " ".join(line.lstrip().removeprefix(">").strip() for line in lines[start:end])
        return Markup("<blockquote>{}</blockquote>").format(_render_inline(words, shown))
    if kind == "item":
        return _render_list(lines, start, end, shown)
    return Markup('<div class="paragraph">{}</div>').format(_render_inline(" ".join(lines[start:end]), shown))


def _render_list(lines: Sequence[str], start: int, end: int, shown: Shown) -> Markup:
    items: list[Markup] = []
    for number in range(start, end):
        match = _ITEM.match(lines[number])
        words = match[1] if match else lines[number].strip()
        box = shown.boxes.get(number)
        if match is None and items:
            items[-1] += Markup(" ") + _render_inline(words, shown)
        elif box is not None:
            state = Markup('<span class="tick">{}</span> ').format("\u2611" if box.is_ticked else "\u2610")
            body = _render_inline(_TICK.sub("", words).rstrip(), shown)
            items.append(state + Markup("<span>{}</span> ").format(body) + shown.box(box))
        else:
            items.append(_render_inline(words, shown))
    rows = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    is_boxes = any(number in shown.boxes for number in range(start, end))
    return Markup('<ul class="{}">{}</ul>').format("boxes" if is_boxes else "bullets", rows)


def _render_table(lines: Sequence[str], number: int, shown: Shown) -> Markup:
    rows = [_split_row(line) for line in lines if not DIVIDER.fullmatch(line.strip())]
    has_head = len(lines) > 1 and DIVIDER.fullmatch(lines[1].strip()) is not None
    head = Markup("")
    if has_head and rows:
        cells = (_render_head(cell, shown) for cell in rows.pop(0))
        head = Markup("<thead><tr>{}</tr></thead>").format(Markup("").join(cells))
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_render_cell(cell, shown) for cell in row)) for row in rows
    )
    # Named apart by their lines: regions of one name cannot be told from each other by ear.
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="Table of line {}">'
        "<table>{}<tbody>{}</tbody></table></div>"
    ).format(number + 1, head, body)


def _render_head(cell: str, shown: Shown) -> Markup:
    return Markup('<th scope="col">{}</th>').format(_render_inline(cell, shown)) if cell else Markup("<td></td>")


def _render_cell(cell: str, shown: Shown) -> Markup:
    kind = Markup(' class="clock"') if _CLOCK.fullmatch(cell) else Markup()
    return Markup("<td{}>{}</td>").format(kind, _render_inline(cell, shown, is_row=True))


def _split_row(line: str) -> list[str]:
    cells = BREAKS_ROW.split(line.strip().removeprefix("|"))
    if cells and not cells[-1].strip():
        cells.pop()
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _render_inline(text: str, shown: Shown, *, is_row: bool = False, depth: int = 0) -> Markup:
    parts: list[Markup] = []
    place = 0
    for match in _INLINE.finditer(text):
        parts.append(_write(text[place : match.start()]))
        parts.append(_render_match(match, shown, is_row=is_row, depth=depth))
        place = match.end()
    return Markup("").join([*parts, _write(text[place:])])


def _render_match(match: re.Match[str], shown: Shown, *, is_row: bool, depth: int) -> Markup:
    if match["code"] is not None:
        return Markup("<code>{}</code>").format(reveal_hidden(match["code"].strip() or match["code"]))
    if match["label"] is not None:
        return _render_link(match["url"], match["label"], shown, is_row=is_row)
    if match["anchor"] is not None:
        return Markup('<span id="{}"></span>').format(match["anchor"])
    if match["break"] is not None:
        return Markup("<br>")
    if match["escaped"] is not None:
        return _write(match["escaped"])
    if match["alt"] is not None:
        return Markup('<span class="soft">{}</span>').format(_write(match["alt"]))
    name, inner = ("strong", match["bold"]) if match["bold"] is not None else ("em", match["italic"])
    if depth >= _DEEPEST:
        return _write(match[0])
    words = _render_inline(inner, shown, is_row=is_row, depth=depth + 1)
    return Markup("<{0}>{1}</{0}>").format(name, words)


def _render_link(url: str, label: str, shown: Shown, *, is_row: bool) -> Markup:
    found = shown.cite(url, label, is_row)
    if found is not None:
        return found
    if re.match(r"https?://[^/]", url):
        return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(url, _write(label))
    if re.fullmatch(r"#[\w.-]+", url):
        return Markup('<a href="{}">{}</a>').format(url, _write(label))
    return _write(f"[{label}]({url})")


def _write(text: str) -> Markup:
    return escape(reveal_hidden(text))
