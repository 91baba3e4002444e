"""An approved change of one object: the dry run is the server's, the execution is the same request, the mark proves it.

What is compared between the two: everything of the object that is declared (its spec) and who owns it. Not the
resourceVersion: a deployment whose pods crash gets a new one every few seconds, for its status alone, and no plan
would live long enough to be approved. The resourceVersion guards the request itself, so that nobody comes in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, DryRun, Outcome, PlannedAction
from fermata.domain.entity import Entity
from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.change_kinds import ChangeKind, Edited, Scene
from fermata.integrations.kubernetes.client import KubernetesClient, KubernetesSession
from fermata.integrations.kubernetes.field_paths import Json, compare, find_value, name_parts
from fermata.integrations.kubernetes.managed import find_manager
from fermata.integrations.kubernetes.manifest_diff import make_diff, refuse_unseen
from fermata.integrations.kubernetes.owners import Contested, describe_ownership, find_overwriting
from fermata.integrations.kubernetes.resources import Resource
from fermata.integrations.kubernetes.writing import (
    MARK,
    Tried,
    Wanted,
    is_certain,
    is_outrun,
    proves_not_done,
    read_mark,
    try_change,
    write_change,
)
from fermata.kit.clock import Clock
from fermata.kit.digest import compute_digest
from fermata.kit.digging import dig_maps
from fermata.kit.errors import FermataError, InvariantBroken, NotFoundError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey, ManagedElsewhere, TargetGone

# A status is written every few seconds at most; five times in a row between a read and a write is something else.
_MOST_TRIES = 5
_ANOTHER = "It is another object of that name: the one of the dry run was deleted since"
# With the longest time for one call between them: an admission webhook may take 10 s, which is its default.
_LOOKS = 4


@dataclass(frozen=True, slots=True)
class _Computed:
    scene: Scene
    edited: Edited
    wanted: Wanted
    version: str


@dataclass(frozen=True, slots=True)
class _Lost:
    """A change whose answer did not come."""

    error: OperationalError
    read: Json
    """The object whose version the request holds."""
    tried: Json
    """What the server said the change would come to."""


class ObjectAction:
    """A catalogue action made of a kind of change."""

    def __init__(self, client: KubernetesClient, clock: Clock, kind: ChangeKind) -> None:
        self._client = client
        self._clock = clock
        self._kind = kind

    @property
    def spec(self) -> ActionSpec:
        """Return the catalogue entry."""
        return self._kind.spec

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters in canonical form. Pure.

        Raises:
            UserError: The target is none of the kinds this acts on, or a parameter is wrong.
        """
        find_resource(self._kind.resources, target, self.spec)
        return self._kind.validate(parameters)

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Have the API server compute the change, and show what it would be.

        Raises:
            ManagedElsewhere: Argo CD, Flux or Helm would write the change back.
            UserError: There is no such object, no such change to make, or a field belongs to somebody else.
            OperationalError: The API server cannot be asked.
        """
        parameters = self.validate(target, parameters)
        async with self._client.connect() as session:
            computed, tried = await self._try(session, target, parameters)
            around = await self._kind.look_around(session, computed.scene.live)
            radius = self._kind.count_radius(computed.scene, computed.edited, around)
        diff = make_diff(computed.scene.live, tried.result)
        refuse_unseen(diff, MARK)
        return DryRun(
            possible=True,
            diff=diff,
            note="; ".join([computed.edited.summary, *_describe_taken(tried.taken)]),
            observed_version=computed.version,
            blast_radius=radius,
            undo=computed.edited.undo,
            undo_text=computed.edited.undo_text,
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the object's uid, and a digest of what it declares and of who owns that; of its status nothing.

        Raises:
            OperationalError: The API server cannot be asked.
            TargetGone: The object is not there any more.
        """
        try:
            async with self._client.connect() as session:
                return (await self._observe(session, target, self.validate(target, parameters)))[1]
        except UserError as error:
            kind = TargetGone if isinstance(error, NotFoundError) else OperationalError
            raise kind(error.what, why=error.why, do=error.do) from error

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Send the request that the dry run was for, with the mark and the version that was read a moment before.

        `failed` means that the server refused it or was never asked; `unknown` that its answer was lost and the mark is
        not there, though it might still come.
        """
        try:
            async with self._client.connect() as session:
                for _ in range(_MOST_TRIES):
                    result = await self._execute_once(session, action, key)
                    if result is not None:
                        return result
        except FermataError as error:
            return self._result(Outcome.FAILED, f"Nothing was done. {error}")
        words = f"{action.target.ref} was written by others {_MOST_TRIES} times while this was tried"
        return self._result(Outcome.FAILED, f"Nothing was done: {words}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out by the mark whether it was done, and by the version whether it surely was not."""
        del intended_at  # The mark is this execution's alone.
        try:
            async with self._client.connect() as session:
                scene, version = await self._observe(session, action.target, action.parameters)
        except NotFoundError as error:
            return self._result(Outcome.UNKNOWN, f"The object is gone, and the mark with it. {error}")
        except FermataError as error:
            return self._result(Outcome.UNKNOWN, f"Whether it was done is not known. {error}")
        if read_mark(scene.live) == key.mark:
            return self._result(Outcome.DONE, f"{action.target.ref} carries the mark of this execution")
        if version == action.dry_run.observed_version:
            return self._result(Outcome.FAILED, f"Not executed: {action.target.ref} is as it was at the dry run")
        words = f"{action.target.ref} was changed since the dry run, and not by what carries this mark"
        return self._result(Outcome.UNKNOWN, words)

    async def find_reversal(self, action: PlannedAction, key: ExecutionKey) -> str:
        """Return who wrote over the whole of a change, told by who owns its fields; empty where nobody is known to.

        Raises:
            OperationalError: The API server cannot be asked.
        """
        resource = find_resource(self._kind.resources, action.target, self.spec)
        async with self._client.connect() as session:
            live = await session.find_object(resource, action.target.name, action.target.namespace)
        # What only removes leaves no field behind that would be its own.
        if live is None or read_mark(live) != key.mark or not _is_adding(action.dry_run.diff):
            return ""
        found = find_overwriting(live, self._client.settings.field_manager)
        if found is None:
            return ""
        return (
            f"What was changed on {action.target.ref} was overwritten: {found.manager} wrote its spec at {found.at}. "
            f"Change what {found.manager} applies, or stop it, before this is done again."
        )

    async def _execute_once(
        self, session: KubernetesSession, action: PlannedAction, key: ExecutionKey
    ) -> ActionResult | None:
        """Return what came of one try; `None` when the object got another version in between, and nothing was done.

        Raises:
            FermataError: Nothing was done.
        """
        computed, tried = await self._try(session, action.target, action.parameters, approved=action)
        _refuse_other_diff(action, make_diff(computed.scene.live, tried.result))
        try:
            written = await write_change(session, computed.wanted, key.mark, tried.way)
        except Refusal as refusal:
            if is_outrun(refusal):
                return None
            if is_certain(refusal):
                raise
            lost: OperationalError = refusal
        except OperationalError as error:
            lost = error
        else:
            return self._result(Outcome.DONE, _describe_done(computed, written))
        return await self._look(session, action, key, _Lost(lost, computed.scene.live, tried.result))

    async def _look(
        self, session: KubernetesSession, action: PlannedAction, key: ExecutionKey, lost: _Lost
    ) -> ActionResult:
        """Say what is known after an answer was lost; a slow server may still be at it, so look more than once."""
        resource = find_resource(self._kind.resources, action.target, self.spec)
        for left in reversed(range(_LOOKS)):
            try:
                live = await session.find_object(resource, action.target.name, action.target.namespace)
            except OperationalError:
                live = None
            if live is not None and read_mark(live) == key.mark:
                words = f"The answer was lost, and {action.target.ref} carries the mark. {lost.error}"
                return self._result(Outcome.DONE, words)
            if live is not None and proves_not_done(lost.read, lost.tried, live):
                words = f"Nothing was done, and it cannot come any more: {action.target.ref} has another version since"
                return self._result(Outcome.FAILED, f"{words}, and what it declares was not changed. {lost.error}")
            if left:
                await self._clock.sleep(session.settings.timeout_s)
        return self._result(Outcome.UNKNOWN, f"Whether {action.target.ref} is changed is not known. {lost.error}")

    async def _observe(
        self, session: KubernetesSession, target: Entity, parameters: Mapping[str, Any]
    ) -> tuple[Scene, str]:
        resource = find_resource(self._kind.resources, target, self.spec)
        live = await session.find_object(resource, target.name, target.namespace)
        if live is None:
            where = f" in namespace {target.namespace}" if target.namespace else ""
            raise NotFoundError(
                f"There is no {resource.kind} {target.name}{where}",
                do=f"kubectl get {resource.plural} shows what there is",
            )
        scene = Scene(target, live, await self._kind.fetch_revisions(session, live))
        declared = {"declared": self._kind.get_versioned(scene, parameters), "owners": describe_ownership(live)}
        return scene, f"uid {live['metadata']['uid']} {compute_digest(declared)}"

    async def _compute(self, session: KubernetesSession, target: Entity, parameters: Mapping[str, Any]) -> _Computed:
        scene, version = await self._observe(session, target, parameters)
        edited = self._kind.edit(scene, parameters)
        resource = find_resource(self._kind.resources, target, self.spec)
        if self._kind.is_undone_by_managers:
            _refuse_managed(scene.live, edited, resource)
        return _Computed(scene, edited, Wanted(resource, scene.live, edited.desired, edited.is_replacement), version)

    async def _try(
        self,
        session: KubernetesSession,
        target: Entity,
        parameters: Mapping[str, Any],
        *,
        approved: PlannedAction | None = None,
    ) -> tuple[_Computed, Tried]:
        """Compute the change and have the server try it, anew while only the object's version moves in between.

        Args:
            approved: Whose version the object shall have still; what a server says of another is beside the point.

        Raises:
            UserError: What the server refuses about the change itself is the user's to know.
            OperationalError: It cannot be asked, or refuses for another reason.
        """
        for left in reversed(range(_MOST_TRIES)):
            computed = await self._compute(session, target, parameters)
            if approved is not None:
                _refuse_drift(approved, computed.version)
            try:
                return computed, await try_change(session, computed.wanted)
            except Refusal as refusal:
                if refusal.code in (400, 422):
                    raise _refuse_values(computed.wanted, refusal) from refusal
                if not (is_outrun(refusal) and left):
                    raise
        raise InvariantBroken("The last try neither returned nor raised")

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._clock.now())


