"""An incident's post-mortem as it is kept: generated, merged into what people wrote, saved, and read again.

Everybody who shows or sends one reads it here: what was deleted in a chat since is taken out first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.domain.postmortem import FOUND, WORDS, Postmortem
from fermata.domain.trail import KeyTime, PostmortemDraft
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.cited import list_sources
from fermata.flows.postmortem.correcting import settle, write_found
from fermata.flows.postmortem.document import Beside, write_document
from fermata.flows.postmortem.drafting import Drafted, tell_unreadable
from fermata.flows.postmortem.drawings import draw_curves
from fermata.flows.postmortem.fading import plan_fading
from fermata.flows.postmortem.figures import correct_draft, list_moments, list_own_words
from fermata.flows.postmortem.labelling import Labelling, label_draft
from fermata.flows.postmortem.live import Told, draft_said, draft_told, read_incident
from fermata.flows.postmortem.recheck import recheck
from fermata.flows.postmortem.remembering import remember
from fermata.flows.postmortem.unreadable import explain_unreadable
from fermata.flows.similar import list_beside, tell_earlier
from fermata.kit.errors import TransientError, UserError
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.rules.corrected_times import Corrections, read_corrections
from fermata.rules.merge import Merged, merge_texts
from fermata.rules.ticks import choose_kept
from fermata.rules.timeline.tongues import tell_unread

_TRIES = 3
"""Somebody may save an edit while a draft is made; they would have to do it three times in a row."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A post-mortem that was just generated, and saved."""

    postmortem: Postmortem
    told: Told
    drafted: Drafted
    merged: Merged | None
    """How it was merged into what people wrote; `None` when nobody had edited."""
    is_new: bool = True
    """Whether anything differs from what was saved before; otherwise that still stands, under its own version."""


@dataclass(frozen=True, slots=True)
class _Written:
    drafted: Drafted
    sources: Mapping[str, Mapping[str, object]]
    gaps: tuple[str, ...]
    found: Mapping[str, KeyTime]
    """The key times of the rules, whatever people corrected."""
    words: tuple[str, ...]
    """Ids of what people wrote about it, of those that are among the sources."""


async def generate_postmortem(
    context: FlowContext, incident_id: IncidentId, by: Actor, template: str | None = None
) -> Generated:
    """Draft an incident's post-mortem from everything that is known now, and save what is new. Edits of people stay.

    Takes as long as the slowest system and then a model, where one is configured: a minute each at most.

    Args:
        by: Who asked for it.
        template: Text of a template for the document; without it, the settings' one, else the one that is shipped.

    Raises:
        NotFoundError: No such incident.
        UserError: The template cannot be read or used.
        TransientError: Somebody else saved again and again meanwhile.
    """
    text = template if template is not None else _read_template(context.observing.template)
    read = await read_incident(context, incident_id)
    beside = await context.store.read(
        lambda transaction: list_beside(transaction, transaction.incidents.get(incident_id))
    )
    seen = (*beside, *await tell_earlier(context, incident_id))
    labelled: tuple[Told, Labelling] | None = None
    for _ in range(_TRIES):
        earlier = await find_postmortem(context, incident_id)
        told = remember(read, earlier, context.clock.now() - context.observing.keep)
        kept = choose_kept(earlier.kept, earlier.text) if earlier else ()
        if labelled is None or labelled[0].trail != told.trail:
            labelled = told, await _label(context, told)
        written = await asyncio.to_thread(_write, told, kept, earlier, text, seen, labelled[1])
        drafted = written.drafted
        merged = None
        if earlier is not None and earlier.is_edited:
            merged = await asyncio.to_thread(merge_texts, earlier.base, earlier.text, drafted.document)
        now = context.clock.now()
        postmortem = Postmortem(
            incident_id=incident_id,
            version=earlier.version + 1 if earlier else 1,
            base=drafted.document,
            text=merged.text if merged else drafted.document,
            draft={name: value for name, value in drafted.to_json().items() if name != "document"}
            | {FOUND: write_found(written.found), WORDS: list(written.words)},
            sources=written.sources,
            gaps=written.gaps,
            kept=kept,
            ticks=earlier.ticks if earlier else {},
            generated_at=now,
            updated_at=now,
            updated_by=by.id,
        )
        generated = Generated(postmortem, told, drafted, merged)
        if earlier is not None and _is_unchanged(earlier, postmortem):
            generated = replace(generated, postmortem=earlier, is_new=False)
        keep = context.observing.keep
        saved = await context.store.write(lambda transaction: _save(transaction, generated, by, keep))  # noqa: B023 - awaited here
        if saved is not None:
            return replace(generated, postmortem=saved)
    raise TransientError(
        f"The post-mortem of {incident_id} was not saved",
        why="Somebody changed it each time while it was generated",
        do="Ask again when they are done",
    )


