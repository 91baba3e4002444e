"""Plain text as Jira Data Center's wiki markup, in which nothing is live: no link, mention, image, macro or emoticon.

Source: Atlassian, "Text Formatting Notation Help" of Jira: a backslash before a sign takes its meaning. A backslash
itself and an ampersand are written as entities, since two backslashes break a line. Pure.
"""

from __future__ import annotations

import re

from fermata.kit.invisible import make_harmless

_ITEM = "- "
# Links, macros, images and tables by a sign wherever it stands; phrases only where their sign begins or ends a word;
# headings and quotations by a word at a line's start; addresses by their colon; emoticons by a bracket.
_LIVE = re.compile(
    r"(?P<entity>[\\&])"
    r"|(?P<sign>[\[\]{}|!]|(?<![A-Za-z0-9])[*_+^~?#-]|[*_+^~?#-](?![A-Za-z0-9])"
    r"|(?<=^bq)\.|(?<=^h[1-6])\.|(?<=[A-Za-z]):(?=[/\w])|\((?=[\w/*?+-]{1,3}\))|(?<=[:;])[)(DP])",
    re.MULTILINE,
)


def write_wiki(text: str) -> str:
    """Return plain text as markup that is shown as it stands; lines that begin with `- ` become items of a list."""
    return "\n".join(_write_line(line) for line in make_harmless(text).split("\n"))


def _write_line(line: str) -> str:
    item = _ITEM if line.startswith(_ITEM) else ""
    return item + _LIVE.sub(_escape, line.removeprefix(item))


def _escape(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};" if match["entity"] else f"\\{match[0]}"
