"""Evidence about objects: the workloads of an alert, their owners, pods, neighbours, and what was said of them.

Everything is asked at once. A kind that may not be read, or cannot be now, is said in the words of kubectl (which the
readers of evidence take as a question without an answer, not as absence) and as what was left out, with the permission
that is missing; the other kinds go on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ObjectFacts
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.answers import NotThere, Refusal
from fermata.integrations.kubernetes.client import Json, Listing
from fermata.integrations.kubernetes.digging import containers_of, template_of
from fermata.integrations.kubernetes.evidence import build_evidence, find_namespace_entity
from fermata.integrations.kubernetes.looking import FIRST_LISTS, Look, Place, look
from fermata.integrations.kubernetes.pruning import prune
from fermata.integrations.kubernetes.resources import (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    DISRUPTION_BUDGET,
    ENDPOINT_SLICE,
    EVENT,
    INGRESS,
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    RESOURCE_QUOTA,
    SECRET,
    SERVICE_ACCOUNT,
    STORAGE_CLASS,
    VOLUME,
    VOLUME_CLAIM,
    Resource,
)
from fermata.integrations.kubernetes.scope import SYSTEM, Target, list_namespaces, list_own
from fermata.integrations.kubernetes.selection import Focus, select
from fermata.integrations.kubernetes.status_lines import describe
from fermata.integrations.kubernetes.visit import ScopeCollector, Visit
from fermata.integrations.kubernetes.yaml_text import write_list
from fermata.kit.digging import dig_map, dig_maps, dig_text
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.listing import join_cuts
from fermata.ports.handing import expect, hand_over

NAMESPACED = (
    *FIRST_LISTS,
    EVENT,
    ENDPOINT_SLICE,
    INGRESS,
    NETWORK_POLICY,
    DISRUPTION_BUDGET,
    RESOURCE_QUOTA,
    LIMIT_RANGE,
    VOLUME_CLAIM,
    SERVICE_ACCOUNT,
)
"""Kinds that are listed in each namespace of the scope."""
CLUSTER_WIDE = (NODE, VOLUME, STORAGE_CLASS)
"""Kinds that are listed once."""
_SHOWN_FIRST = ("pods", "events", "deployments", "statefulsets", "daemonsets", "services", "endpointslices", "nodes")
_MOST_CONFIG_MAPS = 20
_ROOT_CA = "kube-root-ca.crt"
"""What Kubernetes itself puts into every pod."""
_MOST_MISSING = 10
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class _Answer:
    """One list, or why there is none."""

    resource: Resource
    namespace: str
    items: tuple[Json, ...] = ()
    is_whole: bool = True
    error: OperationalError | None = None
    absent: tuple[str, ...] = ()
    """Names that were asked for one by one and are not there."""
    is_list: bool = True
    """Whether a whole list was asked for, so that what it does not hold is not there."""
    options: str = ""
    """By which a person narrows the list as it was narrowed."""

    @property
    def query(self) -> str:
        """Return the command by which a person asks the same."""
        where = f" -n {self.namespace}" if self.namespace else ""
        is_named = not self.is_list and not self.options
        names = "".join(f" {dig_text(item, 'metadata', 'name')}" for item in self.items) if is_named else ""
        return f"kubectl get {self.resource.plural}{names}{where}{self.options}"


class ObjectCollector(ScopeCollector):
    """The objects around the workloads of a scope."""

    name = "kubernetes.objects"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return a piece of evidence for each kind and namespace, for what is empty, and for each unanswered question.

        Raises:
            OperationalError: The cluster cannot be asked, or its pods may not be listed.
        """
        async with self._visits.join(scope) as visit:
            # What an alert's own namespace holds is asked for before it is known what of it matters.
            early = [asyncio.ensure_future(_ask(visit, *each)) for each in _list_early(visit, scope)]
            try:
                found = await look(visit, scope)
                if found.is_empty:
                    return ()
                return await self._gather(visit, scope, found)
            finally:
                for task in early:
                    task.cancel()
                await asyncio.gather(*early, return_exceptions=True)

    async def _gather(self, visit: Visit, scope: Scope, found: Look) -> list[Evidence]:
        asks: dict[str, Awaitable[_Answer]] = {each.plural: _ask(visit, each, "") for each in CLUSTER_WIDE}
        for place in found.places:
            space = place.holdings.namespace
            asks[f"{POD.plural} of {space}"] = _ask_pods(visit, place)
            others = (resource for resource in NAMESPACED if resource is not POD)
            asks |= {f"{resource.plural} of {space}": _ask(visit, resource, space) for resource in others}
            asks |= {f"names of {one.plural} of {space}": _ask_names(visit, one, space) for one in _list_named(visit)}
            if any(target.kind in ("StatefulSet", "DaemonSet") for target in place.targets):
                asks[f"{CONTROLLER_REVISION.plural} of {space}"] = _ask(visit, CONTROLLER_REVISION, space)
            asks[f"namespace {space}"] = _ask_one(visit, NAMESPACE, space)
            asks[f"configmaps of {space}"] = _ask_config_maps(visit, place)
        asks |= {f"pods on {node}": _ask_pods_on(visit, node) for node in found.nodes}
        if found.nodes:
            asks["events of nodes"] = _ask_events_of_nodes(visit)
        focus = Focus(found.targets, scope.window_start)
        expect(*sorted(asks, key=lambda part: _rank(part.partition(" ")[0])))
        brought = await asyncio.gather(*(self._take(scope, part, asked, focus) for part, asked in asks.items()))
        answers = [answer for answer, _ in brought]
        listed = [item for _, item in brought if item is not None]
        listed.sort(key=lambda item: _rank(item.title.partition(" ")[0]))
        evidence = listed + self._describe_rest(scope, answers)
        known = {resource.kind.lower(): resource for resource in FIRST_LISTS}
        gone = [(known[each.kind], each.namespace, each.name) for place in found.places for each in place.missing]
        gone += [(each.resource, each.namespace, name) for each in answers for name in each.absent]
        return evidence + [self._describe_absent(scope, *each) for each in gone[:_MOST_MISSING]]

    async def _take(
        self, scope: Scope, part: str, asked: Awaitable[_Answer], focus: Focus
    ) -> tuple[_Answer, Evidence | None]:
        """Return an answer with its evidence, made at once and handed over: others are still on their way."""
        answer = await asked
        item = self._describe_list(scope, answer, focus) if answer.items else None
        if answer.error is None:
            hand_over(part, *filter(None, [item]))
        return answer, item

    def _describe_rest(self, scope: Scope, answers: Sequence[_Answer]) -> list[Evidence]:
        empty = [each for each in answers if each.is_list and each.error is None and not each.items]
        refused: dict[tuple[str, object], list[_Answer]] = {}
        for each in answers:
            if each.error is not None:
                refused.setdefault((each.namespace, _sort_failure(each)), []).append(each)
        return self._describe_empty(scope, empty) + [self._describe_refused(scope, alike) for alike in refused.values()]

    def _describe_list(self, scope: Scope, answer: _Answer, focus: Focus) -> Evidence:
        kind = answer.resource.kind
        chosen = select(kind, answer.items, focus)
        pruned = prune(chosen.items, self._settings.show_values_of)
        is_whole = answer.is_whole and not chosen.left_out
        metadata = {} if is_whole else {"continue": "left-out"}
        listed = {"apiVersion": "v1", "kind": f"{kind}List", "metadata": metadata, "items": list(pruned.items)}
        title = _say_title(answer, len(pruned.items))
        left = f"{chosen.left_out} of {len(answer.items)} left out" if chosen.left_out else ""
        more = "" if answer.is_whole or not answer.is_list else f"the list goes on after {len(answer.items)}"
        return build_evidence(
            scope,
            self._clock,
            lines=write_list(title, kind, pruned.items, describe),
            facts=ObjectFacts(
                form="api",
                objects=(listed,),
                # Of a list that was narrowed or cut, what is not there may exist all the same.
                whole_kinds=(f"{kind}/{answer.namespace}",) if is_whole and answer.is_list else (),
            ),
            kind=EvidenceKind.OBJECTS,
            collector=self.name,
            entity=_find_entity(answer),
            title=title,
            query=f"{answer.query} -o yaml",
            cut=join_cuts(left, more),
            redactions=pruned.redactions,
        )

    def _describe_empty(self, scope: Scope, answers: Sequence[_Answer]) -> list[Evidence]:
        """Say which lists are empty, one piece for each namespace: what is not there is an observation too."""
        spaces = dict.fromkeys(answer.namespace for answer in answers)
        found = []
        for space in spaces:
            words = [each.resource.plural for each in answers if each.namespace == space]
            text = f"No resources found in {space} namespace." if space else "No resources found"
            where = f" -n {space}" if space else ""
            query = f"kubectl get {','.join(dict.fromkeys(words))}{where}"
            found.append(self._say(scope, space, [text], query=query, title=f"Not there: {', '.join(words)}"))
        return found

    def _describe_refused(self, scope: Scope, answers: Sequence[_Answer]) -> Evidence:
        """Say what was not read for one reason, in one piece: a person mends all of it at once."""
        first, lines = answers[0], [_say_failure(each) for each in answers]
        words = list(dict.fromkeys(each.resource.plural for each in answers))
        query, cut = first.query, str(first.error)
        if len(answers) > 1:
            where = f" -n {first.namespace}" if first.namespace else ""
            query = f"kubectl get {','.join(words)}{where}"
            cut = _say_refused(answers, words)
        title = f"{', '.join(words)}: no answer"
        facts = ObjectFacts(form="kubectl", is_unanswered=True)
        return self._say(scope, first.namespace, lines, query=query, title=title, cut=cut, facts=facts)

    def _describe_absent(self, scope: Scope, resource: Resource, namespace: str, name: str) -> Evidence:
        word = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
        text = f'Error from server (NotFound): {word} "{name}" not found'
        query = f"kubectl get {resource.kind.lower()} {name} -n {namespace}"
        return self._say(scope, namespace, [text], query=query, title=f"{resource.kind} {name} is not there")

    def _say(self, scope: Scope, namespace: str, lines: Sequence[str], **about: Any) -> Evidence:
        return build_evidence(
            scope,
            self._clock,
            lines=lines,
            kind=EvidenceKind.OBJECTS,
            collector=self.name,
            entity=find_namespace_entity(namespace) if namespace else _CLUSTER,
            **{"facts": ObjectFacts(form="kubectl")} | about,
        )


