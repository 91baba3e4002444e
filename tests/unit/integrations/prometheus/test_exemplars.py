"""What is kept of exemplars, and what a server without them is."""

import asyncio
import json

import pytest
from pydantic import ValidationError

from fermata.integrations.prometheus.exemplars import MOST_TRACES, ExemplarsCollector, read_sightings
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.wire import WireExemplars
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.collector_contract import cut_off
from fermata.testing.records import NOON, make_alert, make_scope

URL = "http://p/graph?g0.expr=rate(errors_total%5B1m%5D)+%3E+1"


def exemplar(label="trace_id", trace="abc", value=1.5, second=0):
    """Give one exemplar."""
    return {"labels": {label: trace}, "value": str(value), "timestamp": NOON.timestamp() + second}


def answer(*exemplars):
    """Give the answer for one series."""
    return [{"seriesLabels": {"__name__": "errors_total", "service": "checkout"}, "exemplars": list(exemplars)}]


def scope():
    """Give a scope with an alert whose link has its expression."""
    alert = make_alert(generator_url=URL)
    return make_scope("service/checkout").model_copy(update={"alerts": (alert,)})


async def test_traces_are_lines_with_links(server):
    """In the order of time, of the expression without its comparison."""
    data = answer(exemplar(trace="late", second=5), exemplar("traceID", "early", 0.2), exemplar("span", "x"))
    await server.start(lambda _: server.answer(data))
    collector = ExemplarsCollector(server.client(), FakeClock(), "https://t/{trace_id}?a")

    (evidence,) = await collector.collect(scope())

    assert server.requests[0].path == "/api/v1/query_exemplars"
    assert server.requests[0].params["query"] == "rate(errors_total[1m])"
    assert [line.text for line in evidence.lines] == [
        '2026-11-23 12:00:00 UTC trace early value 0.2 on errors_total{service="checkout"} https://t/early?a',
        '2026-11-23 12:00:05 UTC trace late value 1.5 on errors_total{service="checkout"} https://t/late?a',
    ]
    assert evidence.cut == ""


async def test_of_many_traces_the_largest_values_are_kept(server):
    """Of a histogram these are the slowest requests."""
    data = answer(*(exemplar(trace=f"t{n}", value=n, second=n) for n in range(30)))
    await server.start(lambda _: server.answer(data))

    (evidence,) = await ExemplarsCollector(server.client(), FakeClock()).collect(scope())

    assert len(evidence.lines) == MOST_TRACES
    assert "trace t10 " in evidence.lines[0].text
    assert evidence.cut == "10 of 30 exemplars: the largest values are kept"


async def test_expression_that_is_slow_costs_none_of_the_others(server):
    """What was answered by the deadline is there."""

    async def respond(request, _, writer):
        await asyncio.sleep(60 if "slow" in request.params["query"] else 0)
        writer.write(server.answer(answer(exemplar())))

    await server.start(respond)
    slow = make_alert("Slow", generator_url=URL.replace("errors", "slow"))
    both = scope().model_copy(update={"alerts": (slow, *scope().alerts)})
    name = "exemplars of rate(slow_total[1m]) > 1"

    handed = await cut_off(ExemplarsCollector(server.client(), FakeClock()), both, name)

    assert [item.title for item in handed.evidence] == ["CheckoutDown: 1 traces of the requests that its series count"]


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
async def test_server_without_exemplars_is_no_gap(server, status):
    """Switched off, or a server that does not know the call."""
    body = json.dumps({"status": "success", "data": []}).encode()
    await server.start(lambda _: server.answer(status=status, body=body))

    assert list(await ExemplarsCollector(server.client(), FakeClock()).collect(scope())) == []


async def test_refusal_is_a_gap(server):
    """Anything else a person should know of."""
    await server.start(lambda _: server.answer(status="403 Forbidden", body=b"{}"))

    with pytest.raises(OperationalError, match="HTTP 403"):
        await ExemplarsCollector(server.client(), FakeClock()).collect(scope())


def test_trace_seen_twice_is_one():
    """Every bucket of a histogram repeats it; its largest value counts."""
    found = read_sightings(
        [WireExemplars.model_validate(one) for one in answer(exemplar(value=1), exemplar(value=3), exemplar(value=2))]
    )

    assert [one.value for one in found] == [3]


@pytest.mark.parametrize("url", ["https://t/", "t/{trace_id}"])
def test_address_without_a_place_for_the_trace_is_refused(url):
    """It would lead nowhere."""
    with pytest.raises(ValidationError, match="write it like"):
        PrometheusSettings(url="http://p", trace_url=url)
