"""Edits of what two sides hold in common without saying so: a name in quotes, the factor between two units."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from fermata.rules.changes.diffs import DiffLine, FileKind, multiply_out
from fermata.rules.changes.edit_tables import Edit, make_edit
from fermata.rules.changes.sides import Sides, part

_QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`\n]*)`")
_NAME = re.compile(r"(?![A-Z][a-z]+$)[A-Za-z_][\w-]{1,40}(?:[.:][\w-]{1,40}){0,6}$")
_FOR_PEOPLE = re.compile(
    r"label|title|descri|placeholder|class(?:_name)?\s?=|message|\btext\b|caption|summary|help|hint|tool_?tip|format"
    r"|raise|throw|panic|errors?\b|exception|assert|\bt\(|translate|render|template|version|font|colou?r|icon|span|trace|metric|counter|gauge|histogram|timer|\bcss",
    re.IGNORECASE,
)
_LEVELS = frozenset({"trace", "debug", "info", "warn", "warning", "error", "fatal"})
_ABOUT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(about, re.IGNORECASE), kinds)
    for about, kinds in (
        (r"cookie|session", "auth routing foreign | load notfound"),
        (r"header|metadata", "auth null parse foreign routing | notfound constraint data duplicate"),
        (
            r"kafka|topic|queue|publish|subscri|exchange|routing_?key|\bsubject|consum|produc|emit|\bsend\(|channel",
            "backlog stale empty notfound | parse null data",
        ),
        (r"environ|getenv|\benv\b|\benv\.", "config null restart auth | notfound refused"),
        (r"\benum\b|status|state|\bkind\b|\btype\b", "parse null constraint notfound | data backlog empty"),
        (r"json|column|field|attr|param|\bkey\b|alias|\[|get\(", "parse null schema notfound | data auth empty"),
    )
)
_OF_NAMES = "null parse notfound auth | data empty backlog config"


def find_names(sides: Sides) -> Iterator[Edit]:
    """Find a name in quotes that gives way to another and is nowhere else: somebody may still use the old one."""
    if sides.kind is not FileKind.CODE:
        return
    old = {shape: (line, names) for line in sides.removed for shape, names in [_take_apart(line)] if names}
    for line in sides.added:
        shape, names = _take_apart(line)
        partner = old.get(shape)
        if partner is None or _FOR_PEOPLE.search(part(line.text)):
            continue
        pairs = [pair for pair in zip(partner[1], names, strict=False) if pair[0] != pair[1]]
        if len(pairs) == 1 and all(map(_is_name, pairs[0])) and not _is_kept(pairs[0][0], sides):
            before, after = pairs[0]
            yield make_edit(f"{before} is called {after} now", line, _find_kinds(line, sides), 1.0)
            return


def _take_apart(line: DiffLine) -> tuple[str, list[str]]:
    """Return a line without what stands in quotes, and what stands in them."""
    names = ["".join(groups) for groups in _QUOTED.findall(line.text)]
    return "".join(_QUOTED.sub('""', line.text).split()), names


def _is_name(text: str) -> bool:
    return _NAME.match(text) is not None and text.casefold() not in _LEVELS


def _is_kept(name: str, sides: Sides) -> bool:
    return any(quote + part(name) + quote in f"{sides.new}\n{sides.around}" for quote in "\"'`")


def _find_kinds(line: DiffLine, sides: Sides) -> str:
    """Return what it brings, by what the line is about, else by what stands around it."""
    for text in (part(line.text), sides.around):
        kinds = next((kinds for about, kinds in _ABOUT if about.search(text)), None)
        if kinds is not None:
            return kinds
    return _OF_NAMES


_TIMES = re.compile(
    r"[*/]\s?(\d[\d_]*(?:\.\d+)?|1e\d+|\w*(?:(?<![a-z])per_|_per_)\w*)(?![\w.])"
    r"|<<\s?(\d+)\b|\b(?:div|times|mul|multiply|divide|divided_by)\(\s?(\d[\d_]*)\s?\)",
    re.IGNORECASE,
)
_UNITS = frozenset(
    {7.0, 12.0, 24.0, 60.0, 3600.0, 86400.0, 1024.0, 1024.0**2, 1024.0**3, *(10.0**power for power in range(1, 13))}
)
_OF_UNITS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(about, re.IGNORECASE), kinds)
    for about, kinds in (
        (r"time_?out|deadline|delay|interval|budget|wait|sleep", "timeout slow retry ratelimit cpu | unavailable load"),
        (r"ttl|expir|max_?age|life|token|lease", "cache auth stale time load memory | query duplicate"),
        (r"bytes|size|_mb|_kb|_gb|memory|buffer|upload|body", "size memory disk ratelimit | parse data"),
        (r"quota|limit|usage|used|percent|ratio|threshold|rate\b", "ratelimit data disk memory load | cpu restart"),
    )
)
_OF_AMOUNTS = "data size constraint | time parse timeout"


def find_factors(sides: Sides) -> Iterator[Edit]:
    """Find a factor between two units (`/ 100`, `<< 20`, `/ metres_per_km`) that one side has and the other has not."""
    if sides.kind is not FileKind.CODE or not sides.removed or not sides.added:
        return
    old, new = _list_factors(sides.removed), _list_factors(sides.added)
    if _measure(old) == _measure(new) and _list_named(old) == _list_named(new):
        return
    more, fewer = (old, new) if old.total() > new.total() else (new, old)
    rest = more - fewer
    if fewer - more or not any(_is_unit(factor) for factor in rest):
        return
    lines = sides.removed if more is old else sides.added
    line = next(line for line in lines if any(factor in _list_factors([line]) for factor in rest))
    text = part(line.text)
    kinds = next((kinds for about, kinds in _OF_UNITS if about.search(text)), _OF_AMOUNTS)
    factor = min(rest, key=lambda one: not _is_unit(one))
    way = "no longer" if more is old else "now"
    yield make_edit(f"an amount is {way} taken times or by {factor}", line, kinds, 1.1)


def _list_factors(lines: Sequence[DiffLine]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lines:
        for plain, shift, called in _TIMES.findall(multiply_out(part(line.text))):
            name = f"<< {shift}" if shift else plain or called
            found[name.replace("_", "") if name[:1].isdigit() else name] += 1
    return found


def _list_named(factors: Counter[str]) -> Counter[str]:
    return Counter({factor: count for factor, count in factors.items() if factor[:1].isalpha()})


def _read(factor: str) -> float | None:
    if factor.startswith("<<"):
        return 2.0 ** min(int(factor[2:]), 64)
    return float(factor) if factor[:1].isdigit() else None


def _measure(factors: Counter[str]) -> float:
    """Return the order of magnitude of all of them: the product itself outgrows a float in a table of amounts."""
    values = ((_read(factor), count) for factor, count in factors.items())
    return round(sum(count * math.log10(value) for value, count in values if value), 6)


def _is_unit(factor: str) -> bool:
    value = _read(factor)
    return value is None or value in _UNITS or factor in ("<< 10", "<< 20", "<< 30")


_FOLLOWS = re.compile(r"\b([a-z]{2,}_[a-z_]{2,})\b")
_ASKED = re.compile(r"(?=\.([a-z]{2,})\.([a-z_]{2,})\b)")
_WORD = re.compile(r"\w+")


def find_relations(sides: Sides) -> Iterator[Edit]:
    """Find a value of its own that is now asked of what a thing belongs to: `order.shop_name`, `order.shop.name`."""
    if sides.kind is not FileKind.CODE:
        return
    asked: dict[str, DiffLine] = {}
    for line in sides.added:
        for owner, own in _ASKED.findall(part(line.text)):
            asked.setdefault(f"{owner}_{own}", line)
    kept = frozenset(_WORD.findall(sides.new)) if asked else frozenset()
    name = next((name for name in _FOLLOWS.findall(sides.old) if name in asked and name not in kept), None)
    if name is not None:
        kinds = "query load null slow | pool timeout cpu"
        yield make_edit(f"{name} is asked of what it belongs to", asked[name], kinds, 1.0)


AGREED_FINDERS: tuple[Callable[[Sides], Iterator[Edit]], ...] = (find_names, find_factors, find_relations)
"""All of them."""
