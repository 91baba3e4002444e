"""What is seen of the place a fault is about to be injected into, and what must hold there.

An injector gathers `SandboxFacts`, `rules/sandbox` judges them within `RunLimits`, and people see the findings.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field

from fermata.domain.record import FrozenMap, Record, Text

EXPERIMENT_LABEL = "fermata.dev/experiment"
"""Carried by every object that is created for an experiment, with its id."""
DIGEST_ANNOTATION = "fermata.dev/digest"
"""Of the experiment: what a person approved."""

PRODUCTION_WORDS = (
    "prod", "production", "live", "prd", "produktion", "produksjon", "produccion", "producao", "produzione",
    "productie", "produkcja", "produkce", "tuotanto",
)  # fmt: skip
"""What people call the place that customers use: in English, and as teams elsewhere write it (German, Danish and
Swedish; Norwegian; Spanish; Portuguese; Italian; Dutch; Polish; Czech; Finnish), without accents."""


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


class Bearer(Record):
    """Who answers at an address, as a configured system knows it."""

    id: Text
    """Another one in its place has another."""
    name: Text
    group: str = ""
    """What it belongs to, where names repeat: a compose project."""
    labels: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    is_looked_after: bool = True
    """The settings of its system say that it is among those that are seen and acted on."""


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
    addresses: tuple[str, ...] | None = None
    """What the place's name resolves to, where it is no address itself; `None`: it was not asked."""
    upstream: str = ""
    """Where a proxy passes calls on to, `host:port`."""
    edge: str = ""
    """What goes through a proxy: `checkout->payment`, or `payment` where all its callers do."""
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


class SandboxFinding(Record):
    """One condition that must hold before anything is injected."""

    name: Text
    """`namespace`, `quota`, `network_policy`, `blast_radius`, ..."""
    ok: bool
    text: Text
    """In words; for a failure what is missing and what to do."""
    proposal: str = ""
    """YAML that a person may apply to mend it; empty when there is none."""


class RunLimits(Record):
    """Blast-radius caps, from the settings; an experiment beyond one is refused."""

    longest: timedelta = timedelta(minutes=5)
    """5 minutes: long enough for pools to fill and retries to build up, short enough to sit through."""
    max_percent: float = 50.0
    """Of a service's replicas that may be hit at once, unless it has only one."""
    namespaces: tuple[str, ...] = ()
    """Where faults may be injected at all; empty: nowhere."""
    targets: tuple[str, ...] = ()
    """Where faults may be injected through a proxy: `checkout->payment`, or a service for all of its calls; empty:
    nowhere."""
    longest_lease: timedelta = timedelta(minutes=1)
    """How long a fault may outlive whoever died with it. 1 minute: nobody should have to wait longer."""
    production_words: tuple[str, ...] = PRODUCTION_WORDS
    """A namespace, label or host that carries one of these is refused, whatever else is said. Empty: production cannot
    be told from a sandbox, and everything is refused."""
    sandbox_label: str = "fermata.dev/rehearsals=allowed"
    """What the namespace must carry, as `name=value`: somebody who owns it has said yes."""
