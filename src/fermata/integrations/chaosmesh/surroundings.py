"""A look around before a fault: everything the sandbox's rules ask about, each fact or why it could not be read.

Only looks. What is refused by the cluster becomes an unread fact, and an unread fact is for the rules to refuse.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, cast
from urllib.parse import quote

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import EXPERIMENT_LABEL, RunningFault, SandboxBudget, SandboxFacts, SandboxPod
from fermata.integrations.chaosmesh.answers import NotThere, Refused
from fermata.integrations.chaosmesh.client import ChaosMeshSession, Json
from fermata.integrations.chaosmesh.objects import CRD_API, EVERY_PLURAL, PLURALS, is_over, path_of
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.sandbox import FaultRules

_FILTER, _HOST_NETWORK = "ENABLE_FILTER_NAMESPACE", "ALLOW_HOST_NETWORK_TESTING"


class Surroundings:
    """Gathers the facts of one experiment over one session."""

    def __init__(self, session: ChaosMeshSession, rules: FaultRules, experiment: Experiment) -> None:
        self._session = session
        self._rules = rules
        self._experiment = experiment
        self._space = f"/api/v1/namespaces/{quote(experiment.target.namespace, safe='')}"
        self._unread: dict[str, str] = {}

    async def gather(self) -> SandboxFacts:
        """Return the facts. Creates nothing.

        Raises:
            OperationalError: The cluster cannot be reached at all.
        """
        session, target = self._session, self._experiment.target
        space = await self._read("namespace_labels", session.get(self._space))
        names = ("quotas", "network_policies", "pods", "callee_pods", "budgets", "controller", "running")
        asked = (
            self._list_names(f"{self._space}/resourcequotas"),
            self._list_names(self._path("networking.k8s.io/v1", "networkpolicies")),
            self._list_pods(target.labels),
            self._list_pods(target.callee_labels) if target.callee else _give(()),
            self._list_budgets(),
            self._read_controller(),
            self._list_running(),
        )
        found = dict(
            zip(
                names,
                await asyncio.gather(*(self._read(name, each) for name, each in zip(names, asked, strict=True))),
                strict=True,
            )
        )
        metadata = (space or {}).get("metadata") or {}
        if space is None:
            self._unread["namespace_annotations"] = self._unread["namespace_labels"]
        if "controller" in self._unread:
            why = self._unread.pop("controller")
            self._unread.update(filters_namespaces=why, allows_host_network=why)
        variables: Mapping[str, str] | None = found.pop("controller")
        written = await self._read_document()
        return SandboxFacts(
            system="chaosmesh",
            place=session.host,
            context=session.settings.context,
            namespace=str(metadata.get("name") or ""),
            namespace_labels=(metadata.get("labels") or {}) if space else None,
            namespace_annotations=(metadata.get("annotations") or {}) if space else None,
            filters_namespaces=None if variables is None else variables.get(_FILTER, "").lower() == "true",
            allows_host_network=None if variables is None else variables.get(_HOST_NETWORK, "").lower() == "true",
            unread=self._unread,
            unsuited=("addresses", "upstream"),
            **found,
            **written,
        )

    async def _read(self, field: str, asked: Awaitable[Any]) -> Any:
        try:
            return await asked
        except OperationalError as error:
            self._unread[field] = str(error)
            return None

    def _path(self, api: str, plural: str) -> str:
        return f"/apis/{api}/namespaces/{quote(self._experiment.target.namespace, safe='')}/{plural}"

    async def _list_names(self, path: str) -> tuple[str, ...]:
        return tuple(_name(item) for item in await self._session.list(path))

    async def _list_pods(self, labels: Mapping[str, str]) -> tuple[SandboxPod, ...]:
        if not labels:
            raise OperationalError("There are no labels to select by")
        return tuple(_read_pod(item) for item in await self._session.list(f"{self._space}/pods", labels))

    async def _list_budgets(self) -> tuple[SandboxBudget, ...]:
        """Return the budgets whose equal labels the target carries; one with expressions is counted as one of them."""
        wanted = self._experiment.target.labels
        found = []
        for item in await self._session.list(self._path("policy/v1", "poddisruptionbudgets")):
            selector = (item.get("spec") or {}).get("selector") or {}
            equal = selector.get("matchLabels") or {}
            if all(wanted.get(key, value) == value for key, value in equal.items()):
                allowed = (item.get("status") or {}).get("disruptionsAllowed")
                found.append(SandboxBudget(name=_name(item), allowed=allowed if isinstance(allowed, int) else None))
        return tuple(found)

    async def _read_controller(self) -> dict[str, str]:
        """Return the variables of the controller's containers: its settings, as the chart writes them."""
        settings = self._session.settings
        place = f"namespaces/{quote(settings.controller_namespace, safe='')}/deployments/{quote(settings.controller)}"
        found = await self._session.get(f"/apis/apps/v1/{place}")
        spec = ((found.get("spec") or {}).get("template") or {}).get("spec") or {}
        variables: dict[str, str] = {}
        for container in spec.get("containers") or ():
            for each in container.get("env") or ():
                variables[str(each.get("name"))] = str(each.get("value") or "")
        if _FILTER not in variables:
            raise OperationalError(f"{settings.controller} does not say {_FILTER}", do="Update Chaos Mesh's chart")
        return variables

    async def _list_running(self) -> tuple[RunningFault, ...]:
        """Return every fault in the cluster; a kind that it does not serve is not there."""
        lists = await asyncio.gather(*(self._list_kind(kind) for kind in EVERY_PLURAL))
        return tuple(fault for each in lists for fault in each)

    async def _list_kind(self, kind: str) -> list[RunningFault]:
        try:
            items = await self._session.list(path_of(kind, ""))
        except NotThere:
            return []
        return [_read_running(kind, item) for item in items if not is_over(kind, item) or _is_ending(item)]

    async def _read_document(self) -> dict[str, Any]:
        """Return what would be created, what rules and definition have against it, and what its dry run says."""
        try:
            document = dict(self._rules.write(self._experiment))
        except UserError as error:
            self._unread["document"] = str(error)
            return {}
        facts: dict[str, Any] = {"document": document}
        kind = str(document.get("kind"))
        if kind not in PLURALS:
            self._unread["document_problems"] = f"{kind} is nothing that is injected here"
            return facts
        definition = await self._read(
            "document_problems", self._session.get(f"{CRD_API}/{PLURALS[kind]}.chaos-mesh.org")
        )
        if definition is not None:
            version = (definition.get("metadata") or {}).get("resourceVersion")
            facts["crd_versions"] = {kind: f"v1alpha1 at {version}"}
            facts["document_problems"] = self._rules.check(document, definition)
        facts["dry_run"] = await self._read("dry_run", self._try(kind, document))
        return facts

    async def _try(self, kind: str, document: Json) -> str:
        """Return what the server's dry run has against a document; empty when nothing."""
        try:
            await self._session.create(path_of(kind, self._experiment.target.namespace), document, is_dry=True)
        except Refused as refusal:
            # What it cannot do now, or may not do for us, says nothing about the document.
            if refusal.code in (400, 409, 422) or "admission webhook" in refusal.message:
                return refusal.message
            raise
        return ""


