"""Metrics and events from a Datadog that reads queries strictly."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, MetricFacts
from fermata.integrations.datadog.settings import DatadogSettings
from fermata.integrations.datadog.system import Datadog
from fermata.kit.errors import OperationalError
from fermata.ports.handing import Handed, take_over
from fermata.testing.clock import FakeClock
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer

SCOPE = make_scope("service/checkout")
METRICS, EVENTS = 0, 1
MEAN = (
    "sum:trace.web.request.duration{service:checkout}.rollup(sum) / "
    "sum:trace.web.request.hits{service:checkout}.rollup(sum)"
)


async def collect(system, scope=SCOPE, which=METRICS):
    """Ask one of the two collectors."""
    return await system.list_collectors()[which].collect(scope)


async def test_golden_signals_are_asked_for_what_the_service_reports(make, datadog):
    """Requests, errors and mean time of what serves requests; another service's metrics are not asked for."""
    evidence = await collect(make())

    found = {facts.expression: facts for facts in (MetricFacts.from_json(one.facts) for one in evidence)}
    assert list(found) == [
        "sum:trace.web.request.hits{service:checkout}.as_rate()",
        "sum:trace.web.request.errors{service:checkout}.as_rate()",
        MEAN,
        "sum:trace.postgres.query.hits{service:checkout}.as_rate()",
    ]
    errors = found["sum:trace.web.request.errors{service:checkout}.as_rate()"]
    assert (errors.purpose, errors.unit, errors.step_s) == ("errors", "/s", 20)
    assert errors.series[0].points[-1][1] == 9
    step = next(line.text for one in evidence for line in one.lines if "(was 0/s)" in line.text)
    assert step == "11:50:00 UTC trace.web.request.errors 9/s (was 0/s)"
    latency = next(facts for facts in found.values() if facts.purpose == "latency")
    assert len(latency.series[0].points) == 75  # A point without a value is none.


async def test_percentile_is_asked_for_where_there_is_a_distribution(make, datadog):
    """The metric of the span itself."""
    datadog.series["trace.web.request"] = datadog.series["trace.web.request.hits"]

    evidence = await collect(make())

    expressions = [one.facts["expression"] for one in evidence]
    assert "p95:trace.web.request{service:checkout}" in expressions


async def test_environment_narrows_every_question(make, datadog):
    """Staging does not count."""
    evidence = await collect(make(env="prod"))

    assert list(evidence) == []
    assert datadog.queries
    assert all(",env:prod}" in query for query in datadog.queries)


async def test_settings_name_the_tag_and_further_queries(make, datadog):
    """An entity may be called otherwise in Datadog; what its team graphs is asked as it stands."""
    services = {"till": {"service": "checkout", "queries": {"queue depth": "max:queue.depth{*}"}}}

    evidence = await collect(make(services=services), make_scope("kubernetes:pod/shop/till", "service/till"))

    own = next(one for one in evidence if one.facts["purpose"] == "queue depth")
    assert own.title == "till: queue depth"
    assert own.query == "max:queue.depth{*} from 2026-11-23T11:00:00.000Z to 2026-11-23T12:00:01.000Z"
    assert any("service:checkout" in query for query in datadog.queries)


async def test_golden_signals_can_be_switched_off(make, server):
    """A service without APM costs no call for it."""
    services = {"checkout": {"golden_signals": False, "queries": {"queue": "max:queue.depth{*}"}}}

    (evidence,) = await collect(make(services=services))

    assert evidence.facts["purpose"] == "queue"
    assert [request.path for request in server.requests] == ["/api/v1/query"]


async def test_query_that_datadog_refuses_is_told_beside_the_others(make):
    """With HTTP 200 and an error inside; alone, it is the gap."""
    wrong = {"checkout": {"queries": {"queue": "max:queue.depth{{}"}}}

    evidence = await collect(make(services=wrong))

    assert "1 of 5 queries were refused, the first: Rule 'scope_expr' didn't match" in evidence[0].cut
    with pytest.raises(OperationalError, match="Datadog refused a query"):
        await collect(make(services={"checkout": wrong["checkout"] | {"golden_signals": False}}))


@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_deployment_is_a_change_and_the_rest_a_list(make, api):
    """By the words of its title; other services' events stay out, and so do secrets."""
    handed = Handed()
    with take_over(handed):
        change, others = await collect(make(events_api=api), which=EVENTS)

    assert handed.parts == {"events of checkout": (change, others)}

    assert (change.kind, others.kind) == (EvidenceKind.CHANGE, EvidenceKind.TEXT)
    facts = ChangeFacts.from_json(change.facts)
    assert (facts.id, facts.kind, facts.service, facts.environment) == ("1", "deployment", "checkout", "prod")
    assert (facts.ref, facts.sha, facts.author, facts.diff_read) == ("v42", "83db48f", "ada", False)
    assert change.lines[0].text == "2026-11-23T11:40:00.000Z Deployed checkout v42"
    assert "glpat" not in str(change.to_json())
    (line,) = others.lines
    assert line.text.startswith("2026-11-23T11:58:00.000Z [")
    assert line.text.endswith("error] [Triggered] errors of checkout: 9 > 1")
    assert change.query.startswith("events service:checkout from 2026-11-23T11:00:00.000Z")


async def test_more_events_than_asked_for_are_told(make, datadog):
    """A hundred are read, sixty shown."""
    datadog.events = [
        type(datadog.events[1])(str(n), "x", datadog.events[1].at, ("service:checkout",)) for n in range(150)
    ]

    (evidence,) = await collect(make(), which=EVENTS)

    assert evidence.cut == "more events match; these 100 are the newest; the last 60 of 100 events"


async def test_unknown_service_and_mere_pods_bring_nothing(make):
    """No gap and no error; what names no service is not asked for."""
    system = make()

    assert list(await collect(system, make_scope("service/nobody"))) == []
    assert list(await collect(system, make_scope("service/nobody"), EVENTS)) == []
    assert not system.list_collectors()[METRICS].wants(make_scope("kubernetes:pod/shop/checkout-1", "host/web1"))


@pytest.mark.parametrize(
    ("permission", "which"), [("timeseries_query", METRICS), ("metrics_read", METRICS), ("events_read", EVENTS)]
)
async def test_missing_permission_is_named(make, datadog, permission, which):
    """Where it is used, and by the doctor, which goes on to the others."""
    datadog.denied = frozenset({permission})
    system = make()

    with pytest.raises(OperationalError, match=f"datadog.*{permission}"):
        await collect(system, which=which)
    findings = await system.check()

    assert [finding.name for finding in findings if not finding.ok] == [f"datadog: {permission}"]
    assert len(findings) == 4


async def test_doctor_finds_the_wrong_site(make, server):
    """A key of the other site is a key that nobody knows."""
    server.respond = lambda _: Answer({"valid": False})

    (finding,) = await make().check()

    assert finding.text == "datadoghq.com does not know the API key. Correct datadog.api_key or datadog.site."


def test_site_makes_the_address():
    """Each site has its own."""
    system = Datadog(DatadogSettings(site="datadoghq.eu", api_key="a", app_key="b"), FakeClock())

    assert system._client._api.target.url == "https://api.datadoghq.eu"
