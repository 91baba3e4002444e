"""A diff as the rules read it: which lines took effect, which settings went from what to what.

Fragments are diffs too: without file headers, without line numbers, with a path or a function in the hunk's header.
What cannot change how a service behaves (tests, prose, comments, log statements, build caches) is set apart here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import zip_longest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.changes.hunk_heads import Head, read_head, read_span
from fermata.rules.changes.resources import read_address


class FileKind(StrEnum):
    """What a file is for, by its path."""

    CODE = "code"
    SETTINGS = "settings"
    MANIFEST = "manifest"
    """Declares dependencies, with or without their locks."""
    MIGRATION = "migration"
    INERT = "inert"
    """Tests, prose, dashboards, build jobs: nothing a running service reads."""


_INERT = re.compile(
    r"(?:^|(?<!charts)(?<!apps)(?<!services)/)docs?/(?![^\n]*\.(?:py|ts|tsx|js|go|java|kt|rb|rs|cs|php|scala|exs?)$)|(?:^|/)(?:tests?|specs?|__tests__|fixtures|examples?|dashboards?|\.github|\.gitlab|\.circleci|\.vscode|e2e|"
    r"testdata|mocks?|runbooks?|benchmarks?)/|(?:_test|\.test|_spec|\.spec|(?-i:[a-z0-9](?:Tests?|IT)))\.\w{1,5}$|(?:^|/)test_[^/]*$|\.(?:md|rst|adoc|png|svg|css|scss|less)$|"
    r"(?:^|/)(?:CODEOWNERS|LICENSE|README|CHANGELOG|Jenkinsfile|\.gitlab-ci\.yml|\.editorconfig|\.gitignore|\.eslintrc)(?:\.\w{1,5})?$"
    r"|(?:^|/)(?:conftest\.py|fermata\.ya?ml)$|requirements-(?:dev|test)|(?:^|/)(?:locales?|i18n|translations?)/",
    re.IGNORECASE,
)
_MANIFEST = re.compile(
    r"(?:^|/)(?:package(?:-lock)?\.json|yarn\.lock|pnpm-lock\.yaml|go\.(?:mod|sum)|Cargo\.(?:toml|lock)|pom\.xml|"
    r"build\.gradle(?:\.kts)?|libs\.versions\.toml|requirements[^/]*\.(?:txt|in)|poetry\.lock|pyproject\.toml|uv\.lock|Pipfile(?:\.lock)?|"
    r"Gemfile(?:\.lock)?|composer\.(?:json|lock)|mix\.(?:exs|lock)|[^/]*\.(?:cs|fs|vb)proj|[^/]*\.(?:props|gemspec|podspec)|build\.sbt|pubspec\.(?:yaml|lock)|Chart\.(?:yaml|lock)|Podfile(?:\.lock)?|Package\.(?:swift|resolved)|\.tool-versions|\.(?:nvmrc|python-version|ruby-version|java-version|node-version)|flake\.lock|packages\.lock\.json|Dockerfile[^/]*)$",
    re.IGNORECASE,
)
_MIGRATION = re.compile(r"migrat|(?:^|/)(?:db|schema|flyway|liquibase|alembic)/|\.sql$", re.IGNORECASE)
_INTERFACE = re.compile(r"\.(?:graphqls?|gql|proto|avsc|thrift)$", re.IGNORECASE)
_SETTINGS = re.compile(
    r"\.(?:ya?ml|toml|ini|cfg|conf|properties|env|tf|tfvars|hcl|json|cnf|rules|xml|service|timer|socket|slice)$|(?:^|/)(?:\.env|envoy|nginx|values|consul|helm|k8s|kustomize)|\bconsul\b|configmap",
    re.IGNORECASE,
)

_LONGEST = 1000  # Of a line: what is longer is generated.
_COMMENT = re.compile(r"^\s*(?:#(?!\[|\s*(?:include|define|if|pragma))|//|/\*|\*/|\*\s|--\s|;\s|<!--|\"\"\"|'''|%\s)")
_LOG_CALL = re.compile(
    r"^\s*(?:(?:_?(?:log(?:ger|ging)?|slog|LOG|console|logx|zap|tracing|Rails\.logger|structlog)\b[.:]+\w*(?:[.:]+\w+)?!?"
    r"|[\w.()]{1,60}\.for_?[eE]ach\([^=>-]{0,40}[=-]>\s*(?:log(?:ger)?|LOG|console)\.\w+"
    r"|print(?:ln|f)?|fmt\.Print\w*|System\.out\.\w+)\s?\()"
)
_METRIC_ONLY = re.compile(
    r"(?:Counter|Gauge|Histogram|Summary)(?:<[^>]{1,40}>)?\(|\.(?:inc|observe|labels|set_function|set_to_current_time)\("
    r"|(?i:\b(?:counter|gauge|histogram|prom|prometheus|promauto|metrics|statsd)\.\w+\()|\.(?:timer|counter|gauge|histogram)\("
    r"|\.startTimer\(|\bBuckets\s*[:=]"
    r"|\.span\(|\bfmt\.Errorf\(\"[^\"]*%w"
)
_FILE_BEGINS = re.compile(r"^(?:package|module|namespace|import|from|#!|\"\"\"|/\*|//|#)")
_IMPORT = re.compile(
    r"^\s*(?:import\s|from\s+\S+\s+import\b|using\s+[\w.]+;|use\s+[\w:{}, ]+;|#include\b"
    r"|(?:const|let|var)\s+\S.{0,80}=\s*require\(|require(?:_relative)?\s+['\"])"
)
_VALUE = re.compile(
    r"\"[^\"]*\"|'[^']*'|(?<![\w.])-?\d[\d_]*(?:\.\d+)?\w{0,12}"
    r"|\b(?:true|false|on|off|yes|no|enabled|disabled|null|none)\b",
    re.IGNORECASE,
)
_SWITCH = {
    "true": 1.0, "on": 1.0, "yes": 1.0, "enabled": 1.0, "false": 0.0, "off": 0.0, "no": 0.0, "disabled": 0.0,
}  # fmt: skip
_PRODUCT = re.compile(r"(?<![\w.*\"'])\d{1,9}(?:\.\d+)?(?: ?\* ?\d{1,9}(?:\.\d+)?){1,5}(?![\w.(])(?! ?\*)")
_FACTOR = re.compile(r"[\d.]+")
_OPERAND = re.compile(r"[A-Za-z_)\]]\w*\s?(?:\*|/|<<)\s?\d")
_BARE = re.compile(r"^\W*(?:value|default|data|content|defaultValue|Value)\W*$", re.IGNORECASE)
_NAME = re.compile(r"(?:\b(?:name|key|id)\b[\"']?\s*[:=]\s*|variable\s+|<name>\s*)[\"']?([\w.-]{3,60})", re.IGNORECASE)
_BARE_VERSION = re.compile(r"^\W*version\b\W", re.IGNORECASE)
_ARTIFACT = re.compile(r"(?:<artifactId>|\bname\b[\"']?\s*[:=]\s*[\"']?)([\w.@/-]{2,60})", re.IGNORECASE)
_ABOVE = 3
_MOST_PAIRED = 1000  # Lines of a hunk with a sign: pairing them is quadratic.
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|[<>!=]=|[<>]")
_JOINTS_TEXT = (
    "if else elif switch case return func function def fn let const var in of then do end public private static"
)
_JOINTS = frozenset(_JOINTS_TEXT.split())
_SHORTEST_MOVED = 12  # Characters of a line without its blanks, below which it stands in many files by chance.
_OTHER = {"-": "+", "+": "-"}
_UNIT_VALUE = re.compile(
    r"^\"?'?(-?\d[\d_]*(?:\.\d+)?)\s?"
    r"(ms|us|s|sec|seconds|m|min|minutes|h|d|Ki|Mi|Gi|Ti|k|K|M|g|G|kb|KB|mb|MB|gb|GB|KiB|MiB|GiB|%)?\"?'?$"
)
_OWN_NAME = re.compile(r"([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*[\"']?$")
_SIZE_ONLY = re.compile(r"\d\s?[kKgG][bB]?\"?'?$")
_MILLI = re.compile(
    r"[\"']?([5-9]\d|[1-9]\d{2,5})m[\"']?$"
)  # Of a processor; nobody gives minutes by the hundred beside plain seconds.
_PLAIN = re.compile(r"[\"']?\d{1,3}(?:\.\d+)?[\"']?$")
_SMALL_MEGA = re.compile(r"(?<=\d)m(?=\"?'?$)")
_FACTORS = {
    "us": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "seconds": 1e3, "min": 6e4, "minutes": 6e4, "h": 3.6e6, "d": 8.64e7,
    "Ki": 1024.0, "Mi": 1024.0**2, "Gi": 1024.0**3, "Ti": 1024.0**4, "K": 1e3, "M": 1e6, "G": 1e9, "KB": 1e3,
    "MB": 1e6, "GB": 1e9, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3, "k": 1e3, "g": 1e9, "kb": 1e3, "mb": 1e6,
    "gb": 1e9,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff."""

    number: int
    """Its number in the evidence."""
    sign: str
    """`+`, `-` or a space."""
    text: str
    """Without the sign."""
    inert: bool = False
    """Whether it cannot change what a service does."""

    @property
    def margin(self) -> int:
        """Return how far it is indented, in characters."""
        return len(self.text) - len(self.text.lstrip())


