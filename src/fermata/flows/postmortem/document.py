"""The draft as Markdown, from a template that a team can change: every line links to what it is taken from."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from string import Template

from fermata.domain.trail import KEY_TIMES, KeyTime, PostmortemDraft, Status, Trail
from fermata.flows.postmortem import sections
from fermata.flows.postmortem.drawings import Drawing
from fermata.flows.postmortem.figures import compute_figures, list_moments
from fermata.flows.postmortem.sections import Sources, write_inline
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError

__all__ = ["Beside", "write_document"]

_GOES_ON = "**The incident still went on when this was drafted.** Draft it again once it is over."
_GAPS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Beside:
    """What a document shows beside the draft itself."""

    links: Mapping[str, str] = field(default_factory=dict)
    """By citation, a link that opens it where it was said or done; without one, the document's own list is linked."""
    drawings: Sequence[Drawing] = ()
    has_files: bool = False
    """The drawings' files lie beside the Markdown; otherwise what they show is told in words."""
    gaps: Sequence[str] = ()
    """In words, what could not be read."""
    seen_before: Sequence[str] = ()
    """In words, earlier incidents that are like this one."""
    ticks: Mapping[str, str] = field(default_factory=dict)
    """By the id of an action, the ticket that it became."""
    made_by: str = "rules, without a model"
    corrected: Mapping[str, datetime | None] = field(default_factory=dict)
    """By name, the key times that a person corrected; `None`: taken out. The first lines keep the rules' own."""
    goes_on: bool = False
    """Whether the incident was open as it was drafted."""


_ALONE = Beside()


def write_document(
    case: str, trail: Trail, draft: PostmortemDraft, template: str | None = None, *, beside: Beside = _ALONE
) -> str:
    """Return the draft as Markdown with front matter.

    Args:
        template: Text with `$`-placeholders, named as in the template that is shipped; without it, that one.

    Raises:
        UserError: The template names a placeholder that does not exist or none at all, or is malformed.
    """
    text = template if template is not None else (files(__package__) / "template.md").read_text(encoding="utf-8")
    values = _write_values(case, trail, draft, beside)
    form = Template(text)
    if not form.get_identifiers() and form.is_valid():
        raise UserError(
            "The template cannot be used",
            why="it has no placeholder, so nothing of the incident would be in the document",
            do=f"Use {_write_placeholders(values)}; the shipped template is described in docs/postmortem.md",
        )
    try:
        return _GAPS.sub("\n\n", form.substitute(values))
    except (KeyError, ValueError) as error:
        is_unknown = isinstance(error, KeyError)
        raise UserError(
            "The template cannot be used",
            why=f"{error} is no placeholder that is known" if is_unknown else f"a dollar sign in it is none: {error}",
            do=f"Use {_write_placeholders(values)}, and $$ for a dollar sign",
        ) from error


def _write_placeholders(names: Iterable[str]) -> str:
    return ", ".join(f"${name}" for name in names)


def _write_values(case: str, trail: Trail, draft: PostmortemDraft, beside: Beside) -> dict[str, str]:
    zone, zone_name = _find_zone(trail)
    sources = Sources(sections.name_kinds(trail), beside.links)
    moments = list_moments(trail, draft, beside.corrected)
    confirmed = [entry for entry in draft.entries if entry.status is Status.CONFIRMED]
    ruled_out = [entry for entry in draft.entries if entry.status is Status.RULED_OUT]
    return {
        "case": _write_text(case),
        "title": _write_text(trail.title),
        "heading": write_inline(trail.title or ", ".join(trail.channels) or case),
        **{name: _write_front(draft.key_times.get(name)) for name in KEY_TIMES},
        "made_by": write_inline(beside.made_by),
        "summary": "\n\n".join(filter(None, (sections.write_summary(moments), _write_state(moments, beside)))),
        "seen_before": sections.write_notes("Seen before", beside.seen_before),
        "gaps": sections.write_notes("Could not be read", beside.gaps),
        "impact": sections.write_list(draft.impact, "The rules found nothing in the talk that tells of it.", sources),
        "plots": sections.write_plots(beside.drawings, sources, has_files=beside.has_files),
        "key_times": sections.write_key_times(moments, KEY_TIMES, sources),
        "figures": sections.write_figures(compute_figures(moments)),
        "timeline": sections.write_timeline(confirmed, zone, zone_name, sources),
        "factors": sections.write_list(draft.factors, "The rules found none in the talk.", sources),
        "ruled_out": sections.write_list(ruled_out, "The rules found nothing in the talk that was.", sources),
        "actions": sections.write_actions(draft.actions, sources, beside.ticks),
        "dropped": sections.write_dropped(trail, draft, sources),
        "sources": sections.write_sources(trail, _list_cited(draft, moments.values(), beside), sources),
    }


def _write_state(moments: Mapping[str, KeyTime], beside: Beside) -> str:
    """Return that it is not over, unless somebody tells its end: "not told" reads as if nobody had looked."""
    return _GOES_ON if beside.goes_on and "resolved" not in moments else ""


def _find_zone(trail: Trail) -> tuple[tzinfo, str]:
    """Return the zone of most people in the channel, of as many the one from which most is said, and its name."""
    zones = Counter(str(person.zone) for person in trail.people.values() if person.zone is not None)
    if not zones:
        return UTC, "UTC"
    people = (trail.people.get(message.user) for message in trail.messages)
    said = Counter(str(person.zone) for person in people if person is not None and person.zone is not None)
    name = max(sorted(zones), key=lambda zone: (zones[zone], said[zone]))
    return next(person.zone for person in trail.people.values() if str(person.zone) == name) or UTC, name


def _list_cited(draft: PostmortemDraft, moments: Iterable[KeyTime], beside: Beside) -> frozenset[str]:
    entries = (*draft.entries, *draft.impact, *draft.factors, *draft.actions)
    cited = {citation for entry in entries for citation in entry.citations}
    cited |= {(found.corrects or found).citation for found in moments}
    return frozenset(cited | {drawing.curve.id for drawing in beside.drawings})


def _write_text(text: str) -> str:
    """Return a text of the front matter, as JSON and YAML read it alike.

    JSON's escapes of what lies beyond the first plane are two halves to YAML, and unprintable signs are none of YAML's.
    """
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in plain)


def _write_front(found: KeyTime | None) -> str:
    return format_instant(found.at) if found is not None else "null"
