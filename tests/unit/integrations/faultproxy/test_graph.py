"""The calls that go through the proxies."""

from fermata.integrations.faultproxy.system import FaultProxySystem
from fermata.testing.clock import FakeClock


async def test_calls_through_the_proxies_are_told(bench):
    """The caller is configured with the proxy's address, so nothing else names its callee any more."""
    (proxy,) = bench.settings.proxies
    alone = proxy.model_copy(update={"edge": "payment", "control": "127.0.0.1:9"})
    settings = bench.settings.model_copy(update={"proxies": (proxy, alone)})

    reading = await FaultProxySystem(settings, FakeClock()).find_graph_reader().read_graph({})

    assert list(reading.calls) == [("checkout", "payment")]
