"""What a file of settings gives each name, before and after: read from the lines of a diff, whatever the format.

YAML, HCL, JSON, INI, properties, XML, and the directives of servers are told apart by their lines alone, since a diff
seldom shows more. Where a name stands (`limits.memory`) is read from indentation. What both sides give alike, in
another order or in other quotes, is no change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from fermata.rules.changes.diffs import DiffLine, FileKind, Hunk, find_kind

_ASSIGNED = re.compile(r"^(?:export\s+|ENV\s+|ARG\s+)?[\"']?([A-Za-z_][\w.$/-]*?)[\"']?\s*(?:=>|=|:(?!//))\s*(.*)$")
_MARKUP = re.compile(r"^<([\w.-]+)(?:\s[^>]*)?>([^<]*)</")
_BLOCK = re.compile(r"^(?:\[+([^\]]+)\]+|<(\w[\w.-]*)[^>]*>|([A-Za-z_][\w\"' .:~^/-]*+)\s*+\{?\}?)$")
_DIRECTIVE = re.compile(r"^([A-Za-z_][\w.-]*)\s+(\S.*)$")
_SWITCH = re.compile(r"(?<![\w-])-XX:([+-])(\w+)")
_BARE_FLAG = re.compile(r"(?<![\w-])--([A-Za-z][\w.-]*)(?![\w=.-])")
_FLAG = re.compile(
    r"(?<![\w-])-{1,2}(?:XX:|D)?([A-Za-z][\w.-]*)=([^\s\"',\]]+)|(?<![\w-])-X(m[sxn]|ss)(\d+\w?)"
    r"|[?&]([A-Za-z]\w*)=([^&\s\"']+)|^-([A-Za-z])\s(\S+)$"
)
_SECTION = re.compile(r"^\[[\w.\s:\"-]+\]\s*$")
_HOLLOW = re.compile(r"(?<!\s)\s*+\{\s*+\}$")
_REMARK = re.compile(r"(?<!\s)\s++#\s.*$")
_NAMED = re.compile(r"^(?:name|key|id)$", re.IGNORECASE)
_VALUED = re.compile(r"^(?:value|default|data)$", re.IGNORECASE)
_NUMBER = re.compile(r"^-?\d[\d_.]*\w{0,3}$")
_AMOUNT = re.compile(r"^(-?\d[\d_]*(?:\.\d+)?)\s?([a-z%]{0,7})(?:/(?:s|m|sec|min))?$", re.IGNORECASE)
_ENDLESS = re.compile(r"^(?:infinity|unlimited)$", re.IGNORECASE)
_TIMES = {
    "ms": 1e-3, "s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0, "minutes": 60.0, "h": 3600.0,
    "d": 86400.0,
}  # fmt: skip
_SIZES = {
    f"{prefix}{suffix}": 1024.0**power
    for power, prefix in enumerate(("", "k", "m", "g", "t"))
    for suffix in ("b", "ib", "i", "")
    if prefix or suffix == "b"
}
_PARTS = {"": 1.0, "m": 1e-3}
_FAMILIES = (_TIMES, _SIZES, _PARTS)
_ON, _OFF = frozenset({"true", "on", "yes", "enabled"}), frozenset({"false", "off", "no", "disabled"})
_STEPS = ("nano", "micro", "small", "medium", "large", "xlarge")
_MACHINE = re.compile(r"\b(?:(\d+)(?=xlarge))?(nano|micro|small|medium|large|xlarge)\b")
_BURSTING = re.compile(r"(?:^|\.)t\d\w?\.")  # Machines that hold their speed for a while only.
_READER = re.compile(r"(?<![A-Za-z0-9-])(?:[A-Za-z0-9-]{1,63}+\.){1,40}+[a-z]{2,63}/(?=[\w.-]+$)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DEEPEST = 12
_MOST = 300  # Changed lines of a hunk; who writes more than that at once writes a file anew.
_LISTED = re.compile(r"^\[(.+)\]$")
_MAPPED = re.compile(r"^\{\s*+([\w\"'][^{}]*+)\}$")  # YAML's flow style, and JSON's: `{cpu: 200m, memory: 256Mi}`.
_PAIR = re.compile(r"^[\"']?([A-Za-z_][\w./-]*)[\"']?\s*:\s*(\S.*)$")
_ORDERED = re.compile(r"location|rule|route|allow|deny|permit|match|filter|middleware|host_|listener", re.IGNORECASE)
_IMAGE = re.compile(r"(?:^|/|\.)(?:Dockerfile|Containerfile)[^/]*$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:ya?ml|toml|ini|cnf|conf|properties|env|tf|tfvars|hcl)$", re.IGNORECASE)
_BY_NAME = re.compile(
    r"(?:^|/)(?:crontab|\.dockerignore|Procfile|[^/]*\.options|[^/]*\.(?:timer|socket|mount|crt|list))$"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and what it is given."""

    place: str
    """What it stands in, from the outside in, with dots; empty at the outermost."""
    key: str
    """Empty for an item of a list."""
    value: str
    """Without quotes and what ends a line."""
    line: DiffLine


