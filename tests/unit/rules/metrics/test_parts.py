"""Which of a service's parts shows it."""

from dataclasses import replace

import pytest

from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.parts import describe_part, list_siblings, name_labels, name_part
from fermata.rules.metrics.ranking import rank_metrics
from fermata.rules.metrics.shift import find_shift, make_frame


@pytest.fixture
def pods(build):
    """Give a builder of one metric by pod: a level before, or a pair."""

    def make(**levels):
        return [
            replace(build("api:latency_p99", *told), labels={"pod": name, "container": "api"})
            for name, told in levels.items()
        ]

    return make


def say(series):
    """Return the sentence for the first series that moved."""
    frame = make_frame(series[0].times, None)
    shift = next(shift for item in series if (shift := find_shift(item, frame)) is not None)
    return describe_part(shift, list_siblings(shift.series, series), frame)


def test_pod_that_alone_is_slow_is_named(pods):
    """By the label that tells it apart."""
    series = pods(a=(0.2,), b=(0.2, 3.0), c=(0.2,))

    assert say(series) == "Only pod b shows it: the other 2 of 3 are as usual."
    assert name_part(series[0], series) == "pod a"


def test_several_pods_are_named_up_to_three(pods):
    """The one that is cited first, then by name."""
    slow = dict.fromkeys("dabc", (0.2, 3.0))

    assert say(pods(**slow, e=(0.2,))) == "Only pod d, a, b and others shows it: the other 1 of 5 are as usual."
    assert say(pods(c=(0.2, 3.0), a=(0.2, 3.0), e=(0.2,))) == "Only pod c, a shows it: the other 1 of 3 are as usual."


def test_service_whose_pods_are_all_slow_has_no_part(pods):
    """Nor has one of a single pod, nor one whose series say nothing of where they were measured."""
    alike = pods(a=(0.2, 3.0), b=(0.2, 3.0))

    assert say(alike) == ""
    assert say(alike[:1]) == ""
    assert say([replace(item, labels={"quantile": str(number)}) for number, item in enumerate(alike)]) == ""
    assert name_part(alike[0], alike[:1]) == ""


def test_sibling_without_the_label_does_not_count(pods):
    """A sum over all pods beside theirs is no pod."""
    a, b, total = pods(a=(0.2, 3.0), b=(0.2,), total=(0.2, 1.0))

    series = [a, b, replace(total, labels={})]

    assert say(series) == "Only pod a shows it: the other 1 of 2 are as usual."
    assert name_part(series[2], series) == ""


def test_other_services_and_metrics_are_no_siblings(pods, build):
    """Their pods are theirs."""
    (own,) = pods(a=(0.2, 3.0))

    others = [build("web:latency_p99", 0.2), build("api:latency_avg", 0.2)]

    assert list_siblings(own, [own, *others]) == [own]


def test_ranking_names_the_part(pods):
    """In its words, and for whoever has to look."""
    ranking = rank_metrics(pods(a=(0.2,), b=(0.2, 3.0), c=(0.2,)), CallGraph())

    (item,) = ranking.items
    assert (item.node, item.part) == ("api", "pod b")
    assert item.why.endswith("nothing that it calls was looked at. Only pod b shows it: the other 2 of 3 are as usual.")


def test_clearest_of_several_pods_stands_for_all(pods):
    """Whatever its place among them."""
    ranking = rank_metrics(pods(a=(0.2, 3.0), b=(0.2, 0.5), c=(0.2,)), CallGraph())

    assert ranking.items[0].part == "pod a"


def test_labels_that_differ_tell_a_series_apart(build):
    """Places first; what all have alike tells nothing, nor does another metric."""
    labels = ({"job": "db", "state": "idle", "instance": "a"}, {"job": "db", "state": "busy", "instance": "b"})
    series = [replace(build("db:sessions", 5.0), labels=told) for told in labels]

    assert name_labels(series[0], [*series, build("db:locks", 1.0)]) == "instance a, state idle"
    assert name_labels(series[0], series[:1]) == ""


def test_series_that_moved_is_named_by_its_labels(build):
    """A queue of several fills: the metric's name would accuse all."""
    series = [
        replace(build("mq:queue_depth", 5.0, full), labels={"queue": queue})
        for queue, full in (("a", 5.0), ("b", 900.0))
    ]

    (item,) = rank_metrics(series, CallGraph()).items

    assert item.why.endswith("It is the one of queue b.")
