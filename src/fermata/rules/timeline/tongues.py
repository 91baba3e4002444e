"""What is said in another language than English, which the rules of language read: no key time may rest on it.

`Fehlerquote liegt bei 38 %, seit 23:41` names a minute, and to English rules nothing else: a guess at what happened
then would stand in the document as read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fermata.domain.trail import Message, Trail
from fermata.rules.acceptance.languages import Tally, tally_words

_FEWEST = 2
"""Words of another language that make a sentence one: a single one is a name or a slip."""


def find_unread(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of messages in another language.

    One without a small word of any language is taken for what whoever wrote it writes elsewhere in the talk.
    """
    tallies = {message.id: tally_words(message.text) for message in messages}
    english, strange = Counter[str](), Counter[str]()
    for message in messages:
        english[message.user] += tallies[message.id].english
        strange[message.user] += tallies[message.id].strange
    writers = {user for user in strange if _is_strange(Tally(english[user], strange[user]))}
    return frozenset(
        message.id
        for message in messages
        if _is_strange(tally := tallies[message.id]) or (not tally.english and message.user in writers)
    )


def tell_unread(trail: Trail) -> tuple[str, ...]:
    """Return what to say of a talk in which people write another language; nothing where they do not."""
    said = [message for message in trail.messages if not message.is_bot]
    unread = len(find_unread(said))
    if unread < _FEWEST:
        return ()
    text = (
        f"{unread:,} of {len(said):,} messages of people are in another language than English, which the rules do not "
        "read: no key time is taken from them, and most have no line. Read them under Left out, and write the key "
        "times into the first lines"
    )
    return (text,)


def _is_strange(tally: Tally) -> bool:
    return tally.strange >= _FEWEST and tally.strange > tally.english