def _is_unchanged(earlier: Postmortem, now: Postmortem) -> bool:
    """Answer whether nothing but the moment is new: a version that says the same has people look for what it is."""
    stamps = ("version", "generated_at", "updated_at", "updated_by")
    return now.model_copy(update={name: getattr(earlier, name) for name in stamps}) == earlier


async def find_postmortem(context: FlowContext, incident_id: IncidentId) -> Postmortem | None:
    """Return an incident's post-mortem without what was deleted since, or `None` when none was generated yet."""

    def read(transaction: Transaction) -> Postmortem | None:
        found = transaction.postmortems.find(incident_id)
        return recheck(transaction, found) if found is not None else None

    return await context.store.read(read)


async def save_edit(context: FlowContext, postmortem: Postmortem, text: str, by: Actor) -> Postmortem | None:
    """Save a person's text of the version that they read, and return the new version.

    Returns:
        `None` when somebody else saved meanwhile: nothing was changed. Merge, and save on their version.
    """
    now = context.clock.now()
    edited = settle(postmortem, redact(text.replace("\r\n", "\n")).text).model_copy(
        update={
            "version": postmortem.version + 1,
            "updated_at": now,
            "updated_by": by.id,
        }
    )

    def work(transaction: Transaction) -> Postmortem | None:
        # What was deleted while they wrote must not come back with their text.
        struck = recheck(transaction, edited)
        if not transaction.postmortems.save(struck):
            return None
        data = {"version": edited.version}
        event = JournalEvent(kind="postmortem.edited", actor=by, incident_id=edited.incident_id, data=data)
        transaction.journal.append(event, now)
        return struck

    return await context.store.write(work)


def _read_template(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The template {path} cannot be read",
            why=explain_unreadable(error),
            do="Correct observer.template, or the file",
        ) from error


def _save(transaction: Transaction, generated: Generated, by: Actor, keep: timedelta) -> Postmortem | None:
    if not generated.is_new:
        found = transaction.postmortems.find(generated.postmortem.incident_id)
        return generated.postmortem if found is not None and found.version == generated.postmortem.version else None
    # What was deleted while it was drafted is in no stored form of it.
    postmortem = recheck(transaction, generated.postmortem)
    if not transaction.postmortems.save(postmortem):
        return None
    plan_fading(transaction, postmortem, keep)
    data = {
        "version": postmortem.version,
        "messages": len(generated.told.trail.messages),
        "lines": len(generated.drafted.draft.entries),
        "gaps": list(postmortem.gaps),
        "conflicts": len(generated.merged.conflicts) if generated.merged else 0,
    }
    event = JournalEvent(kind="postmortem.drafted", actor=by, incident_id=postmortem.incident_id, data=data)
    transaction.journal.append(event, postmortem.updated_at)
    return postmortem


async def _label(context: FlowContext, told: Told) -> Labelling:
    trail, said = await asyncio.to_thread(draft_said, told)
    return await label_draft(context, trail, said, told.incident.id)


def _write(
    told: Told,
    kept: tuple[str, ...],
    earlier: Postmortem | None,
    template: str | None,
    seen: tuple[str, ...],
    labelling: Labelling,
) -> _Written:
    draft = draft_told(told, kept, labelling.draft)
    sources = list_sources(told, draft)
    corrections = read_corrections(earlier.base, earlier.text) if earlier else Corrections()
    gaps = (*map(tell_unreadable, corrections.unreadable), *tell_unread(told.trail), *told.gaps)
    beside = Beside(
        links={name: str(source["url"]) for name, source in sources.items() if source["url"]},
        drawings=draw_curves(told.trail, correct_draft(draft, corrections.times)),
        gaps=gaps,
        seen_before=seen,
        made_by=labelling.made_by,
        ticks=earlier.ticks if earlier else {},
        corrected=corrections.times,
        goes_on=told.incident.is_live,
    )
    drafted = write_drafted(told, draft, template, beside)
    words = tuple(message.id for message in list_own_words(told.trail, draft) if message.id in sources)
    return _Written(drafted, sources, gaps, list_moments(told.trail, draft), words)


def write_drafted(told: Told, draft: PostmortemDraft, template: str | None, beside: Beside) -> Drafted:
    """Return a draft with its document, redacted as a whole: what only its neighbourhood makes a secret goes, too."""
    document = redact(write_document(told.incident.id, told.trail, draft, template, beside=beside)).text
    return Drafted(told.incident.id, correct_draft(draft, beside.corrected), document, tuple(beside.gaps))
