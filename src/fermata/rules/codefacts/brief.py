"""What a model is shown of a caller's code: numbered lines around what speaks of its calls, fenced and redacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fermata.rules.brief.fences import fence, make_mark, show_line
from fermata.rules.codefacts.selecting import AskedCall, Mentions, Place, list_care

MOST_BYTES = 16_000
"""Of the rows of one brief."""
_MOST_FILES = 6
_AROUND = 2
"""Lines before and after: what is done about an error stands behind the word for it."""


@dataclass(frozen=True, slots=True)
class CodeBrief:
    """What one call to a model shows."""

    text: str
    calls: Mapping[str, AskedCall]
    """By id."""
    rows: Mapping[str, Mapping[str, Place]]
    """Id of a call -> the rows whose file names its callee, by name."""


def compose_brief(mentions: Mentions) -> CodeBrief | None:
    """Return what is shown of one caller; `None` where none of its files names a callee.

    The files that name most callees and speak most of care come first; what does not fit is left out whole.
    """
    care: dict[str, list[int]] = {}
    for place in list_care(mentions):
        care.setdefault(place.file.name, []).append(place.index)
    named = {
        file.name: {at for (name, _), lines in mentions.lines.items() if name == file.name for at in lines}
        for file in mentions.files
    }
    files = sorted(mentions.files, key=lambda file: (-len(care.get(file.name, ())), file.name))[:_MOST_FILES]
    shown: list[str] = []
    places: dict[str, Place] = {}
    left = MOST_BYTES
    for number, file in enumerate(files, start=1):
        rows = [f"f{number}|{show_line(file.name, 160)}"]
        centres = sorted({*care.get(file.name, ()), *named[file.name]})
        wanted = sorted({at for centre in centres for at in range(centre - _AROUND, centre + _AROUND + 1)})
        for at in wanted:
            if 0 <= at < len(file.lines) and file.code[at].strip():
                row = f"f{number}:{at + 1}|{show_line(file.code[at].strip())}"
                left -= len(row.encode()) + 1
                if left < 0:
                    break
                rows.append(row)
                places[f"f{number}:{at + 1}"] = Place(file, at)
        shown += rows
    if not places:
        return None
    calls = {call.id: call for call in mentions.calls}
    rows_of = {
        name: {row: place for row, place in places.items() if (place.file.name, name) in mentions.lines}
        for name in calls
    }
    asked = [name for name in calls if rows_of[name]]
    heads = [f"call|{show_line(name, 300)}" for name in asked]
    body = fence(make_mark([*heads, *shown]), "code and configuration", [*heads, *shown])
    return CodeBrief(body, {name: calls[name] for name in asked}, {name: rows_of[name] for name in asked})
