"""Evidence from one repository: what changed in a service's files around the incident, and what is declared for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts, DesiredFacts, FileChange
from fermata.domain.scope import Scope
from fermata.integrations.git.history import (
    Commit,
    fetch_blame,
    fetch_diff,
    fetch_file,
    find_said_back,
    find_taken_back,
    list_commits,
    list_files,
    list_siblings,
)
from fermata.integrations.git.repository import Repository
from fermata.integrations.git.revert import Trial, try_revert
from fermata.integrations.git.yaml_places import ENDINGS, add_places
from fermata.kit.clock import Clock, format_instant
from fermata.kit.diffs import hide_diff, hide_settings, list_added
from fermata.kit.env_file import parse_env_file
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, Hidden, hide_value
from fermata.kit.redaction import redact
from fermata.ports.handing import expect, hand_over

MOST_COMMITS = 20
MOST_BESIDE = 5
"""Commits to services that share a queue or a store with what fails: the newest, read after its own."""
_BESIDE_BEFORE = timedelta(hours=1)
DIFF_LINES = 400
"""Lines of diff kept of one commit; the service's own files come first."""
# A commit never changes; whether it is still on HEAD is the drift check's business.
_COMMIT_FRESH_FOR = timedelta(days=1)
_DECLARED_FRESH_FOR = timedelta(hours=1)  # Twice as long as an approval is valid by default.
_MOST_TRIALS = 10  # Trial reverts; each costs about four git processes.
_MOST_BLAMES = 30
_MOST_OTHER_FILES = 100
_MOST_SETTINGS = 5  # Each costs a git process.
_LONGEST_MARK = 200


@dataclass(frozen=True, slots=True)
class _Change:
    """One commit, read."""

    facts: ChangeFacts
    hidden: Hidden
    cut: str


_MOST_SIBLINGS = 50
"""A folder of more files is not one program's."""


class ChangeCollector:
    """Commits that touch the files of the scope's services within its window, each with its diff read.

    And the newest of who shares a queue or a store with them: a message that is written otherwise breaks who takes it.
    """

    name = "git.changes"

    def __init__(self, repository: Repository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer whether the repository holds a service that the scope names, or one beside it."""
        own = self._repository.match(scope, self._repository.settings.services)
        return bool(own or self._repository.match_beside(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each commit, newest first.

        Raises:
            OperationalError: The repository cannot be read.
        """
        services = self._repository.match(scope, self._repository.settings.services)
        paths = sorted({path for service in services for path in self._repository.settings.services[service]})
        paths += await self._list_siblings(paths)
        own = await self._collect_own(scope, paths) if paths else []
        return [*own, *await self._collect_beside(scope, frozenset(item.facts["id"] for item in own))]

    async def _list_siblings(self, paths: Sequence[str]) -> list[str]:
        """Return the files beside those of a service that no service lists: what a program reads next to itself."""
        listed = [path for paths in self._repository.settings.services.values() for path in paths]
        beside = [file for file in await list_siblings(self._repository.git, paths) if not is_under(file, listed)]
        return beside[:_MOST_SIBLINGS]

    async def _collect_beside(self, scope: Scope, known: frozenset[str]) -> list[Evidence]:
        """Return the newest commits to services beside those of the scope, each as its service's."""
        settings = self._repository.settings.services
        services = self._repository.match_beside(scope)
        paths = sorted({path for service in services for path in settings[service]})
        if not paths:
            return []
        since = max(scope.window_start, scope.onset - _BESIDE_BEFORE)
        now, most = self._clock.now(), MOST_BESIDE + len(known)
        listed = await list_commits(self._repository.git, paths, since, scope.window_end, most, now=now)
        reader = _ChangeReader(self._repository, paths, listed, since=since, now=now)
        evidence = []
        commits = [one for one in listed if one.parents and one.sha not in known][:MOST_BESIDE]
        expect(*(f"commit {commit.sha[:10]}" for commit in commits))
        for commit in commits:
            change = await reader.read(commit, is_tried=False)
            touched = [file.path for file in change.facts.files]
            whose = next(one for one in services if any(is_under(path, settings[one]) for path in touched))
            facts = change.facts.model_copy(update={"service": whose})
            evidence.append(self._build(scope, commit, replace(change, facts=facts), ""))
            hand_over(f"commit {commit.sha[:10]}", evidence[-1])
        return evidence

    async def _collect_own(self, scope: Scope, paths: Sequence[str]) -> list[Evidence]:
        git = self._repository.git
        since, now = scope.window_start, self._clock.now()
        listed = await list_commits(git, paths, since, scope.window_end, MOST_COMMITS + 1, now=now)
        # Of the first commit, and of the one where a shallow clone ends, all that there is counts as added: it would
        # fit every failure, and nothing came before it that it could have changed.
        found = [commit for commit in listed if commit.parents]
        commits = found[:MOST_COMMITS]
        reader = _ChangeReader(self._repository, paths, listed, since=since, now=now)
        evidence = []
        expect(*(f"commit {commit.sha[:10]}" for commit in commits))
        for position, commit in enumerate(commits):
            change = await reader.read(commit, is_tried=position < _MOST_TRIALS)
            is_last = position == len(commits) - 1
            left_out = f"older commits of the window: the newest {MOST_COMMITS} are here"
            evidence.append(
                self._build(scope, commit, change, left_out if is_last and len(found) > MOST_COMMITS else "")
            )
            hand_over(f"commit {commit.sha[:10]}", evidence[-1])
        return evidence

    def _build(self, scope: Scope, commit: Commit, change: _Change, left_out: str) -> Evidence:
        now = self._clock.now()
        cut = [change.cut, left_out]
        if change.hidden.shortened:
            cut.append(f"{change.hidden.shortened} lines cut to {LONGEST_LINE} characters")
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            entity=self._repository.entity,
            # Before it is cut and before words follow: half a secret may look like none, and so may one in a sentence.
            title=f"{commit.sha[:10]} {redact(commit.title).text} ({commit.author})"[:200],
            query=f"git -C {self._repository.settings.path} show {commit.sha}",
            observed_at=now,
            fresh_until=now + _COMMIT_FRESH_FOR,
            lines=tuple(EvidenceLine(number=n, text=text) for n, text in enumerate(change.hidden.lines, start=1)),
            facts=change.facts.to_json(),
            cut="; ".join(filter(None, cut)),
            redactions=change.hidden.redactions,
        )


