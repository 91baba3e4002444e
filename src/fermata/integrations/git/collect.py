"""Evidence from one repository: what changed in a service's files around the incident, and what is declared for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import DesiredFacts
from fermata.domain.scope import Scope
from fermata.integrations.git.history import Commit, Merges, Window, list_commits, list_merges, list_siblings
from fermata.integrations.git.reading import Batch, Change, is_under, open_reader
from fermata.integrations.git.repository import Repository
from fermata.kit.clock import Clock
from fermata.kit.diffs import hide_settings
from fermata.kit.env_file import parse_env_file
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, hide_value
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.ports.handing import expect, hand_over, read_all

MOST_COMMITS = 20
MOST_BESIDE = 5
"""Commits to services that share a queue or a store with what fails: the newest, read after its own."""
_BESIDE_BEFORE = timedelta(hours=1)
# A commit never changes; whether it is still on HEAD is the drift check's business.
_COMMIT_FRESH_FOR = timedelta(days=1)
_DECLARED_FRESH_FOR = timedelta(hours=1)  # Twice as long as an approval is valid by default.
_MOST_SIBLINGS = 50
"""A folder of more files is not one program's."""
_UNSURE = "where its lines stand now and how it reverts was not read in time"


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
        """Return one piece of evidence for each commit, newest first: its own services', then of those beside.

        Raises:
            OperationalError: The repository cannot be read.
        """
        await self._repository.refuse_part()
        window = Window(scope.window_start, scope.window_end, self._clock.now())
        try:
            merges = await list_merges(self._repository.git, window.since)
        except OperationalError:
            await self._repository.fetch_head()  # Where there is none, that is the better word.
            raise
        own = await self._list_own(scope, window, merges)
        late = replace(window, since=max(window.since, scope.onset - _BESIDE_BEFORE))
        beside = await self._list_beside(scope, late, merges, frozenset(commit.sha for commit in own.commits))
        own, beside = await self._tell_end(own, beside)
        expect(*(_name(commit) for batch in (own, beside) for commit in batch.commits))
        async with (
            open_reader(self._repository, own) as own_reader,
            open_reader(self._repository, beside) as beside_reader,
        ):
            read = []
            # What each changed is known soon, so all of it comes before what takes long.
            for batch, reader in ((own, own_reader), (beside, beside_reader)):
                for commit in batch.commits:
                    change = self._say_whose(scope, await reader.read(commit), batch)
                    read.append((change, reader))
                    hand_over(_name(commit), self._build(scope, replace(change, cut=join_cuts(change.cut, _UNSURE))))
            expect(*(f"what is left of {_name(change.commit)}" for change, _ in read))
            evidence = []
            for change, reader in read:
                evidence.append(self._build(scope, await reader.complete(change)))
                hand_over(_name(change.commit), evidence[-1])
                hand_over(f"what is left of {_name(change.commit)}")
        return evidence

    async def _list_siblings(self, paths: Sequence[str]) -> list[str]:
        """Return the files beside those of a service that no service lists: what a program reads next to itself."""
        listed = [path for paths in self._repository.settings.services.values() for path in paths]
        beside = [file for file in await list_siblings(self._repository.git, paths) if not is_under(file, listed)]
        return beside[:_MOST_SIBLINGS]

    async def _list_own(self, scope: Scope, window: Window, merges: Merges) -> Batch:
        services = self._repository.match(scope, self._repository.settings.services)
        paths = sorted({path for service in services for path in self._repository.settings.services[service]})
        if not paths:
            return Batch(window)
        paths += await self._list_siblings(paths)
        listed = await list_commits(self._repository.git, paths, window, MOST_COMMITS + 1, merges)
        # Of the first commit, and of the one where a shallow clone ends, all that there is counts as added: it would
        # fit every failure, and nothing came before it that it could have changed.
        found = [commit for commit in listed if commit.parents]
        older = f"older commits of the window: the newest {MOST_COMMITS} are here" if len(found) > MOST_COMMITS else ""
        return Batch(window, paths, listed, found[:MOST_COMMITS], left_out=older)

    async def _tell_end(self, own: Batch, beside: Batch) -> tuple[Batch, Batch]:
        """Return the batches, the last one with a commit told that a shallow clone ends within the window.

        Raises:
            OperationalError: Nor is one beside: this would look like no change.
        """
        end = next((commit for commit in (*own.listed, *beside.listed) if not commit.parents), None)
        if end is None or not await self._repository.is_shallow():
            return own, beside
        if not own.commits and not beside.commits:
            raise OperationalError(
                f"What commit {end.sha[:10]} changed is not known",
                why=f"the shallow clone {self._repository.settings.path} ends there, within the window",
                do="Run git fetch --unshallow in it",
            )
        told = f"what commit {end.sha[:10]} changed is not known: the clone ends there"
        if beside.commits:
            return own, replace(beside, left_out=told)
        return replace(own, left_out=join_cuts(own.left_out, told)), beside

    async def _list_beside(self, scope: Scope, window: Window, merges: Merges, known: frozenset[str]) -> Batch:
        """Return the newest commits to services beside those of the scope."""
        settings = self._repository.settings.services
        services = self._repository.match_beside(scope)
        paths = sorted({path for service in services for path in settings[service]})
        if not paths:
            return Batch(window)
        most = MOST_BESIDE + len(known)
        listed = await list_commits(self._repository.git, paths, window, most, merges)
        commits = [one for one in listed if one.parents and one.sha not in known][:MOST_BESIDE]
        return Batch(window, paths, listed, commits, is_beside=True)

    def _say_whose(self, scope: Scope, change: Change, batch: Batch) -> Change:
        """Return a change as its service's where that is not the scope's, and the last one with what is not here."""
        if batch.is_beside:
            settings = self._repository.settings.services
            touched = [file.path for file in change.facts.files]
            services = self._repository.match_beside(scope)
            whose = next(one for one in services if any(is_under(path, settings[one]) for path in touched))
            change = replace(change, facts=change.facts.model_copy(update={"service": whose}))
        is_last = change.commit is batch.commits[-1]
        return replace(change, cut=join_cuts(change.cut, batch.left_out)) if is_last else change

    def _build(self, scope: Scope, change: Change) -> Evidence:
        commit, now = change.commit, self._clock.now()
        shortened = change.hidden.shortened
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
            cut=join_cuts(change.cut, f"{shortened} lines cut to {LONGEST_LINE} characters" if shortened else ""),
            redactions=change.hidden.redactions,
        )


def _name(commit: Commit) -> str:
    return f"commit {commit.sha[:10]}"


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
        return await read_all({f"variables of {service}": self._collect_one(scope, service) for service in services})

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
