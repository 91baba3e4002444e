"""Opening a pull request as a catalogue action: the revert of a commit, or a change to a manifest, on a branch.

Nothing is deployed by it: a person merges, or does not. The order of the effect is chosen for the crash in the middle:
the branch appears in one step, complete and named after the action, then the request. No branch of that name means that
certainly nothing happened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.manifest import ManifestPatch
from fermata.kit.clock import Clock
from fermata.kit.diffs import hide_diff, write_diff
from fermata.kit.digest import compute_digest
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact
from fermata.kit.showing import refuse_hidden
from fermata.ports.action import ExecutionKey
from fermata.ports.forge.patching import compute_patch, has_object
from fermata.ports.forge.records import Forge, ForgeSession, Proposal, Request
from fermata.ports.forge.revert import compute_revert
from fermata.ports.forge.settings import name_entity

BRANCHES = "fermata/"
"""What the names of all branches made here begin with."""
TRAILER = "Fermata-Action"
LARGEST_DIFF_BYTES = 256 * 1024
"""More than a person reads on a card."""
LONGEST_WHY = 2000
LONGEST_TITLE = 200
"""Both forges refuse more than 255 characters."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SERVER_ERRORS = 500  # From here on a proxy may speak for a server that has done it.

PARAMETERS: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "revert": {
            "type": ["string", "null"],
            "pattern": f"^({_SHA.pattern})$",
            "description": "Full id of the commit to take back; exactly one of revert and patch",
        },
        "patch": {
            "type": ["object", "null"],
            "description": "The object and its fields to change in the manifest that declares it",
            "properties": {
                "api_version": {"type": "string"},
                "kind": {"type": "string"},
                "name": {"type": "string"},
                "namespace": {"type": "string"},
                "manager": {"type": "string", "description": "Who writes the object from the manifest"},
                "edits": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "array", "items": {"type": ["string", "integer"]}},
                            "value": {},
                            "was": {},
                        },
                        "required": ["path", "value"],
                    },
                },
                "hint": {"type": "string"},
            },
            "required": ["api_version", "kind", "name", "manager", "edits"],
        },
        "why": {"type": "string", "maxLength": LONGEST_WHY, "description": "For whoever reviews it"},
    },
}
"""What a pull or merge request takes: the schema of its action, on every forge."""


