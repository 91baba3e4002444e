"""The doctor's findings, and the injector that the house asks for."""

from pydantic import SecretStr

from fermata.integrations.faultproxy.faults import FaultProxyInjector
from fermata.integrations.faultproxy.system import FaultProxySystem
from fermata.testing.clock import FakeClock


async def test_free_proxy_is_well(bench):
    """It answers, takes the token, and relays to what it says."""
    (found,) = await FaultProxySystem(bench.settings, FakeClock()).check()

    assert found.ok
    assert found.name == "faultproxy: checkout->payment"
    assert "relays to 127.0.0.1:" in found.text


async def test_proxy_with_a_fault_or_a_wrong_token_is_not(bench):
    """Both are for a person to look at."""
    await bench.begin("blackhole")
    (active,) = await FaultProxySystem(bench.settings, FakeClock()).check()
    wrong = bench.settings.proxies[0].model_copy(update={"token": SecretStr("another")})
    (closed,) = await FaultProxySystem(bench.settings.model_copy(update={"proxies": (wrong,)}), FakeClock()).check()

    assert (active.ok, closed.ok) == (False, False)
    assert "exp-1 is active there now" in active.text
    assert "token" in closed.text


def test_injector_is_over_the_settings(bench):
    """With the rules it is given."""
    injector = FaultProxySystem(bench.settings, FakeClock()).find_injector(bench.rules)

    assert isinstance(injector, FaultProxyInjector)
