"""How a change reaches an object: by server-side apply, never forced; or, where a person allowed it, by taking over.

The dry run and the execution are the same request, built by the same function; only `dryRun=All` differs, and the mark.
See docs/adr/0010-conflicts-are-shown-and-taking-over-is-said.md for why this is so.

1. Server-side apply under our own field manager, with the object's uid (an apply would otherwise create what is gone)
   and the version that was just read.
2. The server answers with conflicts when somebody else owns a field. They are shown. Only if every one of those owners
   is in `take_over_from` the change is made by a merge patch, guarded by the same version; so is a change that removes
   what others own, which an apply cannot say.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.client import KubernetesSession
from fermata.integrations.kubernetes.field_paths import Changes, Json, build_config, compare, make_merge_patch
from fermata.integrations.kubernetes.owners import (
    Contested,
    list_applied,
    list_contested,
    list_owners,
    read_conflicts,
)
from fermata.integrations.kubernetes.resources import Resource
from fermata.kit.errors import UserError
from fermata.ports.action import MARK_PLACEHOLDER

MARK = "fermata.dev/execution"
"""Annotation of the changed object: which execution changed it last."""
RESTARTED = "fermata.dev/restarted-by"
"""Annotation of a pod template: which execution had its pods replaced."""
# Argo CD, Flux and Helm come back; they are recognised before (`managed`), and never taken over from.
_FIGHT_BACK = ("argocd", "kustomize-controller", "helm")


class FieldConflict(UserError):
    """Somebody else owns a field of the change.

    Args:
        contested: Who owns what.
    """

    def __init__(self, what: str, *, contested: Sequence[Contested], why: str, do: str) -> None:
        super().__init__(what, why=why, do=do)
        self.contested = tuple(contested)
        """The fields and their owners."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object and the state it shall have."""

    resource: Resource
    live: Json
    """As it was just read."""
    desired: Json
    """The same with the change, without the mark."""
    is_replacement: bool = False
    """Whether a whole template takes the place of another: an apply would merge the two, and mind no order."""

    @property
    def name(self) -> str:
        """Return the object's name."""
        return str(self.live["metadata"]["name"])

    @property
    def path(self) -> str:
        """Return its place in the API."""
        return self.resource.path(str(self.live["metadata"].get("namespace", "")), self.name)


class Way(Enum):
    """How a change reaches the object."""

    APPLY = "application/apply-patch+yaml"
    TAKE_OVER = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Tried:
    """What the server says the change would come to."""

    result: Json
    way: Way
    """How it was tried, and is to be done."""
    taken: tuple[Contested, ...] = ()
    """The fields that are taken over, and from whom; empty for an apply."""


async def try_change(session: KubernetesSession, wanted: Wanted) -> Tried:
    """Have the server compute the change, by an apply or, where that may be, by taking over.

    Raises:
        FieldConflict: Somebody else owns a field and may not be taken over from.
        OperationalError: The server refuses (`Refusal`), or cannot be asked.
    """
    desired = write_mark(wanted.desired, MARK_PLACEHOLDER)
    changes = compare(wanted.live, desired)
    manager = session.settings.field_manager
    owners = list_owners(wanted.live)
    others = [owner for owner in owners if (owner.manager, owner.operation) != (manager, "Apply")]
    applied = list_applied(owners, manager)
    is_merge = not wanted.is_replacement
    if is_merge and _is_expressible(changes, applied, list_contested(others, changes.removed, ())):
        try:
            return Tried(await _send(session, wanted, desired, Way.APPLY, is_dry=True), Way.APPLY)
        except Refusal as refusal:
            contested = read_conflicts(refusal)
            if not contested:
                raise
    else:
        contested = list_contested(others, changes.removed, changes.written)
    _refuse_unless_allowed(wanted, contested, session)
    result = await _send(session, wanted, desired, Way.TAKE_OVER, is_dry=True)
    return Tried(result, Way.TAKE_OVER, tuple(one for one in contested if one.manager != manager))


async def write_change(session: KubernetesSession, wanted: Wanted, mark: str, way: Way) -> Json:
    """Make the change the way it was tried, and return the object as it then is.

    Raises:
        Refusal: The server refuses; nothing was done if that `is_certain`.
        OperationalError: It may or may not have been done.
    """
    return await _send(session, wanted, write_mark(wanted.desired, mark), way, is_dry=False)


