"""Making one issue as a catalogue action: a follow-up that a person has ticked.

Exactly once, although answers get lost: the issue carries the action's mark, it is looked for before it is made, and
after a crash it is looked for again. Nothing else of the tracker is ever changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.kit.clock import Clock
from fermata.kit.diffs import write_diff
from fermata.kit.digest import compute_digest
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.ports.action import MARK_PLACEHOLDER, ExecutionKey
from fermata.ports.tracker.records import PRIORITIES, Draft, Maker, MakerSession, Prepared, Ticket, TrackerWords

LONGEST_DESCRIPTION = 20_000
"""Characters; Jira takes 32,767."""
MOST_LABELS = 20
TRAILER = "Fermata-Action"
"""What the line that bears the mark begins with."""
_LEEWAY = timedelta(days=1)
"""By how much an issue may seem older than the attempt that made it: clocks differ, and attempts are made anew."""
_SERVER_ERRORS = 500  # From here on a proxy may speak for a server that has done it.


def make_spec(words: TrackerWords) -> ActionSpec:
    """Return the catalogue entry of one tracker."""
    priority = {"priority": {"enum": [*PRIORITIES, None], "description": "null leaves it to the tracker"}}
    return ActionSpec(
        name=f"{words.system}.create_issue",
        summary=f"Create one issue in a {words.place} of {words.name}",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema={
            "type": "object",
            "additionalProperties": False,
            "required": ["title"],
            "properties": {
                "title": {"type": "string", "minLength": 1, "maxLength": words.longest_title},
                "description": {"type": "string", "maxLength": LONGEST_DESCRIPTION, "description": "Plain text"},
                "labels": {
                    "type": "array",
                    "maxItems": MOST_LABELS,
                    "items": {"type": "string", "pattern": f"^{words.label_pattern}$"},
                },
                **(priority if words.has_priorities else {}),
            },
        },
    )


class CreateIssueAction:
    """`<tracker>.create_issue` for all places of the settings."""

    def __init__(self, tracker: Maker, clock: Clock) -> None:
        self.spec = make_spec(tracker.words)
        self._tracker = tracker
        self._clock = clock
        self._label = re.compile(tracker.words.label_pattern)

    @property
    def targets(self) -> tuple[Entity, ...]:
        """Return where issues can be made: the projects, teams or repositories of the settings."""
        return tuple(name_place(self._tracker.words, place) for place in self._tracker.places)

    def match(self, place: str) -> Entity | None:
        """Return the place that a person names: `github:repository/shop/checkout`, or short `github:shop/checkout`."""
        words = self._tracker.words
        for known in self._tracker.places:
            entity = name_place(words, known)
            if place in (entity.ref, f"{words.system}:{known}"):
                return entity
        return None

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"title", "description", "labels", "priority"}`; labels sorted, each once. Pure.

        Where the tracker has no priorities, there is no `priority`.

        Raises:
            UserError: The target is no place of the settings, or a parameter is wrong.
        """
        self._find(target)
        known = list(self.spec.parameters_schema["properties"])
        wrong = sorted(set(parameters) - set(known))
        if wrong or "title" not in parameters:
            why = f"unknown: {', '.join(wrong)}" if wrong else "missing: title"
            raise self._refuse(why, f"Give title, and perhaps {', '.join(known[1:])}")
        priority = parameters.get("priority")
        if priority is not None and priority not in PRIORITIES:
            raise self._refuse(f"{priority!r} is no priority", f"Give {', '.join(PRIORITIES)} or null")
        read = {
            "title": self._read_title(parameters["title"]),
            "description": self._read_description(parameters.get("description", "")),
            "labels": self._read_labels(parameters.get("labels", ())),
            "priority": priority,
        }
        return {name: read[name] for name in known}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Hold the issue against the tracker as it is, and show its exact text.

        Raises:
            UserError: An open issue has that title, or the place cannot take it.
            OperationalError: The tracker cannot be asked.
        """
        draft = make_draft(self.validate(target, parameters))
        place = self._find(target)
        async with self._tracker.open() as session:
            prepared = await session.prepare(place, draft)
        if prepared.twins:
            twin = prepared.twins[0]
            raise UserError(
                f"There is an open issue of that title: {twin.key}",
                why=f"It is {twin.state}, and says the same",
                do=f"Follow it instead: {twin.url}",
            )
        words = self._tracker.words
        return DryRun(
            possible=True,
            diff=write_issue(words, place, draft, prepared),
            note=f"{words.name} tells whoever watches the {words.place}; nothing that runs changes",
            observed_version=compute_version(place, prepared),
            blast_radius=BlastRadius(count=1, entities=(target.ref,), text=f"1 new issue in {place} of {words.name}"),
            undo_text="Close or delete the issue by hand; its key is in the result",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of what the issue rests on: the place's rules, and open issues of the same title.

        Raises:
            OperationalError: The tracker cannot be asked.
        """
        draft = make_draft(self.validate(target, parameters))
        place = self._find(target)
        async with self._tracker.open() as session:
            try:
                return compute_version(place, await session.prepare(place, draft))
            except UserError as error:
                return compute_digest({"refused": error.what, "why": error.why})

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Make the issue, unless one with this key's mark is there."""
        try:
            draft = make_draft(self.validate(action.target, action.parameters))
            place = self._find(action.target)
            async with self._tracker.open() as session:
                found = await session.find_marked(place, key.mark, self._clock.now() - _LEEWAY)
                if found is not None:
                    return self._result(Outcome.DONE, f"It is there already: {_describe(found)}")
                self._refuse_drift(action, place, draft, await session.prepare(place, draft))
                return self._result(*await self._create(session, place, draft, key))
        except FermataError as error:  # Before the one call that changes anything.
            return self._result(Outcome.FAILED, f"No issue was created. {error}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out by the mark whether the issue was made."""
        try:
            async with self._tracker.open() as session:
                found = await session.find_marked(self._find(action.target), key.mark, intended_at - _LEEWAY)
        except FermataError as error:
            return self._result(Outcome.UNKNOWN, f"Whether the issue was created is not known. {error}")
        if found is None:
            return self._result(Outcome.FAILED, f"Not executed: no issue carries the mark {key.mark}")
        return self._result(Outcome.DONE, f"Created: {_describe(found)}")

    async def _create(self, session: MakerSession, place: str, draft: Draft, key: ExecutionKey) -> tuple[Outcome, str]:
        try:
            return Outcome.DONE, f"Created: {_describe(await session.create(place, draft, key.mark))}"
        except OperationalError as error:
            status = error.facts.get("status")
            if isinstance(status, int) and status < _SERVER_ERRORS:
                return Outcome.FAILED, f"No issue was created. {error}"
            lost = error
        try:
            found = await session.find_marked(place, key.mark, self._clock.now() - _LEEWAY)
        except OperationalError as error:
            return Outcome.UNKNOWN, f"Whether the issue was created is not known. {lost} {error}"
        if found is not None:
            return Outcome.DONE, f"Created, although the answer was lost: {_describe(found)}"
        return Outcome.UNKNOWN, f"The issue is not there, and may still come: the answer was lost. {lost}"

    def _refuse_drift(self, action: PlannedAction, place: str, draft: Draft, prepared: Prepared) -> None:
        now = (compute_version(place, prepared), write_issue(self._tracker.words, place, draft, prepared))
        if now != (action.dry_run.observed_version, action.dry_run.diff):
            why = f"An issue of that title was opened: {prepared.twins[0].key}" if prepared.twins else ""
            raise UserError(
                "The issue would not be the one that was approved",
                why=why or "The tracker's rules for it have changed",
                do="Look at the proposal anew",
            )

    def _find(self, target: Entity) -> str:
        words = self._tracker.words
        by_ref = {name_place(words, place).ref: place for place in self._tracker.places}
        if target.ref not in by_ref:
            raise UserError(
                f"{target.ref} is not a {words.place} of the settings", do=f"Known are: {', '.join(by_ref) or 'none'}"
            )
        return by_ref[target.ref]

    def _read_title(self, value: Any) -> str:
        longest = self._tracker.words.longest_title
        title = value.strip() if isinstance(value, str) else ""
        if not title or len(title) > longest or not title.isprintable():
            raise self._refuse("title is one line of text", f"Write 1 to {longest} characters without a line break")
        return title

    def _read_description(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_DESCRIPTION:
            raise self._refuse("description is a text", f"Write at most {LONGEST_DESCRIPTION} characters")
        # Trackers keep paragraphs, not blank lines: what is shown is what will stand there.
        lines = [line.rstrip() for line in value.strip().splitlines()]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))

    def _read_labels(self, value: Any) -> list[str]:
        given: list[Any] = list(value) if isinstance(value, list | tuple) else [None]
        if len(given) > MOST_LABELS or not all(isinstance(one, str) and self._label.fullmatch(one) for one in given):
            raise self._refuse(
                "labels is a list of texts", f"Give at most {MOST_LABELS} labels of the form {self._label.pattern}"
            )
        return sorted(set(given))

    def _refuse(self, why: str, do: str) -> UserError:
        return UserError(f"The parameters of {self.spec.name} are wrong", why=why, do=do)

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._clock.now())