def find_resource(resources: Mapping[str, Resource], target: Entity, spec: ActionSpec) -> Resource:
    """Return where an entity lies in the API.

    Raises:
        UserError: The action does not act on it.
    """
    resource = resources.get(target.kind) if target.system == "kubernetes" else None
    if resource is None or bool(target.namespace) != resource.is_namespaced:
        forms = " or ".join(
            f"kubernetes:{kind}/{'<namespace>/' if one.is_namespaced else ''}<name>" for kind, one in resources.items()
        )
        raise UserError(f"{spec.name} does not act on {target.ref}", do=f"Name {forms}")
    return resource


def _refuse_managed(live: Json, edited: Edited, resource: Resource) -> None:
    owner = next((one for one in dig_maps(live, "metadata", "ownerReferences") if one.get("controller")), None)
    if owner is not None:
        kind, name = owner.get("kind"), owner.get("name")
        raise UserError(
            f"{resource.kind} {live['metadata']['name']} is not changed: {kind} {name} controls it",
            why=f"Its controller would write back what it makes of {kind} {name}",
            do=f"Make the change in {kind} {name} ({owner.get('apiVersion')})",
        )
    manager = find_manager(live)
    if manager is None:
        return
    changes = compare(live, edited.desired)
    edits = [
        FieldEdit(path=name_parts(path), value=changes.written.get(path), was=find_value(live, path))
        for path in sorted(changes.paths)
    ]
    meta = live["metadata"]
    patch = ManifestPatch(
        api_version=resource.api_version,
        kind=resource.kind,
        name=str(meta["name"]),
        namespace=str(meta.get("namespace", "")),
        manager=manager.name,
        edits=tuple(edits),
        hint=manager.hint,
    )
    raise ManagedElsewhere(
        f"{resource.kind} {meta['name']} is not changed in the cluster: it belongs to {manager.name}",
        patch=patch,
        why=f"{manager.tool} would write back what its source says ({manager.why})",
        do=f"Change the manifest that {manager.name} reads; a pull request can be proposed for it",
    )


