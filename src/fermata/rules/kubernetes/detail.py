"""The pieces that tell of one object, put together."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fermata.kit.digging import dig
from fermata.rules.kubernetes.holdings import Key, Piece, Pieces, Rank
from fermata.rules.kubernetes.kubectl.describe import describe_body
from fermata.rules.kubernetes.kubectl.objects_text import read_objects
from fermata.rules.kubernetes.kubectl.rows import row_body
from fermata.rules.kubernetes.kubectl.tables import Row, iter_rows
from fermata.rules.kubernetes.merging import merge_into
from fermata.rules.kubernetes.objects import Passage

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class PieceLoader:
    """Reads an object from the pieces that tell of it."""

    __slots__ = ("_key", "_kind", "_pieces")

    def __init__(self, kind: str, key: Key, pieces: Pieces) -> None:
        self._kind = kind
        self._key = key
        self._pieces = pieces

    @property
    def is_detailed(self) -> bool:
        """Return whether more than rows of tables tells of it."""
        # What is captured in detail is described, as a rule, and that is told from one answer.
        return bool(self._pieces.descriptions()) or any(piece.rank is not Rank.ROW for piece in self._pieces)

    def body(self) -> Mapping[str, Any]:
        """Return the body.

        A better source lies over a worse one, and among equals the later over the earlier. Values of secrets are left
        out.
        """
        kind, name = self._kind, self._key.name
        body: dict[str, Any] = {"metadata": {"name": name}}
        if self._key.namespace:
            body["metadata"]["namespace"] = self._key.namespace
        cells = self.printed()
        if cells:
            merge_into(body, row_body(kind, cells))
        for piece in self._pieces:
            if piece.rank is Rank.DESCRIPTION:
                merge_into(body, describe_body(kind, piece.passage.text))
        for piece in self._pieces:
            if piece.rank is Rank.API:
                found = _read_body(piece, kind, name)
                merge_into(body, without_secrets(found) if kind == "Secret" else found)
        return body

    def passages(self) -> Sequence[Passage]:
        """Return where it was read, the most detailed first."""
        rows = (Piece(Rank.ROW, Passage(document, row.start, row.end)) for document, row in self._pieces.listed)
        return [piece.passage for piece in sorted([*rows, *self._pieces], key=lambda piece: -piece.rank)]

    def printed(self) -> Mapping[str, str]:
        """Return the columns of its rows."""
        return Cells(self._pieces, self._key.name)

    def description(self) -> str:
        """Return the text of its latest description; empty without one."""
        pieces = self._pieces.descriptions()
        return pieces[-1].passage.text if pieces else ""


class Cells(Mapping[str, str]):
    """The columns of every row that tells of an object, by title.

    Rows are read for the column that is asked for: what everybody asks, an object's status, stands in one of six. A
    row of a list wins over a table of that object alone, which is read only for what no list shows; else a later one.
    """

    def __init__(self, pieces: Pieces, name: str) -> None:
        self._pieces = pieces
        self._name = name
        self._found: dict[str, str | None] = {}
        self._joined: dict[str, str] | None = None

    def __getitem__(self, title: str) -> str:
        found = self.get(title)
        if found is None:
            raise KeyError(title)
        return str(found)

    def get(self, title: str, default: Any = None) -> Any:
        """Return one cell, or the default; asked for by the ten thousand, which is too many for exceptions."""
        if title not in self._found:
            self._found[title] = self._find(title)
        found = self._found[title]
        return default if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._join())

    def __bool__(self) -> bool:
        return bool(self._pieces.listed or _tables_of(self._pieces))

    def __len__(self) -> int:
        return len(self._join())

    def _find(self, title: str) -> str | None:
        for _, row in reversed(self._pieces.listed):
            if title in row.columns.titles and (cell := row.find(title)) is not None:
                return cell
        for piece in reversed(_tables_of(self._pieces)):
            found = _read_row(piece, self._name)
            if found is not None and title in found.cells:
                return found.cells[title]
        return None

    def _join(self) -> dict[str, str]:
        if self._joined is None:
            tables = [_read_row(piece, self._name) for piece in _tables_of(self._pieces)]
            rows = [*filter(None, tables), *(row for _, row in self._pieces.listed)]
            self._joined = {title: cell for row in rows for title, cell in row.cells.items()}
        return self._joined


def _tables_of(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the tables of the object alone."""
    return [piece for piece in pieces if piece.rank is Rank.ROW]


def _read_row(piece: Piece, name: str) -> Row | None:
    if piece.row is None:
        rows = iter_rows(piece.passage.document.text, piece.columns)
        piece.row = next((row for row in rows if row.name.rpartition("/")[2] == name), None)
    return piece.row


def without_secrets(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a secret with the length of each value in its place, as describe prints it."""
    kept = dict(body)
    data: dict[str, str] = {}
    for key, value in _items(kept.pop("data", None)):
        data[key] = f"{_decoded_length(str(value))} bytes"
    for key, value in _items(kept.pop("stringData", None)):
        data[key] = f"{len(str(value).encode())} bytes"
    if data:
        kept["data"] = data
    metadata = kept.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("annotations"), Mapping):
        # It repeats the values that were applied.
        annotations = {key: value for key, value in metadata["annotations"].items() if key != _APPLIED}
        kept["metadata"] = {**metadata, "annotations": annotations}
    return kept


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(str(key), item) for key, item in value.items()] if isinstance(value, Mapping) else []


def _decoded_length(text: str) -> int:
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return len(text)


def _read_body(piece: Piece, kind: str, name: str) -> Mapping[str, Any]:
    if piece.body is None:
        piece.body = next(
            (
                found
                for found in read_objects(piece.passage.document.text, piece.output)
                if found.get("kind") == kind and _name_of(found) == name
            ),
            {},
        )
    return piece.body


def _name_of(body: Mapping[str, Any]) -> Any:
    return dig(body, "metadata", "name")
