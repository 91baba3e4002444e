"""Reading GraphQL for fakes: one operation, its fragments and variables, checked against recorded fields.

No schema language: a fake says which fields each of its types has, of which type they are, and which arguments they
take. What is not recorded is refused as the real server would refuse it, so that a document cannot ask for what does
not exist. Directives, interfaces and subscriptions are not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r'[\s,]*(?:(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[_A-Za-z]\w*)|'
    r"(?P<sign>\.\.\.|[!$():=@\[\]{|}]))"
)
Types = Mapping[str, Mapping[str, str]]
"""By type: each field as `Type` or `Type(argument argument)`; `Scalar` ends the selection."""


class BadDocument(ValueError):
    """What a GraphQL server answers with an error of validation."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Selected:
    """One field as it is asked for."""

    name: str
    key: str
    """Its alias, else its name."""
    arguments: Mapping[str, Any]
    fields: tuple[Selected | str, ...] = ()
    """What is asked of it; a text is the name of a fragment."""


@dataclass(slots=True)
class Document:
    """One operation."""

    kind: str
    variables: dict[str, str] = field(default_factory=dict)
    """Name and type."""
    fields: tuple[Selected | str, ...] = ()
    fragments: dict[str, tuple[str, tuple[Selected | str, ...]]] = field(default_factory=dict)
    """Name, type and fields."""


def parse_document(text: str) -> Document:
    """Return the one operation of a document.

    Raises:
        BadDocument: It cannot be read, or holds several.
    """
    reader = _Reader(list(_tokenise(text)))
    document: Document | None = None
    fragments: dict[str, tuple[str, tuple[Selected | str, ...]]] = {}
    while reader.tokens:
        word = reader.take()
        if word == "fragment":
            name = reader.take()
            reader.take("on")
            fragments[name] = (reader.take(), reader.read_fields())
        elif word in ("query", "mutation") and document is None:
            document = Document(word)
            if reader.peek() not in ("(", "{"):
                reader.take()
            if reader.peek() == "(":
                document.variables = reader.read_variables()
            document.fields = reader.read_fields()
        elif word == "{" and document is None:
            reader.tokens.insert(0, word)
            document = Document("query", fields=reader.read_fields())
        else:
            raise BadDocument(f"unexpected {word}")
    if document is None:
        raise BadDocument("there is no operation")
    document.fragments = fragments
    return document


def execute(
    text: str, variables: Mapping[str, Any], types: Types, resolve: Callable[[str, Mapping[str, Any]], Any]
) -> dict[str, Any]:
    """Return the data of an operation: what `resolve` gives for each root field, reduced to what was asked for.

    Args:
        types: With `Query` and `Mutation`.
        resolve: Of a root field's name and its arguments, variables filled in.

    Raises:
        BadDocument: A field, an argument or a variable is not known, or a variable is missing.
    """
    document = parse_document(text)
    missing = [name for name, kind in document.variables.items() if kind.endswith("!") and variables.get(name) is None]
    unknown = sorted(set(variables) - set(document.variables))
    if missing or unknown:
        raise BadDocument(f"variables missing: {missing}; not declared: {unknown}")
    used: set[str] = set()
    root = "Query" if document.kind == "query" else "Mutation"
    _check(document, document.fields, root, types, used)
    if used != set(document.variables):
        raise BadDocument(f"variables declared {sorted(document.variables)}, used {sorted(used)}")
    data = {}
    for selected in _flatten(document, document.fields, root):
        value = resolve(selected.name, _fill(selected.arguments, variables))
        data[selected.key] = _reduce(document, value, selected.fields)
    return data


