"""Raw evidence as the readers of objects, logs and changes take it: text with line numbers that can be quoted.

`Evidence` is the record that is stored, digested and shown; building one for each of the thousands of printed texts of
a captured cluster would cost more than the diagnosis. Whoever diagnoses reads documents, and quotes them by their key;
`claims.to_hypothesis` turns the few quotes that matter into citations of the evidence of that key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fermata.domain.evidence import Evidence
from fermata.rules.claims import Quote


class DocumentForm(StrEnum):
    """How a document has to be read."""

    KUBECTL = "kubectl"
    """`query` is the command, `text` what it printed."""
    API = "api"
    """`objects` holds objects in the API's own shape; `text` is their YAML or JSON, for people and for quoting."""
    TEXT = "text"
    """Lines, nothing more."""


@dataclass(slots=True)
class Document:
    """One piece of raw evidence, never changed once made.

    It is not frozen: a captured cluster holds thousands, and freezing one costs five times what making it does.
    """

    key: str
    """What a quote names it by: the evidence's id in an investigation."""
    form: DocumentForm
    text: str
    query: str = ""
    objects: tuple[Mapping[str, Any], ...] = ()
    observed_at: datetime | None = None
    numbers: Sequence[int] = ()
    """The number of each line in its source; empty when they simply count from 1."""

    def quote(self, index: int, text: str) -> Quote:
        """Quote the line at a position, counted from 0."""
        number = self.numbers[index] if self.numbers else index + 1
        return Quote(self.key, number, text)

    def find(self, *words: str) -> Quote | None:
        """Quote the first line that holds one of the words; an earlier word wins over an earlier line."""
        for word in words:
            position = self.text.find(word)
            if position >= 0:
                start = self.text.rfind("\n", 0, position) + 1
                end = self.text.find("\n", position)
                line = self.text[start : end if end >= 0 else len(self.text)]
                return self.quote(self.text.count("\n", 0, position), line)
        return None


def read_document(evidence: Evidence, form: DocumentForm, objects: Sequence[Mapping[str, Any]] = ()) -> Document:
    """Return evidence as a document; its query and its line numbers stay what they are."""
    # A line that itself holds a line feed would move all that follow it.
    text = "\n".join(line.text.replace("\n", " ") for line in evidence.lines)
    return Document(
        key=evidence.id,
        form=form,
        text=text,
        query=evidence.query,
        objects=tuple(objects),
        observed_at=evidence.observed_at,
        numbers=tuple(line.number for line in evidence.lines),
    )
