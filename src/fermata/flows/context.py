"""What every flow is given: the plugs, the policy and the people. Built once, by `bootstrap`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fermata.domain.analysis import Prompt, When
from fermata.domain.entity import Entity
from fermata.domain.ids import PersonId
from fermata.domain.person import GroupRole, Person
from fermata.domain.policy import Policy
from fermata.domain.silence import Silence
from fermata.flows.halt import HaltSwitch
from fermata.flows.home import HomeLoop
from fermata.flows.meters import Meters
from fermata.flows.observing import Observing
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.channel import Channel, Directory
from fermata.ports.collector import Collector
from fermata.ports.engine import Engine
from fermata.ports.health import HealthProbe
from fermata.ports.model import ModelGateway
from fermata.ports.source import AlertSource
from fermata.ports.store import Store
from fermata.ports.system import System
from fermata.ports.trail import TrailSource
from fermata.rules.budget import Budgets
from fermata.rules.grouping import GroupingSettings, Topology
from fermata.rules.notices import Notify


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers of the flows, each with its reason."""

    gather_deadline: timedelta = timedelta(seconds=8)
    """All collectors together. 8 s: a person who opens the card after an alert should find it filled."""
    gather_deadline_critical: timedelta = timedelta(seconds=5)
    """The same for critical alerts: sooner beats more complete."""
    lookback: timedelta = timedelta(hours=1)
    """How far before the onset causes are looked for. A guess: most bad deploys show within minutes."""
    investigation_cooldown: timedelta = timedelta(minutes=2)
    """An alert that joins an incident investigated less than this ago does not start another investigation."""
    investigations_per_hour: int = 120
    """A budget against runaway sources; the alert still reaches people when it is used up. A quarter is kept for
    critical and high incidents."""
    stable_for: timedelta = timedelta(seconds=10)
    """How long the steady state must hold to count as restored."""
    verify_within: timedelta = timedelta(minutes=5)
    """How long verification waits for the steady state and for the alerts to resolve."""
    verify_poll: timedelta = timedelta(seconds=1)
    """Between two looks at the steady state."""
    loop_memory: timedelta = timedelta(hours=24)
    """How far back earlier actions on a target count for the loop breaker and the card."""
    flap_window: timedelta = timedelta(minutes=10)
    """An alert that fires again this soon after a verified fix overturns the verdict."""
    overdue_after: timedelta = timedelta(seconds=30)
    """An approved proposal or a live run that has not moved for this long is looked after by the sweep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSettings:
    """When models are asked about an incident, and how much of them."""

    when: When = When.SEVERE
    """Where signatures find no cause, and for alerts that are a warning or worse: those wake somebody."""
    answers: int = 3
    """At most so many are asked for: the first, one more with the reasons, one of the next tier. A good one ends it."""
    batches: int = 2
    """At most so many batches of evidence a model may ask for; each costs another answer."""
    brief_tokens: int = 3_000
    """The usual brief."""
    batch_tokens: int = 1_500
    """What one batch may add to it."""
    answer_tokens: int = 2_000
    """The longest answer; reserved at its full price."""
    deadline: timedelta = timedelta(seconds=60)
    """For all of it. 60 s: the first card with the signatures' result is out long before."""
    deadline_critical: timedelta = timedelta(seconds=30)
    """The same for critical alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowContext:
    """The collaborators of the flows. Immutable: a change of settings is a restart."""

    store: Store
    engine: Engine
    clock: Clock
    policy: Policy
    people: Mapping[PersonId, Person]
    halt: HaltSwitch
    meters: Meters
    limits: Limits = field(default_factory=Limits)
    budgets: Budgets = field(default_factory=Budgets)
    models: ModelGateway | None = None
    """`None`: no model is configured, and none is ever asked."""
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    """The instructions of each task by name; empty without models."""
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)
    sources: Mapping[str, AlertSource] = field(default_factory=dict)
    systems: Mapping[str, System] = field(default_factory=dict)
    """All that are configured, by name: asked what they look after."""
    collectors: Sequence[Collector] = ()
    actions: Mapping[str, CatalogueAction] = field(default_factory=dict)
    probes: Sequence[HealthProbe] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    directories: Mapping[str, Directory] = field(default_factory=dict)
    """Who knows the groups of a channel, by the channel's name."""
    groups: Sequence[GroupRole] = ()
    notify: Notify = field(default_factory=Notify)
    """Where cards go, and when."""
    public_url: str = ""
    """How people reach the page; empty where nobody said."""
    observing: Observing = field(default_factory=Observing)
    """Which rooms are listened to for post-mortems."""
    trails: Sequence[TrailSource] = ()
    """Who can tell of an incident's time after the fact."""
    worker: str = ""
    """This worker's name, where several share a store; empty: it is alone."""
    lease: timedelta = timedelta(seconds=10)
    """How long a worker that is silent keeps what one of several does for all."""
    home: HomeLoop = field(default_factory=HomeLoop)
    """Where channels are talked to."""
    grouping: GroupingSettings = field(default_factory=GroupingSettings)
    topology: Topology = field(default_factory=Topology)
    silences: Sequence[Silence] = ()

    @property
    def cures(self) -> frozenset[str]:
        """Return the names of the actions that may answer a fault: an issue is a note to people, and mends nothing."""
        return frozenset(name for name in self.actions if not name.endswith(".create_issue"))

    def find_probe(self, entity: Entity) -> HealthProbe | None:
        """Return the probe that can read the entity, or `None`."""
        return next((probe for probe in self.probes if probe.handles(entity)), None)

    def find_person(self, channel: str, handle: str) -> Person | None:
        """Return the person behind a channel's handle, or `None`: unknown people are answered and never counted."""
        return next((person for person in self.people.values() if person.handles.get(channel) == handle), None)
