"""From evidence to symptoms."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.changes.reading import read_symptoms


def test_fault_begins_with_its_first_loud_line(incident):
    """The alert waits; the errors do not."""
    symptoms = incident.calm("shop").log("shop", (-6, 30, "ERROR boom #")).read()

    assert symptoms.began_at == incident.onset - timedelta(minutes=6)
    assert symptoms.onset == incident.onset


def test_fault_begins_with_the_first_metric_that_went_bad(incident):
    """Slowness shows before errors are logged; a service that has nothing to do with it does not count."""
    incident.graph("edge>shop", "shop>db").metric("shop", "latency_p95_ms", 50, 900, since=-8)
    incident.metric("other", "latency_p95_ms", 50, 900, since=-20).metric("edge", "error_rate", 0.1, 9, since=-5)

    assert incident.read().began_at == incident.onset - timedelta(minutes=8)


def test_rare_early_error_does_not_begin_the_fault(incident):
    """One line half an hour before a thousand others is another story."""
    incident.log("shop", (-30, 1, "ERROR odd hiccup"), (-4, 60, "ERROR boom #"))

    assert incident.read().began_at == incident.onset - timedelta(minutes=4)


@pytest.mark.parametrize(("times", "minutes"), [(30, 3), (2, 0)])
def test_fault_begins_with_warnings_that_are_new_where_nothing_fails(incident, times, minutes):
    """Every miss of a cache is a warning and no error; one or two of them are chance."""
    symptoms = incident.calm("shop").log("shop", (-3, times, "WARN cache miss, fallback took #ms")).read()

    assert symptoms.began_at == incident.onset - timedelta(minutes=minutes)


@pytest.mark.parametrize(("strays", "warnings", "minutes"), [(1, 60, 3), (1, 40, 9), (2, 60, 9)])
def test_error_of_its_own_beside_scores_of_warnings_begins_nothing(incident, strays, warnings, minutes):
    """Whatever somebody logs as an error once; beside a few warnings, or where it comes again, it counts."""
    symptoms = (
        incident.calm("shop")
        .log("shop", (-9, strays, "ERROR a gift note that cannot be printed"), (-3, warnings, "WARN message too large"))
        .read()
    )

    assert symptoms.onset - symptoms.began_at == timedelta(minutes=minutes)


def test_metric_that_moved_far_is_told_without_powers_of_ten(incident):
    """Rows are read in millions, and people read digits."""
    (moved,) = incident.metric("pg", "rows_read_per_s", 21_000, 9_400_000, since=-8).read().moved

    assert moved.words.startswith("rows_read_per_s of pg went from 2")
    assert " to 9,4" in moved.words


def test_case_without_an_alert_is_read_from_its_end(incident):
    """Whoever only has a window takes its end as the time of trouble."""
    incident.onset = incident.onset - timedelta(hours=2)

    symptoms = incident.log("shop", (10, 30, "ERROR boom #")).read()

    assert symptoms.began_at > incident.onset + timedelta(hours=2)


@pytest.mark.parametrize("end", [15, 30, 240])
def test_end_of_the_window_plays_no_part_where_nobody_was_alerted(incident, end):
    """How long somebody went on recording does not make a failure usual."""
    case = incident.calm("shop").log("shop-db", (-60, 30, "ERROR no space left on device #")).build()
    scope = case.scope.model_copy(
        update={"onset": case.scope.window_start, "window_end": incident.onset + timedelta(minutes=end)}
    )

    symptoms = read_symptoms(replace(case, scope=scope))

    assert symptoms.began_at == incident.onset - timedelta(minutes=60)
    assert symptoms.tellings[0].weight == 1.0


def test_failure_that_was_always_there_begins_no_trouble(incident):
    """Of two sorts of failures the one that came up counts, where nobody says since when."""
    routine = [(-115, 435, text) for text in ("INFO GET /items/# 200", "INFO GET /cart/# 200", "ERROR routine #")]
    case = incident.log("shop", *routine, (-20, 60, "ERROR boom #")).build()
    scope = case.scope.model_copy(update={"onset": case.scope.window_start})

    symptoms = read_symptoms(replace(case, scope=scope))

    assert symptoms.began_at == incident.onset - timedelta(minutes=20)


def test_metric_that_stays_is_known_to_be_normal(incident):
    """What did not move tells as much as what did."""
    symptoms = incident.metric("shop", "request_rate", 100, 100).metric("shop", "error_rate", 0.1, 20).read()

    assert [series.metric for series in symptoms.steady] == ["request_rate"]
    assert symptoms.moved[0].words.startswith("error_rate of shop went from 0.1")


def test_metric_without_points_is_no_sign(incident):
    """An empty answer of a query is not an error."""
    incident.metric("shop", "error_rate", 1, 1)
    item = incident.evidence[0]
    facts = dict(item.facts) | {"series": [{"labels": {"job": "shop"}, "points": []}]}
    incident.evidence[0] = item.model_copy(update={"facts": facts})

    symptoms = incident.read()

    assert symptoms.moved == ()
    assert symptoms.steady[0].service == "shop"


def test_callers_are_known_from_the_graph_and_from_spans(incident):
    """Either source says who waits for whom."""
    incident.graph("edge>shop")
    incident.spans(
        ("a", "", "shop", "GET /", -1, 2.0, True, {}), ("b", "a", "db", "SELECT", -1, 1.9, False, {"db.table": "item"})
    )

    symptoms = incident.read()

    assert symptoms.graph.edges == {("edge", "shop"), ("shop", "db")}


def test_callers_are_inferred_from_errors_when_nobody_says(incident):
    """An error that names another service's log names its callee; two that name each other say nothing."""
    incident.log("shop", (-3, 30, "ERROR billing: 503")).log("billing", (-3, 30, "ERROR boom"))
    incident.log("a", (-3, 30, "ERROR b failed")).log("b", (-3, 30, "ERROR a failed")).log("c", (-3, 9, "INFO b a"))

    assert incident.read().graph.edges == {("shop", "billing")}