def make_spec(system: str, verb: str, request: str) -> ActionSpec:
    """Return the catalogue entry of one forge.

    Args:
        request: What the forge calls it: `pull request`.
    """
    return ActionSpec(
        name=f"{system}.{verb}",
        summary=f"Open a {request} that reverts a commit or changes a manifest; a person merges it",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=PARAMETERS,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """A proposal with what is shown and compared of it."""

    proposal: Proposal
    diff: str
    """As shown: without secrets."""
    version: str


class OpenRequestAction:
    """`<forge>.open_<request>` for all repositories of the settings."""

    def __init__(self, forge: Forge, clock: Clock) -> None:
        words = forge.words
        self.spec = make_spec(words.system, words.verb, words.request)
        self._forge = forge
        self._clock = clock
        self._names = {name_entity(words.system, name).ref: name for name in forge.repositories}

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"revert", "patch", "why"}`, of which exactly one of the first two is not null. Pure.

        Raises:
            UserError: The target is no repository of the settings, or the parameters are wrong.
        """
        self._find(target)
        unknown = sorted(set(parameters) - {"revert", "patch", "why"})
        revert, patch = parameters.get("revert"), parameters.get("patch")
        if unknown or (revert is None) == (patch is None):
            raise UserError(
                f"The parameters of {self.spec.name} are wrong",
                why=f"Unknown: {', '.join(unknown)}" if unknown else "It takes revert or patch, one of them",
                do="Give the id of a commit as revert, or a change to an object as patch, and perhaps why",
            )
        if revert is not None and not (isinstance(revert, str) and _SHA.fullmatch(revert)):
            raise UserError(f"{revert!r} is not a full commit id", do="Give all 40 hexadecimal digits, in lower case")
        why = parameters.get("why", "")
        if not isinstance(why, str) or len(why) > LONGEST_WHY:
            raise UserError("why is a text", do=f"Write at most {LONGEST_WHY} characters")
        return {"revert": revert, "patch": None if patch is None else _read_patch(patch).to_json(), "why": why}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the change on the base branch as it is now, and show its real diff.

        Raises:
            UserError: The commit cannot be reverted, no manifest can be edited, or the diff cannot be shown whole.
            OperationalError: The forge cannot be asked.
        """
        given = self.validate(target, parameters)
        async with self._forge.open(self._find(target)) as session:
            plan = await self._compute(session, target, given)
        proposal, words = plan.proposal, self._forge.words
        paths = [edit.path for edit in proposal.edits]
        count = len(paths)
        effect = (
            f'a {words.request} "{proposal.title}" from a new branch {BRANCHES}<action id and plan digest> into '
            f"{proposal.base.branch}; what runs does not change until a person merges and deploys it; the commit "
            f"carries a trailer `{TRAILER}: <action id and plan digest>`"
        )
        return DryRun(
            possible=True,
            diff=plan.diff,
            note="; ".join([effect, *proposal.warnings]),
            observed_version=plan.version,
            blast_radius=BlastRadius(
                count=count,
                entities=(target.ref,),
                text=f"{count} file{'s' * (count > 1)} change{'s' * (count == 1)} on a new branch of "
                f"{self._find(target)}: {write_some(paths, 10)}; nothing is deployed until a person merges it",
            ),
            undo_text=f"Close the {words.request} and delete its branch; their names are in the result",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of the base branch's name and of the files concerned as they are on it now.

        What else happens on that branch is no drift: the request is made on top of it.

        Raises:
            OperationalError: The forge cannot be asked, or what was to be changed is not there as it was.
        """
        given = self.validate(target, parameters)
        async with self._forge.open(self._find(target)) as session:
            try:
                return (await self._compute(session, target, given)).version
            except UserError as error:
                return compute_digest({"refused": error.what, "why": error.why})

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Make the branch with its commit, then open the request."""
        try:
            given = self.validate(action.target, action.parameters)
            async with self._forge.open(self._find(action.target)) as session:
                return self._result(*await self._execute(session, action, given, key))
        except FermataError as error:
            return self._result(Outcome.FAILED, f"Nothing was changed. {error}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out by the branch's name, which holds the key, whether it was made and what has become of it."""
        del intended_at
        branch = f"{BRANCHES}{key.mark}"
        try:
            async with self._forge.open(self._find(action.target)) as session:
                request = await session.find_request(branch)
                sha = None if request else await session.find_branch(branch)
        except FermataError as error:
            return self._result(Outcome.UNKNOWN, f"The repository cannot be looked at. {error}")
        if request:
            return self._result(Outcome.DONE, f"{self._describe(request)}; it is {request.state}")
        if sha:
            return self._result(Outcome.UNKNOWN, self._describe_half(branch))
        return self._result(Outcome.FAILED, f"Not executed: there is no branch {branch}")

    async def find_suggestion(self, patch: ManifestPatch) -> ActionSuggestion | None:
        """Return the suggestion of itself that makes this patch; `None` when no repository it knows has the object.

        Raises:
            OperationalError: It was found nowhere, and a repository cannot be asked.
        """
        failure: OperationalError | None = None
        for name, settings in self._forge.repositories.items():
            if not settings.manifests:
                continue
            try:
                async with self._forge.open(name) as session:
                    found = await has_object(session, settings, patch)
            except UserError:  # Too many files: that repository cannot be searched, the next one may.
                continue
            except OperationalError as error:
                failure = failure or error
                continue
            if found:
                return ActionSuggestion(
                    name=self.spec.name,
                    target=name_entity(self._forge.words.system, name),
                    parameters={"revert": None, "patch": patch.to_json(), "why": ""},
                )
        if failure is not None:
            raise failure
        return None

    def _find(self, target: Entity) -> str:
        name = self._names.get(target.ref)
        if name is None:
            known = ", ".join(self._names) or "none"
            raise UserError(f"{target.ref} is not a repository of the settings", do=f"Known are: {known}")
        return name

    async def _compute(self, session: ForgeSession, target: Entity, given: Mapping[str, Any]) -> _Plan:
        if given["revert"]:
            proposal = await compute_revert(session, given["revert"])
        else:
            settings = self._forge.repositories[self._find(target)]
            proposal = await compute_patch(session, settings, ManifestPatch.from_json(given["patch"]))
        diff = "".join(write_diff(edit.path, edit.before, edit.after, mode=edit.mode) for edit in proposal.edits)
        if len(diff.encode()) > LARGEST_DIFF_BYTES:
            raise UserError(
                "The change is too large",
                why=f"Nobody reads more than {LARGEST_DIFF_BYTES // 1024} KiB of diff on a card",
                do="Make it by hand",
            )
        version = compute_digest(
            {"branch": proposal.base.branch, "files": {edit.path: edit.version for edit in proposal.edits}}
        )
        written = diff.split("\n")
        shown = hide_diff(written, (), 0).lines
        refuse_hidden(written, shown)
        return _Plan(proposal, "\n".join(shown), version)

    async def _execute(
        self, session: ForgeSession, action: PlannedAction, given: Mapping[str, Any], key: ExecutionKey
    ) -> tuple[Outcome, str]:
        branch = f"{BRANCHES}{key.mark}"
        if await session.find_branch(branch):
            raise UserError(f"There is a branch {branch} already", do="See what became of it")
        plan = await self._compute(session, action.target, given)
        if (plan.version, plan.diff) != (action.dry_run.observed_version, action.dry_run.diff):
            raise UserError(
                "The change would not be the one that was approved",
                why="The files have changed since",
                do="Look at the proposal anew",
            )
        proposal = plan.proposal
        message = f"{proposal.message}\n\nProposed by Fermata and approved by a person.\n\n{TRAILER}: {key.mark}\n"
        try:
            await session.write_branch(branch, proposal.base, redact(message).text, proposal.edits)
        except OperationalError as error:
            return await self._explain_branch(session, branch, error)
        body = redact(self._write_body(proposal, given["why"], key)).text
        try:
            request = await session.open_request(branch, proposal.base, redact(_shorten(proposal.title)).text, body)
        except OperationalError as error:
            return await self._explain_request(session, branch, error)
        return Outcome.DONE, f"{self._describe(request)}; it waits for a person to merge it"

    async def _explain_branch(self, session: ForgeSession, branch: str, error: OperationalError) -> tuple[Outcome, str]:
        """Say whether the branch was made although the answer was lost."""
        try:
            sha = await session.find_branch(branch)
        except OperationalError:
            return Outcome.UNKNOWN, f"Whether {branch} was made is not known. {error}"
        if sha:
            return Outcome.UNKNOWN, f"{self._describe_half(branch)}. {error}"
        if _is_refused(error):
            return Outcome.FAILED, f"Nothing was changed: {branch} was not made. {error}"
        return Outcome.UNKNOWN, f"{branch} is not there, and may still come: the answer was lost. {error}"

    async def _explain_request(
        self, session: ForgeSession, branch: str, error: OperationalError
    ) -> tuple[Outcome, str]:
        """Say whether the request was opened although the answer was lost; take the branch back if it was refused."""
        try:
            request = await session.find_request(branch)
            if request:
                return Outcome.DONE, f"{self._describe(request)}. {error}"
            if _is_refused(error):
                await session.delete_branch(branch)
                return Outcome.FAILED, f"Nothing is left of it: its branch was deleted again. {error}"
        except OperationalError as second:
            return Outcome.UNKNOWN, f"{self._describe_half(branch)}. {error} {second}"
        return Outcome.UNKNOWN, f"{self._describe_half(branch)}. {error}"

    def _write_body(self, proposal: Proposal, why: str, key: ExecutionKey) -> str:
        words = self._forge.words
        promise = (
            f"Proposed by Fermata and approved by a person. Nothing is deployed until this {words.request} is merged; "
            f"to undo it, close it. Fermata's journal has who approved action {key.action_id}, in which incident."
        )
        outside = "\n\n".join(part for part in (why, proposal.reason, *proposal.warnings) if part)
        return f"{quote_outside(outside)}\n\n{promise}\n\n{TRAILER}: {key.mark}\n"

    def _describe(self, request: Request) -> str:
        words = self._forge.words
        return f"{words.name} {words.request} {words.sign}{request.number} from {request.branch}: {request.url}"

    def _describe_half(self, branch: str) -> str:
        request = self._forge.words.request
        return f"The branch {branch} is there, a {request} is not; open it by hand or delete the branch"

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._clock.now())


def quote_outside(text: str) -> str:
    """Return text with words from outside (logs, titles of commits) so that a forge does nothing with it.

    In a description a line like `/merge` is a command to GitLab, `@team` wakes people, and `closes #7` closes. Inside a
    fence none of them is; it is longer than any in the text, and no line begins with what it began with.
    """
    longest = max((len(run) for run in re.findall(r"~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *(f" {line}".rstrip() for line in text.splitlines()), fence])


def _read_patch(value: Any) -> ManifestPatch:
    try:
        return ManifestPatch.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(
            f"The patch is not one: {where or 'patch'}: {first['msg']}",
            do="Give api_version, kind, name, manager and edits of path and value",
        ) from error


def _shorten(title: str) -> str:
    words = " ".join(title.split())
    return words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 3]}..."


def _is_refused(error: OperationalError) -> bool:
    """Answer whether the server itself said no: then it has certainly not done it."""
    status = error.facts.get("status")
    return isinstance(status, int) and status < _SERVER_ERRORS