@dataclass(frozen=True)
class Hunk:
    """Neighbouring lines of one file."""

    path: str
    heading: str
    """What stands in the header: a function, a section, or empty."""
    lines: tuple[DiffLine, ...]
    number: int
    """Of the line that says which file or place it is."""
    span: tuple[int, int] | None = None
    """First and last line in the new file, where the header says so."""

    @property
    def kind(self) -> FileKind:
        """Return what its file is for."""
        return find_kind(self.path)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return its values that went from one to another."""
        return tuple(_list_turns(self))

    def list_signed(self, sign: str) -> tuple[DiffLine, ...]:
        """Return the lines with that sign that take effect."""
        return tuple(line for line in self.lines if line.sign == sign and not line.inert)

    def name_version(self, line: DiffLine) -> str:
        """Return what a bare `<version>` in a manifest is the version of: a name that stands right above; else ''."""
        if not _BARE_VERSION.match(line.text):
            return ""
        above = [one for one in self.lines if one.sign != "-" and one.number < line.number][-_ABOVE:]
        return next((found[1] for one in reversed(above) if (found := _ARTIFACT.search(one.text))), "")

    @cached_property
    def is_whole_file_gone(self) -> bool:
        """Answer whether a file of code was removed from its first line on, and with it whatever it did."""
        starts = bool(self.lines) and _FILE_BEGINS.match(self.lines[0].text) is not None
        return self.kind is FileKind.CODE and starts and all(line.sign == "-" for line in self.lines)

    @cached_property
    def imports(self) -> frozenset[int]:
        """Return the numbers of the lines that only make something known; one that replaces another is none of them."""
        found = [line for line in self.lines if line.sign != " " and _IMPORT.match(line.text)]
        is_swap = len({line.sign for line in found}) > 1
        return frozenset() if is_swap else frozenset(line.number for line in found)


@dataclass(frozen=True, slots=True)
class Turn:
    """A value that went from one to another at the same place."""

    key: str
    """What stands before it, for people and for reading its meaning: `PSP_READ_TIMEOUT_MS=`."""
    old: str
    new: str
    line: DiffLine
    """The added line."""
    gone: DiffLine | None = None
    """The removed line."""

    @property
    def direction(self) -> int:
        """Return 1 for more, -1 for less, 0 where the values have no order or another unit family."""
        before, after = _measure_both(self.old, self.new)
        if before is None or after is None or before == after:
            return 0
        return 1 if after > before else -1

    @property
    def is_switch(self) -> bool:
        """Answer whether it is turned on or off."""
        return all(value.strip("\"'").lower() in _SWITCH for value in (self.old, self.new))

    @property
    def is_nought(self) -> bool:
        """Answer whether it was or is nought, which often says that there is no limit at all."""
        return 0.0 in _measure_both(self.old, self.new)

    @property
    def factor(self) -> float:
        """Return how many times more or less it is, at least 1; 1 where that makes no sense."""
        before, after = _measure_both(self.old, self.new)
        if before is None or after is None or before <= 0 or after <= 0:
            return 1.0 if before == after else 8.0
        return max(before / after, after / before)


@dataclass(frozen=True)
class Diff:
    """All hunks of a change."""

    hunks: tuple[Hunk, ...] = field(default_factory=tuple)

    @cached_property
    def effective(self) -> tuple[Hunk, ...]:
        """Return the hunks that can change what a service does."""
        return tuple(
            hunk for hunk in self.hunks if hunk.kind is not FileKind.INERT and any(hunk.list_signed(s) for s in "+-")
        )

    @cached_property
    def added(self) -> tuple[DiffLine, ...]:
        """Return the added lines that take effect."""
        return tuple(line for hunk in self.effective for line in hunk.list_signed("+"))

    @cached_property
    def removed(self) -> tuple[DiffLine, ...]:
        """Return the removed lines that took effect."""
        return tuple(line for hunk in self.effective for line in hunk.list_signed("-"))

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """Return the values that went from one to another."""
        return tuple(turn for hunk in self.effective for turn in hunk.turns)

    def list_novel(self, path: str, sign: str) -> frozenset[str]:
        """Return the words and comparisons that stand in lines of a file with that sign, and in none with the other.

        What was only moved, or written in another form, is not among them.
        """
        return self._tokens.get((path, sign), frozenset()) - self._tokens.get((path, _OTHER[sign]), frozenset())

    @cached_property
    def _tokens(self) -> Mapping[tuple[str, str], frozenset[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for hunk in self.effective:
            for sign in _OTHER:
                tokens = (token for line in hunk.list_signed(sign) for token in find_tokens(line.text))
                found.setdefault((hunk.path, sign), set()).update(tokens)
        return {key: frozenset(tokens) for key, tokens in found.items()}

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files it touches, as far as it says."""
        return tuple(dict.fromkeys(hunk.path for hunk in self.hunks if hunk.path))


