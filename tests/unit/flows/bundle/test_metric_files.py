"""Files of metrics in each form that is read."""

import json

import pytest

from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.metric_files import read_metric_file, read_metrics


def write(document):
    """Write a document as a file's text."""
    return json.dumps(document)


def answer(*results):
    """Give a range query's answer."""
    return write({"status": "success", "data": {"resultType": "matrix", "result": list(results)}})


def result(values, **labels):
    """Give one series of an answer."""
    return {"metric": labels, "values": values}


def test_prometheus_answer_is_read_with_its_labels():
    """The owner is the most telling label, the name is the metric's."""
    text = answer(result([[20, "0.2"], [10, "0.1"]], __name__="latency", service="cart", pod="cart-1", job="k8s"))

    (series,) = read_metrics(text, "metrics/prom.json").series

    assert (series.name, series.times, series.values) == ("cart:latency", [10.0, 20.0], [0.1, 0.2])
    assert series.labels["pod"] == "cart-1"


@pytest.mark.parametrize(
    ("labels", "metric"),
    [
        ({"code": "503"}, "requests_5xx"),
        ({"code": "200"}, "requests"),
        ({"quantile": "0.9"}, "requests_p90"),
        ({"grpc_code": "Unavailable"}, "requests_failed"),
        ({"rpc_grpc_status_code": "14"}, "requests_failed"),
        ({"grpc_code": "DEADLINE_EXCEEDED"}, "requests_failed"),
        ({"grpc_code": "NotFound"}, "requests"),
        ({"grpc_code": "OK"}, "requests"),
    ],
)
def test_labels_that_change_the_meaning_go_into_the_name(labels, metric):
    """A status of five hundred and something is a failure, and a quantile is a statistic."""
    text = answer(result([[1, "1"]], __name__="requests", app="cart", **labels))

    assert read_metrics(text, "m.json").series[0].metric == metric


def test_buckets_of_a_histogram_are_a_percentile():
    """As a query over them would say it."""
    counts = [[place, str(10 * place)] for place in range(1, 7)]
    text = answer(*(result(counts, __name__="wait_seconds_bucket", service="cart", le=le) for le in ("1", "+Inf")))

    (series,) = read_metrics(text, "m.json").series

    assert (series.name, series.values[-1]) == ("cart:wait_seconds_p95", 0.95)


def test_pods_of_a_service_add_up():
    """Amounts do, with gaps taken for what the others have; times and shares stay apart."""
    text = answer(
        result([[1, "1"], [2, "NaN"], [3, "NaN"]], __name__="requests", service="cart", pod="a"),
        result([[1, "2"], [2, "3"], [3, "NaN"]], __name__="requests", service="cart", pod="b"),
        result([[1, "4"], [2, "NaN"], [3, "NaN"]], __name__="requests", service="cart", pod="c"),
        result([[1, "2"]], __name__="latency", service="cart", pod="a"),
        result([[1, "4"]], __name__="latency", service="cart", pod="b"),
    )

    read = sorted((series.metric, list(series.values)) for series in read_metrics(text, "m.json").series)

    assert read == [("latency", [2.0]), ("latency", [4.0]), ("requests", [7.0, 3.0, None])]


def test_pod_belongs_to_the_known_service_it_is_named_for():
    """The graph knows services; a pod of none of them speaks for itself."""
    text = answer(result([[1, "1"]], pod="cart-db-0"), result([[1, "1"]], pod="cartoon-1"))

    services = [series.service for series in read_metrics(text, "m.json", {"cart", "cart-db"}).series]

    assert services == ["cart-db", "cartoon-1"]


def test_named_series_is_read():
    """Its labels name the service, or else its name does; times are epochs or RFC 3339."""
    text = write(
        [
            {"id": "m1", "name": "latency", "unit": "ms", "labels": {"service": "cart"}, "points": [[1, 5]]},
            {"name": "web p99 latency", "points": [{"time": "1970-01-01T00:00:07Z", "value": 2}, "x", [None, 1]]},
        ]
    )

    cart, web = read_metrics(text, "m.json").series

    assert (cart.id, cart.name, cart.unit) == ("m1", "cart:latency", "ms")
    assert (web.name, web.times, web.values) == ("web:p99 latency", [7.0], [2.0])


def test_file_names_what_has_no_name():
    """Series in an object, on lines of their own, and without any name."""
    assert read_metrics(write({"series": [{"points": [[1, 2]]}]}), "cart_rps.json").series[0].name == "cart:rps"
    assert len(read_metrics('{"points": [[1, 2]]}\n{"points": [[1, 3]]}\n', "cart_p50.jsonl").series) == 2


@pytest.mark.parametrize("value", [True, None, {}, "x", "inf", 10**400])
def test_value_that_is_no_number_is_a_gap(value):
    """Never a zero."""
    text = write({"name": "a:rps", "points": [[1, 2], [2, value]]})

    assert read_metrics(text, "m.json").series[0].values == [2.0, None]


def test_entry_without_points_is_counted():
    """The rest is used."""
    text = write({"data": [{"name": "a:rps", "points": [[1, 2]]}, {"name": "b:rps"}, {"name": "c", "points": [3]}, 5]})

    assert read_metrics(text, "m.json").problems == ("2 of its 3 entries hold no points",)


@pytest.mark.parametrize("text", ["{}", "[]", "5", '{"status": "error"}', "{", ""])
def test_what_holds_no_series_is_refused(text):
    """With a reason, so that it can be named."""
    with pytest.raises(Unreadable):
        read_metrics(text, "m.json")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"status": "error", "errorType": "bad_data", "error": "parse error"}', "failed: bad_data: parse error"),
        ('{"status": "error"}', "failed: it does not say why"),
        (
            '{"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "2"]}]}}',
            "an instant answer",
        ),
        ('{"status": "success", "data": {"resultType": "matrix", "result": []}}', "matched nothing in that time"),
        ('{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}}]}}', "it holds no series"),
        ('{"data": []}', "it holds no series"),
        ("# HELP up Whether it is up.\nup 1\n", "what a scrape reads"),
        ('http_requests_total{code="200"} 3\n', "what a scrape reads"),
    ],
)
def test_answer_without_a_series_says_what_it_is(text, why):
    """What to ask instead follows from it."""
    with pytest.raises(Unreadable) as refusal:
        read_metrics(text, "m.json")

    assert why in refusal.value.reason


def test_file_of_a_bundle_is_read_by_its_name(tmp_path):
    """A table by its end, everything else as JSON."""
    path = tmp_path / "all.CSV"
    path.write_text("time,cart-rps\n1,2\n")

    reading = read_metric_file(SourceFile("metrics/all.CSV", path, path.stat().st_size))

    assert reading.series[0].name == "cart:rps"
