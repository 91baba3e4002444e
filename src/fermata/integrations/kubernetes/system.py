"""One cluster as the house sees it: what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.integrations.kubernetes.actions import list_actions
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.collect import ObjectCollector
from fermata.integrations.kubernetes.doctor import check_cluster
from fermata.integrations.kubernetes.environment import EnvironmentCollector
from fermata.integrations.kubernetes.graph import KubernetesGraphReader
from fermata.integrations.kubernetes.health import KubernetesHealthProbe
from fermata.integrations.kubernetes.logs import LogCollector
from fermata.integrations.kubernetes.rbac import is_offered
from fermata.integrations.kubernetes.rollout import RolloutCollector
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.usage import UsageCollector
from fermata.integrations.kubernetes.visit import Visits
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.graph import GraphReader
from fermata.ports.health import HealthProbe
from fermata.ports.system import CheckResult, System

if find_spec("lightkube") is None:  # Imported on first use; but who may configure this system is to know now.
    raise ModuleNotFoundError("No module named 'lightkube'", name="lightkube")


class Kubernetes(System):
    """One cluster, and the workloads in it."""

    name: ClassVar[str] = "kubernetes"
    Settings: ClassVar[type[BaseModel]] = KubernetesSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.client = KubernetesClient(settings, clock)
        self._visits = Visits(self.client)

    def list_collectors(self) -> Sequence[Collector]:
        """Return objects, logs, changes, environment and usage."""
        return (
            ObjectCollector(self._visits, self.clock, self.settings),
            LogCollector(self._visits, self.clock, self.settings),
            RolloutCollector(self._visits, self.clock, self.settings),
            EnvironmentCollector(self._visits, self.clock, self.settings),
            UsageCollector(self._visits, self.clock, self.settings),
        )

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the actions that the settings offer; none by default."""
        return [each for each in list_actions(self.client, self.clock) if is_offered(self.settings, each.spec.name)]

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe of deployments, stateful sets, daemon sets, pods and nodes."""
        return (KubernetesHealthProbe(self.client, self.clock),)

    def find_graph_reader(self) -> GraphReader:
        """Return what lists workloads and what holds them up."""
        return KubernetesGraphReader(self.client)

    async def check(self) -> Sequence[CheckResult]:
        """Look at the connection, the clock and each permission, and print the grant that mends what is missing."""
        return await check_cluster(self.client, self.clock)