def find_tokens(text: str) -> list[str]:
    """Return the words, numbers and comparisons of a line, in their order, without those that only hold it together."""
    return [token for token in _TOKEN.findall(text) if token not in _JOINTS]


@lru_cache(maxsize=4096)
def find_kind(path: str) -> FileKind:
    """Return what a file is for; an unknown path counts as code, since that is what can do most harm."""
    if read_address(path):
        return FileKind.SETTINGS
    if _INERT.search(path):
        return FileKind.INERT
    if _MANIFEST.search(path):
        return FileKind.MANIFEST
    if _MIGRATION.search(path) and not _INTERFACE.search(path):
        return FileKind.MIGRATION
    return FileKind.SETTINGS if _SETTINGS.search(path) else FileKind.CODE


def parse_diff(lines: Sequence[EvidenceLine], paths: Sequence[str] = ()) -> Diff:
    """Read a diff, or a fragment of one; text that is none gives a diff without hunks.

    Args:
        paths: The files the change says it touches, for a fragment that does not name its own.
    """
    fallback = paths[0] if len(paths) == 1 else ""
    return Diff(tuple(_leave_out_moved(list(_read_hunks(lines, fallback)))))


def _leave_out_moved(hunks: Sequence[Hunk]) -> Iterator[Hunk]:
    """Yield hunks in which the lines of code are inert that went from one file and came in another as they were.

    Within a file the order of lines may be what changed, and settings belong to their file.
    """
    paths: dict[tuple[str, str], set[str]] = {}
    for hunk in (hunk for hunk in hunks if hunk.kind is FileKind.CODE):
        for line in hunk.lines:
            paths.setdefault((line.sign, "".join(line.text.split())), set()).add(hunk.path)

    def is_moved(hunk: Hunk, line: DiffLine) -> bool:
        text = "".join(line.text.split())
        others = paths.get((_OTHER.get(line.sign, ""), text), set()) - {hunk.path}
        return hunk.kind is FileKind.CODE and len(text) >= _SHORTEST_MOVED and bool(others)

    for hunk in hunks:
        lines = tuple(replace(line, inert=True) if is_moved(hunk, line) else line for line in hunk.lines)
        yield replace(hunk, lines=lines) if lines != hunk.lines else hunk


