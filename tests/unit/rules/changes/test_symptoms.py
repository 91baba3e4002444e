"""What symptoms say together: where it begins, what kind it is, in which words."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.evidence import EvidenceKind


def test_trouble_begins_at_the_deepest_service_that_fails(incident):
    """Callers fail because of what they call."""
    incident.graph("edge>shop", "shop>db", db="db")
    for service in ("edge", "shop"):
        incident.log(service, (-3, 30, "ERROR boom"))
    incident.metric("db", "rows_read_per_s", 1e4, 9e6, since=-4)

    symptoms = incident.read()

    assert symptoms.origins == {"db"}
    assert symptoms.list_failing_callees("shop") == ("db",)


def test_trouble_begins_at_the_caller_that_asks_far_more_than_before(incident):
    """Its callee is flooded while it gets no more requests itself."""
    incident.graph("edge>shop", "shop>stock").log("shop", (-3, 30, "ERROR stock: overloaded"))
    incident.log("stock", (-3, 30, "ERROR load shedding"))
    incident.metric("shop", "request_rate", 100, 100).metric("stock", "request_rate", 100, 900, since=-4)

    symptoms = incident.read()

    assert symptoms.amplifiers == {"shop"}
    assert symptoms.origins == {"shop", "stock"}


def test_service_that_only_warns_fails_where_nothing_is_worse(incident):
    """Not every fault is loud."""
    warned = incident.log("shop", (-3, 30, "WARN session mismatch")).read()
    louder = incident.log("mail", (-3, 30, "ERROR boom")).read()

    assert warned.failing == {"shop"}
    assert louder.failing == {"mail"}


def test_busier_service_is_not_a_failing_one(incident):
    """More requests are no fault, nor is a metric that moved long after."""
    incident.log("shop", (-3, 30, "ERROR boom")).metric("mail", "request_rate", 100, 300, since=-2)
    incident.metric("late", "error_rate", 0.1, 30, since=20)

    assert set(incident.read().abnormal) == {"shop"}


def test_service_with_failed_spans_is_failing(incident):
    """Traces tell of services whose logs nobody has."""
    incident.spans(("a", "", "shop", "GET /", -1, 2.0, True, {"exception.message": "pool exhausted"}))

    symptoms = incident.read()

    assert symptoms.failing == {"shop"}
    assert "pool" in symptoms.kinds
    assert "exhausted" in symptoms.words


def test_slow_span_is_a_hint_and_no_failure(incident):
    """Its words count a little; what it waited for may be elsewhere."""
    incident.spans(
        ("a", "", "shop", "GET /voucher", -60, 0.1, False, {}), ("b", "", "shop", "GET /voucher", -1, 2.0, False, {})
    )

    symptoms = incident.read()

    assert symptoms.failing == frozenset()
    assert symptoms.words["voucher"] == 0.2
    assert symptoms.kinds == {}


def test_ordinary_new_line_makes_no_service_abnormal(incident):
    """A notice of a reload is a hint, not a failure."""
    assert incident.log("shop", (-3, 3, "settings reloaded")).read().abnormal == {}


def test_kinds_come_from_lines_metrics_and_the_alert(incident):
    """Each source with its weight; a metric of the thing itself weighs more than one that everybody has."""
    incident.summary = "too many deadlocks"
    incident.log("shop", (-3, 30, "ERROR certificate unknown")).metric("redis", "cache_evictions", 1, 900, since=-3)

    kinds = incident.read().kinds

    assert kinds["tls"] == 1.0
    assert 0.5 < kinds["cache"] < 0.9
    assert kinds["lock"] == 0.65
    assert "time" not in kinds


def test_day_of_a_clock_change_is_itself_a_kind(incident):
    """On that day code about time fails."""
    symptoms = incident.read()
    edge = datetime(2026, 3, 29, 3, 0, tzinfo=UTC)

    assert "time" not in symptoms.kinds
    assert type(symptoms)(**(vars_of(symptoms) | {"began_at": edge})).kinds["time"] == 0.8


def vars_of(symptoms):
    """Return the fields of a record without what it worked out."""
    return {name: getattr(symptoms, name) for name in symptoms.__dataclass_fields__}


def test_words_of_healthy_lines_weigh_a_quarter(incident):
    """Only what is new sets the fault apart."""
    incident.log("shop", (-115, 300, "INFO basket stored")).log("shop", (-3, 30, "ERROR basket voucher broken"))

    words = incident.read().words

    assert words["voucher"] == 1.0
    assert words["basket"] == 0.25


def test_names_of_services_are_no_words(incident):
    """They stand everywhere, and the place has a sign of its own."""
    incident.graph("shop>billing", "shop>rules-db").log("shop", (-3, 30, "ERROR billing rules_db rules"))

    symptoms = incident.read()

    assert "billing" not in symptoms.words
    assert "rules_db" not in symptoms.words
    assert "rules" in symptoms.words
    assert {"shop", "billing"} <= symptoms.services


def test_telling_lines_have_words_and_numbers(incident):
    """Signs look them up there."""
    (telling,) = incident.log("shop", (-3, 30, "ERROR voucher limit 800 ms")).read().tellings

    assert "voucher" in telling.words
    assert 800.0 in telling.numbers


def test_words_come_from_metrics_that_moved_too(incident):
    """A metric's name is a word of the system."""
    words = incident.metric("shop", "voucher_redemptions", 1, 90, since=-3).read().words

    assert 0.2 < words["voucher"] < 0.4


