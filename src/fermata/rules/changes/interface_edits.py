"""Edits of what others know by its name: fields, paths, addresses, settings, labels of measurements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from fermata.rules.changes.diffs import DiffLine, FileKind, Hunk
from fermata.rules.changes.edit_tables import Edit, make_edit
from fermata.rules.changes.sides import Sides, part

_FIELD = re.compile(
    r"json:\"(\w+)|@json_?property\(\"(\w+)|serial\w*_?name\(?\s?=?\s?\"(\w+)|^\s*[\"'](\w+)[\"']\s*[:=]"
    r"|alias\s*=\s*[\"'](\w+)|\[[\"'](\w+)[\"']\]|\.get\([\"'](\w+)[\"']"
    r"|^\s*(?:optional |repeated |required )?\w+ (\w+) = \d+;"
    r"|rename\s*=\s*\"(\w+)",
    re.IGNORECASE | re.MULTILINE,
)


def find_fields(sides: Sides) -> Iterator[Edit]:
    """Find a field that others write or read under its name, and that has another one now, or none."""
    if sides.kind is not FileKind.CODE:
        return
    for line in sides.removed:
        names = {name for groups in _FIELD.findall(line.text) for name in groups if name}
        gone = sorted(
            name for name in names if not re.search(rf"\b(?:{name}|{name.upper()})\b", sides.new + sides.around)
        )
        if gone:
            kinds = "parse null schema data notfound empty | constraint restart auth backlog"
            yield make_edit(f"the field {gone[0]} goes or has another name", line, kinds, 1.0)
            return


_ROUTE = re.compile(r"[\"'`]((?:\$?\{[\w.]{1,40}\}|[\w-]+)?/[\w/{}$.:*<>-]{2,80})[\"'`?]")


def find_routes(sides: Sides) -> Iterator[Edit]:
    """Find a path that is no longer asked for, or no longer answered."""
    if sides.kind is FileKind.MIGRATION:
        return
    old, new = (
        {path for line in lines if not line.text.lstrip().startswith("import") for path in _ROUTE.findall(line.text)}
        for lines in (sides.removed, sides.added)
    )
    kept = f"{sides.new}\n{sides.around}"
    gone = sorted(path for path in old - new if not _is_kept(path, kept))
    if gone:
        line = next(line for line in sides.removed if gone[0] in line.text)
        yield make_edit(
            f"{gone[0]} is no longer used", line, "notfound routing auth | parse null unavailable config", 0.9
        )


_PUT_IN = re.compile(r"\$?\{[^{}]*\}?|<[^<>]*>?|\*+|(?<=/):\w+")
_LEAST_FRONT = 5


def _is_kept(path: str, text: str) -> bool:
    """Answer whether all of a path that is always the same stands in a text, whatever is put in between."""
    pieces = [piece.rstrip("/") for piece in _PUT_IN.split(path)]
    fixed = [piece for piece in pieces if piece] if len(pieces[0]) >= _LEAST_FRONT else [path]
    names = (part(piece).partition("\n")[0] for piece in fixed)
    return all(re.search(rf"{re.escape(name)}(?![\w-])", text) for name in names)


_SET = re.compile(r"^\s*(?:-\s*)?(?:export\s+|ENV\s+)?(?:name:\s*[\"']?)?([A-Z][A-Z0-9_]{2,})(?:[\"']?\s*$|\s*[:=])")


def find_settings(sides: Sides) -> Iterator[Edit]:
    """Find a setting that nobody gives any more: its default applies, if it has one."""
    new = {found[1] for line in sides.added if (found := _SET.match(line.text))}
    for line in sides.removed if sides.kind in (FileKind.SETTINGS, FileKind.MANIFEST) else ():
        found = _SET.match(line.text)
        if found and found[1] not in new and f"{found[1]}" not in sides.around:
            kinds = "config null restart notfound auth refused data | parse dns tls time"
            yield make_edit(f"{found[1]} is no longer given", line, kinds, 0.9)
            return


_ADDRESS = re.compile(
    r"(?:https?|amqps?|redis|postgres\w*|mysql|grpc|kafka|tcp|mongodb)://[^\s\"'`),]+"
    # From its front alone: what ends like no host does so from each of its letters on.
    r"|(?<![\w-])(?<!\w\.)[\w-]+(?:\.[\w-]+)*\.(?:svc|internal|local|cluster|lan|com|io|net|org|cloud)\b[\w.:/-]*",
    re.IGNORECASE,
)
_AMOUNT = (
    # Whole words of a name, in snake, kebab or camel case: `storage`, `agent`, `accounts` and `admin` are hosts.
    r"(?:timeout|ttl|interval|(?-i:(?<![a-z])|(?=[A-Z]))(?:time|age|wait|delay|limit|size|max|min|(?<!-)ms|sec(?:ond)?"
    r"|count|retr(?:y|ie)|length|memory|row|index)s?(?-i:(?![a-z])))"
)
_PORT = re.compile(
    # By its name, behind a host (`cache:6379`), alone (`":8080"`), or with the host's side of a mapping. Any other
    # number of four or five digits that a name gets is an amount: of milliseconds, of bytes, of rows.
    r"(?<!re)(?<!im)(?<!ex)(?<!sup)(?<!view)(?<!pass)(?<!trans)port[\"']?\]?\s?[:=]\s?[\"']?(\d{4,5})\b"
    r"|\b(?:expose|listen|port) (\d{4,5})\b|(?<![\w\"'])[\"']:(\d{4,5})\b"
    rf"|(?<![\w.-])(?![\w.-]*?{_AMOUNT})[\w.-]+:(\d{{4,5}})(?=[\"'/\s;`]|$)",
    re.IGNORECASE,
)


def find_addresses(sides: Sides) -> Iterator[Edit]:
    """Find somebody who is now looked for elsewhere."""
    old, new = _list_addresses(sides.removed), _list_addresses(sides.added)
    gone, came = sorted(old - new), sorted(new - old)
    if gone and came:
        line = next(line for line in sides.added if came[0] in line.text)
        kinds = "refused dns notfound tls routing config auth | timeout unavailable parse stale data"
        yield make_edit(f"{came[0]} is used in place of {gone[0]}", line, kinds, 1.1)


def _list_addresses(lines: Sequence[DiffLine]) -> set[str]:
    hosts = {address for line in lines for address in _ADDRESS.findall(line.text)}
    rest = (_ADDRESS.sub(" ", line.text) for line in lines)
    return hosts | {port for text in rest for ports in _PORT.findall(text) for port in ports if port}


_NAMED = re.compile(
    r"(?:getenv\(|environ\[?\.?(?:get\()?|env\[|env\.|env\(|lookup_?env\(|System\.getenv\(|ENV\.fetch\(|config(?:uration|service)?\.(?:get\w*|require)\()\s?[\"']?([A-Z][A-Z0-9_]{2,})"
)


_DEFAULT = re.compile(r"[\"'\w]\s*,\s*[\"'\w]|\|\||\?\?|\bor\b|default", re.IGNORECASE)


def find_needed(sides: Sides) -> Iterator[Edit]:
    """Find a setting that the program reads from now on, and that nobody may have given it."""
    old = set(_NAMED.findall("\n".join(line.text for line in sides.removed)))
    for line in sides.added:
        names = set() if _DEFAULT.search(line.text) else set(_NAMED.findall(line.text)) - old
        if names and sides.kind is FileKind.CODE:
            kinds = "config null restart auth | notfound parse refused unavailable"
            yield make_edit(f"it needs {min(names)} from now on", line, kinds, 0.9)
            return


_LABELS = re.compile(r"label\w*\W|tags?\W|attributes?\W|dimension", re.IGNORECASE)
_VECTOR = re.compile(r"(?:counter|gauge|histogram|summary)_?vec|with_?label_?values|label_?names", re.IGNORECASE)
_MANY = re.compile(
    r"(?:user|customer|tenant|account|session|request|order|trace|device|client)_?id|\burl\b|\bpath\b|e_?mail|\bip\b"
    r"|user_?agent|query\b|\btoken\b"
    r"|[\"'](?:user|customer|tenant|account|session|mail_?box|folder|device|client|order|object|key|host_?name|peer|file(?:_?name)?)s?[\"']",
    re.IGNORECASE,
)


def find_labels(hunks: Sequence[Hunk]) -> Iterator[Edit]:
    """Find a measurement that is now counted apart for each of very many: each of them takes memory for good."""
    for hunk in hunks:
        old = part("\n".join(line.text for line in hunk.lines if line.sign == "-"))
        is_measured = bool(_VECTOR.search(part("\n".join(line.text for line in hunk.lines))))
        for line in hunk.lines:
            is_label = line.sign == "+" and (is_measured or (line.inert and _LABELS.search(part(line.text))))
            if is_label and hunk.kind is FileKind.CODE and _MANY.search(part(line.text)) and not _MANY.search(old):
                yield make_edit(
                    "a measurement is kept apart for each of very many", line, "memory cpu | restart slow", 1.0
                )
                return


_SWITCHES = re.compile(r"flags?\b|feature|toggle|experiment|rollout|kill_?switch|variant|\bbeta\b", re.IGNORECASE)


def find_switches(sides: Sides) -> Iterator[Edit]:
    """Find a switch of a program that is turned, in it or in its flags: other code runs, whatever that does."""
    turns = [turn for hunk in sides.hunks for turn in hunk.turns if turn.is_switch and turn.direction]
    if turns and sides.kind in (FileKind.CODE, FileKind.SETTINGS) and _SWITCHES.search(f"{sides.new}\n{sides.around}"):
        kinds = "null parse data constraint notfound auth schema empty | unavailable timeout slow duplicate query"
        yield make_edit("other code runs than before", turns[0].line, kinds, 0.55)


INTERFACE_FINDERS: tuple[Callable[[Sides], Iterator[Edit]], ...] = (
    find_fields, find_routes, find_settings, find_addresses, find_needed, find_switches,
)  # fmt: skip
"""All of them but `find_labels`, which reads what cannot take effect otherwise."""
