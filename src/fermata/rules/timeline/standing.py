"""How a message stands in its channel: how much it says, who says it, when, and among how many others.

What a sentence's own words weigh is known before. Here the channel says how much of it is needed: who writes much
there, at length, and not before anything was wrong, tells events in plainer words than who looks in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import fsum, log

from fermata.rules.timeline.talk import Heard

STANDING = {
    "BIAS": -1.0, "WORDS": 0.67, "PLAIN": -0.27, "LENGTH": 1.9, "SHARE": 3.9, "PLACE": 0.65, "REACTIONS": 0.14,
    "CROWD": -0.37,
}  # fmt: skip
"""Shares of the logarithm of the odds that a message tells an event, fitted by `bench/postmortem_standing.py`.

Fitted on what words weigh on channels that the weights of words were not fitted on: a word's weight is worth less on
other people's channels than on one's own, and the more so the more it says already.
"""
_LONGEST = 160
"""Characters from which on a message is as long as any."""
_LARGEST_SHARE = 0.25
"""Of what people say: who says more of it leads, or is alone."""
_MOST_REACTIONS = 3
_USUAL_TALK = 60
"""Messages of people in a channel of the usual size: where there are more, hardly more of them tell an event."""


def list_standings(heard: Sequence[Heard]) -> dict[str, dict[str, float]]:
    """Return how each message of a person that says something stands in the channel, by its id.

    `LENGTH` in hundreds of characters; `SHARE` of people's messages that are its author's; `PLACE` from 0 for the first
    message towards 1; `REACTIONS`, their number; `CROWD`, the logarithm of how much more people say than is usual.

    Args:
        heard: The whole channel, in the order of their time.
    """
    said = Counter(item.message.user for item in heard if not item.message.is_bot)
    talk = said.total()
    crowd = log(max(talk, _USUAL_TALK) / _USUAL_TALK)
    return {
        item.message.id: {
            "LENGTH": min(len(item.message.text), _LONGEST) / 100,
            "SHARE": min(said[item.message.user] / talk, _LARGEST_SHARE),
            "PLACE": index / len(heard),
            "REACTIONS": float(min(sum(item.message.reactions.values()), _MOST_REACTIONS)),
            "CROWD": crowd,
        }
        for index, item in enumerate(heard)
        if item.reading.clauses and not item.message.is_bot
    }


def find_needed(standing: Mapping[str, float]) -> float:
    """Return what a sentence of a message must weigh to be told, the incident's words and its surroundings counted.

    Args:
        standing: Of the message, as `list_standings` has it.
    """
    missing = -fsum((STANDING["BIAS"], *(STANDING[name] * value for name, value in standing.items())))
    return missing / (STANDING["WORDS"] if missing <= 0 else STANDING["WORDS"] + STANDING["PLAIN"])