class _LogCalls:
    """Log statements that are still open, on the old and the new side of a hunk: their further lines only log, too."""

    def __init__(self) -> None:
        self._depths = {"-": 0, "+": 0}

    def covers(self, sign: str, text: str) -> bool:
        """Answer whether a line lies within a log statement, and follow where that ends."""
        sides = "-+" if sign == " " else sign
        inside = all(self._depths[side] > 0 for side in sides)
        for side in sides:
            if self._depths[side] > 0 or _LOG_CALL.match(text):
                self._depths[side] = max(0, self._depths[side] + text.count("(") - text.count(")"))
        return inside


def _names_file(after: EvidenceLine | None) -> bool:
    """Answer whether `--- ` names a file, by what follows: a comment of SQL that went (`-- note`) looks the same."""
    return after is None or after.text.startswith(("+++ ", "@@", "rename ", "Binary "))


def _read_hunks(lines: Sequence[EvidenceLine], fallback: str) -> Iterator[Hunk]:
    head, number, body = Head(fallback), 0, list[DiffLine]()
    span: tuple[int, int] | None = None
    calls = _LogCalls()
    for line, after in zip_longest(lines, lines[1:]):
        text = line.text
        if text.startswith(("diff --git ", "+++ ", "@@")) or (text.startswith("--- ") and _names_file(after)):
            if body:
                yield Hunk(head.path, head.heading, tuple(body), number, span)
                body = []
            head = read_head(text, head)
            number = line.number
            span = read_span(text)
            calls = _LogCalls()
        elif text.startswith(("rename from ", "rename to ")):
            sign, _, name = text.removeprefix("rename ").partition(" ")
            head = Head(name, head.heading, is_file=True) if sign == "to" else head
            number = number or line.number
            body.append(DiffLine(line.number, "-" if sign == "from" else "+", name[:_LONGEST]))
        elif text[:1] in ("+", "-", " ") and (number or body or text[:1] != " "):
            own = text[1:_LONGEST]
            in_call = calls.covers(text[0], own)
            body.append(DiffLine(line.number, text[0], own, inert=in_call or is_inert(own)))
            number = number or line.number
    if body:
        yield Hunk(head.path, head.heading, tuple(body), number, span)


