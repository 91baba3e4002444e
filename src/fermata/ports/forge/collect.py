"""Evidence from one repository on a forge: what was written, merged, released and deployed around the incident.

Commits are those of the deployed branch that touch the services' paths within the window, and those that a deployment
within the window brought, however old they are: what was written last week and deployed a minute ago is the change.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts, FileChange
from fermata.domain.scope import Scope
from fermata.kit.clock import Clock, format_instant
from fermata.kit.diffs import hide_diff, list_added
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, Hidden, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.ports.forge.asking import ask_all, end_all
from fermata.ports.forge.backward import list_taken_back
from fermata.ports.forge.merges import drop_repeated, name_brought
from fermata.ports.forge.records import ChangedFile, Commit, Event, Forge, ForgeSession, Part, Window
from fermata.ports.forge.revert import is_refused
from fermata.ports.forge.settings import WHOLE, is_under, name_entity
from fermata.ports.handing import expect, hand_over

T = TypeVar("T")

MOST_COMMITS = 20
MOST_BESIDE = 5
"""Commits to services that share a queue or a store with what fails: the newest, read after its own."""
MOST_EVENTS = 60
DIFF_LINES = 400
"""Lines of diff kept of one commit; the service's own files come first."""
_BESIDE_BEFORE = timedelta(hours=1)
_EVENTS = "deployments, runs and releases"
_MOST_MERGES = 5  # Each is asked for what it brought, where no deployment tells.
_MOST_PATHS = 10  # Each is a question of its own; with more, all commits are asked for and filtered here.
# A commit never changes; what became of a deployment or a run does.
_COMMIT_FRESH_FOR = timedelta(days=1)
_EVENT_FRESH_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the forge said."""

    evidence: tuple[Evidence, ...]
    left_out: tuple[str, ...]


class ForgeChangeCollector:
    """`<forge>.changes` of one repository: one that fails leaves the others whole."""

    def __init__(self, forge: Forge, repository: str, clock: Clock) -> None:
        self._forge = forge
        self._repository = repository
        self._settings = forge.repositories[repository]
        self._entity = name_entity(forge.words.system, repository)
        self._clock = clock

    @property
    def name(self) -> str:
        """Return `<system>.changes`."""
        return f"{self._forge.words.system}.changes"

    def wants(self, scope: Scope) -> bool:
        """Answer whether a service that the scope names is made from the repository, or one beside it."""
        return bool(self._settings.match(scope) or self._settings.match_beside(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each change, newest first.

        Raises:
            OperationalError: The commits cannot be asked for; or nothing was found, and something could not be asked.
        """
        services, beside = self._settings.match(scope), self._settings.match_beside(scope)
        if not services and not beside:
            return ()
        async with self._forge.open(self._repository) as session:
            found = await self._ask(session, scope, services) if services else _Found((), ())
            if beside:
                found = await self._add_beside(session, scope, beside, found)
        evidence = sorted(found.evidence, key=lambda item: str(item.facts["changed_at"]), reverse=True)
        if evidence and found.left_out:
            cut = join_cuts(evidence[0].cut, *found.left_out)
            evidence[0] = evidence[0].model_copy(update={"cut": cut})
        return evidence

    async def _ask(self, session: ForgeSession, scope: Scope, services: Sequence[str]) -> _Found:
        base = await session.fetch_base()
        expect(_EVENTS, "commits")
        window = Window(scope.window_start, scope.window_end, base.branch)
        paths = self._settings.list_paths(services)
        asked = paths if len(paths) <= _MOST_PATHS else (WHOLE,)
        listing = asyncio.ensure_future(session.list_parts(window))
        try:
            lists = await ask_all(session.list_commits(window, path, MOST_COMMITS + 1) for path in asked)
            parts = await listing
        finally:
            await end_all([listing])
        events, left_out = self._sort_parts(parts)
        rolled_out = self._build_events(scope, events[:MOST_EVENTS], services)
        hand_over(_EVENTS, *rolled_out)
        marks = sorted({mark for marks in lists for mark in marks}, key=lambda mark: mark.committed_at, reverse=True)
        written = list(dict.fromkeys(mark.sha for mark in marks))
        brought = [sha for event in events if event.kind == "deployment" for sha in event.commits or (event.sha,)]
        # The list of a path leaves out merges that took a branch as it was; the branch may be older than the window.
        merged = [event.sha for event in events if event.kind == "pull_request_merged"]
        left = [sha for event in events if event.is_back for sha in event.dropped]
        wanted = list(dict.fromkeys(filter(None, [*written[:MOST_COMMITS], *brought, *left, *merged, *written])))
        expect(*(f"commit {sha[:10]}" for sha in wanted[:MOST_COMMITS]))
        hand_over("commits")  # The list of them; each is read by itself.

        async def read(sha: str) -> Commit:
            commit = await session.fetch_commit(sha)
            own = [self._build_commit(scope, commit, services)] if self._is_ours(commit, paths, brought) else []
            hand_over(f"commit {sha[:10]}", *own)
            return commit

        commits, lost = await _join(read(sha) for sha in wanted[:MOST_COMMITS])
        left_out += lost
        if not any(event.kind == "deployment" for event in events):
            commits = await self._date(session, commits, merged, read)
        ours = {one.sha for one in commits if self._is_ours(one, paths, brought)}
        theirs = (one for one in commits if not _touches(one, paths))
        others = {one.sha: self._settings.find_service(list_paths(one), ()) for one in theirs}
        known = name_brought(events[:MOST_EVENTS], commits)
        rolled_out = self._build_events(scope, known, services, others, {one.sha: one for one in commits})
        changes = [self._build_commit(scope, one, services) for one in drop_repeated(commits) if one.sha in ours]
        if len(wanted) > MOST_COMMITS:
            left_out.append(f"of {len(wanted)} or more commits, {MOST_COMMITS} are here: those of the window first")
        if not changes and not events and any(isinstance(part, OperationalError) for _, part in parts):
            raise next(part for _, part in parts if isinstance(part, OperationalError))
        return _Found((*changes, *rolled_out), tuple(left_out))

    async def _date(
        self,
        session: ForgeSession,
        commits: Sequence[Commit],
        merged: Sequence[str],
        read: Callable[[str], Awaitable[Commit]],
    ) -> list[Commit]:
        """Return commits with the merge that brought them, and those that it brought beside: no deployment tells."""
        merges = [one for one in commits if one.sha in merged and len(one.parents) > 1][:_MOST_MERGES]
        try:
            lists = await ask_all(session.list_brought(one) for one in merges)
            came = {sha: merge for merge, shas in zip(merges, lists, strict=True) for sha in shas}
            new = [sha for sha in came if sha not in {one.sha for one in commits}][: MOST_COMMITS - len(commits)]
            commits = [*commits, *await ask_all(read(sha) for sha in new)]
        except OperationalError:  # Then each counts from when it was written.
            return list(commits)
        return [replace(one, merge=came.get(one.sha)) for one in commits]

    async def _add_beside(self, session: ForgeSession, scope: Scope, services: Sequence[str], own: _Found) -> _Found:
        """Add the newest commits to who shares a queue or a store: a message written otherwise breaks who takes it."""
        known = {item.facts["id"] for item in own.evidence}
        paths = self._settings.list_paths(services)
        expect("commits beside")

        async def read(sha: str) -> list[Evidence]:
            commit = await session.fetch_commit(sha)
            is_theirs = commit.parents and _touches(commit, paths)
            theirs = [self._build_commit(scope, commit, services)] if is_theirs else []
            hand_over(f"commit {sha[:10]}", *theirs)
            return theirs

        try:
            base = await session.fetch_base()
            window = Window(max(scope.window_start, scope.onset - _BESIDE_BEFORE), scope.window_end, base.branch)
            asked = paths if len(paths) <= _MOST_PATHS else (WHOLE,)
            lists = await ask_all(session.list_commits(window, path, MOST_BESIDE + len(known)) for path in asked)
            marks = sorted({mark for marks in lists for mark in marks}, key=lambda one: one.committed_at, reverse=True)
            new = [sha for sha in dict.fromkeys(mark.sha for mark in marks) if sha not in known][:MOST_BESIDE]
            expect(*(f"commit {sha[:10]}" for sha in new))
            hand_over("commits beside")  # The list of them; each is read by itself.
            found = await ask_all(read(sha) for sha in new)
        except OperationalError as error:
            if not own.evidence:
                raise
            return _Found(own.evidence, (*own.left_out, f"no commits of {', '.join(services)}: {error}"))
        return _Found((*own.evidence, *(item for items in found for item in items)), own.left_out)

    def _build_events(
        self,
        scope: Scope,
        events: Sequence[Event],
        services: Sequence[str],
        others: Mapping[str, str] = MappingProxyType({}),
        read: Mapping[str, Commit] = MappingProxyType({}),
    ) -> list[Evidence]:
        # Where deployments are on record, a release is a name for a commit and puts nothing into effect.
        rollout = "deployment" if any(event.kind == "deployment" for event in events) else "release"
        return [
            self._build_event(
                scope,
                event,
                self._name_service(event, services if event.kind == rollout else (), others),
                [
                    one
                    for one in list_taken_back(event, read)
                    if is_under(one.path, self._settings.list_paths(services))
                ],
            )
            for event in events
        ]

    def _sort_parts(self, parts: Iterable[tuple[str, Part | BaseException]]) -> tuple[list[Event], list[str]]:
        events: list[Event] = []
        left_out: list[str] = []
        for name, part in parts:
            if isinstance(part, OperationalError):
                left_out.append(f"no {name}: {part}")
            elif isinstance(part, BaseException):
                raise part  # A bug, or the deadline.
            else:
                events += part.events
                left_out += [f"{name}: {part.left_out}"] if part.left_out else []
        ours = self._settings.environments
        kept = [event for event in events if event.kind != "deployment" or not ours or event.environment in ours]
        return sorted(kept, key=lambda event: event.changed_at, reverse=True), left_out

    def _is_ours(self, commit: Commit, paths: Sequence[str], brought: Sequence[str]) -> bool:
        """Answer whether a commit touches the services' paths, or was deployed: what a deployment brought says more.

        The first one is no change: all that there is would be added by it, and fit every failure.
        """
        return bool(commit.parents) and (_touches(commit, paths) or commit.sha in brought)

    def _build_commit(self, scope: Scope, commit: Commit, services: Sequence[str]) -> Evidence:
        paths = self._settings.list_paths(services)
        mine = [file for file in commit.files if is_under(file.path, paths) or is_under(file.old_path or " ", paths)]
        others = [file for file in commit.files if file not in mine]
        own, rest = ([line for file in files for line in write_patch(file)] for files in (mine, others))
        withheld = [file.path for file in (mine or others) if file.patch is None]
        is_read = commit.is_whole and not withheld and len(own) <= DIFF_LINES
        lines = [*own, *rest]
        added = list_added("\n".join(lines))
        facts = ChangeFacts(
            id=commit.sha,
            title=redact(commit.title).text or "(no title)",
            author=commit.author,
            changed_at=commit.came_at,
            repository=self._entity.ref,
            files=tuple(FileChange(path=file.path, added=added.get(file.path, ())) for file in (*mine, *others)),
            diff_read=is_read,
            # What is written after it can be in the way as well: the dry run says so, for many reads.
            revertible=False if is_refused(commit) else None,
            service=self._settings.find_service(list_paths(commit), services),
            sha=commit.sha,
        )
        cut = [f"first {DIFF_LINES} of {len(lines)} lines of the diff"] if len(lines) > DIFF_LINES else []
        cut += [f"{self._forge.words.name} gives no diff of {', '.join(withheld[:5])}"] if withheld else []
        cut += [] if commit.is_whole else [f"only {len(commit.files)} of its files"]
        hidden = hide_diff([*_describe(commit), *lines[:DIFF_LINES]])
        title = f"{commit.sha[:10]} {facts.title} ({commit.author})"[:200]
        return self._build(scope, title, commit.url, facts, hidden, cut)

    def _build_event(self, scope: Scope, event: Event, service: str, back: Sequence[ChangedFile]) -> Evidence:
        lines = [line for file in back for line in write_patch(file)]
        added = list_added("\n".join(lines))
        is_read = bool(back) and len(lines) <= DIFF_LINES and all(file.patch is not None for file in back)
        facts = ChangeFacts(
            id=event.id,
            kind=event.kind,
            title=redact(event.title).text,
            author=event.author,
            changed_at=event.changed_at,
            repository=self._entity.ref,
            service=service,
            environment=event.environment,
            state=event.state,
            ref=event.ref,
            sha=event.sha,
            commits=event.commits,
            dropped=event.dropped,
            is_former=event.is_former,
            files=tuple(FileChange(path=file.path, added=added.get(file.path, ())) for file in back if is_read),
            diff_read=is_read,
        )
        title = f"{event.kind.replace('_', ' ')} {facts.title}"[:200]
        told = [event.title, *event.lines]
        hidden = hide_diff([*told, *lines]) if is_read else hide_lines(told)
        return self._build(scope, title, event.url, facts, hidden, [])

    def _name_service(self, event: Event, services: Sequence[str], others: Mapping[str, str]) -> str:
        """Return the service that an event is about.

        What it says itself counts, then a service's name in its environment, its tag or its title. A rollout of a
        repository that says nothing brings all that is in it, so it is the one service's that is asked about.

        Args:
            services: Those that are asked about; empty for what rolls nothing out.
            others: Commits that are another service's alone, with that: where it brings nothing else, it is theirs.
        """
        if event.service or not services:
            return event.service
        words = f"{event.environment} {event.ref} {event.title}".lower()
        known = sorted(self._settings.services, key=len, reverse=True)
        named = [name for name in known if re.search(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])", words)]
        if named:
            return named[0]
        theirs = [others.get(sha, "") for sha in event.commits]
        if theirs and all(theirs):
            return theirs[0]
        return services[0] if len(services) == 1 else ""

    def _build(
        self, scope: Scope, title: str, url: str, facts: ChangeFacts, hidden: Hidden, cut: Sequence[str]
    ) -> Evidence:
        now = self._clock.now()
        shortened = [f"{hidden.shortened} lines cut to {LONGEST_LINE} characters"] if hidden.shortened else []
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            entity=self._entity,
            title=title,
            query=f"GET {url}",
            observed_at=now,
            fresh_until=now + (_COMMIT_FRESH_FOR if facts.kind == "commit" else _EVENT_FRESH_FOR),
            lines=tuple(EvidenceLine(number=n, text=text) for n, text in enumerate(hidden.lines, start=1)),
            facts=facts.to_json(),
            cut="; ".join([*cut, *shortened]),
            redactions=hidden.redactions,
        )


