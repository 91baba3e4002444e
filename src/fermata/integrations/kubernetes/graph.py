"""What a cluster runs, for the service graph: whole lists of a few kinds, never Secrets and never pods."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import product
from typing import Any

from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.resources import (
    AUTOSCALER,
    CONFIG_MAP,
    DAEMON_SET,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    INGRESS,
    SERVICE,
    STATEFUL_SET,
)
from fermata.kit.errors import OperationalError
from fermata.ports.graph import GraphReading

KINDS = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, SERVICE, CONFIG_MAP, DISRUPTION_BUDGET, AUTOSCALER, INGRESS)
_OWN = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""What Kubernetes runs for itself; nobody rehearses there."""


class KubernetesGraphReader:
    """Lists what runs. Implements `GraphReader`."""

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client

    async def read_graph(self, queries: Mapping[str, str]) -> GraphReading:
        """List every kind, in the namespaces of the settings or in all.

        A kind that may not be listed is a gap.

        Raises:
            OperationalError: The cluster cannot be asked, or no kind may be listed.
        """
        del queries  # For systems that keep metrics.
        asked = list(product(KINDS, self._client.settings.namespaces or ("",)))
        async with self._client.connect() as session:
            answers = await asyncio.gather(
                *(session.list_objects(kind, namespace) for kind, namespace in asked), return_exceptions=True
            )
        objects: list[dict[str, Any]] = []
        gaps: list[str] = []
        failed: OperationalError | None = None
        for (kind, namespace), answer in zip(asked, answers, strict=True):
            where = f" in {namespace}" if namespace else ""
            if isinstance(answer, OperationalError):
                failed = answer
                gaps.append(f"{kind.plural}{where}: {answer}")
            elif isinstance(answer, BaseException):
                raise answer
            else:
                objects += [item for item in answer.items if item.get("metadata", {}).get("namespace") not in _OWN]
                if not answer.is_whole:
                    gaps.append(f"{kind.plural}{where}: there are more than were read")
        if failed is not None and len(gaps) >= len(asked):
            raise failed
        return GraphReading(objects=tuple(objects), gaps=tuple(gaps))
