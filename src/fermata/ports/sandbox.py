"""What an injector sees of the place it is about to break something in, and the rules that are asked about it.

An injector gathers facts and decides nothing: whether they make a sandbox, and how a fault is written, are rules. They
reach it as a `FaultRules`, because a system's folder leans on ports alone. Without rules nothing is injected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import Field

from fermata.domain.experiment import Experiment
from fermata.domain.record import FrozenMap, Record, Text
from fermata.ports.faults import SandboxFinding


class SandboxPod(Record):
    """One replica that the target's labels select now."""

    name: Text
    labels: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    owner: str = ""
    """What controls it, as `ReplicaSet/payment-7d9f`; empty when nothing does, and then nobody starts it again."""
    is_ready: bool = False
    uses_host_network: bool = False
    """Its network is the node's: a fault there hits everything on the node, and is known not to end."""
    node: str = ""


class RunningFault(Record):
    """A fault that is there already, ours or not."""

    kind: Text
    """As its system names it: `NetworkChaos`."""
    namespace: str = ""
    name: Text
    experiment_id: str = ""
    """Ours, by its label; empty for somebody else's."""
    is_stuck: bool = False
    """It was told to end and has not."""


class SandboxBudget(Record):
    """A disruption budget over the target's replicas."""

    name: Text
    allowed: int | None = Field(default=None, ge=0)
    """How many of them may be missing now; `None` when its status does not say."""


class SandboxFacts(Record):
    """What was seen of a target's surroundings, just now.

    `None` always means that it could not be read, and `unread` says why; an empty tuple means that there is none. A
    system that knows no such thing (a proxy has no namespace) leaves the field `None` and names it in `unsuited`.
    """

    system: Text
    """The injector's name."""
    place: str = ""
    """Host of the cluster, the account or the proxy, without credentials."""
    context: str = ""
    """The kubeconfig's context, where there is one: people put `prod` into it."""
    namespace: str = ""
    namespace_labels: FrozenMap[str, str] | None = None
    namespace_annotations: FrozenMap[str, str] | None = None
    quotas: tuple[str, ...] | None = None
    """Names of the ResourceQuotas of the namespace."""
    network_policies: tuple[str, ...] | None = None
    """Names of the NetworkPolicies of the namespace."""
    pods: tuple[SandboxPod, ...] | None = None
    """That the target's labels select in its namespace."""
    callee_pods: tuple[SandboxPod, ...] | None = None
    """That the callee's labels select there; empty without a callee."""
    budgets: tuple[SandboxBudget, ...] | None = None
    """Over one of the pods at least."""
    filters_namespaces: bool | None = None
    """Whether the controller injects only into namespaces that were annotated for it (`enableFilterNamespace`)."""
    allows_host_network: bool | None = None
    """Whether the controller would touch pods on the host's network."""
    running: tuple[RunningFault, ...] | None = None
    """Faults that are there now, of any kind and in every namespace that could be read."""
    crd_versions: FrozenMap[str, str] | None = None
    """By kind: `<version> at <resourceVersion>` of the definition the cluster serves."""
    document: FrozenMap[str, Any] | None = None
    """What would be created, whole."""
    document_problems: tuple[str, ...] | None = None
    """What our rules and the cluster's own definition have against it."""
    dry_run: str | None = None
    """What the server's own dry run has against it; empty when it would take it."""
    unread: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    """Field -> why it could not be read, in words."""
    unsuited: tuple[str, ...] = ()
    """Fields that mean nothing to this system."""


class FaultRules(Protocol):
    """The rules an injector leans on. Pure; `flows` hands them in."""

    def write(self, experiment: Experiment) -> Mapping[str, Any]:
        """Return the object or request that carries the experiment's fault, in its target's system: JSON types.

        Raises:
            UserError: The system cannot do this fault, or the target is not specific enough.
        """
        ...

    def check(self, document: Mapping[str, Any], definition: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return what is wrong with a document, in words; empty when nothing is.

        Args:
            definition: The custom resource's definition as the cluster serves it; `None` where a system has none.
        """
        ...

    def judge(self, facts: SandboxFacts, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Return each condition of a sandbox, met or not. What could not be read is not met."""
        ...