def _sort_failure(answer: _Answer) -> object:
    """Return what makes failures one: that it is not allowed, or did not come; any other is told by itself."""
    error = answer.error
    if isinstance(error, Refusal):
        return error.code if error.code == _FORBIDDEN else id(answer)
    return TransientError if isinstance(error, TransientError) else id(answer)


def _say_failure(answer: _Answer) -> str:
    """Return a failure as kubectl prints it."""
    error = answer.error
    assert error is not None  # noqa: S101 - only answers with an error get here.
    if isinstance(error, NotThere):
        return f'error: the server doesn\'t have a resource type "{answer.resource.plural}"'
    if isinstance(error, Refusal):
        return f"Error from server ({error.reason or error.code}): {error.message or error.what}"
    return f"error: {error.what}"


def _say_refused(answers: Sequence[_Answer], words: Sequence[str]) -> str:
    """Return what was not read, why, and what mends all of it."""
    first, names = answers[0], ", ".join(words)
    where = f" of {first.namespace}" if first.namespace else ""
    if not isinstance(first.error, Refusal):
        return f"{len(words)} kinds{where} were not read ({names}). The first: {first.error}"
    rules: dict[tuple[str, str], dict[str, None]] = {}
    for each in answers:
        verb = "list" if each.is_list or each.options else "get"
        rules.setdefault((each.resource.group, verb), {})[each.resource.plural] = None
    written = " ".join(
        f'- {{apiGroups: ["{group}"], resources: {json.dumps(list(plurals))}, verbs: ["{verb}"]}}'
        for (group, verb), plurals in rules.items()
    )
    by = f"a Role of namespace {first.namespace}" if first.namespace else "a ClusterRole"
    return (
        f"{len(words)} kinds{where} may not be read (HTTP 403): {names}. Grant them by {by}: {written} "
        "(`fermata check kubernetes` prints all of it to apply)"
    )


