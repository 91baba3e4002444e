"""`evidence/*.json`: what a live investigation gathered, written by `fermata incidents export` and read back whole.

Logs, changes and objects have forms of their own in a bundle; the state of a process, its limits and what is declared
for it have none. So an export keeps every piece of evidence as the record it is: one file each, `fermata: evidence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceLine, Gap
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul, describe
from fermata.flows.bundle.parsing import parse_json

FOLDER = "evidence"
MARK = "fermata"
"""The field that says what a file is: `evidence`, `gaps` or `scope`."""


@dataclass(slots=True)
class Kept:
    """What an export kept beside the files that anybody could have written."""

    evidence: list[Evidence] = field(default_factory=list)
    entities: tuple[Entity, ...] = ()
    """The scope of the live gathering; empty: the alerts say."""
    actions: frozenset[str] | None = None
    """Names of the catalogue that the live investigation could suggest from; `None`: the bundle does not say."""


def read_kept(files: Sequence[SourceFile], haul: Haul) -> Kept:
    """Return what the folder keeps; a file that is no such record is left out and named."""
    kept = Kept()
    for file in files:
        try:
            value = parse_json(read_text(file))
            if not isinstance(value, Mapping) or MARK not in value:
                haul.leave_out(file.name, f"it has no field {MARK!r} that says what it is")
                continue
            _take(kept, dict(value), file, haul)
        except Unreadable as error:
            haul.leave_out_file(file, error)
        except (ValidationError, ValueError, TypeError, KeyError) as error:
            haul.leave_out(file.name, f"it is no such record: {describe(error)}")
    return kept


def _take(kept: Kept, value: dict[str, Any], file: SourceFile, haul: Haul) -> None:
    what = value.pop(MARK)
    if what == "evidence":
        kept.evidence.append(hide_evidence(Evidence.from_json(value), haul))
    elif what == "gaps":
        for gap in value["gaps"]:
            read = Gap.from_json(gap)
            haul.gaps.append(read.model_copy(update={"reason": haul.hide(read.reason)}))
    elif what == "scope":
        kept.entities = tuple(Entity.parse(str(ref)) for ref in value.get("entities", ()))
        if value.get("actions") is not None:
            kept.actions = frozenset(str(name) for name in value["actions"])
    else:
        haul.leave_out(file.name, f"{MARK} is {str(what)[:40]!r}; evidence, gaps and scope are read")


def hide_evidence(item: Evidence, haul: Haul) -> Evidence:
    """Return a piece of evidence without secrets; one that holds none comes back as it is, with the id it had."""
    hidden = haul.hide_lines([line.text for line in item.lines], [line.number for line in item.lines])
    texts = {"title": haul.hide(item.title), "query": haul.hide(item.query), "cut": haul.hide(item.cut)}
    facts = haul.hide_deep(item.facts)
    same = all(getattr(item, name) == text for name, text in texts.items())
    if same and not hidden.redactions and not hidden.shortened and facts == item.facts:
        return item
    lines = tuple(EvidenceLine(number=line.number, text=line.text) for line in hidden.lines)
    changed = {**texts, "lines": lines, "facts": facts, "redactions": item.redactions + hidden.redactions}
    return Evidence(**(dict(item) | changed))
