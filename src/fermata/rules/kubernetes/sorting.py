"""The documents that speak of one kind, sorted by object.

Lists come before single objects, so that what is listed keeps the order it was printed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fermata.rules.documents import Document
from fermata.rules.kubernetes.holdings import Holding, Key, Piece, Pieces, Rank
from fermata.rules.kubernetes.kinds import columns_of, find_kind, is_namespaced
from fermata.rules.kubernetes.kubectl.answers import find_absent, is_empty_list, is_refusal
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, Command, parse_command
from fermata.rules.kubernetes.kubectl.event_text import find_section
from fermata.rules.kubernetes.kubectl.objects_text import place_objects, read_objects
from fermata.rules.kubernetes.kubectl.tables import iter_rows
from fermata.rules.kubernetes.objects import Passage

# What a name may look like; anything else in a name's place is a stray line. Colons occur in the names of roles.
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?")
_BLOCK = re.compile(r"^Name: +(?:[\w.-]+/)?(\S+)", re.MULTILINE)  # Argo CD prints `argocd/shop`.
_HEADING = re.compile(r"^[A-Z]", re.MULTILINE)
_AFTER_NAME = re.compile(r"\n(?:Namespace|Labels): ")
_NAMESPACE = re.compile(r"^Namespace: +(\S+)", re.MULTILINE)
_WHOLE = frozenset({"yaml", "json"})
# Asks for a table of other columns, or for what is no table.
_TABLES = ("", "wide", "name", "custom-columns")

ApiObject = tuple[Mapping[str, Any], Passage]


class Round(NamedTuple):
    """A command that was given for one object after the other."""

    command: Command
    """The first of them."""
    answers: list[tuple[str, Document]]
    """By the object's name, in the order captured."""


class Answers(NamedTuple):
    """What kubectl printed of one kind."""

    gets: Sequence[Document]
    """Answers of `kubectl get` and `kubectl top`, for this kind perhaps among others."""
    descriptions: Sequence[Document]
    """Answers of `kubectl describe` likewise."""
    rounds: Sequence[Round]
    """Answers of both that are about one object of this kind, a captured cluster holds them by the thousand."""


def sort_kind(
    kind: str,
    home: Callable[[Document], str],
    *,
    answers: Answers,
    api: Sequence[ApiObject],
    api_lists: Mapping[str, Document],
) -> Holding:
    """Return what documents hold of one kind.

    Args:
        kind: In the API's spelling.
        home: The namespace of an answer to a command that names none; asked only when one does.
        answers: What kubectl printed.
        api: Objects of the kind, with where they stand.
        api_lists: Documents that hold all of them, by namespace.
    """
    sorting = _Sorting(kind, home)
    sorting.holding.lists.update(api_lists)
    for body, passage in api:
        sorting.add_body(body, passage, "")
    singles: list[tuple[Document, Command]] = []
    for document in answers.gets:
        command = parse_command(document.query)
        if len(command.names) == 1 and not command.piped:
            singles.append((document, command))
        else:
            sorting.add_list(document, command)
    for document, command in singles:
        sorting.add(document, command, command.names[0][1])
    for document in answers.descriptions:
        sorting.add(document, parse_command(document.query), "")
    for each in answers.rounds:
        sorting.add_round(each)
    return sorting.holding


class _Reader:
    """Reads answers about one object, at once or later; it does not know what was read, which keeps it."""

    def __init__(self, kind: str, home: Callable[[Document], str], absent: dict[Key, Passage]) -> None:
        self.kind = kind
        self.home = home
        self.namespaced = is_namespaced(kind)
        self.absent = absent
        """What the server said does not exist; grows with what is read."""

    def read(self, document: Document, command: Command, name: str) -> Iterator[tuple[Key, Piece]]:
        """Read what is no list; the name is that of the object that a `get` asks for."""
        text = document.text
        if is_refusal(text) or is_empty_list(text) or self.add_absent(document, command):
            return
        if command.verb == "describe":
            yield from self._read_descriptions(document, command)
            return
        key = Key(self.namespace(command, document), name)
        if command.output in _WHOLE:
            # One object was asked for: it is read when somebody wants its detail.
            yield key, Piece(Rank.API, Passage(document), output=command.output)
        elif name in text:
            yield key, Piece(Rank.ROW, Passage(document), columns=self.columns(command))

    def _read_descriptions(self, document: Document, command: Command) -> Iterator[tuple[Key, Piece]]:
        text = document.text
        if len(command.kinds) > 1:
            return
        if not text.startswith("Name:"):
            yield from self._read_rest(document, command)
            return
        starts = [0] if text.find("\nName: ", 5) < 0 else self._block_starts(text)
        for start, end in zip(starts, [*starts[1:], -1], strict=True):
            match = _BLOCK.match(text, start)
            if match is None or not _NAME.fullmatch(match[1]):
                continue
            namespace = self.namespace(command, document)
            if command.namespace in (None, ANY_NAMESPACE) and self.namespaced:
                stated = _NAMESPACE.search(text, match.end(), match.end() + 300)
                namespace = stated[1] if stated is not None else self.home(document)
            yield Key(namespace, match[1]), Piece(Rank.DESCRIPTION, Passage(document, start, end))

    def _read_rest(self, document: Document, command: Command) -> Iterator[tuple[Key, Piece]]:
        """Read what a pipe left of a description of one object, where its events are left: from a heading on.

        What stands above the first heading belongs to one that is gone.
        """
        text = document.text
        rows = find_section(text, 0, len(text))
        if command.piped and len(command.names) == 1 and text[rows:].strip():
            heading = _HEADING.search(text, 0, rows)
            passage = Passage(document, heading.start() if heading is not None else rows)
            yield Key(self.namespace(command, document), command.names[0][1]), Piece(Rank.DESCRIPTION, passage)

    def _block_starts(self, text: str) -> list[int]:
        # A `Name:` inside a description, as in a config map's data, begins none.
        return [match.start() for match in _BLOCK.finditer(text) if match.start() == 0 or _is_block(text, match)]

    def add_absent(self, document: Document, command: Command) -> bool:
        found = find_absent(document.text)
        for word, name, position in found:
            known = find_kind(word)
            if known is not None and known.name == self.kind:
                end = document.text.find("\n", position)
                passage = Passage(document, position, end)
                self.absent.setdefault(Key(self.namespace(command, document), name), passage)
        return bool(found) and document.text.startswith("Error")

    def columns(self, command: Command) -> tuple[str, ...]:
        leading = ("NAMESPACE",) if command.namespace == ANY_NAMESPACE and self.namespaced else ()
        return leading + columns_of(self.kind, wide=command.output == "wide")

    def namespace(self, command: Command, document: Document) -> str:
        if not self.namespaced:
            return ""
        return command.namespace if command.namespace is not None else self.home(document)