def test_log_of_a_pod_belongs_to_its_service(incident):
    """A pod's name begins with the service's, where the graph knows it."""
    incident.graph("edge>shop").log("shop-7f9c-abc", (-3, 9, "ERROR x")).log("shop", (-3, 9, "ERROR y"))
    incident.log("shoplifter", (-3, 9, "ERROR z"))

    assert incident.read().logged == {"shop", "shoplifter"}


def test_spans_that_failed_or_took_far_longer_are_kept(incident):
    """Compared with the same operation before the fault."""
    incident.spans(
        ("a", "", "shop", "GET /", -60, 0.1, False, {}),
        ("b", "", "shop", "GET /", -1, 2.0, False, {}),
        ("c", "", "shop", "GET /", -1, 0.1, False, {}),
        ("d", "", "shop", "POST /", -1, 0.1, True, {}),
    )

    assert [span.span_id for span in incident.read().spans] == ["b", "d"]


def test_pattern_that_grew_tells_by_its_level(incident):
    """What a log system counted stands in for the lines."""
    incident.patterns(
        {"signature": "ERROR boom <*>", "count": 40, "delta": 35, "service": "mail"},
        {"signature": "INFO ok", "count": 40, "delta": 35},
        {"signature": "ERROR old", "count": 40, "delta": 0},
        {"signature": "ERROR unknown", "count": 40},
    )

    found = [(one.service, one.weight) for one in incident.read().tellings]

    assert found == [("mail", 0.8), ("shop", 0.4)]


def test_facts_that_do_not_parse_are_left_out(incident):
    """They become a gap elsewhere."""
    incident.add(EvidenceKind.PROVIDER_STATUS, "cloud", ["x"], {"nonsense": 1})

    assert incident.read().statuses == ()


def test_fault_without_failures_begins_with_what_moved_before_the_alert(incident):
    """Where nothing fails as far as anybody measures, what moved as the alert came near is the first sign."""
    incident.metric("shop", "price_age_seconds", 100, 9000, since=-8).metric("shop", "logins", 10, 900, since=-100)

    assert incident.read().began_at == incident.onset - timedelta(minutes=8)


@pytest.mark.parametrize("name", ["aws_lambda_shop-fn", "shop_fn-7d9f-x2x", "prod.shop-fn"])
def test_log_is_the_service_s_whose_name_its_own_contains(incident, name):
    """Exports put an account, a namespace or a pod's suffix around it."""
    (telling,) = incident.graph("edge>shop-fn").log(name, (-3, 30, "ERROR boom")).read().tellings

    assert telling.service == "shop-fn"


@pytest.mark.parametrize("kind", [EvidenceKind.STATE, EvidenceKind.OBJECTS])
def test_workload_that_an_orchestrator_calls_broken_fails(incident, kind):
    """Who is killed logs nothing; its state says so."""
    incident.graph("web>shop").add(kind, "pods", ["shop-7d9: 0/1 CrashLoopBackOff, last OOMKilled (137)", "web-1: 1/1"])

    (told,) = incident.read().tellings

    assert told.service == "shop"
    assert told.severe
    assert incident.read().own_kinds["memory"] == pytest.approx(0.8)


def test_state_of_an_unknown_workload_is_that_of_its_evidence(incident):
    """A pod that bears no service's name belongs to whom it was asked of."""
    incident.add(EvidenceKind.STATE, "shop", ["worker: Evicted"])

    assert [told.service for told in incident.read().tellings] == ["shop"]


@pytest.mark.parametrize(
    ("line", "told"),
    [("State.OOMKilled: false", 0), ("MemoryPressure=False OOMKilled=0", 0), ("State.OOMKilled: true", 1)],
)
def test_state_that_denies_a_failure_is_no_symptom(incident, line, told):
    """A field that says no proves nothing; the same field that says yes does."""
    symptoms = incident.calm("shop").add(EvidenceKind.STATE, "shop", [line]).read()

    assert len([one for one in symptoms.tellings if one.text == line]) == told
    assert ("memory" in symptoms.kinds) == bool(told)