def is_inert(text: str) -> bool:
    """Answer whether a line of a program does nothing but comment, log or count."""
    if not text.strip():
        return True
    return bool(_COMMENT.match(text) or _LOG_CALL.match(text) or _METRIC_ONLY.search(text))


def _list_turns(hunk: Hunk) -> Iterator[Turn]:
    """Pair removed and added lines that differ in their values only, else those of the same key."""
    added = hunk.list_signed("+")[:_MOST_PAIRED]
    alike = [(_skeleton(multiply_out(line.text)), _key(line.text)) for line in added]
    free = dict.fromkeys(range(len(added)))
    for old in hunk.list_signed("-")[:_MOST_PAIRED]:
        skeleton, key = _skeleton(multiply_out(old.text)), _key(old.text)
        place = next((place for place in free if alike[place][0] == skeleton), None)
        if place is None:
            known = (place for place in free if key and alike[place][1] == key)
            place = next((place for place in known if not _is_worked_out(old.text, added[place].text)), None)
        if place is None:
            continue
        del free[place]
        partner = added[place]
        text = multiply_out(partner.text)
        for position, one, other in _pair_values(multiply_out(old.text), text):
            if one != other:
                yield Turn(_name(_before(text, position), partner, hunk), one, other, partner, old)


_MOST_NAMED = 100
"""Values of two lines up to which each is looked for by its name: no person reads a line of more."""


