"""A ticket's plain text as Markdown, and the line by which it is known again. Pure.

Every line is written by `kit.markdown`, so that it mentions nobody, refers to nothing and runs nothing.
"""

from __future__ import annotations

import re
from itertools import groupby

from fermata.kit.markdown import write_inline
from fermata.ports.tracker.create import TRAILER, write_trailer

_ITEM = "- "
_BLANK = re.compile(r"\n\s*\n")


def write_body(description: str, mark: str) -> str:
    """Return the text of an issue: the description as it was shown, then the mark.

    Lines that begin with `- ` become items of a list, all others keep their breaks.
    """
    paragraphs = [part for text in _BLANK.split(description.strip()) if text for part in _write_paragraph(text)]
    return "\n\n".join([*paragraphs, write_trailer(mark)])


def bears(body: str, mark: str) -> bool:
    """Answer whether a text is the one of a mark: a line of it, whatever people wrote around it since."""
    return write_trailer(mark) in (line.strip() for line in body.splitlines())


def _write_paragraph(text: str) -> list[str]:
    parts = []
    for is_list, lines in groupby(text.split("\n"), key=lambda line: line.startswith(_ITEM)):
        if is_list:
            parts.append("\n".join(f"{_ITEM}{write_inline(line.removeprefix(_ITEM))}" for line in lines))
        else:
            # GitLab takes a mere line feed for a space; a backslash before it is a break on both forges.
            parts.append("\\\n".join(_write_line(line) for line in lines))
    return parts


def _write_line(line: str) -> str:
    """Return a line that cannot be taken for a mark: it may quote one, and would make its ticket look like another."""
    written = write_inline(line)
    return f"&#{ord(TRAILER[0])};{written[1:]}" if written.startswith(TRAILER) else written
