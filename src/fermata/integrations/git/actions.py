"""Reverting one commit, as a catalogue action: computed aside, shown as its real diff, committed with a trailer.

The order of the effect is chosen for the crash in the middle: the branch moves first, in one step and with the trailer
in the commit it moves to; the files follow. No trailer means that certainly nothing happened.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.git.history import PLAIN_DIFF, TRAILER, Commit, find_commit, list_files
from fermata.integrations.git.repository import KIND, SYSTEM, Repository
from fermata.integrations.git.revert import Revert, compute_revert
from fermata.kit.clock import Clock
from fermata.kit.diffs import hide_diff
from fermata.kit.digest import compute_digest
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact
from fermata.kit.showing import refuse_hidden
from fermata.ports.action import ExecutionKey

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WHO = {"NAME": "Fermata", "EMAIL": "fermata@localhost"}
_IDENTITY = {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in _WHO.items()}
_UNFINISHED = ("MERGE_HEAD", "REVERT_HEAD", "CHERRY_PICK_HEAD", "rebase-merge", "rebase-apply")
_LOCKS = ("index.lock", "HEAD.lock")
# How far back a probe looks for its trailer, so that clocks may differ and a long history costs nothing.
_CLOCK_SLACK = timedelta(days=1)

_SPEC = ActionSpec(
    name="git.revert_commit",
    summary="Commit the reversal of one commit, on the checked-out branch or on a branch of its own",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {"commit": {"type": "string", "pattern": f"^({_SHA.pattern})$", "description": "Full commit id"}},
        "required": ["commit"],
    },
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A revert computed on HEAD as it is now."""

    repository: Repository
    commit: Commit
    head: str
    branch: str
    """Where the revert goes: the checked-out branch (`HEAD` when there is none), or the new one."""
    files: tuple[str, ...]
    revert: Revert
    diff: str
    """As shown: without secrets."""
    version: str


@dataclass(frozen=True, slots=True)
class _Observed:
    """HEAD and the commit's files in the working copy, at one moment."""

    version: str
    dirty: tuple[str, ...]
    """Files with changes that are not committed."""


