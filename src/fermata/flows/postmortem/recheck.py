"""What was deleted in a chat goes out of its post-mortem, too: looked up whenever one is read, shown or published."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.domain.postmortem import FOUND, OWN, WORDS, Postmortem
from fermata.domain.record import FrozenMap
from fermata.flows.postmortem.sections import Sources
from fermata.kit.markdown import write_anchor
from fermata.ports.store import Transaction
from fermata.rules.quotes import list_plain_lines
from fermata.rules.repeats import GoneText, Said, strike_repeats

_LINK = re.compile(r"\s?\[[^][]*\]\(([^()\s]+)\)")
_SHORTEST = 12
"""Characters from which the same words in a person's text are a copy and no chance."""
_WHENEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Lines of a document are all younger than what they quote."""
_BULLET = re.compile(r"\s*(?:(?:[-*]|\d+\.)\s+(?:\[.\]\s+)?)?")
_LISTS = ("timeline", "impact", "contributing_factors", "actions")


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A text without what was deleted."""

    text: str
    removed: int
    """Lines that went."""


def find_deleted(transaction: Transaction, postmortem: Postmortem) -> frozenset[str]:
    """Return the ids of a post-mortem's sources that were deleted since it was generated."""
    messages = [name for name, source in postmortem.sources.items() if source["kind"] == "message"]
    return transaction.trail.list_forgotten(messages)


def strike_deleted(text: str, sources: Mapping[str, Any], deleted: Collection[str]) -> Rechecked:
    """Return a document without the lines that rest on deleted messages, or repeat their words.

    A line whose first source is another one stays, without the link to what was deleted: the words are the first one's.

    Args:
        sources: As `Postmortem.sources` has them.
        deleted: Ids of sources.
    """
    known = [name for name in deleted if name in sources]
    if not known:
        return Rechecked(text, 0)
    links = Sources({}, {name: str(sources[name].get("url", "")) for name in known})
    targets = {links.find_link(name) or f"#{write_anchor(name)}" for name in known}
    words = [line for name in known for line in list_plain_lines(str(sources[name]["text"])) if len(line) >= _SHORTEST]
    texts = [GoneText(str(sources[name]["text"])) for name in known]
    struck = [_strike(line, known, targets, words) for line in text.split("\n")]
    lines = [_strike_quotes(line, texts) if line else line for line in struck]
    return Rechecked("\n".join(line for line in lines if line is not None), lines.count(None))


def recheck(transaction: Transaction, postmortem: Postmortem) -> Postmortem:
    """Return a post-mortem without what was deleted since it was generated; the same one when nothing was."""
    deleted = find_deleted(transaction, postmortem)
    if not deleted:
        return postmortem
    sources = _strike_sources(postmortem.sources, deleted)
    # A message that only repeated what was deleted has said nothing: its lines and its box go with it.
    deleted |= {name for name in postmortem.sources if name not in sources}
    texts = [GoneText(str(source["text"])) for name, source in postmortem.sources.items() if name in deleted]
    changes = {
        "base": strike_deleted(postmortem.base, postmortem.sources, deleted).text,
        "text": strike_deleted(postmortem.text, postmortem.sources, deleted).text,
        "draft": _strike_draft(postmortem.draft, deleted, texts),
        "sources": sources,
        "kept": [name for name in postmortem.kept if name not in deleted],
    }
    return Postmortem.model_validate({**postmortem.model_dump(), **changes})


def _strike_sources(sources: Mapping[str, Any], deleted: Collection[str]) -> dict[str, Any]:
    """Return what a post-mortem rests on without the deleted messages and what others repeat of them.

    The words of those who quoted them are shown beside lines, and in the list of what was left out. Our own journal
    keeps its words: an alert that somebody copied and took away was not theirs.
    """
    gone = [
        GoneText(str(source["text"]), datetime.fromisoformat(source["at"]) if "at" in source else None, name)
        for name, source in sources.items()
        if name in deleted
    ]
    left = {name: source for name, source in sources.items() if name not in deleted}
    talk = {name: source for name, source in left.items() if source["kind"] == "message"}
    said = [
        Said(name, datetime.fromisoformat(source["at"]) if "at" in source else _WHENEVER, str(source["text"]))
        for name, source in talk.items()
    ]
    words = dict(zip(talk, strike_repeats(said, gone), strict=True))
    changed = {name: text for name, text in words.items() if not name.startswith(OWN) and text != talk[name]["text"]}
    return {
        name: source if name not in changed else {**source, "text": changed[name]}
        for name, source in left.items()
        if changed.get(name, "left")
    }


def _strike_quotes(line: str, gone: Sequence[GoneText]) -> str | None:
    """Return a line without what it quotes of the deleted in marks; `None` when nothing else was in it."""
    start = _BULLET.match(line)
    bullet = start[0] if start is not None else ""
    own = line[len(bullet) :]
    (left,) = strike_repeats([Said("", _WHENEVER, own)], gone, only_quoted=True)
    return None if own and not left else bullet + left


def _strike(line: str, deleted: Collection[str], targets: Collection[str], words: Sequence[str]) -> str | None:
    """Return what is left of a line; `None` when nothing may be."""
    cited = _LINK.findall(line)
    if cited and cited[0] in targets:
        return None
    line = _LINK.sub(lambda match: "" if match[1] in targets else match[0], line)
    # Its line in the list of sources, its box in the list of what was left out, its id in a person's own words.
    if any(name in line or f'"{write_anchor(name)}"' in line for name in deleted):
        return None
    plain = " ".join(list_plain_lines(line))
    return None if any(word in plain for word in words) else line


def _strike_draft(draft: FrozenMap[str, Any], deleted: Collection[str], texts: Sequence[GoneText]) -> dict[str, Any]:
    """Return the draft as JSON without the words of deleted messages, what quotes them and what cites them."""
    found = dict(draft)
    for name in _LISTS:
        kept = [_uncite(entry, deleted) for entry in draft.get(name, ()) if entry["citations"][0] not in deleted]
        left = [_strike_quotes(str(entry.get("text", "")), texts) for entry in kept]
        found[name] = [{**entry, "text": text} for entry, text in zip(kept, left, strict=True) if text is not None]
    found["dropped"] = [item for item in draft.get("dropped", ()) if item["id"] not in deleted]
    sources = draft.get("key_time_sources", {})
    gone = {name for name, source in sources.items() if source["citation"] in deleted}
    found["key_time_sources"] = {name: source for name, source in sources.items() if name not in gone}
    # What the rules had is no more than its source; what a person wrote over it is theirs.
    own = draft.get(FOUND, {})
    found[FOUND] = {name: value for name, value in own.items() if value["citation"] not in deleted}
    if WORDS in draft:  # One of an earlier release has none, which is not the same as nobody's word.
        found[WORDS] = [name for name in draft[WORDS] if name not in deleted]
    found["key_times"] = {name: None if name in gone else at for name, at in draft.get("key_times", {}).items()}
    return found


def _uncite(entry: Mapping[str, Any], deleted: Collection[str]) -> dict[str, Any]:
    return {**entry, "citations": [name for name in entry["citations"] if name not in deleted]}