class _Sorting:
    def __init__(self, kind: str, home: Callable[[Document], str]) -> None:
        self.kind = kind
        self.holding = Holding()
        self.reader = _Reader(kind, home, self.holding.absent)
        self._read_later = self.reader.read
        # Of thousands: a plain tuple equals a key, and is made faster.
        self._find: Callable[[tuple[str, str]], Pieces | None] = self.holding.pieces.get  # type: ignore[assignment] # It hashes like a `Key`.

    def add_list(self, document: Document, command: Command) -> None:
        text = document.text
        self.reader.add_absent(document, command)
        if is_refusal(text):
            return
        namespace = self.reader.namespace(command, document)
        output = command.output.partition("=")[0]
        if output not in _WHOLE and output not in _TABLES:
            return
        if command.verb == "get" and not command.partial and not command.names:
            self.holding.lists.setdefault(namespace, document)
        if is_empty_list(text):
            return
        if output in _WHOLE:
            for body, passage in place_objects(document, read_objects(text, command.output)):
                if body.get("kind") == self.kind:
                    self.add_body(body, passage, namespace)
            return
        self._add_rows(document, command)

    def add_round(self, each: Round) -> None:
        command = each.command
        for name, document in each.answers:
            namespace = self.reader.namespace(command, document)
            known = self._find((namespace, name))
            if known is not None:
                known.put_off(document, command)
            else:
                self.add(document, command, name)

    def add(self, document: Document, command: Command, name: str) -> None:
        for key, piece in self.reader.read(document, command, name):
            self._add(key, piece)

    def add_body(self, body: Mapping[str, Any], passage: Passage, namespace: str) -> None:
        metadata = body.get("metadata")
        if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
            return
        space = str(metadata.get("namespace") or namespace) if self.reader.namespaced else ""
        if space == ANY_NAMESPACE:
            return
        self._add(Key(space, metadata["name"]), Piece(Rank.API, passage, body=body))

    def _add_rows(self, document: Document, command: Command) -> None:
        space = self.reader.namespace(command, document)
        is_mixed = len(command.kinds) > 1
        for row in iter_rows(document.text, self.reader.columns(command)):
            kind, slash, name = row.name.rpartition("/")
            if slash and ((found := find_kind(kind)) is None or found.name != self.kind):
                continue
            titles = row.columns.titles
            if "POD" in titles or (is_mixed and not slash):
                continue  # A container's row, or one that does not say of which kind it is.
            if row.text.startswith("Error from server"):
                continue
            stated = row.text.split(None, 1)[0] if titles[0] == "NAMESPACE" else space
            stated = self.reader.home(document) if stated == ANY_NAMESPACE else stated
            key = (stated if self.reader.namespaced else "", name)
            # Most rows are about objects that another form of the list has told of.
            known = self._find(key)
            if known is None and _NAME.fullmatch(name):
                known = self._start(Key(*key))
            if known is not None:
                known.listed.append((document, row))

    def _add(self, key: Key, piece: Piece) -> None:
        (self._find(key) or self._start(key)).alone.append(piece)

    def _start(self, key: Key) -> Pieces:
        made = self.holding.pieces[key] = Pieces(key, self._read_later)
        return made


def _is_block(text: str, match: re.Match[str]) -> bool:
    before = text[max(match.start() - 3, 0) : match.start()]
    return before == "\n\n\n" or (before[1:] == "\n\n" and _AFTER_NAME.match(text, match.end()) is not None)