_CLUSTER = Entity(system=SYSTEM, kind="cluster", name="cluster")


def list_config_maps(targets: Iterable[Target]) -> tuple[str, ...]:
    """Return the names of the config maps that workloads refer to, in variables or volumes."""
    found: dict[str, None] = {}
    for target in targets:
        item: Any = target.item if target.item is not None else next(iter(target.pods), {})
        for container in containers_of(item, with_init=True):
            found |= dict.fromkeys(dig_text(each, "configMapRef", "name") for each in dig_maps(container, "envFrom"))
            references = [dig_map(each, "valueFrom", "configMapKeyRef") for each in dig_maps(container, "env")]
            found |= dict.fromkeys(dig_text(each, "name") for each in references)
        volumes = dig_maps(template_of(item), "spec", "volumes")
        sources = [source for each in volumes for source in dig_maps(each, "projected", "sources")]
        found |= dict.fromkeys(dig_text(each, "configMap", "name") for each in (*volumes, *sources))
    return tuple(name for name in found if name and name != _ROOT_CA)[:_MOST_CONFIG_MAPS]


async def _ask(visit: Visit, resource: Resource, namespace: str) -> _Answer:
    return await _take(visit.list(resource, namespace), _Answer(resource, namespace))


async def _ask_pods(visit: Visit, place: Place) -> _Answer:
    """Return the pods of a namespace, those of the workloads in question even where the list was cut before them."""
    answer = await _ask(visit, POD, place.holdings.namespace)
    known = {dig_text(pod, "metadata", "name") for pod in answer.items}
    more = (dict(pod) for pod in place.holdings.lists["Pod"] if dig_text(pod, "metadata", "name") not in known)
    return answer if answer.is_whole else replace(answer, items=(*answer.items, *more))