class RevertCommitAction:
    """`git.revert_commit` for all repositories of the settings."""

    spec = _SPEC

    def __init__(self, repositories: Mapping[str, Repository], clock: Clock) -> None:
        self._repositories = repositories
        self._clock = clock

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"commit": <full id>}`. Pure.

        Raises:
            UserError: The target is no repository of the settings, or `commit` is missing or no full id.
        """
        self._find(target)
        if set(parameters) != {"commit"}:
            raise UserError(f"The parameters of {self.spec.name} are wrong", do="Give commit, and nothing else")
        commit = parameters["commit"]
        if not isinstance(commit, str) or not _SHA.fullmatch(commit):
            raise UserError(f"{commit!r} is not a full commit id", do="Give all 40 hexadecimal digits, in lower case")
        return {"commit": commit}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the revert aside and show its diff against HEAD.

        Raises:
            UserError: The commit is unknown, a merge, the first one, not on HEAD, reverted already or in conflict;
                or its diff cannot be shown whole; or the working copy holds changes of its own in the files that would
                change.
            OperationalError: The repository cannot be read.
        """
        plan = await self._compute(target, self.validate(target, parameters)["commit"])
        count = len(plan.files)
        is_branch = plan.repository.settings.mode == "branch"
        where = f"on the new branch {plan.branch}" if is_branch else f"of {plan.repository.settings.path}"
        return DryRun(
            possible=True,
            diff=plan.diff,
            note=_describe_effect(plan),
            observed_version=plan.version,
            blast_radius=BlastRadius(
                count=count,
                entities=(target.ref,),
                text=f"{count} file{'s' * (count > 1)} {where} change{'s' * (count == 1)}: "
                + write_some(plan.files, 10),
            ),
            undo_text=_describe_undo(plan),
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of HEAD and of what the working copy has changed in the commit's files.

        Raises:
            OperationalError: The repository cannot be read, or no longer has the commit.
        """
        repository = self._find(target)
        files = await list_files(repository.git, str(parameters["commit"]))
        return (await self._observe(repository, await repository.fetch_head(), files)).version

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Commit the revert with a trailer that names the key, and update the files in mode `working_copy`."""
        try:
            sha = self.validate(action.target, action.parameters)["commit"]
            plan = await self._compute(action.target, sha, keep=True)
            if (plan.version, plan.diff) != (action.dry_run.observed_version, action.dry_run.diff):
                raise UserError(
                    "The revert would not be the one that was approved",
                    why="HEAD or the files have changed since",
                    do="Look at the proposal anew",
                )
            new = await self._commit(plan, key)
            await self._refuse_blocked_update(plan, new)
        except FermataError as error:
            return self._result(Outcome.FAILED, f"Nothing was changed. {error}")
        try:
            await self._move(plan, new)
        except OperationalError as error:
            return self._result(*await self._explain_move(plan, new, error))
        if plan.repository.settings.mode == "branch":
            return self._result(Outcome.DONE, f"{sha[:10]} is reverted by {new} on {plan.branch}; merge and deploy it")
        try:
            await plan.repository.copy.run("read-tree", "-m", "-u", plan.head, new)
        except OperationalError as error:
            return self._result(Outcome.UNKNOWN, f"{new} is committed. {_describe_half(plan.repository, new)}. {error}")
        return self._result(Outcome.DONE, f"{sha[:10]} is reverted by {new} on {plan.branch}; the files are updated")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out by the commit's trailer whether it was made, and by the files whether they followed."""
        try:
            return self._result(*await self._probe(action, key, intended_at))
        except FermataError as error:
            return self._result(Outcome.UNKNOWN, f"The repository cannot be looked at. {error}")

    async def _probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> tuple[Outcome, str]:
        repository = self._find(action.target)
        sha = str(action.parameters["commit"])
        new = await self._find_marked(repository, key, intended_at)
        if not new:
            locks = [name for name in _LOCKS if await self._has_git_file(repository, name)]
            if locks:
                what = f"The commit of {key.mark} is not there, but {', '.join(locks)} is: git is at work or was killed"
                return Outcome.UNKNOWN, what
            return Outcome.FAILED, f"Not executed: no commit carries {TRAILER}: {key.mark}"
        if repository.settings.mode == "branch":
            return Outcome.DONE, f"{sha[:10]} is reverted by {new} on {repository.name_branch(sha)}"
        if not await self._is_on_head(repository, new):
            return Outcome.UNKNOWN, f"{new} reverts {sha[:10]}, but is not on HEAD any more"
        # Only the files of the revert count: elsewhere people may work on.
        files = await list_files(repository.git, new)
        changed = await repository.copy.run("diff", "--quiet", *PLAIN_DIFF, "HEAD", "--", *files, accept=(0, 1))
        if changed.code:
            return Outcome.UNKNOWN, f"{new} reverts {sha[:10]} on HEAD. {_describe_half(repository, new)}"
        return Outcome.DONE, f"{sha[:10]} is reverted by {new}, and the files are updated"

    def _find(self, target: Entity) -> Repository:
        repository = self._repositories.get(target.name)
        if target.system != SYSTEM or target.kind != KIND or target.namespace or repository is None:
            known = ", ".join(f"{SYSTEM}:{KIND}/{name}" for name in self._repositories) or "none"
            raise UserError(f"{target.ref} is not a repository of the settings", do=f"Known are: {known}")
        return repository

    async def _compute(self, target: Entity, sha: str, *, keep: bool = False) -> _Plan:
        repository = self._find(target)
        commit = await self._get_revertible(repository, sha)
        if repository.settings.mode == "working_copy":
            await repository.refuse_elsewhere()
        head = await repository.fetch_head()
        files = await list_files(repository.git, sha)
        seen = await self._observe(repository, head, files)
        if repository.settings.mode == "working_copy":
            await self._refuse_unready(repository, seen)
            branch = await self._name_current_branch(repository)
        else:
            branch = repository.name_branch(sha)
            await self._refuse_existing_branch(repository, branch)
        revert = await compute_revert(repository.git, sha, keep=keep)
        if revert.conflict:
            raise UserError(
                f"{sha[:10]} cannot be reverted cleanly",
                why=f"Later commits changed the same lines: {revert.conflict}",
                do=f"Revert it by hand: git revert {sha}",
            )
        if not revert.diff:
            raise UserError(
                f"{sha[:10]} is reverted already",
                do="Restart what was started before that; what fails since then has another cause",
            )
        if repository.settings.mode == "working_copy" and revert.is_of_submodule:
            raise UserError(
                f"{sha[:10]} changes which commit of a submodule is used",
                why="Reverting it would leave the submodule's files as they are",
                do=f"Revert it by hand: git revert {sha}, then git submodule update",
            )
        written = revert.diff.split("\n")
        shown = hide_diff(written, repository.list_env_files(), 0).lines
        refuse_hidden(written, shown)
        return _Plan(repository, commit, head, branch, files, revert, "\n".join(shown), seen.version)

    async def _get_revertible(self, repository: Repository, sha: str) -> Commit:
        await repository.fetch_head()  # So that a folder that is no repository is not taken for an unknown commit.
        commit = await find_commit(repository.git, sha)
        if commit is None:
            raise UserError(
                f"There is no commit {sha[:10]} in {repository.settings.path}", do="Fetch it, or correct the id"
            )
        # Whoever wrote the trailer: a commit that claims to be Fermata's is for people to take back.
        if commit.mark:
            raise UserError(
                f"{sha[:10]} was made by Fermata, as it says",
                why="Reverting it would bring back what it took away",
                do=f"If that is what you want, revert it by hand: git revert {sha}",
            )
        if len(commit.parents) > 1:
            raise UserError(
                f"{sha[:10]} is a merge",
                why="Reverting it needs a person to say which side stays",
                do=f"Revert it by hand: git revert -m 1 {sha}",
            )
        if not commit.parents:
            raise UserError(
                f"{sha[:10]} is the first commit", why="There is nothing to go back to", do="Fix it by hand"
            )
        if not await self._is_on_head(repository, sha):
            raise UserError(
                f"{sha[:10]} is not part of what is checked out in {repository.settings.path}",
                do="Check out the branch that holds it, or correct the id",
            )
        return commit

    async def _is_on_head(self, repository: Repository, sha: str) -> bool:
        return (await repository.git.run("merge-base", "--is-ancestor", sha, "HEAD", accept=(0, 1))).code == 0

    async def _observe(self, repository: Repository, head: str, files: tuple[str, ...]) -> _Observed:
        if repository.settings.mode == "branch":
            # The working copy is not touched, so what people do in it is no drift.
            return _Observed(compute_digest({"head": head}), ())
        status = await repository.copy.run(
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            # An ignored file is in the way all the same, and git would overwrite it.
            "--ignored",
            "--ignore-submodules=all",
            "--no-renames",
            "--",
            *files,
        )
        diff = await repository.copy.run("diff", "--no-ext-diff", "--no-textconv", "--binary", "HEAD", "--", *files)
        dirt = {"status": status.text, "diff": diff.text} if status.raw else None
        dirty = tuple(row[3:] for row in status.text.split("\0") if row)
        return _Observed(compute_digest({"head": head, "dirt": dirt}), dirty)

    async def _refuse_unready(self, repository: Repository, seen: _Observed) -> None:
        path = repository.settings.path
        if seen.dirty:
            raise UserError(
                f"The working copy {path} has changes of its own",
                why=f"Not committed: {', '.join(seen.dirty[:5])}",
                do="Commit them or put them away first (git stash)",
            )
        unfinished = [name for name in _UNFINISHED if await self._has_git_file(repository, name)]
        if unfinished:
            raise UserError(
                f"Somebody is in the middle of something in {path}",
                why=f"{', '.join(unfinished)} is there: a merge, revert or rebase is not finished",
                do="Finish it or give it up first (git status says how)",
            )

    async def _has_git_file(self, repository: Repository, name: str) -> bool:
        output = await repository.git.run("rev-parse", "--path-format=absolute", "--git-path", name)
        return await asyncio.to_thread(Path(output.text.strip()).exists)

    async def _name_current_branch(self, repository: Repository) -> str:
        output = await repository.git.run("symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1))
        return output.text.strip() or "HEAD"

    async def _refuse_existing_branch(self, repository: Repository, branch: str) -> None:
        output = await repository.git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", accept=(0, 1))
        if output.code == 0:
            raise UserError(f"There is a branch {branch} already", do="Merge it, or delete it: git branch -D " + branch)

    async def _commit(self, plan: _Plan, key: ExecutionKey) -> str:
        """Write the commit object; nothing refers to it yet."""
        message = (
            f'Revert "{plan.commit.title}"\n\nThis reverts commit {plan.commit.sha}.\n'
            f"Proposed by Fermata and approved by a person.\n\n{TRAILER}: {key.mark}\n"
        )
        git = plan.repository.git.with_environment(**_IDENTITY)
        output = await git.run("commit-tree", plan.revert.tree, "-p", plan.head, "-F", "-", stdin=message.encode())
        return output.text.strip()

    async def _refuse_blocked_update(self, plan: _Plan, new: str) -> None:
        """Refuse, before anything moves, if the files could not follow."""
        if plan.repository.settings.mode == "branch":
            return
        git = plan.repository.copy
        # Files that were touched but not changed look changed until the index is refreshed.
        await git.run("update-index", "-q", "--refresh", accept=(0, 1))
        await git.run("read-tree", "-n", "-m", "-u", plan.head, new)

    async def _move(self, plan: _Plan, new: str) -> None:
        """Move the branch to the commit, if it still stands where it stood."""
        if plan.repository.settings.mode == "branch":
            place, old = f"refs/heads/{plan.branch}", "0" * len(plan.head)
        else:
            place, old = "HEAD", plan.head
        git = plan.repository.git.with_environment(**_IDENTITY)
        await git.run("update-ref", "-m", f"fermata: revert {plan.commit.sha[:10]}", place, new, old)

    async def _explain_move(self, plan: _Plan, new: str, error: OperationalError) -> tuple[Outcome, str]:
        """Say whether the branch moved although git did not say so: it may have been killed after the effect."""
        is_branch = plan.repository.settings.mode == "branch"
        place = f"refs/heads/{plan.branch}" if is_branch else "HEAD"
        try:
            output = await plan.repository.git.run("rev-parse", "--verify", "--quiet", place, accept=(0, 1))
        except OperationalError:
            return Outcome.UNKNOWN, f"Whether {plan.branch} moved to {new} is not known. {error}"
        if output.text.strip() == new and is_branch:
            return Outcome.DONE, f"{plan.commit.sha[:10]} is reverted by {new} on {plan.branch}. {error}"
        if output.text.strip() == new:
            return Outcome.UNKNOWN, f"{plan.branch} moved to {new}. {_describe_half(plan.repository, new)}. {error}"
        return Outcome.FAILED, f"Nothing was changed: {plan.branch} did not move. {error}"

    async def _find_marked(self, repository: Repository, key: ExecutionKey, intended_at: datetime) -> str:
        since = (intended_at - _CLOCK_SLACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        output = await repository.git.run(
            "log",
            "--format=%H",
            "--max-count=1",
            f"--since={since}",
            "--fixed-strings",
            f"--grep={TRAILER}: {key.mark}",
            "HEAD",
            "--branches",
            "--",
        )
        return output.text.strip()

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._clock.now())


def _describe_effect(plan: _Plan) -> str:
    title = f'commit {plan.commit.sha[:10]} "{plan.commit.title}" by {plan.commit.author} is reverted'
    trailer = f"the commit carries a trailer `{TRAILER}: <action id and plan digest>`"
    if plan.repository.settings.mode == "branch":
        effect = f"branch {plan.branch} is made; what runs does not change until a person merges and deploys it"
    else:
        effect = f"one commit on {plan.branch}, files updated; what runs has them loaded until it is restarted"
    return f"{title}; {effect}; {trailer}"


def _describe_undo(plan: _Plan) -> str:
    path = plan.repository.settings.path
    if plan.repository.settings.mode == "branch":
        return f"`git -C {path} branch -D {plan.branch}`"
    return f"`git -C {path} revert <the new commit>`; its id is in the result"


def _describe_half(repository: Repository, new: str) -> str:
    return (
        "Whether the files have followed is not certain, or somebody has changed them since; "
        f"look: git -C {repository.settings.path} status; to have them follow: git checkout {new} -- <file>"
    )