async def _join(reads: Iterable[Awaitable[T]]) -> tuple[list[T], list[str]]:
    """Return what the reads of commits brought, and in words what could not be read."""
    found = await asyncio.gather(*reads, return_exceptions=True)
    answers = [item for item in found if not isinstance(item, BaseException)]
    failures = [item for item in found if isinstance(item, BaseException)]
    for failure in failures:
        if not isinstance(failure, OperationalError) or not answers:
            raise failure
    return answers, [f"{len(failures)} commits: {failures[0]}"] if failures else []


def list_paths(commit: Commit) -> tuple[str, ...]:
    """Return the paths a commit touches, old and new names alike."""
    return tuple(path for file in commit.files for path in (file.path, file.old_path) if path)


def write_patch(file: ChangedFile) -> list[str]:
    """Return a file's part of a diff with git's own header, line by line."""
    old, new = file.old_path or file.path, file.path
    head = [
        f"diff --git a/{old} b/{new}",
        "--- /dev/null" if file.is_new else f"--- a/{old}",
        "+++ /dev/null" if file.is_gone else f"+++ b/{new}",
    ]
    return [*head, *file.patch.removesuffix("\n").split("\n")] if file.patch else head


def _touches(commit: Commit, paths: Sequence[str]) -> bool:
    return any(is_under(path, paths) for path in list_paths(commit))


def _describe(commit: Commit) -> list[str]:
    head = [f"commit {commit.sha}", f"author {commit.author}", f"date   {format_instant(commit.committed_at)}"]
    if commit.merge is not None:
        head.append(f"merged {format_instant(commit.came_at)} with {commit.merge.sha[:10]}: {commit.merge.title}")
    return [*head, "", f"    {commit.title}", *(f"    {line}".rstrip() for line in commit.body.splitlines()), ""]
