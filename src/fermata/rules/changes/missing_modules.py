"""Modules that what runs cannot find, and the change that no longer puts their package in, or began to ask for them.

A package that a manifest moves to what only developers install is in the diff with a minus and a plus, as if nothing
had happened: in production, where only the other list is installed, it is gone. What ties the change is that a program
misses the very name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from fermata.rules.changes.diffs import DiffLine, FileKind, Hunk
from fermata.rules.changes.live import Change
from fermata.rules.changes.news import list_news
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling

_MISSING = re.compile(
    r"\b[Cc]annot find (?:module|package) '(?P<a>[\w@./-]{2,140})'"
    r"|\bCan't resolve '(?P<b>[\w@./-]{2,140})'"
    r"|\bNo module named '?(?P<c>[\w.]{2,140})"
    r"|\bcannot load such file -- (?P<d>[\w./-]{2,140})"
    r"|\bCould not find (?:gem ')?(?P<e>[a-z][\w-]{1,60}?)(?:-\d[\w.]*)? in (?:any of the sources|locally installed)"
)
"""As Node, webpack, Python, Ruby and Bundler word it."""
_PACKAGE = re.compile(r"^[\s\"'-]*(?:gem\s+[\"'])?(@?\w[\w./-]{0,120})")
_SECTION = re.compile(
    r"^\s*(?:\"(?P<a>[\w-]*(?:[dD]ependencies|require(?:-dev)?))\"\s*:|\[(?P<b>[\w.-]+)\]\s*$|(?P<c>group\s.{1,80})\bdo\s*$"
    r"|(?P<d>[\w-]*dependencies|dev|test|docs|lint)\s*=\s*\[)"
)
"""Where a list of packages begins: npm's, Composer's, a table of TOML, Bundler's group, a list of `pyproject.toml`."""
_ASIDE = re.compile(r"dev|test|optional|peer|lint|docs|ci(?![a-z])", re.IGNORECASE)
"""Lists that production leaves out."""
_LOCK = re.compile(r"lock|npm-shrinkwrap|go\.sum", re.IGNORECASE)
_IMPORTS = re.compile(r"\bimport\b|\brequire(?:_relative)?\b|\bfrom\b")
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")
_OTHER_NAMES = {
    "attr": "attrs", "bs4": "beautifulsoup4", "crypto": "pycryptodome", "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv", "git": "gitpython", "jose": "python-jose", "jwt": "pyjwt", "magic": "python-magic",
    "mysqldb": "mysqlclient", "openssl": "pyopenssl", "pil": "pillow", "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "socks": "pysocks", "websocket": "websocket-client", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
"""What the Python Package Index calls the package of a module that is called otherwise."""
_NOT_PUT_IN = 2.5
"""More than a line that fails in the changed lines: the program says what it misses, the manifest that it went."""
_BEGAN_TO_ASK = 1.5
_MOST_LISTED = 60
"""Lines of manifests with one package in a diff: more are generated, and each is read against each."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a package is listed."""

    hunk: Hunk
    line: DiffLine
    section: str
    """What the list is called; empty where the diff does not show it."""

    @property
    def name(self) -> str:
        """Return what the list is called, or its file."""
        return self.section or _base(self.hunk.path)

    @property
    def is_aside(self) -> bool:
        """Answer whether production leaves the list out."""
        return _ASIDE.search(self.name) is not None


def find_missing_module(text: str) -> str:
    """Return the module that a program says it cannot find; empty where it says nothing of the kind."""
    found = _MISSING.search(text)
    return next(value for value in found.groupdict().values() if value) if found is not None else ""


def find_listing(hunks: Sequence[Hunk], module: str) -> tuple[str, int] | None:
    """Return the path and the line of a diff that lists a module's package anew for production; `None` for none."""
    listed = islice(_list_named(hunks, "+", _list_packages(module)), _MOST_LISTED)
    given = ((h.path, line.number) for h, line in listed if not _Place(h, line, _find_section(h, line)).is_aside)
    return next(given, None)


def judge_modules(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where a change took the package or the file of a module that is missed, or began to ask for it."""
    for telling, module in _list_missed(symptoms):
        found = _find_taken(change, module) or _find_asked(change, module)
        if found is not None:
            points, text, line = found
            yield Sign("named", points, text, line, telling)
            return


def _list_missed(symptoms: Symptoms) -> Iterator[tuple[Telling, str]]:
    for one in list_news(symptoms):
        found = next(filter(None, map(find_missing_module, (one.text, *one.samples))), "")
        if found:
            yield one, found


def _find_taken(change: Change, module: str) -> tuple[float, str, DiffLine] | None:
    tail = _write_path(module)
    for hunk in change.diff.hunks:
        own = _write_path(hunk.path)
        # A word alone is a package to JavaScript, whatever files are called so.
        is_file = "/" in module or _SCRIPT.search(hunk.path) is None
        if is_file and _is_gone(hunk) and (f"/{own}".endswith(f"/{tail}") or f"/{tail}".endswith(f"/{own}")):
            return _NOT_PUT_IN, f"it took the file of {module}, which what runs cannot find", hunk.lines[0]
    names = _list_packages(module)
    gone, came = (list(_list_named(change.diff.hunks, sign, names)) for sign in "-+")
    if len(gone) + len(came) > _MOST_LISTED:
        return None
    places = [_Place(hunk, line, _find_section(hunk, line)) for hunk, line in came]
    for hunk, line in gone:
        place = _Place(hunk, line, _find_section(hunk, line))
        if place.is_aside or any(_is_kept(place, other) for other in places):
            continue
        where = next((other.name for other in places), "")
        moved = f"it moved {module} to {where}" if where else f"it no longer puts {module} in"
        return _NOT_PUT_IN, f"{moved}, and what runs cannot find it", line
    return None


def _is_gone(hunk: Hunk) -> bool:
    """Answer whether a whole file was removed: its new side begins at line 0, or the old one shows it."""
    return hunk.is_whole_file_gone or (hunk.span is not None and hunk.span[0] == 0)


def _is_kept(gone: _Place, came: _Place) -> bool:
    """Answer whether a package that a line took stands in a line that production installs: in another version, say."""
    if came.is_aside:
        return False
    if gone.hunk is came.hunk:
        ends = sorted((gone.line.number, came.line.number))
        between = (one for one in gone.hunk.lines if ends[0] < one.number < ends[1])
        return came.section != "" or not any(_SECTION.match(one.text) for one in between)
    # Two places of one manifest whose lists do not show: it was moved from one to another.
    return gone.hunk.path != came.hunk.path or came.section != ""


def _find_asked(change: Change, module: str) -> tuple[float, str, DiffLine] | None:
    """Return that new lines import what is missed, and that no old line of the change did."""
    name = re.compile(rf"(?<![\w@/-]){re.escape(module)}(?![\w-])")
    code = [hunk for hunk in change.diff.effective if hunk.kind is FileKind.CODE]
    old, new = (
        [
            line
            for hunk in code
            for line in hunk.list_signed(sign)
            if _IMPORTS.search(line.text) and name.search(line.text)
        ]
        for sign in "-+"
    )
    if new and not old and find_listing(change.diff.hunks, module) is None:
        return _BEGAN_TO_ASK, f"it asks for {module}, which what runs cannot find", new[0]
    return None


def _list_named(hunks: Sequence[Hunk], sign: str, names: frozenset[str]) -> Iterator[tuple[Hunk, DiffLine]]:
    """Yield the lines of manifests with a sign that list a package by one of its names."""
    for hunk in hunks:
        is_list = hunk.kind is FileKind.MANIFEST and not _LOCK.search(hunk.path)
        for line in hunk.lines if is_list else ():
            found = _PACKAGE.match(line.text) if line.sign == sign else None
            if found is not None and _flatten(found[1]) in names:
                yield hunk, line


def _find_section(hunk: Hunk, line: DiffLine) -> str:
    """Return what the list is called in which a line stands; empty where the diff does not show it."""
    other = "-" if line.sign == "+" else "+"
    above = [one.text for one in hunk.lines if one.number < line.number and one.sign != other]
    found = next((match for text in reversed([hunk.heading, *above]) if (match := _SECTION.match(text))), None)
    return next(value.strip() for value in found.groupdict().values() if value) if found is not None else ""


def _list_packages(module: str) -> frozenset[str]:
    """Return the names, as `_flatten` writes them, under which the package of a module may be listed."""
    if module.startswith((".", "/")):
        return frozenset()
    parts = re.split(r"[/.]", module) if not module.startswith("@") else ["/".join(module.split("/")[:2])]
    wholes = {
        module,
        parts[0],
        module.split("/", maxsplit=1)[0],
        "-".join(parts),
        _OTHER_NAMES.get(parts[0].casefold(), parts[0]),
    }
    return frozenset(map(_flatten, wholes))


def _flatten(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()


def _write_path(name: str) -> str:
    """Return a module or a path as a path without what leads to it and without the end of its name."""
    path = name.replace(".", "/") if re.fullmatch(r"\w+(?:\.\w+)+", name) and "/" not in name else name
    plain = re.sub(r"^(?:\.{0,2}/)+", "", path)
    return re.sub(r"(?:/(?:index|__init__))?\.(?:[cm]?[jt]sx?|py|rb)$|/(?:index|__init__|py)$", "", plain)


def _base(path: str) -> str:
    return path.rpartition("/")[2]