def name_place(words: TrackerWords, place: str) -> Entity:
    """Return the entity of a project, team or repository: `jira:project/SHOP`, `github:repository/shop/checkout`.

    GitLab nests groups; an entity has one name before its own, so that deeper ones are joined by `.`.
    """
    owner, _, name = place.rpartition("/")
    return Entity(system=words.system, kind=words.place, namespace=owner.replace("/", "."), name=name)


def make_draft(parameters: Mapping[str, Any]) -> Draft:
    """Return the issue that validated parameters ask for, without secrets: what is shown is what is sent."""
    return Draft(
        title=redact(parameters["title"]).text,
        description=redact(parameters["description"]).text,
        labels=tuple(parameters["labels"]),
        priority=parameters.get("priority"),
    )


def write_trailer(mark: str) -> str:
    """Return the line by which an issue is known again."""
    return f"{TRAILER}: {mark}"


def sign_description(draft: Draft, mark: str) -> str:
    """Return the description with the line that says whose it is."""
    return "\n\n".join(filter(None, [draft.description, write_trailer(mark)]))


def write_issue(words: TrackerWords, place: str, draft: Draft, prepared: Prepared) -> str:
    """Return the new issue as a diff: everything it will say, with a placeholder for the mark."""
    head = [f"title: {draft.title}", *prepared.head]
    text = "\n".join([*head, "", sign_description(draft, MARK_PLACEHOLDER)])
    return write_diff(f"{words.system}/{place}/new issue", None, text + "\n")


def compute_version(place: str, prepared: Prepared) -> str:
    """Return the version that the drift check compares."""
    twins = sorted(twin.key for twin in prepared.twins)
    return compute_digest({"place": place, "rules": dict(prepared.version), "twins": twins})


def _describe(ticket: Ticket) -> str:
    return f"{ticket.key} ({ticket.state}): {ticket.url}"
