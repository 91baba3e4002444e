"""Keys and fields that a program misses by their names, and the change that no longer brings them.

One ordinary word that both speak of ties nothing, and of a JSON file nobody knows what its readers ask for. That a
failure misses the very name which a diff takes away does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling

_MISSED = re.compile(
    # What Python, Ruby, PHP, .NET, Go's templates, org.json, Jackson, Spring and Terraform say.
    r"(?:\bKeyError: |\bkey not found: |\bUndefined (?:array key|index|property):? |\bno attribute(?: named)? "
    r"|\bgiven key |\bno entry for key |\bJSONObject\[|\bNo such property: |\bresolve placeholder "
    r"|\b[Mm]issing (?:required )?(?:creator )?(?:key|field|property|setting|parameter|option):? )"
    r"[:$'\"`]{0,2}(?:[\w\\]{1,100}::\$)?([A-Za-z_][\w.-]{2,60}\w)"
)
_LONGEST = 2000
_POINTS = 1.5
"""As much as the name of a column that the database does not have."""


def judge_keys(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where a change takes away the name of what new failing lines say is missing."""
    for name, telling in _list_missed(symptoms).items():
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        asks = re.compile(rf"\[\s?['\":]?{re.escape(name)}['\"]?\s?\](?!\s?=[^=])|\bget\(\s?['\":]{re.escape(name)}")
        gone = [line for line in change.diff.removed if word.search(line.text) and not asks.search(line.text)]
        # The same name elsewhere is moved; a variable of that name that stays beside the key is not.
        kept = sum(len(word.findall(line.text)) for line in change.diff.added)
        if sum(len(word.findall(line.text)) for line in gone) > kept:
            yield Sign("named", _POINTS, f"it takes away {name}, which is missed", gone[0], telling)
            return


def _list_missed(symptoms: Symptoms) -> dict[str, Telling]:
    """Return the names that new failing lines miss, each with the first of those, in the order of the tellings."""
    missed: dict[str, Telling] = {}
    for one in symptoms.tellings:
        for text in one.samples if one.severe and one.before == 0 else ():
            if (found := _MISSED.search(text[:_LONGEST])) is not None:
                missed.setdefault(found[1], one)
    return missed