def test_failure_that_the_alert_was_late_for_begins_with_its_first_line(incident):
    """The log of a service was calm for an hour, and what fails now has failed so ever since."""
    symptoms = incident.calm("shop").log("shop", (-45, 200, "ERROR body too large #")).read()

    assert symptoms.began_at == incident.onset - timedelta(minutes=45)
    assert "shop" in symptoms.failing


def test_slowness_of_each_hour_begins_with_the_first(incident):
    """The third spike was the one that was alerted of."""
    points = [
        ((incident.onset + timedelta(minutes=minute)).timestamp(), 900.0 if minute % 40 < 6 and minute >= -80 else 50.0)
        for minute in range(-110, 30)
    ]
    row = Series(labels={"service": "shop", "__name__": "latency_p95_ms"}, points=tuple(points))
    facts = MetricFacts(expression="m", purpose="latency", step_s=60, series=(row,))
    incident.add(EvidenceKind.METRICS, "shop", ["row"], facts)

    assert incident.read().began_at == incident.onset - timedelta(minutes=80)


def test_kinds_of_services_are_read_as_people_call_them(incident):
    """A database is a db, and what nobody knows keeps its name."""
    incident.graph("shop>pg", "shop>events", pg="Database", events="kafka", shop="app")

    assert incident.read().kinds_of == {"pg": "db", "events": "queue", "shop": "app"}


def test_fault_does_not_begin_with_a_spike_that_was_over_long_before(incident):
    """Whoever was late twenty minutes ago and well since begins this fault with what came after that."""
    incident.metric("shop", "latency_p95_ms", 40, 90_000, since=-25, until=-18)
    points = incident.evidence.pop().facts["series"][0]["points"]
    again = [(at, 500.0) if (at - incident.onset.timestamp()) / 60 >= -2 else (at, value) for at, value in points]
    incident.add(
        EvidenceKind.METRICS,
        "shop",
        ["shop:latency_p95_ms"],
        MetricFacts(
            expression="latency_p95_ms",
            purpose="errors",
            step_s=60,
            series=(Series(labels={"service": "shop"}, points=tuple(again)),),
        ),
    )

    symptoms = incident.read()

    assert symptoms.began_at == incident.onset - timedelta(minutes=2)
    assert [item.shift.after for item in symptoms.moved] == [500.0]


def test_what_an_earlier_trouble_logged_does_not_begin_the_present_one(incident):
    """Its alert has ended, and another fires: a change between the two did not come too late."""
    incident.calm("shop").log("shop", (-12, 9, "ERROR no route to the till"), (-2, 30, "ERROR boom #"))

    assert incident.onset - incident.read().began_at == timedelta(minutes=12)
    incident.ended = ((-11, -8),)
    assert incident.onset - incident.read().began_at == timedelta(minutes=2)


def test_failure_that_came_again_begins_when_it_came_again(incident):
    """The same lines are of both troubles."""
    incident.calm("shop").log("shop", (-12, 9, "ERROR boom #"), (-2, 30, "ERROR boom #"))
    incident.ended = ((-11, -8),)

    assert incident.onset - incident.read().began_at == timedelta(minutes=2)


@pytest.mark.parametrize(("length", "minutes"), [(30, 10), (6, 0)], ids=["goes on", "is over"])
def test_metric_of_an_earlier_trouble_begins_the_present_one_where_it_goes_on(incident, length, minutes):
    """What left its range then and is back says nothing of what fires now; what never came back is one trouble."""
    start = incident.onset.timestamp() - 7200
    bad = range(110, 110 + length)
    points = tuple((start + 60 * minute, 900.0 if minute in bad else 50.0) for minute in range(124))
    row = Series(labels={"service": "shop", "__name__": "latency_p95_ms"}, points=points)
    facts = MetricFacts(expression="latency_p95_ms", purpose="bundle", step_s=60, series=(row,))
    incident.add(EvidenceKind.METRICS, "shop", ["shop latency_p95_ms"], facts)
    incident.ended = ((-9, -4.5),)

    assert incident.onset - incident.read().began_at == timedelta(minutes=minutes)


def test_failure_that_went_on_while_no_alert_fired_began_with_the_first(incident):
    """An alert that came and went is one trouble where the lines never stopped."""
    incident.calm("shop").log("shop", (-12, 45, "ERROR boom #"))
    incident.ended = ((-11, -8),)

    assert incident.onset - incident.read().began_at == timedelta(minutes=12)


def test_metric_that_left_its_range_once_more_begins_then(incident):
    """It was back for longer than a queue or a rate lags behind."""
    start = incident.onset.timestamp() - 7200
    bad = {*range(105, 110), *range(118, 124)}
    points = tuple((start + 60 * minute, 900.0 if minute in bad else 50.0) for minute in range(124))
    row = Series(labels={"service": "shop", "__name__": "latency_p95_ms"}, points=points)
    facts = MetricFacts(expression="latency_p95_ms", purpose="bundle", step_s=60, series=(row,))
    incident.add(EvidenceKind.METRICS, "shop", ["shop latency_p95_ms"], facts)
    incident.ended = ((-14, -9),)

    assert incident.onset - incident.read().began_at == timedelta(minutes=2)