async def _give(value: Any) -> Any:
    return value


def _name(item: Mapping[str, Any]) -> str:
    return str((item.get("metadata") or {}).get("name") or "?")


def _is_ending(item: Mapping[str, Any]) -> bool:
    return bool((item.get("metadata") or {}).get("deletionTimestamp"))


def _read_running(kind: str, item: Mapping[str, Any]) -> RunningFault:
    metadata = item.get("metadata") or {}
    return RunningFault(
        kind=kind,
        namespace=str(metadata.get("namespace") or ""),
        name=_name(item),
        experiment_id=str((metadata.get("labels") or {}).get(EXPERIMENT_LABEL) or ""),
        is_stuck=_is_ending(item),
    )


def _read_pod(item: Mapping[str, Any]) -> SandboxPod:
    metadata, spec, status = (cast("Json", item.get(key) or {}) for key in ("metadata", "spec", "status"))
    owners = metadata.get("ownerReferences") or [{}]
    owner = next((each for each in owners if each.get("controller")), owners[0])
    conditions = {each.get("type"): each.get("status") for each in status.get("conditions") or ()}
    return SandboxPod(
        name=_name(item),
        labels=metadata.get("labels") or {},
        owner=f"{owner['kind']}/{owner['name']}" if owner.get("kind") and owner.get("name") else "",
        is_ready=conditions.get("Ready") == "True",
        uses_host_network=spec.get("hostNetwork") is True,
        node=str(spec.get("nodeName") or ""),
    )