def test_quoted_time_is_that_of_the_first_line(incident):
    """What can be cited is where it began."""
    (telling,) = incident.log("shop", (-3, 30, "ERROR boom")).read().tellings

    assert telling.at == incident.onset - timedelta(minutes=3)
    assert telling.number == 1


def test_what_cannot_keep_up_is_slow(incident):
    """Nobody times a consumer; its lag tells."""
    kinds = incident.metric("shop", "consumer_lag", 100, 90000, since=-3).read().kinds

    assert 0 < kinds["slow"] < kinds["backlog"]


def test_caller_that_asks_more_for_each_request_brings_more_queries(incident):
    """A row at a time, again and again, or what a cache used to answer."""
    incident.graph("shop>db", db="db").metric("shop", "request_rate", 100, 100)
    incident.metric("db", "queries_per_s", 400, 9000, since=-4).log("shop", (-3, 30, "WARN slow"))

    kinds = incident.read().kinds

    assert kinds["query"] == 0.9


def test_own_kinds_are_those_of_where_it_begins(incident):
    """The caller's timeouts say nothing about the callee."""
    incident.graph("edge>shop").log("edge", (-3, 30, "ERROR timed out")).log("shop", (-3, 30, "ERROR deadlock found"))
    incident.metric("shop", "memory_rss_bytes", 1e8, 9e8, since=-2).metric("edge", "cpu_percent", 10, 90, since=-2)
    incident.spans(
        ("a", "", "shop", "GET /", -1, 2.0, True, {"exception.message": "certificate"}),
        ("b", "", "edge", "GET /", -1, 2.0, True, {"exception.message": "nxdomain"}),
    )

    symptoms = incident.read()

    assert {"lock", "memory", "tls"} <= symptoms.own_kinds.keys()
    assert not {"timeout", "cpu", "dns"} & symptoms.own_kinds.keys()


def test_user_of_a_failing_store_is_where_it_begins_too(incident):
    """A store does what it is asked."""
    incident.graph("edge>shop", "shop>db", db="db").metric("db", "rows_read_per_s", 1e4, 9e6, since=-4)
    incident.log("shop", (-3, 30, "ERROR boom")).log("edge", (-3, 30, "ERROR boom"))

    assert incident.read().beginnings == {"shop", "db"}


def test_metric_whose_name_says_nothing_makes_no_service_fail(incident):
    """More mails sent are no fault of the mailer; more mismatches are."""
    incident.log("shop", (-3, 30, "WARN already sent")).metric("mailer", "sent_per_min", 100, 300, since=-3)
    incident.metric("recon", "mismatches_per_min", 0, 30, since=-3)

    abnormal = incident.read().abnormal

    assert abnormal["mailer"] < 0.5 < abnormal["recon"]


def test_queue_that_has_more_of_anything_is_a_backlog(incident):
    """What the metric is called does not matter; less of it is none."""
    more = incident.graph("shop>jobs", jobs="queue").metric("jobs", "visible", 3, 900, since=-4).read()

    assert more.kinds["backlog"] > 0.5


def test_queue_that_has_less_is_no_backlog(incident):
    """Somebody keeps up, or nothing comes."""
    less = incident.graph("shop>jobs", jobs="queue").metric("jobs", "visible", 900, 3, since=-4).read()

    assert "backlog" not in less.kinds


def test_trouble_begins_at_the_callee_that_errors_name_if_it_is_troubled_itself(incident):
    """A warning alone makes nobody fail; with a caller that complains of its sender it does."""
    incident.graph("edge>shop").log("edge", (-3, 30, "ERROR shop stream broken: EOF"))
    incident.log("shop", (-4, 5, "WARN pausing for collection"))

    assert incident.read().origins == {"shop"}


def test_named_callee_that_is_measured_to_do_well_is_no_origin(incident):
    """The caller gave up too soon: what it calls answers as fast as ever."""
    incident.graph("edge>shop").log("edge", (-3, 30, "ERROR shop: gave up"))
    incident.log("shop", (-4, 5, "WARN caller has gone")).metric("shop", "latency_p95_ms", 30, 30)

    assert incident.read().origins == {"edge"}


def test_process_that_runs_out_of_memory_is_an_origin_whatever_it_calls(incident):
    """No callee fills the memory of who calls it; a broken answer it may send."""
    incident.graph("shop>stock").log("stock", (-3, 30, "ERROR boom"))
    suffering = incident.read().origins
    incident.log("shop", (-3, 30, "ERROR heap out of memory"))

    assert suffering == {"stock"}
    assert incident.read().origins == {"shop", "stock"}