async def _send(session: KubernetesSession, wanted: Wanted, desired: Json, way: Way, *, is_dry: bool) -> Json:
    manager = session.settings.field_manager
    if way is Way.APPLY:
        applied = list_applied(list_owners(wanted.live), manager)
        body = _make_config(wanted, build_config(wanted.live, applied, compare(wanted.live, desired)))
    else:
        body = make_merge_patch(wanted.live, desired)
        body.setdefault("metadata", {})["resourceVersion"] = wanted.live["metadata"]["resourceVersion"]
    params = {"fieldManager": manager} | ({"dryRun": "All"} if is_dry else {})
    return await session.write("PATCH", wanted.path, body, params=params, content_type=way.value)


def write_mark(value: Json, mark: str) -> Json:
    """Return an object with the mark of an execution; also in its template, where a restart left a place for it."""
    marked = copy.deepcopy(value)
    template = (marked.get("spec") or {}).get("template") or {}
    inner = (template.get("metadata") or {}).get("annotations") or {}
    if inner.get(RESTARTED) == MARK_PLACEHOLDER:
        inner[RESTARTED] = mark
    annotations = marked["metadata"].get("annotations") or {}
    marked["metadata"]["annotations"] = {**annotations, MARK: mark}
    return marked


def read_mark(value: Json) -> str:
    """Return the mark of the last execution; empty when there is none."""
    return str((value["metadata"].get("annotations") or {}).get(MARK, ""))


def is_outrun(refusal: Refusal) -> bool:
    """Answer whether a refusal says only that the object has another version by now."""
    return refusal.code == 409 and not read_conflicts(refusal)


def is_certain(refusal: Refusal) -> bool:
    """Answer whether a refusal proves that nothing was done: a timeout and a server's own trouble do not."""
    return refusal.code < 500 and refusal.code != 408


def proves_not_done(read: Json, tried: Json, now: Json) -> bool:
    """Answer whether a change whose answer was lost was surely not made, and cannot be made any more.

    The request holds the version that was read: the server refuses it once the object has another one. Had it been
    made before, it would have raised the generation, which never falls.

    Args:
        read: The object whose version the request holds.
        tried: What the server said the change would come to.
        now: The object as it is, asked for after the answer was lost.
    """
    before, would, after = read["metadata"], tried["metadata"], now["metadata"]
    if after["uid"] != before["uid"] or after["resourceVersion"] == before["resourceVersion"]:
        return False
    generation = before.get("generation")
    return generation is not None and after.get("generation") == generation != would.get("generation")


def _is_expressible(changes: Changes, applied: frozenset[tuple[str, ...]], shared: Sequence[Contested]) -> bool:
    """Answer whether an apply can say it: it removes nothing but what we alone have applied."""
    if shared:
        return False
    return all(any(own[: len(path)] == path for own in applied) for path in changes.removed)


def _make_config(wanted: Wanted, config: Json) -> Json:
    meta = wanted.live["metadata"]
    kept = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion") if key in meta}
    return {
        **config,
        "apiVersion": wanted.resource.api_version,
        "kind": wanted.resource.kind,
        "metadata": {**config.get("metadata", {}), **kept},
    }


def _refuse_unless_allowed(wanted: Wanted, contested: Sequence[Contested], session: KubernetesSession) -> None:
    allowed = {session.settings.field_manager, *session.settings.take_over_from}
    foreign = [one for one in contested if one.manager not in allowed or one.manager.startswith(_FIGHT_BACK)]
    if not foreign:
        return
    fields = "; ".join(f"{one.field} is {one.manager}'s" for one in foreign)
    raise FieldConflict(
        f"{wanted.resource.kind} {wanted.name} is not changed: somebody else owns what would change",
        contested=foreign,
        why=f"{fields}. Fermata never forces a conflict",
        do=_advise(sorted({one.manager for one in foreign})),
    )


def _advise(managers: Sequence[str]) -> str:
    if any(manager.startswith(_FIGHT_BACK) for manager in managers):
        return "Make the change where that manager reads its manifest: it would write back any other"
    return (
        "Make the change where that manifest lies, or hand the fields over; for what people write with kubectl, "
        f"kubernetes.take_over_from: [{', '.join(managers)}] lets an approved plan take them over"
    )
