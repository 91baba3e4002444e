"""Metrics, errors and deployments from a New Relic that reads NRQL strictly."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, MetricFacts
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.handing import Handed, take_over
from fermata.testing.records import make_scope
from fermata.testing.telemetry.newrelic import fail

SCOPE = make_scope("service/checkout")
METRICS, EVENTS = 0, 1


async def collect(system, scope=SCOPE, which=METRICS):
    """Ask one of the two collectors."""
    return await system.list_collectors()[which].collect(scope)


async def test_golden_signals_of_an_application(make):
    """Requests, errors and the 95th percentile, in buckets of the window over 366."""
    evidence = await collect(make())

    found = {facts.purpose: facts for facts in (MetricFacts.from_json(one.facts) for one in evidence)}
    assert set(found) == {"traffic", "errors", "latency"}
    assert (found["errors"].unit, found["errors"].step_s) == ("/s", 10)
    assert found["errors"].series[0].points[-1][1] == 9
    assert found["latency"].series[0].points[-1][1] == 2.0
    assert len(found["latency"].series[0].points) == 59  # An empty bucket has no percentile.
    assert "11:56:40 UTC errors 9/s (was 0/s)" in [line.text for one in evidence for line in one.lines]
    assert evidence[0].query == (
        "SELECT rate(count(*), 1 second) AS 'requests' FROM Transaction WHERE appName = 'checkout' "
        "TIMESERIES 10 SECONDS SINCE 1795431601000 UNTIL 1795435201000"
    )


async def test_application_that_is_not_known_brings_nothing(make):
    """Its buckets are there and all zero, which says nothing of it."""
    system = make()

    assert list(await collect(system, make_scope("service/nobody"))) == []
    assert list(await collect(system, make_scope("service/nobody"), EVENTS)) == []
    assert not system.list_collectors()[EVENTS].wants(make_scope("kubernetes:pod/shop/p"))


async def test_settings_name_the_application_and_further_queries(make, newrelic):
    """Facets become series of their own."""
    query = "SELECT max(depth) AS 'depth' FROM QueueSample WHERE queue = 'till' FACET shard"
    newrelic.rows["QueueSample", "till", "depth"] = [
        {"beginTimeSeconds": 1795435000, "endTimeSeconds": 0, "facet": f"s{n}", "depth": 5 + n} for n in range(2)
    ]

    evidence = await collect(
        make(services={"till": {"app_name": "checkout", "queries": {"queue depth": query}}}),
        make_scope("service/till"),
    )

    own = next(one for one in evidence if one.facts["purpose"] == "queue depth")
    assert [series["labels"]["facet"] for series in own.facts["series"]] == ["s0", "s1"]
    assert {one.entity.ref for one in evidence} == {"service/till"}


async def test_opentelemetry_services_are_asked_by_their_spans(make, newrelic):
    """Milliseconds there, and only what serves."""
    rows = newrelic.rows.pop(("Transaction", "checkout", "p95"))
    newrelic.rows["Span", "checkout", "p95"] = rows

    evidence = await collect(make(services={"checkout": {"source": "opentelemetry"}}))

    latency = next(one for one in evidence if one.facts["purpose"] == "latency")
    assert latency.facts["unit"] == "ms"
    assert (
        "percentile(duration.ms, 95) AS 'p95' FROM Span WHERE service.name = 'checkout' AND span.kind = 'server'"
        in (latency.query)
    )


async def test_deployment_is_a_change_and_errors_are_a_list(make):
    """With version, commit and author; what has no time is left out, and so are secrets."""
    handed = Handed()
    with take_over(handed):
        change, errors = await collect(make(), which=EVENTS)

    assert handed.parts == {"deployments of checkout": (change,), "errors of checkout": (errors,)}

    facts = ChangeFacts.from_json(change.facts)
    assert (change.kind, facts.id, facts.ref, facts.sha, facts.author, facts.state) == (
        EvidenceKind.CHANGE, "d1", "v42", "83db48f", "ada", "rolling"
    )  # fmt: skip
    assert change.lines[0].text == "2026-11-23T11:40:00.000Z checkout v42"
    assert "glpat" not in str(change.to_json())
    assert [line.text for line in errors.lines] == [
        "2026-11-23T11:30:00.000Z [2 errors, the latest then] IOError",
        "2026-11-23T11:59:00.000Z [540 errors, the latest then] ValueError: bad total",
    ]


async def test_errors_of_opentelemetry_are_those_of_its_spans(make, newrelic):
    """By the span's name and its status."""
    newrelic.rows["Span", "checkout", "errors"] = newrelic.rows.pop(("TransactionError", "checkout", "errors"))

    evidence = await collect(make(services={"checkout": {"source": "opentelemetry"}}), which=EVENTS)

    assert "FROM Span WHERE service.name = 'checkout' AND otel.status_code = 'ERROR' FACET name" in evidence[-1].query
    assert evidence[-1].lines[-1].text.endswith("ValueError: bad total")


async def test_query_that_newrelic_refuses_is_told_beside_the_others(make):
    """It calls a mistake a server error; asking again would not help."""
    wrong = {"queries": {"queue": "SELECT nonsense(( FROM x"}}

    evidence = await collect(make(services={"checkout": wrong}))

    assert "1 of 4 queries were refused" in evidence[0].cut
    with pytest.raises(OperationalError, match=r"New Relic refused a query.*NRQL Syntax Error") as caught:
        await collect(make(services={"checkout": wrong | {"golden_signals": False}}))
    assert not isinstance(caught.value, TransientError)


async def test_name_from_an_alert_cannot_leave_its_string(make, newrelic):
    """Quotes and backslashes are part of the name."""
    name = "a'OR'b\\"
    newrelic.rows["Transaction", name, "requests"] = newrelic.rows["Transaction", "checkout", "requests"]

    evidence = await collect(make(), make_scope(f"service/{name}"))

    assert {one.entity.name for one in evidence} == {name}


@pytest.mark.parametrize(
    ("error_class", "words", "is_transient"),
    [
        ("ACCESS_DENIED", "HTTP 403.*whose user may read account 1234567", False),
        ("TOO_MANY_REQUESTS", "HTTP 429", True),
        ("TIMEOUT", "HTTP 503", True),
        ("SOMETHING_NEW", "refused the question", False),
    ],
)
async def test_error_inside_of_http_200_is_an_error(make, server, error_class, words, is_transient):
    """NerdGraph answers 200 and says in the body that it failed."""
    server.respond = lambda _: fail("no luck", error_class)

    with pytest.raises(OperationalError, match=words) as caught:
        await collect(make())

    assert isinstance(caught.value, TransientError) is is_transient


async def test_doctor_names_account_and_applications(make):
    """So that a person sees which names can be asked for."""
    account, data = await make().check()

    assert (account.ok, account.text) == (True, "account 1234567 (Shop), with the key of fermata")
    assert data.text == "NRQL may be put; applications within the last hour: checkout, cart"


async def test_doctor_finds_the_account_that_the_key_does_not_see(make):
    """The key of another account."""
    (finding,) = await make(account_id=7).check()

    assert not finding.ok
    assert "whose user may read account 7" in finding.text


async def test_doctor_goes_on_when_data_may_not_be_read(make, server, newrelic):
    """The account is seen, its data is not."""
    server.respond = lambda request: fail("no", "ACCESS_DENIED") if b"nrql" in request.body else newrelic(request)

    findings = await make().check()

    assert [finding.ok for finding in findings] == [True, False]
