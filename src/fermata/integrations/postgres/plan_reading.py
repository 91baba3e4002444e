"""What a plan of EXPLAIN (FORMAT JSON, VERBOSE) says about tables that are read from end to end. Pure.

Source of the form: PostgreSQL documentation, EXPLAIN; conditions are printed by the server's ruleutils, with VERBOSE
always qualified by the alias.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SCANS = ("Seq Scan", "Parallel Seq Scan")
# Without a condition of its own an index gives the rows in its order, all of them, until a LIMIT above has had enough.
_ORDERED = ("Index Scan", "Index Only Scan")
_NAME = r'(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*)'
# `l.order_id = ...`, and `(l.code)::text = ...`: the cast of varchar that an index sees through.
_COMPARISON = re.compile(
    rf"\(?(?P<alias>{_NAME})\.(?P<column>{_NAME})\)?(?:::text)? "
    r"(?:(?P<operator>=|<=|>=|<|>) (?P<rest>.+)|(?P<null>IS NULL))",
    re.DOTALL,
)
_REVERSED = re.compile(rf"(?P<rest>.+?) = (?P<alias>{_NAME})\.(?P<column>{_NAME})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scan:
    """One table read from end to end."""

    namespace: str
    table: str
    condition: str
    """As the server prints it; holds the statement's literals."""
    equal_columns: tuple[str, ...]
    range_columns: tuple[str, ...]
    is_simple: bool
    rows_kept: float
    cost: float
    index: str = ""
    """In whose order the rows come; empty when in none."""


def list_scans(plan: Mapping[str, Any]) -> list[Scan]:
    """Return the filtered scans of whole tables, in an index's order or in none, the most costly first.

    Args:
        plan: The `Plan` of the first element of what EXPLAIN gives.
    """
    return sorted(_walk(plan, "", 1), key=lambda scan: scan.cost, reverse=True)


def _walk(node: Mapping[str, Any], joined: str, workers: int) -> Iterator[Scan]:
    """Go down the plan.

    Args:
        joined: The join condition that is checked for every row of this node.
        workers: How many processes share the rows of this node.
    """
    workers = max(workers, int(node.get("Workers Planned", 0)) + 1)
    if _is_whole(node) and (node.get("Filter") or joined):
        yield _build(node, " AND ".join(filter(None, [str(node.get("Filter", "")), joined])), workers)
    for child in node.get("Plans", ()):
        inner = node.get("Node Type") == "Nested Loop" and child.get("Parent Relationship") == "Inner"
        passes = node.get("Node Type") in ("Materialize", "Memoize")
        below = str(node.get("Join Filter", "")) if inner else joined if passes else ""
        yield from _walk(child, below, workers)


def _is_whole(node: Mapping[str, Any]) -> bool:
    """Answer whether nothing but a condition on each row keeps a node from giving out its whole table."""
    kind = node.get("Node Type")
    return kind in _SCANS or (kind in _ORDERED and not node.get("Index Cond") and not node.get("Order By"))


def _build(node: Mapping[str, Any], condition: str, workers: int) -> Scan:
    alias = str(node.get("Alias", node.get("Relation Name", "")))
    parts = [strip_brackets(part) for part in split_conditions(condition)]
    equal: list[str] = []
    ranges: list[str] = []
    for part in parts:
        found = _read_comparison(part, alias)
        if found is not None:
            (equal if found[1] else ranges).append(found[0])
    return Scan(
        namespace=str(node.get("Schema", "")),
        table=str(node.get("Relation Name", "")),
        condition=condition,
        equal_columns=tuple(dict.fromkeys(equal)),
        range_columns=tuple(dict.fromkeys(column for column in ranges if column not in equal)),
        is_simple=bool(equal or ranges),
        rows_kept=float(node.get("Plan Rows", 0)) * (workers if node.get("Parallel Aware") else 1),
        cost=float(node.get("Total Cost", 0)),
        index=str(node.get("Index Name", "")),
    )


def _read_comparison(part: str, alias: str) -> tuple[str, bool] | None:
    """Return a column of this table that is compared with something else, and whether for being equal."""
    match = _COMPARISON.fullmatch(part)
    if match is not None and _unquote(match["alias"]) == alias:
        # A comparison within the same row needs the row: no index finds it.
        if re.search(rf"\b{re.escape(alias)}\.", match["rest"] or ""):
            return None
        return _unquote(match["column"]), bool(match["null"]) or match["operator"] == "="
    match = _REVERSED.fullmatch(part)
    if match is not None and _unquote(match["alias"]) == alias and f"{alias}." not in match["rest"]:
        return _unquote(match["column"]), True
    return None


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def split_conditions(text: str) -> list[str]:
    """Return the parts that all have to hold; one part when they are joined otherwise."""
    text = strip_brackets(text)
    parts: list[str] = []
    depth, quoted, start, index = 0, "", 0, 0
    while index < len(text):
        character = text[index]
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(" AND ", index):
            parts.append(text[start:index])
            index = start = index + 5
            continue
        elif depth == 0 and text.startswith(" OR ", index):
            return [text]
        index += 1
    parts.append(text[start:])
    return [inner for part in parts for inner in (split_conditions(part) if part != text else [part])]


def strip_brackets(text: str) -> str:
    """Return text without brackets that hold all of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1].strip()
    return text


def _closes_last(text: str) -> bool:
    """Answer whether the first bracket is closed by the last character."""
    depth, quoted = 0, ""
    for index, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return index == len(text) - 1
    return False