def _refuse_values(wanted: Wanted, refusal: Refusal) -> UserError:
    return UserError(
        f"The API server refuses this change of {wanted.resource.kind} {wanted.name}",
        why=refusal.message or refusal.why,
        do="Choose other values",
    )


def _refuse_drift(action: PlannedAction, version: str) -> None:
    seen = action.dry_run.observed_version
    if version != seen:
        why = "What it declares, or who owns that, was changed since the dry run"
        raise UserError(
            f"{action.target.ref} is not what the plan was made for",
            why=_ANOTHER if action.dry_run.saw_another_object(version) else why,
            do="Look at the proposal anew",
        )


def _refuse_other_diff(action: PlannedAction, diff: str) -> None:
    # Not the lines around the change: what is declared there is in the version, but for the number of replicas, which
    # an autoscaler moves just when something is wrong.
    if _list_changed(diff) != _list_changed(action.dry_run.diff):
        raise UserError(
            "The change would not be the one that was approved",
            why="The API server computes another result for it now; an admission webhook may have changed",
            do="Look at the proposal anew",
        )


def _is_adding(diff: str) -> bool:
    """Answer whether a diff writes something besides the mark."""
    added = [line[1:].strip() for line in diff.split("\n") if line.startswith("+") and not line.startswith("+++")]
    return any(line != "annotations:" and not line.startswith(f"{MARK}:") for line in added)


def _list_changed(diff: str) -> list[str]:
    return [line for line in diff.split("\n") if not line.startswith(" ")]


def _describe_taken(taken: tuple[Contested, ...]) -> list[str]:
    if not taken:
        return []
    fields = ", ".join(f"{one.field} from {one.manager}" for one in taken)
    advice = "whoever applies their old manifest again writes the old value back, so change the manifest too"
    return [f"it takes over {fields}, as kubernetes.take_over_from allows", advice]


def _describe_done(computed: _Computed, written: Json) -> str:
    meta = written["metadata"]
    version = f"generation {meta['generation']}" if "generation" in meta else f"version {meta.get('resourceVersion')}"
    return f"{computed.wanted.resource.kind} {computed.wanted.name} is changed ({version}): {computed.edited.summary}"