def test_busier_caller_that_asks_far_more_for_each_request_is_an_origin(incident):
    """Twice the requests and forty times the queries: each request asks for more; twice the queries is as before."""
    incident.graph("edge>shop", "shop>db", db="db").metric("shop", "latency_p95_ms", 30, 900, since=-4)
    incident.metric("shop", "request_rate", 100, 200, since=-4)

    assert incident.metric("db", "qps", 100, 210, since=-4).read().amplifiers == frozenset()
    assert incident.metric("db", "qps", 100, 4000, since=-4).read().amplifiers == {"shop"}


def test_callers_of_who_refuses_what_it_reads_are_told_apart_from_those_of_who_breaks(incident):
    """A refusal says that something was sent wrong; a crash does not."""
    incident.graph("shop>ledger").log("shop", (-3, 30, "ERROR ledger answered 422"))
    broken = incident.log("ledger", (-3, 30, "ERROR boom")).read()
    refusing = incident.log("ledger", (-3, 30, "WARN posting rejected: sum does not match")).read()

    assert broken.refused == frozenset()
    assert refusing.refused == {"shop"}


def test_values_that_new_failures_quote_are_known(incident):
    """What was quoted before as well, and what only stands there, is none."""
    incident.log("shop", (-100, 9, 'ERROR unknown state "LOST"'), (-3, 30, 'ERROR unknown state "LOST"'))
    incident.log("mail", (-3, 30, 'ERROR no template for state "PART_SHIPPED" of an order'))

    assert incident.read().quoted == {"part_shipped"}


def test_service_that_did_next_to_nothing_until_then_woke(incident):
    """A nightly run begins as the fault does; failures that begin are the fault, and who was busy only got busier."""
    incident.log("shop", (-3, 30, "ERROR boom"))
    incident.metric("runner", "built_per_min", 0, 9, since=-3).metric("mail", "sent_per_min", 4, 9, since=-3)
    incident.metric("jobs", "rejected_per_min", 0, 9, since=-3).metric("late", "built_per_min", 0, 9, since=20)

    assert incident.read().woken == {"runner"}


def test_who_is_asked_less_shows_no_load(incident):
    """A store that gets fewer requests than ever suffers from nothing of its own."""
    incident.calm("shop").metric("db", "qps", 4000, 100, since=-4)

    assert "load" not in incident.read().kinds


def test_few_of_many_alike_that_move_are_lopsided(incident):
    """One partition lags, two do not: the work is spread unevenly; where all lag there is too much of it."""
    incident.metric("shop", "lag_p1", 20, 90_000, since=-4)
    incident.metric("shop", "lag_p2", 20, 20).metric("shop", "lag_p3", 20, 20)
    lopsided = incident.read()
    incident.metric("shop", "lag_p4", 20, 90_000, since=-4)

    assert lopsided.kinds["skew"] > 0.5
    assert lopsided.own_kinds["skew"] > 0.5
    assert "skew" not in incident.read().kinds


def test_what_a_metric_was_on_another_day_is_no_symptom(incident):
    """It stands there to be compared with."""
    incident.metric("shop", "rps_yesterday", 10, 90, since=-4).metric("shop", "lag_forecast", 90, 10, since=-4)

    symptoms = incident.read()

    assert symptoms.moved == ()
    assert symptoms.usual == {"shop"}


@pytest.mark.parametrize(("metric", "woken"), [("rows_imported_per_min", {"shop"}), ("fee_avg_cents", set())])
def test_service_is_woken_by_doing_more_and_not_by_larger_values(incident, metric, woken):
    """That each fee is a thousand times as high says nothing of how many are worked out."""
    incident.metric("shop", metric, 1, 900, since=-1).log("shop", (-1, 20, "ERROR boom"))

    assert incident.read().woken == woken


@pytest.mark.parametrize(("sent", "begins"), [(900, {"shop", "bank"}), (150, {"bank"})], ids=["far more", "as usual"])
def test_trouble_begins_at_who_sends_far_more_than_it_gets_by_its_own_count(incident, sent, begins):
    """Its callee is not counted, and yet its own numbers say who multiplies."""
    incident.graph("shop>bank").metric("shop", "inbound_requests", 100, 100)
    incident.metric("shop", "outbound_requests", 100, sent, since=-4).metric("bank", "errors", 1, 90, since=-3)

    assert incident.read().origins == begins


def test_own_name_in_a_state_is_no_word_of_the_failure(incident):
    """What a container is called stands in its state whatever ails it; another's log that names it complains of it."""
    incident.add(EvidenceKind.STATE, "tea_reviews_1", ["tea_reviews_1 is running: Up 4 minutes (unhealthy)"])

    assert not {"tea_reviews_1", "reviews", "tea"} & incident.read().words.keys()

    incident.log("shop", (-2, 9, "ERROR no answer of tea_reviews_1"))

    assert "reviews" in incident.read().words