@dataclass(frozen=True, slots=True)
class Shift:
    """A name that is given something else, nothing any more, or something for the first time."""

    name: str
    """Where it stands and how it is called: `spec.limits.memory`."""
    old: str | None
    new: str | None
    line: DiffLine
    """Where it is given now, or was given."""
    gone: DiffLine | None = None
    """Where it was given, if it is given anything still."""

    @property
    def spelled(self) -> str:
        """Return its name in small letters, with `_` for humps and hyphens, and without who reads an annotation."""
        return _HUMP.sub("_", _READER.sub("", self.name)).replace("-", "_").casefold()

    @property
    def ways(self) -> str:
        """Return which way it went: `g` for gone, `c` for came, `s` for other words, `d` down, `u` up, `+`, `-`."""
        if self.new is None:
            return "g"
        if self.old is None:
            return "c"
        one, other = self.old.casefold(), self.new.casefold()
        if one in _ON | _OFF and other in _ON | _OFF:
            return "+" if other in _ON else "-"
        found = compare(one, other)
        return "s" if not found else "u" if found > 0 else "d"


def list_shifts(hunks: Sequence[Hunk]) -> tuple[Shift, ...]:
    """Return what the hunks of a file give otherwise now, in the order of their lines."""
    old = [entry for hunk in hunks for entry in islice(_read(hunk, "-"), _MOST)]
    new = [entry for hunk in hunks for entry in islice(_read(hunk, "+"), _MOST)]
    for entry in list(old):
        same = next((other for other in new if _say(other) == _say(entry)), None)
        # Of rules the first one that fits counts: another order is another thing.
        if same is not None and (len(old) == len(new) == 1 or not _ORDERED.search(_name(entry))):
            old.remove(entry)
            new.remove(same)
    found = []
    for entry in old:
        partner = _find_partner(entry, new)
        if partner is not None:
            new.remove(partner)
            found.append(Shift(_name(partner), entry.value, partner.value, partner.line, entry.line))
        else:
            found.append(Shift(_name(entry), entry.value, None, entry.line))
    found += [Shift(_name(entry), None, entry.value, entry.line) for entry in new]
    return tuple(sorted(found, key=lambda shift: shift.line.number))


def is_read_by_names(path: str) -> bool:
    """Answer whether a file is one that gives names values."""
    kind = find_kind(path)
    # A folder called `db` holds manifests as well as migrations.
    is_given = kind is FileKind.SETTINGS or (kind is FileKind.MIGRATION and _SUFFIX.search(path) is not None)
    return is_given or bool(_BY_NAME.search(path) or _IMAGE.search(path))


def _find_partner(entry: Entry, others: Sequence[Entry]) -> Entry | None:
    """Return what the same name is given on the other side; of list items only where there is no doubt."""
    if not entry.key:
        alike = [other for other in others if not other.key and other.place == entry.place]
        return alike[0] if len(alike) == 1 else None
    alike = [other for other in others if other.key == entry.key]
    return next((other for other in alike if other.place == entry.place), alike[0] if alike else None)


def _say(entry: Entry) -> tuple[str, str, str]:
    return entry.place, entry.key, "".join(entry.value.split())


def _name(entry: Entry) -> str:
    return ".".join(part for part in (entry.place, entry.key) if part)


def _read(hunk: Hunk, sign: str) -> Iterator[Entry]:
    """Read the entries of the changed lines of one side."""
    stack: list[tuple[int, str]] = []
    labels: dict[int, str] = {}
    for line in hunk.lines:
        if line.sign not in (sign, " ") or line.inert:
            continue
        depth, text, is_item = _measure_depth(line.text)
        while stack and stack[-1][0] >= depth:
            stack.pop()
        # The name of a pair holds within its own item.
        labels = {at: name for at, name in labels.items() if at < depth or (at == depth and not is_item)}
        place = ".".join(word for _, word in stack[-_DEEPEST:])
        for key, value in _split(text):
            if _NAMED.match(key) and value:
                labels[depth] = value
            name = labels[depth] if _VALUED.match(key) and depth in labels else key
            if line.sign == sign:
                yield from _list_entries(place, name, value, line)
            if key and not value:
                stack.append((depth, key))


