"""The calls that go through the proxies of the settings, for the service graph.

A caller that reaches its callee through a proxy is configured with the proxy's address: what runs and what is declared
names its callee no more, and the very calls that can be rehearsed would be missing.
"""

from __future__ import annotations

from collections.abc import Mapping

from fermata.integrations.faultproxy.settings import FaultProxySettings
from fermata.ports.graph import GraphReading


class FaultProxyGraphReader:
    """Asks nobody. Implements `GraphReader`."""

    def __init__(self, settings: FaultProxySettings) -> None:
        self._settings = settings

    async def read_graph(self, queries: Mapping[str, str]) -> GraphReading:
        """Tell the calls; of a proxy before all callers of a service nobody says who they are."""
        del queries  # For systems that keep metrics.
        ends = [proxy.edge.partition("->") for proxy in self._settings.proxies]
        return GraphReading(calls=[(caller, callee) for caller, arrow, callee in ends if arrow])