class _ChangeReader:
    """Read commits one after the other, blaming each file once for all of them."""

    def __init__(
        self,
        repository: Repository,
        paths: Sequence[str],
        listed: Sequence[Commit],
        *,
        since: datetime,
        now: datetime,
    ) -> None:
        self._repository = repository
        self._paths = paths
        self._since = since
        self._now = now
        self._listed = listed
        """Newest first, each that will be read among them."""
        self._said_back = find_said_back(listed)
        self._blames: dict[str, Mapping[str, tuple[int, ...]] | None] = {}

    async def read(self, commit: Commit, *, is_tried: bool) -> _Change:
        git = self._repository.git
        files = await list_files(git, commit.sha)
        mine = [name for name in files if is_under(name, self._paths)]
        others = [name for name in files if name not in set(mine)]
        diff, is_cut = await fetch_diff(git, commit.sha, mine)
        diff = add_places(diff, await self._read_settings(commit, mine))
        lines = diff.removesuffix("\n").split("\n")
        is_read = not is_cut and len(lines) <= DIFF_LINES
        added = list_added(diff)
        if others:
            more, more_cut = await fetch_diff(git, commit.sha, others[:_MOST_OTHER_FILES])
            added |= list_added(more)
            lines += more.removesuffix("\n").split("\n")
            is_cut = is_cut or more_cut or len(others) > _MOST_OTHER_FILES
        total = f"more than {len(lines)}" if is_cut else str(len(lines))
        is_dated = commit.came_at <= self._now
        head = _describe(commit, is_dated=is_dated)
        hidden = hide_diff([*head, *lines[:DIFF_LINES]], self._repository.list_env_files())
        trial = await self._try_revert(commit) if is_tried else None
        facts = ChangeFacts(
            id=commit.sha,
            title=commit.title or "(no title)",
            author=commit.author,
            changed_at=commit.came_at if is_dated else self._since,
            is_dated=is_dated,
            repository=self._repository.entity.ref,
            files=tuple([await self._read_file(commit, name, added.get(name, ())) for name in (*mine, *others)]),
            diff_read=is_read,
            # Whoever wrote the mark: a commit that claims to be Fermata's is for people to take back.
            revertible=False if commit.mark else None if trial is None else trial is Trial.CLEAN,
            taken_back_at=await self._find_back(commit, files, trial),
            # Before it is cut: half a secret may look like none.
            mark=redact(commit.mark).text[:_LONGEST_MARK],
        )
        cut = f"first {DIFF_LINES} of {total} lines of the diff" if is_cut or len(lines) > DIFF_LINES else ""
        return _Change(facts, hidden, cut)

    async def _read_settings(self, commit: Commit, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the YAML files of a commit as it left them: whose setting a hunk changes stands far above it."""
        named = [path for path in paths if path.endswith(ENDINGS)][:_MOST_SETTINGS]
        return {path: await fetch_file(self._repository.git, commit.sha, path) for path in named}

    async def _read_file(self, commit: Commit, path: str, added: tuple[int, ...]) -> FileChange:
        """Return the file with the commit's lines as HEAD numbers them, or as the commit did where HEAD cannot tell."""
        if added and path not in self._blames and len(self._blames) < _MOST_BLAMES:
            self._blames[path] = await fetch_blame(self._repository.git, path, self._listed[-1])
        blame = self._blames.get(path)
        return FileChange(path=path, added=added if blame is None or not added else blame.get(commit.sha, ()))

    async def _find_back(self, commit: Commit, files: Sequence[str], trial: Trial | None) -> datetime | None:
        """Return since when it is taken back: as a trial shows, or as a later commit says where none could."""
        if trial is Trial.EMPTY:
            return await find_taken_back(self._repository.git, commit.sha, files)
        return None if trial is Trial.CLEAN else self._said_back.get(commit.sha)

    async def _try_revert(self, commit: Commit) -> Trial:
        # Merges need a person to say which side stays; the first commit has nothing to go back to.
        return await try_revert(self._repository.git, commit.sha) if len(commit.parents) == 1 else Trial.CONFLICT


def is_under(path: str, paths: Sequence[str]) -> bool:
    """Answer whether a file is one of the paths, or lies in one of them; `.` holds everything."""
    return any(name in (".", "") or PurePosixPath(path).is_relative_to(name) for name in paths)


def _describe(commit: Commit, *, is_dated: bool) -> list[str]:
    head = [f"commit {commit.sha}", f"author {commit.author}", f"date   {format_instant(commit.committed_at)}"]
    if commit.merge is not None:
        head.append(f"merged {format_instant(commit.came_at)} with {commit.merge.sha[:10]}: {commit.merge.title}")
    head += [] if is_dated else ["Its date is ahead of this machine's clock: when it was made is not known."]
    return [*head, "", f"    {commit.title}", *(f"    {line}".rstrip() for line in commit.body.splitlines()), ""]


class DesiredCollector:
    """The variables that the repository declares for the scope's services, as of HEAD."""

    name = "git.desired"

    def __init__(self, repository: Repository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer whether the repository declares variables of a service that the scope names."""
        return bool(self._repository.match(scope, self._repository.settings.env_files))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each declared file.

        Raises:
            OperationalError: The repository cannot be read, or HEAD does not hold the file.
        """
        services = self._repository.match(scope, self._repository.settings.env_files)
        return [await self._collect_one(scope, service) for service in services]

    async def _collect_one(self, scope: Scope, service: str) -> Evidence:
        path = self._repository.settings.env_files[service]
        head = await self._repository.fetch_head()
        output = await self._repository.git.run("cat-file", "blob", f"{head}:{path}", accept=(0, 128))
        if output.code or output.is_cut:
            raise OperationalError(
                f"What is declared for {service} cannot be read",
                why=f"{path} is not a file of HEAD in {self._repository.settings.path}",
                do="Correct env_files in the git settings",
            )
        text = output.text.removesuffix("\n")
        variables = {item.name: item.value for item in parse_env_file(text)}
        hidden = {name: hide_value(name, value) for name, value in variables.items()}
        # The file's lines hide what the values hide.
        shown = hide_settings(text.split("\n"))
        now = self._clock.now()
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.DESIRED,
            collector=self.name,
            entity=Entity(kind="service", name=service),
            title=f"{path} at {head[:10]}: {len(variables)} variables declared for {service}",
            query=f"git -C {self._repository.settings.path} show {head}:{path}",
            observed_at=now,
            fresh_until=now + _DECLARED_FRESH_FOR,
            lines=tuple(EvidenceLine(number=n, text=line) for n, line in enumerate(shown.lines, start=1)),
            facts=DesiredFacts(
                variables=hidden, path=path, repository=self._repository.entity.ref, commit=head
            ).to_json(),
            cut=f"{shown.shortened} lines cut to {LONGEST_LINE} characters" if shown.shortened else "",
            redactions=shown.redactions,
        )