def _list_entries(place: str, name: str, value: str, line: DiffLine) -> Iterator[Entry]:
    """Yield one entry, or one for each item where a list or a mapping stands on one line."""
    if name and (mapped := _MAPPED.match(value)) is not None:
        pairs = [_PAIR.match(item.strip()) for item in mapped[1].split(",")]
        if all(pair is not None for pair in pairs):
            own = ".".join(word for word in (place, name) if word)
            yield from (Entry(own, pair[1], _bare(pair[2]), line) for pair in pairs if pair is not None)
            return
    listed = _LISTED.match(value)
    if listed is None:
        yield Entry(place, name, value, line)
        return
    yield Entry(place, name, "", line)
    for item in listed[1].split(","):
        yield Entry(".".join(word for word in (place, name) if word), "", _bare(item.strip()), line)


def _measure_depth(text: str) -> tuple[int, str, bool]:
    """Return how far a line is indented, an item's mark counting as blanks, what it says, and whether it is an item."""
    bare = text.replace("\t", "    ")
    said = bare.lstrip()
    if _SECTION.match(said):  # What follows stands in it, though no further in.
        return -1, said.rstrip(), False
    while said.startswith("- "):
        said = said[1:].lstrip()
    return len(bare) - len(said), said.rstrip(), bare.lstrip().startswith("- ")


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a line gives a value to: a block has a key and no value, an item of a list a value and no key."""
    flags = [_read_flag(match) for match in _FLAG.finditer(text)]
    switches = [(name, "off" if sign == "-" else "on") for sign, name in _SWITCH.findall(text)]
    if flags or switches:
        # Beside flags with a value those without one say something, too.
        yield from (*flags, *switches, *((name, "on") for name in _BARE_FLAG.findall(text)))
        return
    text = _HOLLOW.sub(" {", text)
    body = text.rstrip(",; {[").strip() if text.endswith(("{", "[")) else text.rstrip(",;").strip()
    if found := _MARKUP.match(body):
        yield found[1], found[2].strip()
    elif found := _ASSIGNED.match(body):
        yield found[1], _bare(found[2])
    elif text.endswith(("{", "[")) or (text.startswith(("[", "<")) and text.endswith((">", "]"))):
        block = _BLOCK.match(body)
        words = re.findall(r"[^\s\"']+", next(filter(None, block.groups()))) if block else [body]
        yield "_".join(words), ""
    elif found := _DIRECTIVE.match(body):
        words = body.split()
        at = next((place for place, word in enumerate(words) if place and _NUMBER.match(word)), 1)
        yield "_".join(words[:at]), _bare(" ".join(words[at:]))
    elif any(character.isalnum() for character in body):
        yield "", _bare(body)


def _read_flag(match: re.Match[str]) -> tuple[str, str]:
    words = [group for group in match.groups() if group]
    return words[0], words[1]


def _bare(value: str) -> str:
    """Return a value without quotes and without a comment behind it."""
    return _REMARK.sub("", value).strip().strip("\"'")


def compare(old: str, new: str) -> int:
    """Return 1 where the new amount is larger, -1 where it is smaller, 0 where they have no order."""
    ratio = find_ratio(old, new)
    return 0 if ratio is None or ratio == 1.0 else 1 if ratio > 1 else -1


def find_ratio(old: str, new: str) -> float | None:
    """Return how many times the old amount the new one is; `None` for what is no amount, or none of the same kind."""
    one, other = _AMOUNT.match(old), _AMOUNT.match(new)
    if (_ENDLESS.match(old) and other) or (one and _ENDLESS.match(new)):
        return 1000.0 if one else 0.001
    if one is None or other is None:
        return _compare_machines(old, new)
    before, after = float(one[1].replace("_", "")), float(other[1].replace("_", ""))
    units = one[2].casefold(), other[2].casefold()
    family = next((family for family in _FAMILIES if all(unit in family for unit in units)), None)
    if family is not None and units[0] != units[1]:
        before, after = before * family[units[0]], after * family[units[1]]
    elif units[0] != units[1]:
        return None
    if before <= 0 or after <= 0:
        return None if before == after else 1000.0 if after > before else 0.001
    return after / before


def _compare_machines(old: str, new: str) -> float | None:
    one, other = _MACHINE.search(old), _MACHINE.search(new)
    if one is None or other is None:
        return None
    before, after = (2.0 ** _STEPS.index(found[2]) * int(found[1] or 1) for found in (one, other))
    before, after = (size / 3 if _BURSTING.search(text) else size for size, text in ((before, old), (after, new)))
    return after / before if after != before else None
