"""The last step from any file of talk to a trail: what was deleted is struck, secrets are hidden, and order is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fermata.domain.trail import Message
from fermata.flows.bundle.haul import Haul
from fermata.rules.repeats import GoneText, Said, strike_repeats

MOST_MESSAGES = 200_000


class Gone:
    """What was deleted, or is no longer said since it was edited.

    Args:
        ids: Of deleted messages.
        texts: Of deleted messages, and those that edited ones had before; without a time and an id where only the text
            is known.
    """

    def __init__(self, ids: Iterable[str] = (), texts: Iterable[GoneText | str] = ()) -> None:
        self.ids = set(ids)
        self.texts = [text if isinstance(text, GoneText) else GoneText(text) for text in texts]


def finish_messages(messages: Iterable[Message], gone: Gone, haul: Haul, source: str) -> list[Message]:
    """Return messages in the order of time, without those that are gone, quotes of them, and secrets.

    Args:
        source: Where they come from, for the warning about too many.
    """
    kept: dict[str, Message] = {}
    more = 0
    for message in messages:
        if message.id in gone.ids:
            continue
        if len(kept) >= MOST_MESSAGES and message.id not in kept:
            more += 1
            continue
        # The same message again is its later form.
        kept[message.id] = message
    if more:
        haul.leave_out(source, f"{more:,} more messages: {MOST_MESSAGES:,} are read")
    # Words are compared before secrets are hidden: where a secret was deleted, both sides of a quote have it.
    said = [Said(name, message.at, message.text) for name, message in kept.items()]
    texts = strike_repeats(said, gone.texts)
    finished = [_hide(message, text, haul) for message, text in zip(kept.values(), texts, strict=True)]
    return sorted(finished, key=lambda message: (message.at, message.id))


def _hide(message: Message, text: str, haul: Haul) -> Message:
    name, text, files = haul.hide(message.id), haul.hide(text), tuple(map(haul.hide, message.files))
    is_same = (name, text, files) == (message.id, message.text, message.files)
    return message if is_same else replace(message, id=name, text=text, files=files)
