"""Which series to look at for an entity: from its name to selectors, from metric names to queries.

A small table, not a search: the metrics that client libraries, the JVM, cAdvisor and kube-state-metrics export under
these names. What is not in it is not collected; the alert's own expression is, whatever it is. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope

# An incident names one or two workloads in a few ways; more selectors would be other workloads.
MOST_SELECTORS = 6
# The service's own counter and a caller's: more say the same again.
MOST_PER_PURPOSE = 2

_KIND_LABELS = {
    "container": ("container",),
    "pod": ("pod",),
    "process": ("process", "program", "service", "job", "target"),
    "host": ("instance", "node"),
    "database": ("datname", "database"),
}
_WORKLOAD_LABELS = ("service", "job", "app", "target")

# Metrics about the measuring itself match the patterns below and say nothing of the entity.
_OWN_METRICS = re.compile(r"(?:promhttp|prometheus|scrape|alertmanager|net_conntrack)_")

FAILURES = {
    "code": "5..",
    "status": "5..|error|failed",
    "status_code": "5..",
    "http_status": "5..",
    "http_status_code": "5..",
    "http_response_status_code": "5..",
    "grpc_code": "Unknown|Internal|Unavailable|DataLoss|DeadlineExceeded|ResourceExhausted|Unimplemented",
    "outcome": "error|failure|failed|fail|timeout|SERVER_ERROR",
    "result": "error|failure|failed|fail|timeout",
}
"""Labels that tell failed requests from others, in order of preference, and the values that do (RE2)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the table."""

    purpose: str
    """As in `MetricFacts.purpose`."""
    unit: str
    pattern: re.Pattern[str]
    """Whole metric names."""
    query: str
    """With `{series}` for name and selector, `{name}`, `{matchers}` and `{window}`."""
    by_failure: bool = False
    """Whether its labels may tell failures: the query is then split by that label, and asked for failures alone."""


@dataclass(frozen=True, slots=True)
class Selector:
    """What picks an entity's series."""

    entity: Entity
    matchers: str
    """Inside of the braces: `service="checkout"`."""

    @property
    def text(self) -> str:
        """Return it as a selector of its own."""
        return f"{{{self.matchers}}}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A metric of an entity that is there."""

    metric: Metric
    name: str
    selector: Selector


TABLE = (
    Metric("up", "", re.compile("up"), "{series}"),
    Metric(
        "memory",
        "bytes",
        re.compile("process_resident_memory_bytes|container_memory_working_set_bytes"),
        "{series}",
    ),
    Metric(
        "memory_limit",
        "bytes",
        re.compile("process_memory_limit_bytes|container_spec_memory_limit_bytes"),
        "{series}",
    ),
    Metric(
        "memory_limit",
        "bytes",
        re.compile("kube_pod_container_resource_limits"),
        '{name}{{{matchers},resource="memory"}}',
    ),
    Metric(
        "cpu",
        "cores",
        re.compile("process_cpu_seconds_total|container_cpu_usage_seconds_total"),
        "rate({series}[{window}])",
    ),
    Metric("open_files", "", re.compile("process_open_fds|container_file_descriptors"), "{series}"),
    Metric("open_files_limit", "", re.compile("process_max_fds"), "{series}"),
    Metric("restarts", "", re.compile("kube_pod_container_status_restarts_total"), "{series}"),
    Metric("restarts", "", re.compile("process_start_time_seconds"), "changes({series}[{window}])"),
    Metric(
        "traffic",
        "/s",
        re.compile(
            "(?:.+_)?requests_total|http_server_requests_seconds_count|http_request_duration_seconds_count|"
            "http_server_request_duration_seconds_count|grpc_server_handled_total"
        ),
        "sum{by}(rate({series}[{window}]))",
        by_failure=True,
    ),
    Metric("errors", "/s", re.compile(".+_(?:errors|failures)_total"), "sum(rate({series}[{window}]))"),
)


def list_selectors(scope: Scope) -> list[Selector]:
    """Return the selectors to try, those of the most specific entity first, at most six."""
    found: dict[str, Selector] = {}
    for entity in scope.entities:
        for label in _KIND_LABELS.get(entity.kind, _WORKLOAD_LABELS):
            matchers = _match(label, entity)
            found.setdefault(matchers, Selector(entity, matchers))
    return list(found.values())[:MOST_SELECTORS]


def _match(label: str, entity: Entity) -> str:
    if label == "instance":
        # A host's exporters listen on ports; the alert's entity has lost its own.
        return f"instance=~{quote(re.escape(entity.name) + '(:[0-9]+)?')}"
    namespace = f",namespace={quote(entity.namespace)}" if entity.namespace else ""
    return f"{label}={quote(entity.name)}{namespace}"


def quote(text: str) -> str:
    """Write a PromQL string. JSON's escapes are among Go's, and what comes from outside cannot end the string."""
    return json.dumps(text, ensure_ascii=False)


def choose_metrics(found: Sequence[tuple[Selector, Sequence[str]]]) -> list[Choice]:
    """Pick from the metric names each selector has, in the table's order; each name once, two for a purpose.

    Args:
        found: Selectors in order of preference, each with the names it has.
    """
    choices: list[Choice] = []
    for metric in TABLE:
        for selector, names in found:
            for name in sorted(names):
                taken = [choice for choice in choices if choice.metric.purpose == metric.purpose]
                if (
                    metric.pattern.fullmatch(name)
                    and not _OWN_METRICS.match(name)
                    and len(taken) < MOST_PER_PURPOSE
                    and all(choice.name != name for choice in taken)
                ):
                    choices.append(Choice(metric, name, selector))
    return choices


def write_query(choice: Choice, window_s: int, failure_label: str = "") -> str:
    """Return the query of a choice; where a label tells failures, split by it."""
    return choice.metric.query.format(
        series=f"{choice.name}{choice.selector.text}",
        name=choice.name,
        matchers=choice.selector.matchers,
        window=f"{window_s}s",
        by=f" by ({failure_label}) " if failure_label else "",
    )


def write_failure_query(choice: Choice, window_s: int, failure_label: str) -> str:
    """Return the query for the failed requests of a choice alone."""
    matchers = f"{choice.selector.matchers},{failure_label}=~{quote(FAILURES[failure_label])}"
    return f"sum by ({failure_label}) (rate({choice.name}{{{matchers}}}[{window_s}s]))"


def find_failure_label(labels: Sequence[str]) -> str:
    """Return the label that tells failed requests, or empty."""
    return next((label for label in FAILURES if label in labels), "")
