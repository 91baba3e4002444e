"""Whether the numbers that a text names stand in what it cites: as they are written, or as the same amount."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal

_NUMBER = re.compile(
    r"(?<![\w.])(?<!\w[-/:@])(?P<number>\d{1,18}(?:[.,:]\d{1,18}){0,6})"
    r"(?P<unit> ?(?:%|[A-Za-z]{1,7}))?(?![\w])(?![-/:]\w)"
)
_DIGITS = re.compile(r"\d+")
_PART = re.compile(r"\d{1,18}(?:\.\d{1,18})?")
# Of a clock time or an address, no part is an amount.
_AMOUNT = re.compile(r"(?<![\d.:])\d{1,18}(?:\.\d{1,18})?(?!\d|:\d|\.\d)")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_FREE = frozenset({Decimal(0), Decimal(1), Decimal(2)})
"""Small counts that a sentence needs: `both`, `one of`, written in digits."""
_TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ONES = "one two three four five six seven eight nine"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELLED = {
    **{word: number for number, word in enumerate(_TEENS.split(), start=11)},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
}
"""From eleven on: what is less is a word of the language as much as a count."""
_SPELLED_NUMBER = re.compile(
    # `two hundred and fifty` is not 50.
    rf"(?<!hundred )(?<!hundred and )(?<!thousand )(?<!thousand and )"
    rf"\b(?:(?P<ten>{_TENS.replace(' ', '|')})[- ](?P<one>{_ONES.replace(' ', '|')})"
    rf"|(?P<plain>{'|'.join(_SPELLED)}))\b(?!-| (?:hundred|thousand|million)\b)",
    re.IGNORECASE,
)
_UNITS = {
    **dict.fromkeys(("k", "kb"), 1000),
    **dict.fromkeys(("ki", "kib"), 1024),
    **dict.fromkeys(("m", "mb"), 1000**2),
    **dict.fromkeys(("mi", "mib"), 1024**2),
    **dict.fromkeys(("g", "gb"), 1000**3),
    **dict.fromkeys(("gi", "gib"), 1024**3),
    **dict.fromkeys(("t", "tb"), 1000**4),
    **dict.fromkeys(("ti", "tib"), 1024**4),
}
_TIMES = {
    **dict.fromkeys(("us",), Decimal("0.000001")),
    **dict.fromkeys(("ms", "millis", "msec"), Decimal("0.001")),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), Decimal(1)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), Decimal(60)),
    **dict.fromkeys(("h", "hour", "hours"), Decimal(3600)),
}
_OTHER_MEASURES = frozenset({"%", "percent", "b", "byte", "bytes", "d", "day", "days", "week", "weeks", "cores", "rps"})


def count_alike(lines: Iterable[str], line: str) -> int:
    """Return how many lines differ from one of theirs in digits only: the brief writes that number beside a line."""
    wanted = _DIGITS.sub("0", line)
    return sum(_DIGITS.sub("0", other) == wanted for other in lines)


def find_unfounded(text: str, sources: Sequence[str], count: Callable[[], Collection[int]] = tuple) -> tuple[str, ...]:
    """Return the numbers of a text that stand in none of its sources, each once, with its measure.

    Numbers inside of names (`node-3`, `v1.2`, `p99`) are names. The same amount in another unit counts as the same;
    what would have to be worked out (a difference, a share) does not. Sources may spell a number out, too.

    Args:
        count: Gives how often something came, which a text may say, too; asked only where a number stands nowhere. A
            number with a unit says how long or how much, and is founded by none.
    """
    written_out = _write_digits(text)
    wanted = [match for match in _NUMBER.finditer(written_out) if not _is_free(match["number"])]
    if not wanted:
        return ()
    if written_out != text:
        sources = [_write_digits(source) for source in sources]
    amounts: set[Decimal] | None = None
    unfounded: dict[str, re.Match[str]] = {}
    for match in wanted:
        written = match["number"]
        if any(_stands_in(written, source) for source in sources):
            continue
        if amounts is None:
            amounts = {amount for source in sources for amount in _list_amounts(source)}
        if not _read(written, match["unit"] or "") & amounts:
            unfounded[_write_amount(match)] = match
    counts = {str(number) for number in count()} if unfounded else ()
    return tuple(
        words for words, match in unfounded.items() if match["number"] not in counts or _has_measure(match["unit"])
    )


def _write_digits(text: str) -> str:
    """Return a text with its larger numbers in digits: in words, an invented one is no less invented."""

    def write(match: re.Match[str]) -> str:
        if match["plain"]:
            return str(_SPELLED[match["plain"].lower()])
        return str(_SPELLED[match["ten"].lower()] + _ONES.split().index(match["one"].lower()) + 1)

    return _SPELLED_NUMBER.sub(write, text)


def _write_amount(match: re.Match[str]) -> str:
    """Return a number with its measure; any other word behind it is no part of it."""
    return match[0].strip() if _has_measure(match["unit"]) else match["number"]


def _has_measure(unit: str | None) -> bool:
    word = (unit or "").strip().lower()
    return word in _UNITS or word in _TIMES or word in _OTHER_MEASURES


def _is_free(written: str) -> bool:
    return written.isdigit() and Decimal(written) in _FREE


def _stands_in(written: str, source: str) -> bool:
    start = source.find(written)
    while start >= 0:
        end = start + len(written)
        before, after = source[start - 1 : start], source[end : end + 1]
        if (
            not before.isdigit()
            and not after.isdigit()
            and not (before == "." and source[start - 2 : start - 1].isdigit())
        ):
            return True
        start = source.find(written, start + 1)
    return False


def _list_amounts(source: str) -> Iterable[Decimal]:
    for match in _AMOUNT.finditer(source):
        unit = source[match.end() : match.end() + 8].lstrip()
        yield from _read(match[0], re.split(r"[^A-Za-z%]", unit, maxsplit=1)[0])
    for match in _GROUPED.finditer(source):
        yield Decimal(match[0].replace(",", ""))


def _read(written: str, unit: str) -> set[Decimal]:
    """Return what a written number may mean: itself, and in the base unit. Normalised, so that 1.0 is 1."""
    if not _PART.fullmatch(written):
        written = written.replace(",", "") if _GROUPED.fullmatch(written) else ""
    if not written:
        return set()
    amount = Decimal(written)
    word = unit.strip().lower()
    found = {amount}
    if word in _UNITS:
        # `Mi` is exact; `M` and `MB` are binary to some and decimal to others.
        found |= {amount * _UNITS[word], amount * _UNITS.get(word[0] + "i", 1)}
    if word in _TIMES:
        found |= {amount * _TIMES[word], amount * _TIMES[word] * 1000}
    return {item.normalize() for item in found}