def _pair_values(old: str, new: str) -> list[tuple[int, str, str]]:
    """Return where the values of two lines stand in the new one, each with what it was and is.

    By their places, unless one has more of them and each stands behind a name of its own: `{memory: 256Mi}` and
    `{cpu: 200m, memory: 256Mi}` have one name in common.
    """
    before, after = list(_VALUE.finditer(old)), list(_VALUE.finditer(new))
    if len(before) != len(after) and len(before) + len(after) <= _MOST_NAMED:
        pairs = ((old, before), (new, after))
        names = [[_OWN_NAME.search(text[: one.start()]) for one in found] for text, found in pairs]
        if all(name is not None for own in names for name in own):
            was = {name[1]: one[0] for name, one in zip(names[0], before, strict=True) if name is not None}
            own = enumerate(zip(names[1], after, strict=True))
            return [(at, was[name[1]], one[0]) for at, (name, one) in own if name is not None and name[1] in was]
    return [(at, one[0], other[0]) for at, (one, other) in enumerate(zip(before, after, strict=False))]


def _is_worked_out(old: str, new: str) -> bool:
    """Answer whether either line takes something times a number: what differs is how, and their numbers no amounts."""
    return any(_OPERAND.search(text) for text in (multiply_out(old), multiply_out(new)))


def multiply_out(text: str) -> str:
    """Return a line with each product of numbers worked out: `7 * 24 * 3600` is one value, and more than `3600`."""
    return _PRODUCT.sub(lambda found: f"{math.prod(map(float, _FACTOR.findall(found[0]))):.15g}", text)


def _skeleton(text: str) -> str:
    return _VALUE.sub("#", text).strip()


def _key(text: str) -> str:
    """Return the name a line sets: what stands before its first `=` or `:`."""
    head = re.split(r"[:=]", text, maxsplit=1)
    name = head[0].strip().strip("\"'- ").casefold()
    return name if len(head) > 1 and 2 < len(name) <= 60 else ""


def _name(key: str, line: DiffLine, hunk: Hunk) -> str:
    """Return what is set: a bare `value:` is named by one of the lines above it."""
    if not _BARE.match(key):
        return key
    above = [one for one in hunk.lines if one.sign != "-" and one.number < line.number][-_ABOVE:]
    names = (found[1] for one in reversed(above) if (found := _NAME.search(one.text)))
    name = next(names, "")
    return f"{name}: " if name else key


def _before(text: str, position: int) -> str:
    """Return what stands before the value at a position, and the names of the line when that is little."""
    matches = list(_VALUE.finditer(text))
    start = matches[position - 1].end() if position else 0
    own = text[start : matches[position].start()]
    return own if re.search(r"[A-Za-z]{3}", own) else text[: matches[position].start()]


def _measure_both(old: str, new: str) -> tuple[float | None, float | None]:
    """Measure two values of one name: beside `512k`, `1m` is a size and no time, and beside `2`, `500m` is half."""
    parts = [_MILLI.match(value.strip()) for value in (old, new)]
    if sum(part is not None for part in parts) == 1 and all(
        part or _PLAIN.match(own.strip()) for part, own in zip(parts, (old, new), strict=True)
    ):
        first, second = (
            float(part[1]) / 1000 if part else _measure(own) for part, own in zip(parts, (old, new), strict=True)
        )
        return first, second
    if any(_SIZE_ONLY.search(value) for value in (old, new)):
        old, new = (_SMALL_MEGA.sub("M", value) for value in (old, new))
    return _measure(old), _measure(new)


def _measure(value: str) -> float | None:
    found = _UNIT_VALUE.match(value.strip())
    if found is None:
        return _SWITCH.get(value.strip("\"'").lower())
    unit = found[2] or ""
    number = float(found[1].replace("_", ""))
    return number * (_FACTORS.get(unit, 1.0) if unit != "m" else 6e4)