async def _ask_names(visit: Visit, resource: Resource, namespace: str) -> _Answer:
    return await _take(visit.list_metadata(resource, namespace), _Answer(resource, namespace))


async def _ask_pods_on(visit: Visit, node: str) -> _Answer:
    fields = f"spec.nodeName={node}"
    answer = _Answer(POD, "", is_list=False, options=f" -A --field-selector {fields}")
    return replace(await _take(visit.list(POD, fields=fields), answer), is_whole=False)


async def _ask_events_of_nodes(visit: Visit) -> _Answer:
    # What kubelets and controllers say of a node itself, they say in this namespace.
    fields = "involvedObject.kind=Node"
    answer = _Answer(EVENT, "default", is_list=False, options=f" --field-selector {fields}")
    return replace(await _take(visit.list(EVENT, "default", fields=fields), answer), is_whole=False)


async def _ask_one(visit: Visit, resource: Resource, name: str) -> _Answer:
    answer = _Answer(resource, "", is_whole=False, is_list=False)
    try:
        item = await visit.find(resource, name)
    except OperationalError as error:
        return replace(answer, error=error)
    return replace(answer, items=() if item is None else (item,))


async def _ask_config_maps(visit: Visit, place: Place) -> _Answer:
    """Return the config maps that the workloads refer to; others are nobody's business here."""
    space = place.holdings.namespace
    names = list_config_maps(place.targets)
    answers = await asyncio.gather(*(visit.find(CONFIG_MAP, name, space) for name in names), return_exceptions=True)
    return _Answer(
        CONFIG_MAP,
        space,
        items=tuple(item for item in answers if isinstance(item, dict)),
        is_whole=False,
        is_list=False,
        error=next((error for error in answers if isinstance(error, OperationalError)), None),
        absent=tuple(name for name, answer in zip(names, answers, strict=True) if answer is None),
    )


async def _take(asked: Awaitable[Listing], answer: _Answer) -> _Answer:
    try:
        listing = await asked
    except OperationalError as error:
        return replace(answer, error=error)
    return replace(answer, items=listing.items, is_whole=listing.is_whole)


def _list_early(visit: Visit, scope: Scope) -> list[tuple[Resource, str]]:
    spaces = list_namespaces(list_own(scope))[:1]
    allowed = visit.settings.namespaces
    kept = [space for space in spaces if not allowed or space in allowed]
    return [(each, "") for each in CLUSTER_WIDE if kept] + [(each, space) for space in kept for each in NAMESPACED]


def _list_named(visit: Visit) -> tuple[Resource, ...]:
    return (SECRET,) if visit.settings.secret_names else ()


def _rank(plural: str) -> int:
    return _SHOWN_FIRST.index(plural) if plural in _SHOWN_FIRST else len(_SHOWN_FIRST)


def _say_title(answer: _Answer, count: int) -> str:
    where = f" of {answer.namespace}" if answer.namespace else ""
    return f"{answer.resource.plural}{where}: {count}"


def _find_entity(answer: _Answer) -> Entity:
    return find_namespace_entity(answer.namespace) if answer.namespace else _CLUSTER
