"""The parts of a card that name what changed. Pure.

Where no cause was found, whoever is woken looks there first. Where one was, a commit to the settings of the very
container that it sits in is told all the same: a limit is raised in vain where a setting asks for more and more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from fermata.domain.card import CardRow, CardSection, Quote
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, EnvironmentFacts, StateFacts
from fermata.domain.record import Record
from fermata.kit.diffs import is_changed
from fermata.rules.card_causes import make_section
from fermata.rules.sightings import Sighting, find_facts
from fermata.rules.suspects import MOST_SUSPECTS, Suspect, list_suspects

if TYPE_CHECKING:
    from fermata.rules.setting_commits import SettingCommit

F = TypeVar("F", bound=Record)

_MOST_LINES = 6
"""Changed lines of each; the rest is with its source, and on the page."""


def write_changes(diagnosis: Diagnosis | None, evidence: Sequence[Evidence]) -> CardSection | None:
    """Return the section of the changes that may have to do with it; `None` where a cause was found, or none may."""
    if diagnosis is None or diagnosis.verdict is not Verdict.UNDETERMINED:
        return None
    suspects = list_suspects(diagnosis, evidence)
    named, more = suspects[:MOST_SUSPECTS], len(suspects) - MOST_SUSPECTS
    rows = [_write_change(suspect) for suspect in named]
    if more > 0:
        rows.append(
            CardRow(label="More", text=f"{more} further {'change is' if more == 1 else 'changes are'} less suspect")
        )
    quotes = [quote for suspect in named for quote in islice(_quote(suspect.change.evidence), _MOST_LINES)]
    return make_section("What changed near it, and is not shown to be the cause", rows=rows, quotes=quotes)


def write_settings(diagnosis: Diagnosis | None, evidence: Sequence[Evidence]) -> CardSection | None:
    """Return the section of the commits to the settings of what the cause sits in; `None` without any.

    The guilty change is left out: it stands with the cause.
    """
    leading = diagnosis.leading if diagnosis is not None else None
    if diagnosis is None or leading is None:
        return None
    # A server without an incident goes without the rules of changes.
    from fermata.rules.setting_commits import find_made, list_setting_commits

    own = [item for item in evidence if item.entity == leading.entity]
    state = _find_last(own, EvidenceKind.STATE, StateFacts)
    made_at = find_made(state.facts) if state is not None else None
    if state is None or made_at is None:
        return None
    environment = _find_last(own, EvidenceKind.ENVIRONMENT, EnvironmentFacts)
    variables = environment.facts.variables if environment is not None else {}
    names = {name.lower() for name in (leading.entity.name, leading.entity.namespace, *state.facts.names) if name}
    found = [find_facts(item, ChangeFacts) for item in evidence if item.kind is EvidenceKind.CHANGE]
    read = [one for one in found if one is not None and one.facts.diff_read and one.facts.id != diagnosis.guilty_change]
    read.sort(key=lambda one: one.facts.changed_at, reverse=True)
    commits = list(islice(list_setting_commits(read, made_at, names, variables), MOST_SUSPECTS))
    return make_section(
        f"What changed in the settings of {leading.entity.name}",
        rows=[_write_commit(commit) for commit in commits],
        quotes=[quote for commit in commits for quote in islice(_quote_own(commit), _MOST_LINES)],
    )


def _find_last(items: Sequence[Evidence], kind: EvidenceKind, facts: type[F]) -> Sighting[F] | None:
    found = [sighting for item in items if item.kind is kind and (sighting := find_facts(item, facts)) is not None]
    return max(found, key=lambda sighting: sighting.evidence.observed_at, default=None)


def _write_commit(commit: SettingCommit) -> CardRow:
    facts = commit.change.facts
    by = f", by {facts.author}" if facts.author else ""
    return CardRow(label=commit.change.evidence.title, text=f"{_write_time(facts)}{by}")


def _quote_own(commit: SettingCommit) -> Iterator[Quote]:
    item = commit.change.evidence
    texts = {line.number: line.text for line in item.lines}
    for number in (line.number for lines in commit.hunks for line in lines):
        yield Quote(source=item.title, evidence_id=item.id, line=number, text=texts[number])


def _write_time(facts: ChangeFacts) -> str:
    return f"{facts.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if facts.is_dated else "time unknown"


def _write_change(suspect: Suspect) -> CardRow:
    verdict, change = suspect.verdict, suspect.change
    at = _write_time(change.facts)
    by = f", by {change.facts.author}" if change.facts.author else ""
    return CardRow(
        label=change.evidence.title,
        text=f"{at}{by}; suspicion {verdict.blame:.2f} of 1: {verdict.why}",
    )


def _quote(item: Evidence) -> Iterator[Quote]:
    """Yield the lines that say what was changed: of a diff those that went or came."""
    for line in item.lines:
        if is_changed(line.text):
            yield Quote(source=item.title, evidence_id=item.id, line=line.number, text=line.text)