def _check(document: Document, fields: Sequence[Selected | str], owner: str, types: Types, used: set[str]) -> None:
    for selected in _flatten(document, fields, owner):
        if selected.name not in types[owner]:
            raise BadDocument(f'Cannot query field "{selected.name}" on type "{owner}".')
        kind, _, arguments = types[owner][selected.name].partition("(")
        for name, value in selected.arguments.items():
            if name not in arguments.rstrip(")").split():
                raise BadDocument(f'Unknown argument "{name}" on field "{owner}.{selected.name}".')
            used |= _list_variables(value)
        if bool(selected.fields) is (kind == "Scalar"):
            raise BadDocument(f'Field "{selected.name}" of type "{kind}" has wrong subfields.')
        if selected.fields:
            _check(document, selected.fields, kind, types, used)


def _flatten(document: Document, fields: Sequence[Selected | str], owner: str) -> Iterator[Selected]:
    for one in fields:
        if isinstance(one, Selected):
            yield one
            continue
        kind, inner = document.fragments.get(one, ("", ()))
        if kind not in (owner, ""):
            raise BadDocument(f"the fragment {one} is of {kind}, not of {owner}")
        if not inner:
            raise BadDocument(f"there is no fragment {one}")
        yield from _flatten(document, inner, owner)


def _list_variables(value: Any) -> set[str]:
    if isinstance(value, Variable):
        return {value.name}
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {name for part in parts for name in _list_variables(part)}


def _fill(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, Mapping):
        return {name: _fill(part, variables) for name, part in value.items()}
    return [_fill(part, variables) for part in value] if isinstance(value, list) else value


def _reduce(document: Document, value: Any, fields: Sequence[Selected | str]) -> Any:
    if isinstance(value, list):
        return [_reduce(document, one, fields) for one in value]
    if not isinstance(value, Mapping) or not fields:
        return value
    kept: dict[str, Any] = {}
    for one in fields:
        if isinstance(one, str):
            kept |= _reduce(document, value, document.fragments[one][1])
            continue
        found = value[one.name]
        kept[one.key] = _reduce(document, found(one.arguments) if callable(found) else found, one.fields)
    return kept


def _tokenise(text: str) -> Iterator[str]:
    position = 0
    while position < len(text.rstrip(" \n,")):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadDocument(f"cannot read {text[position : position + 20]!r}")
        yield match[match.lastgroup or 0]
        position = match.end()


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, wanted: str = "") -> str:
        if not self.tokens or (wanted and self.tokens[0] != wanted):
            raise BadDocument(f"{wanted or 'more'} is expected, not {self.peek() or 'the end'}")
        return self.tokens.pop(0)

    def read_variables(self) -> dict[str, str]:
        found = {}
        self.take("(")
        while self.peek() != ")":
            self.take("$")
            name = self.take()
            self.take(":")
            kind = self.take()
            while self.peek() not in ("$", ")"):
                kind += self.take()
            found[name] = kind
        self.take(")")
        return found

    def read_fields(self) -> tuple[Selected | str, ...]:
        found: list[Selected | str] = []
        self.take("{")
        while self.peek() != "}":
            if self.peek() == "...":
                self.take()
                found.append(self.take())
                continue
            key = name = self.take()
            if self.peek() == ":":
                self.take(":")
                name = self.take()
            arguments = self.read_arguments() if self.peek() == "(" else {}
            found.append(Selected(name, key, arguments, self.read_fields() if self.peek() == "{" else ()))
        self.take("}")
        return tuple(found)

    def read_arguments(self, closing: str = ")") -> dict[str, Any]:
        found = {}
        self.take()
        while self.peek() != closing:
            name = self.take()
            self.take(":")
            found[name] = self.read_value()
        self.take(closing)
        return found

    def read_value(self) -> Any:
        if self.peek() == "$":
            self.take()
            return Variable(self.take())
        if self.peek() == "{":
            return self.read_arguments("}")
        if self.peek() == "[":
            self.take()
            found = []
            while self.peek() != "]":
                found.append(self.read_value())
            self.take("]")
            return found
        token = self.take()
        if token.startswith('"') or token in ("true", "false", "null") or token[0] in "-0123456789":
            return json.loads(token)
        return token  # An enumeration's word.
