"""JSON and YAML from strangers: parsed within bounds, or refused with a reason and a line. Never a crash.

Duplicate keys are refused, since two readers would disagree on them; so are NaN, which has no JSON form, and documents
that unfold into more values than a person could have written (a YAML bomb).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from fermata.flows.bundle.files import Unreadable
from fermata.rules.kubernetes.kubectl.yaml_text import read_yaml

MOST_VALUES = 1_000_000
_LONG_YAML = 16 * 1024
"""Characters from which objects are read by the reader of kubectl's own text, 25 times as fast and less strict: lines
that do not fit are passed over there, where the strict parser would refuse the file."""
_UNUSUAL_YAML = re.compile(r"(?m)(?::|-|^) +(?:[&*!][A-Za-z<!]|[\[{](?![\]}]))|^\t|^%|<<:")
# One over many lines, as `jq` and `wrangler tail` print it: only its own braces stand at the beginning of a line.
_OBJECT_BEGINS = re.compile(r"\{[ \t]*\r?\n")
_BETWEEN_OBJECTS = re.compile(r"(?m)(?<=^\})\s*\n(?=\{[ \t]*\r?$)")
_DOCUMENT = re.compile(r"(?m)^(?:---|\.\.\.).*\n?")
_ODD_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)|\\[0x]|\\U")
_TOKEN = re.compile(r"(?<=alias )['\"][^'\"]*['\"]|(?<=anchor )['\"][^'\"]*['\"]")
DEEPEST = 60
"""Levels of nesting: a Kubernetes schema in a custom resource has about thirty."""
LARGEST_YAML = 4 * 1024 * 1024
"""Characters: the parser manages about 0.4 million a second."""


def parse_json(text: str) -> Any:
    """Return one JSON document.

    Raises:
        Unreadable: It is none, with the line; or it holds what JSON does not (NaN, a key twice), or is nested too deep.
    """
    try:
        value = json.loads(text, object_pairs_hook=_build_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is not JSON: {error.msg} (column {error.colno})", error.lineno) from error
    except RecursionError as error:
        raise Unreadable("it is nested too deep") from error
    except ValueError as error:
        raise Unreadable(f"it holds a value that cannot be read: {_describe(error)}") from error
    _refuse_endless(value)
    # What JSON can spell and text cannot hold: half of a surrogate pair, and NUL.
    return _mend(value) if _ODD_ESCAPE.search(text) else value


def parse_json_documents(text: str) -> list[Any]:
    """Return the documents of a JSON file: one, one on each line, or several written over many lines each.

    Raises:
        Unreadable: As `parse_json`; of JSON lines, the first that is none.
    """
    stripped = text.strip()
    if not stripped:
        raise Unreadable("it is empty")
    try:
        return [parse_json(stripped)]
    except Unreadable as error:
        if "Extra data" not in error.reason:
            raise
    if _OBJECT_BEGINS.match(stripped):
        return [parse_json(part) for part in _BETWEEN_OBJECTS.split(stripped)]
    documents = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                documents.append(parse_json(line))
            except Unreadable as error:
                raise Unreadable(error.reason, number) from error
    return documents


def parse_yaml_documents(text: str) -> list[Any]:
    """Return the documents of a YAML file; times stay text, as the API writes them.

    Raises:
        Unreadable: It is no YAML, with the line; or it is too large, too deep, or a bomb.
    """
    if len(text) > _LONG_YAML and (printed := _read_printed(text)):
        return printed
    if len(text) > LARGEST_YAML:
        raise Unreadable(f"{len(text):,} characters of YAML are more than the {LARGEST_YAML:,} that are read")
    # Half of the start-up time of a bundle without YAML objects would be this import.
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    class Constructor(SafeConstructor):
        """Safe, and without times: a date that YAML would convert is text in the API."""

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", Constructor.construct_yaml_str)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    try:
        documents = [document for document in yaml.load_all(text) if document is not None]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Unreadable(f"it is not YAML: {_describe_yaml(str(error.problem))}", line) from error
    except RecursionError as error:
        raise Unreadable("it is nested too deep") from error
    except (YAMLError, ValueError) as error:
        raise Unreadable(f"it holds a value that cannot be read: {_describe(error)}") from error
    for document in documents:
        _refuse_endless(document)
    return [_mend(document) for document in documents] if _ODD_ESCAPE.search(text) else documents


def _read_printed(text: str) -> list[Any]:
    """Return the documents of YAML as kubectl prints it; empty when it is something else."""
    if _UNUSUAL_YAML.search(text):
        return []
    documents = [document for part in _DOCUMENT.split(text) if (document := read_yaml(part)) is not None]
    if not all(isinstance(document, Mapping) and isinstance(document.get("kind"), str) for document in documents):
        return []
    for document in documents:
        _refuse_endless(document)
    return documents


def read_instant(value: Any) -> datetime | None:
    """Return a time as sources write it: RFC 3339, or epoch seconds (milliseconds from 10^11 on); else `None`.

    A time without a zone is taken as UTC: within one bundle all sources mean the same clock.
    """
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, int | float):
        return _read_epoch(float(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        instant = datetime.fromisoformat(text.replace(" UTC", "Z").replace(" ", "T", 1))
    except ValueError:
        try:
            return _read_epoch(float(text))
        except ValueError:
            return None
    try:
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        return None
    return instant if instant.year > 1 else None  # Year 1 is Go's way to say that there is none.


def _read_epoch(number: float) -> datetime | None:
    if not math.isfinite(number):
        return None
    seconds = number
    while abs(seconds) >= 1e11:  # Milliseconds, microseconds, nanoseconds.
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_text_field(record: Mapping[str, Any], *names: str) -> str:
    """Return the first of these fields that holds text or a number, as text; empty when none does."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip().replace("\x00", "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        message = f"the key {twice[:80]!r} stands twice in one object"
        raise _Refused(message)
    return value


def name_type(value: Any) -> str:
    """Return what a value of JSON types is, in words: `a list`, `text`."""
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", list: "a list", int: "a number", float: "a number", type(None): "nothing"}
    return names.get(type(value), "an object")


def _describe(error: Exception) -> str:
    """Return why a value cannot be read. Only our own words are repeated: Python's quote the value."""
    if "digits" in str(error):
        return "a number of more digits than are read"
    return str(error) if isinstance(error, _Refused) else "it is of no form that is known"


def _describe_yaml(problem: str) -> str:
    """Return the parser's words without the values that it quotes, and without its own insides."""
    words = " ".join(problem.split())
    if words.startswith("found duplicate key"):
        return "a key stands twice in one mapping"
    if "constructor for the tag" in words:
        return "a tag of a programming language is not read"
    return _TOKEN.sub("...", words)[:200]


class _Refused(ValueError):
    """What our own checks refuse, in our own words."""


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise _Refused(message)


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_mend(key): _mend(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mend(item) for item in value]
    return value


def _refuse_endless(loaded: Any) -> None:
    count = 0
    pending = [(loaded, 0)]
    while pending:
        value, depth = pending.pop()
        count += 1
        if depth > DEEPEST:
            raise Unreadable(f"it is nested deeper than {DEEPEST} levels")
        if count > MOST_VALUES:
            raise Unreadable(f"it unfolds into more than {MOST_VALUES:,} values")
        if isinstance(value, Mapping):
            pending += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list | tuple | set):
            pending += [(item, depth + 1) for item in value]
