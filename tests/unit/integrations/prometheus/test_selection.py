"""From an entity's name to the queries worth asking."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.prometheus.selection import (
    FAILURES,
    MOST_SELECTORS,
    TABLE,
    Selector,
    choose_metrics,
    find_failure_label,
    list_selectors,
    write_failure_query,
    write_query,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHECKOUT = Selector(Entity(kind="service", name="checkout"), 'service="checkout"')


def selectors(*entities):
    """Give the matchers for entities."""
    scope = Scope(
        incident_id=IncidentId("inc-1"),
        alerts=(),
        entities=entities,
        onset=NOON,
        window_start=NOON - timedelta(hours=1),
        window_end=NOON,
    )
    return [selector.matchers for selector in list_selectors(scope)]


def queries(*names, window_s=60, label=""):
    """Give the query of each metric chosen for one service."""
    return [write_query(choice, window_s, label) for choice in choose_metrics([(CHECKOUT, names)])]


@pytest.mark.parametrize(
    ("entity", "first"),
    [
        (Entity(kind="service", name="checkout"), 'service="checkout"'),
        (Entity(kind="deployment", name="checkout", namespace="shop"), 'service="checkout",namespace="shop"'),
        (Entity(kind="pod", name="checkout-1", namespace="shop"), 'pod="checkout-1",namespace="shop"'),
        (Entity(kind="container", name="app"), 'container="app"'),
        (Entity(kind="process", name="checkout", system="supervisor"), 'process="checkout"'),
        (Entity(kind="host", name="db-1.example"), 'instance=~"db\\\\-1\\\\.example(:[0-9]+)?"'),
    ],
)
def test_entity_is_looked_for_by_the_labels_of_its_kind(entity, first):
    """A pod is not a job: each kind has labels that name it."""
    assert selectors(entity)[0] == first


def test_host_selector_matches_any_port_of_that_host_only():
    """The alert's entity has lost its port; a dot is a dot."""
    pattern = re.compile(r"db\-1\.example(:[0-9]+)?")

    assert pattern.fullmatch("db-1.example:9100")
    assert not pattern.fullmatch("db-1xexample:9100")


def test_two_names_of_one_thing_give_each_selector_once():
    """A service and its process share a name, and six selectors are enough."""
    found = selectors(Entity(kind="process", name="checkout"), Entity(kind="service", name="checkout"))

    assert len(found) == len(set(found)) == MOST_SELECTORS
    assert found[0] == 'process="checkout"'


def test_name_from_outside_cannot_leave_its_string():
    """An entity is named by an alert's label: what it holds stays inside the quotes."""
    assert selectors(Entity(kind="service", name='a"}or{x="'))[0] == 'service="a\\"}or{x=\\""'


def test_no_entity_gives_no_selector():
    """Without a name there is nothing to look for."""
    assert selectors() == []


def test_known_metrics_become_queries_in_the_tables_order():
    """What a client library exports by default is enough for a first picture."""
    names = ["process_cpu_seconds_total", "process_resident_memory_bytes", "up", "unknown_metric", "go_gc_cycles"]

    assert queries(*names) == [
        'up{service="checkout"}',
        'process_resident_memory_bytes{service="checkout"}',
        'rate(process_cpu_seconds_total{service="checkout"}[60s])',
    ]


def test_requests_are_split_by_the_label_that_tells_failures():
    """Traffic by outcome, and failures alone."""
    (choice,) = choose_metrics([(CHECKOUT, ["http_requests_total"])])

    assert write_query(choice, 8, "code") == 'sum by (code) (rate(http_requests_total{service="checkout"}[8s]))'
    assert write_query(choice, 8) == 'sum(rate(http_requests_total{service="checkout"}[8s]))'
    assert write_failure_query(choice, 8, "code") == (
        'sum by (code) (rate(http_requests_total{service="checkout",code=~"5.."}[8s]))'
    )


def test_open_files_are_asked_beside_how_many_may_be():
    """A client library exports both of each process."""
    assert queries("process_open_fds", "process_max_fds") == [
        'process_open_fds{service="checkout"}',
        'process_max_fds{service="checkout"}',
    ]


def test_limits_of_containers_are_asked_for_memory_only():
    """kube-state-metrics keeps all resources in one metric."""
    assert queries("kube_pod_container_resource_limits") == [
        'kube_pod_container_resource_limits{service="checkout",resource="memory"}'
    ]


@pytest.mark.parametrize("name", ["promhttp_metric_handler_requests_total", "prometheus_http_requests_total"])
def test_metrics_about_the_measuring_are_passed_over(name):
    """The scrapes of Prometheus are not the shop's traffic."""
    assert queries(name) == []


def test_no_more_than_two_for_a_purpose_and_no_name_twice():
    """The same counter under two labels is the same counter."""
    other = Selector(CHECKOUT.entity, 'job="checkout"')
    names = ["a_requests_total", "b_requests_total", "c_requests_total"]

    chosen = choose_metrics([(CHECKOUT, names[:1]), (other, names)])

    assert [(choice.name, choice.selector) for choice in chosen] == [
        ("a_requests_total", CHECKOUT),
        ("b_requests_total", other),
    ]


@pytest.mark.parametrize(
    ("labels", "label"),
    [(["code", "method"], "code"), (["outcome", "status"], "status"), (["target", "outcome"], "outcome"), ([], "")],
)
def test_failure_label_is_the_first_known_one(labels, label):
    """A status code says more than a word."""
    assert find_failure_label(labels) == label


def test_every_pattern_of_the_table_compiles_to_a_query():
    """No line of the table has a placeholder that is not filled."""
    for metric in TABLE:
        name = "http_requests_total" if metric.by_failure else "x_errors_total"
        query = metric.query.format(series="s", name=name, matchers="m", window="8s", by="")
        assert "{by}" not in query

    assert all(re.compile(pattern) for pattern in FAILURES.values())
