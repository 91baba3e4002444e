"""A stored post-mortem whose key times a person corrects: table, sentence and figures follow at once.

No new draft is needed. What the rules found is kept beside the draft, so that a correction can be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.postmortem import FOUND, WORDS, Postmortem
from fermata.domain.trail import KEY_TIMES, KeyTime
from fermata.flows.postmortem import sections
from fermata.flows.postmortem.figures import acknowledge, compute_figures
from fermata.flows.postmortem.sections import Sources, name_kind
from fermata.kit.clock import format_instant
from fermata.rules.corrected_times import ACKNOWLEDGED, correct, read_corrections
from fermata.rules.merge import merge_texts

_AFTER_FIGURES = "\n\n## Timeline"
_HERE = "\u241f"
"""Stands for figures where there were none."""
_LEAD = re.compile(r"^> A draft by .*$", re.MULTILINE)
_GAPS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class _Blocks:
    summary: str
    times: str
    figures: str
    """Empty where there are none."""


def write_found(moments: Mapping[str, KeyTime]) -> dict[str, dict[str, str]]:
    """Return the key times of the rules as they are stored."""
    return {
        name: {"at": found.at.isoformat(), "citation": found.citation, "why": found.why}
        for name, found in moments.items()
    }


def settle(postmortem: Postmortem, text: str) -> Postmortem:
    """Return a post-mortem with people's text, and with what follows from the key times that they corrected in it.

    Blocks that are not there as they were generated (a team's template without them, an edit in them) stay as they are.
    """
    found = {name: _read(value) for name, value in postmortem.draft.get(FOUND, {}).items()}
    before = read_corrections(postmortem.base, postmortem.text).times
    now = read_corrections(postmortem.base, text).times
    if before == now or not found:
        return postmortem.model_copy(update={"text": text})
    old, new = (_correct(postmortem, found, times) for times in (before, now))
    base = _replace(postmortem.base, _write_blocks(postmortem, old), _write_blocks(postmortem, new))
    times = {name: new.get(name) for name in KEY_TIMES}
    draft = dict(postmortem.draft) | {
        "key_times": {name: format_instant(time.at) if time else None for name, time in times.items()},
        "key_time_sources": {
            name: {"citation": time.citation or None, "why": time.why} for name, time in times.items() if time
        },
    }
    merged = merge_texts(postmortem.base, text, base)
    return postmortem.model_copy(update={"text": merged.text, "base": base, "draft": draft})


def _correct(
    postmortem: Postmortem, found: Mapping[str, KeyTime], times: Mapping[str, datetime | None]
) -> dict[str, KeyTime]:
    """Return the key times as a person corrected them, with the first word after the detection that they name."""
    if "detected" not in times or WORDS not in postmortem.draft:
        return correct(found, times)
    at = times["detected"]
    kept = (name for name in postmortem.draft[WORDS] if name in postmortem.sources)
    words = ((datetime.fromisoformat(postmortem.sources[name]["at"]), name) for name in kept)
    first = acknowledge(at, words) if at is not None else None
    others = {name: time for name, time in found.items() if name != ACKNOWLEDGED}
    return correct(others | ({ACKNOWLEDGED: first} if first is not None else {}), times)


def _read(value: Mapping[str, Any]) -> KeyTime:
    return KeyTime(datetime.fromisoformat(value["at"]), value["citation"], value["why"])


def _replace(text: str, old: _Blocks, new: _Blocks) -> str:
    """Return a generated text with other blocks; what it had none of comes in where the shipped template has it."""
    if not old.figures and f"{old.times}{_AFTER_FIGURES}" in text:
        text = text.replace(old.times, f"{old.times}\n\n{_HERE}", 1)
    if not old.summary:
        text = _LEAD.sub(lambda match: f"{match[0]}\n\n{new.summary}", text, count=1)
    pairs = ((old.summary, new.summary), (old.times, new.times), (old.figures or _HERE, new.figures))
    for was, becomes in pairs:
        text = text.replace(was, becomes, 1) if was else text
    return _GAPS.sub("\n\n", text)


def _write_blocks(postmortem: Postmortem, moments: dict[str, KeyTime]) -> _Blocks:
    kinds = {name: name_kind(str(source["kind"])) for name, source in postmortem.sources.items()}
    links = {name: str(source["url"]) for name, source in postmortem.sources.items() if source.get("url")}
    sources = Sources(kinds, links)
    return _Blocks(
        sections.write_summary(moments),
        sections.write_key_times(moments, KEY_TIMES, sources),
        sections.write_figures(compute_figures(moments)),
    )
