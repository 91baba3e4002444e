"""Where in a bundle's files a quoted line stands: looked up in the file itself, when somebody cites it.

The lines of logs and of printed text carry their file's own numbers. Those of records (changes, metrics, traces,
tickets) are written anew by their readers, one fact a line, and their numbers count in the evidence. So the file is
searched for what was quoted; where it cannot be told apart, the file is named without a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from fermata.domain.diagnosis import Citation
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text

_HIDDEN = re.compile(r"\[redacted:[^\]]*\]|<redacted \w+>")
# The name that a reader writes before a value: `state off->on`, `kind: Pod`, `TIMEOUT=3`.
_NAMED = re.compile(r"^[\w.-]{1,80}(?:: |=| )(?=\S)")
_SIGNED = re.compile(r"^[+-]\s+")  # Of a plan's line its mark stood behind the margin, and was brought to the front.
_SHORTEST = 3
"""Characters that may be searched for: less stands anywhere."""
_DIFF_FILE = re.compile(r"(?:^|; )diff: ([^;]+)")
_COMMANDS = ("kubectl ", "oc ")


class Places:
    """Finds quoted lines in the files of a bundle.

    Args:
        files: Of the bundle, by name.
    """

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self._files = files
        self._lines: dict[str, Sequence[str]] = {}

    def find(self, citation: Citation, item: Evidence) -> str:
        """Return where a quote stands: `logs/checkout.log:42`; the file alone when its line cannot be told.

        What a command printed has the command behind it. Evidence of a live system, kept by an export, is named by what
        was asked: its files are not in the bundle.
        """
        files = self._list_files(item)
        if not files:
            heading, colon, _ = item.title.partition(": ")
            # What was printed is asked for again by its command; where it stands here is said before it.
            asked = f"{heading}: {item.query}" if colon and item.query.startswith(_COMMANDS) else item.query
            return f"{asked}:{write_lines(citation)}"
        if item.kind is EvidenceKind.LOGS and files[0].suffix != ".json":
            return f"{files[0].name}:{write_lines(citation)}"
        is_command = item.query.startswith(_COMMANDS)
        record = item.query if is_command else item.query.partition("#")[2]
        for file in files:
            if line := self._find_line(file, citation, record):
                return f"{file.name}:{line}" + (f" ({item.query})" if is_command else "")
        marked = self._list_lines(files[-1], [json.dumps(record)]) if record else []
        line = f":{marked[0]}" if len(marked) == 1 else ""
        return f"{files[-1].name}{line}" + (f" ({item.query})" if is_command else "")

    def _list_files(self, item: Evidence) -> list[SourceFile]:
        """Return the files that a piece of evidence is made of: a diff of its own before the record it belongs to."""
        diff = _DIFF_FILE.search(item.cut)
        names = (item.query, item.title.partition(": ")[0], item.query.partition("#")[0])
        own = [name for name in names if name in self._files][:1]
        return [self._files[name] for name in ([diff[1]] if diff and own else []) + own if name in self._files]

    def _find_line(self, file: SourceFile, citation: Citation, record: str) -> str:
        """Return the line of a quote in a file; empty when it cannot be told from others."""
        lines = self._read(file)
        quoted = citation.quote.split("\n")
        own = range(citation.first_line - 1, citation.first_line - 1 + len(quoted))
        if own.stop <= len(lines) and all(_fits(lines[at], [text]) for at, text in zip(own, quoted, strict=True)):
            return write_lines(citation)
        for texts in _list_spellings(max(quoted, key=len)):
            found = self._list_lines(file, texts)
            for hits in (found, self._list_lines(file, [*texts, json.dumps(record)[1:-1]]) if record else []):
                if len(hits) == 1:
                    return str(hits[0])
        return ""

    def _list_lines(self, file: SourceFile, texts: Sequence[str]) -> list[int]:
        return [number for number, line in enumerate(self._read(file), start=1) if _fits(line, texts)]

    def _read(self, file: SourceFile) -> Sequence[str]:
        if file.name not in self._lines:
            try:
                self._lines[file.name] = read_text(file).split("\n")
            except Unreadable:  # It changed since it was read.
                self._lines[file.name] = ()
        return self._lines[file.name]


def write_lines(citation: Citation) -> str:
    """Return the lines of a citation: `42`, or `42-45`."""
    first, last = citation.first_line, citation.last_line
    return str(first) if first == last else f"{first}-{last}"


def _list_spellings(text: str) -> Iterator[list[str]]:
    """Yield in which ways a written line may stand in its file, the most telling first: each all of its parts."""
    for words in dict.fromkeys([text, _NAMED.sub("", text), _SIGNED.sub("", text)]):
        plain = [part.strip() for part in _HIDDEN.split(words)]
        if max(map(len, plain)) >= _SHORTEST:
            yield plain
            yield [json.dumps(part, ensure_ascii=False)[1:-1] for part in plain]
            yield [json.dumps(part)[1:-1] for part in plain]


def _fits(line: str, parts: Sequence[str]) -> bool:
    """Answer whether a file's line holds all that is shown of a quoted one, hidden parts aside."""
    shown = [piece for part in parts for piece in map(str.strip, _HIDDEN.split(part)) if piece]
    return bool(shown) and all(piece in line for piece in shown)
