"""Manifests and settings as a brief shows them: in order and unfolded, without what only the machinery reads.

A condensed log tells how often something was said; in a configuration every line is said once, and its place is half of
what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine

_SETTINGS = frozenset(
    {EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED, EvidenceKind.RESOURCES, EvidenceKind.CHANGE, EvidenceKind.RUNBOOK}
)
_FIELD = re.compile(r"\s*(?:- )?\"?[\w./ -]{1,80}\"?:(?:\s|$)|\s*[\[\]{}],?\s*$")
_HALF = 0.5
_SAMPLE = 400  # Lines that tell what a piece is: a manifest is one from its beginning.
_QUIET = re.compile(
    r"(?P<indent>\s*)\"?(?:uid|resourceVersion|creationTimestamp|generation|selfLink|managedFields|fieldsV1|fieldsType"
    r"|podTemplateGeneration|observedGeneration|kubectl\.kubernetes\.io/last-applied-configuration)\"?:",
    re.IGNORECASE,
)
"""Fields that the API server keeps for itself."""
_BARE = re.compile(r"\s*(?:- )?\"?[\w./ -]{1,80}\"?:\s*[|>{\[]?[+-]?\s*$")
_FOLLOWING = 3
_OWN = r"^\s*(?:- )?\"?[Nn]ame\"?:\s*[\"']?(?:{})[\"']?,?\s*$"


def is_settings(item: Evidence) -> bool:
    """Answer whether every line of it counts, in its order: a manifest, a file of settings, a diff, a page."""
    if item.kind in _SETTINGS:
        return True
    # Of what kubectl prints, a table or a list of events can be condensed.
    said = [line.text for line in item.lines[:_SAMPLE] if line.text.strip()]
    return item.kind is EvidenceKind.OBJECTS and sum(map(bool, map(_FIELD.match, said))) > _HALF * len(said)


def drop_boilerplate(lines: Sequence[EvidenceLine]) -> list[EvidenceLine]:
    """Return the lines of a manifest without the fields that say nothing about what it does; numbers stay."""
    kept: list[EvidenceLine] = []
    below = -1
    """The indentation of the field that is being left out, or -1."""
    for line in lines:
        indent = len(line.text) - len(line.text.lstrip())
        # What a field holds stands deeper, and so do the brackets of JSON; items of a YAML list may stand level.
        if below >= 0 and (indent > below or (indent == below and line.text.lstrip().startswith(("- ", "]", "}")))):
            continue
        match = _QUIET.match(line.text)
        below = len(match["indent"]) if match else -1
        if match is None:
            kept.append(line)
    return kept


def list_naming(item: Evidence, names: Iterable[str], most: int, *, own: bool = False) -> tuple[int, ...]:
    """Return the numbers of the first lines that hold one of the names as a whole word, or as the beginning of one.

    Args:
        own: Only lines that give an object its name: `name: checkout`, `"name": "checkout",`, `Name:  checkout`.
    """
    words = "|".join(re.escape(name) for name in sorted(names) if name)
    if not words:
        return ()
    pattern = re.compile(_OWN.format(words) if own else rf"(?<![\w.-])(?:{words})(?!\w)")
    return tuple(islice((line.number for line in item.lines if pattern.search(line.text)), most))


def list_following(item: Evidence, number: int) -> list[EvidenceLine]:
    """Return the few lines that a line with nothing but a key is about: a key alone proves nothing."""
    by_number = {line.number: line for line in item.lines}
    line = by_number.get(number)
    if line is None or not _BARE.match(line.text):
        return []
    below = (by_number[next_] for next_ in range(number + 1, number + 1 + _FOLLOWING) if next_ in by_number)
    return [line for line in below if line.text.strip()]
