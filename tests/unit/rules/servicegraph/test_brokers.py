"""Messages go one way: to the broker, and from it to whoever takes them."""

import pytest

from fermata.rules.servicegraph.brokers import route_messages
from fermata.rules.servicegraph.partial import Basis, Fact


@pytest.fixture
def routed(part):
    """Give what routes calls: those that were measured with their mode, those that are declared, and the brokers."""

    def make(measured="", declared="", queues=("kafka",), *, mode="async"):
        seen = part("measured", measured)
        for edge in seen.edges:
            edge.facts |= {key: Fact(value, Basis.MEASURED, "t") for key, value in (("mode", mode), ("rate_rps", 3.0))}
        edges = {}
        for edge in [*seen.edges, *part("declared", declared).edges]:
            edges.setdefault((edge.caller, edge.callee), []).append(edge)
        found = route_messages(edges, list(queues))
        return {f"{caller}>{callee}": {edge.basis for edge in told} for (caller, callee), told in found.items()}, found

    return make


def test_message_that_was_measured_past_its_broker_goes_through_it(routed):
    """Both ends are configured for it; how much one taker takes is not what the sender sends."""
    told, edges = routed("orders>mailer", "orders>kafka mailer>kafka")

    assert told == {"orders>kafka": {"declared", "measured"}, "kafka>mailer": {"declared", "measured"}}
    assert "rate_rps" in edges["kafka", "mailer"][0].facts
    assert set(edges["orders", "kafka"][1].facts) == {"mode"}
    ends = {(edge.caller, edge.callee) for pair in edges.values() for edge in pair}
    assert ends == {("orders", "kafka"), ("kafka", "mailer")}


def test_broker_that_one_source_sees_is_between_for_the_others(routed):
    """Metrics name both ends, traces what is between."""
    told, edges = routed("orders>mailer orders>kafka kafka>mailer")

    assert set(told) == {"orders>kafka", "kafka>mailer"}
    assert len(edges["orders", "kafka"]) == 1


def test_call_that_is_declared_as_well_stays(routed):
    """A service may ask another one directly, too."""
    told, _ = routed("orders>mailer", "orders>kafka mailer>kafka orders>mailer")

    assert told["orders>mailer"] == {"declared"}


@pytest.mark.parametrize(
    ("measured", "declared", "queues", "mode"),
    [
        ("orders>mailer", "orders>kafka mailer>kafka", ("kafka",), "sync"),
        ("orders>mailer", "orders>kafka mailer>kafka orders>mq mailer>mq", ("kafka", "mq"), "async"),
        ("orders>mailer", "orders>kafka", ("kafka",), "async"),
        ("orders>mailer", "orders>db mailer>db", (), "async"),
        ("kafka>mailer", "kafka>mq mq>mailer", ("kafka", "mq"), "async"),
    ],
)
def test_what_is_no_message_of_one_broker_stays(routed, measured, declared, queues, mode):
    """A call that is waited for, two brokers, none at one end, a store, a broker itself."""
    told, _ = routed(measured, declared, queues, mode=mode)

    assert {pair for pair, basis in told.items() if basis == {"measured"}} == set(measured.split())
    assert {pair for pair, basis in told.items() if basis == {"declared"}} == set(declared.split())


def test_taker_that_is_configured_for_its_broker_does_not_send(routed):
    """The line points to it; unless it was seen to send as well."""
    assert routed("kafka>mailer", "mailer>kafka")[0] == {"kafka>mailer": {"measured", "declared"}}
    assert set(routed("kafka>mailer mailer>kafka", "mailer>kafka")[0]) == {"kafka>mailer", "mailer>kafka"}
    assert set(routed("", "kafka>mailer mailer>kafka")[0]) == {"kafka>mailer", "mailer>kafka"}
