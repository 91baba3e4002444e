"""What patterns of common clients say of calls, without a model: timeouts, retries, pools."""

from __future__ import annotations

from collections.abc import Iterable

from fermata.rules.codefacts.claims import CodeFact, Refusal, settle_facts
from fermata.rules.codefacts.numbers import READERS
from fermata.rules.codefacts.selecting import Mentions, list_care


def read_patterns(mentions: Iterable[Mentions]) -> tuple[list[CodeFact], list[Refusal]]:
    """Return the numbers that stand near the name of a callee, and why others were left.

    A line that may be about two calls is about none; a line with two different numbers of one field says neither.
    """
    facts: list[CodeFact] = []
    refused: list[Refusal] = []
    for each in mentions:
        for place in list_care(each):
            for name, read in READERS.items():
                values = read(place.code, place.file.suffix)
                if not values:
                    continue
                call = each.find_call(place)
                if call is None:
                    refused.append(Refusal(f"{name} at {place.where}", "which call it is about cannot be told"))
                else:
                    facts += [CodeFact(call, name, value, place.where, place.code.strip()) for value in values]
    return settle_facts(facts, refused)
