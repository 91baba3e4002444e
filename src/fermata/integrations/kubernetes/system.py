"""One cluster as the house sees it: what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.collect import ObjectCollector
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.visit import Visits
from fermata.kit.clock import Clock
from fermata.ports.collector import Collector
from fermata.ports.system import System


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
        return (ObjectCollector(self._visits, self.clock, self.settings.show_values_of),)
