"""Settings that would reach the wrong proxy are refused."""

import pytest
from pydantic import ValidationError

from fermata.integrations.faultproxy.settings import FaultProxySettings

ONE = {"edge": "checkout->payment", "control": "127.0.0.1:8474", "token": "x"}


@pytest.mark.parametrize("control", ["127.0.0.1", "http://127.0.0.1:1", "dana:word@127.0.0.1:1", ":1", "a:b", "a:1/x"])
def test_control_is_host_and_port(control):
    """Nothing else, and no credentials."""
    with pytest.raises(ValidationError, match=r"8474|Port"):
        FaultProxySettings(proxies=({**ONE, "control": control},))


@pytest.mark.parametrize(
    ("other", "what"),
    [({"control": "127.0.0.1:9"}, "edge"), ({"edge": "stock"}, "control port")],
)
def test_two_proxies_are_two(other, what):
    """Which one is meant must be clear."""
    with pytest.raises(ValidationError, match=f"the same {what}"):
        FaultProxySettings(proxies=(ONE, {**ONE, **other}))


@pytest.mark.parametrize("edge", ["", "a b", "a->", "->b", "a->b->c"])
def test_edge_is_a_service_or_a_call(edge):
    """As in a plan."""
    with pytest.raises(ValidationError, match="edge"):
        FaultProxySettings(proxies=({**ONE, "edge": edge},))
