"""Statements as evidence may show them: literals and comments taken out, one line, no secret. Pure.

A lexer rather than a parser: what is a literal can be told from PostgreSQL's lexical rules alone (documentation,
section 4.1 "Lexical Structure", read 2026-11).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from fermata.kit.listing import cut_short
from fermata.kit.redaction import redact

LONGEST = 600
"""Characters of a statement that are shown; a screen of SQL."""
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<text>[eEbBxXnN]?'(?:[^'\\]|''|\\.)*(?:'|\Z)|\$(?P<tag>[A-Za-z_]*)\$.*?(?:\$(?P=tag)\$|\Z))
  | (?P<name>"(?:[^"]|"")*(?:"|\Z))
  | (?P<parameter>\$[0-9]+)
  | (?P<word>[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*)
  | (?P<number>[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)
  | (?P<space>\s+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?){2,}\s*\)")
_PLANNABLE = ("select", "with", "insert", "update", "delete", "merge")


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement without its literals."""

    text: str
    digest: str
    """Over the whole text without its literals: the same statement has it wherever it was seen."""
    redactions: int


def show_statement(raw: str, *, with_values: bool = False) -> ShownStatement:
    """Return a statement as evidence may hold it.

    Args:
        with_values: Leave literals in; secrets by look go all the same.
    """
    plain = _LIST.sub("(?, ...)", _strip(raw, with_values=False))
    shown = redact(_strip(raw, with_values=True) if with_values else plain)
    return ShownStatement(
        cut_short(shown.text, LONGEST), hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:16], shown.count
    )


def is_plannable(raw: str) -> bool:
    """Answer whether EXPLAIN takes such a statement."""
    return _strip(raw, with_values=False).lstrip("( ").lower().startswith(_PLANNABLE)


def has_parameters(raw: str) -> bool:
    """Answer whether a statement has parameters, such as those pg_stat_statements puts in place of literals."""
    return any(match.lastgroup == "parameter" for match in _TOKEN.finditer(raw))


def _strip(raw: str, *, with_values: bool) -> str:
    parts = []
    for match in _TOKEN.finditer(raw):
        kind = match.lastgroup
        if kind in ("space", "comment"):
            parts.append(" ")
        elif kind == "parameter" or (kind in ("text", "tag", "number") and not with_values):
            parts.append("?")
        else:
            parts.append(match[0])
    return " ".join("".join(parts).split()).rstrip("; ")
