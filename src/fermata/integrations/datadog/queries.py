"""Which of Datadog's metrics tell how a service does, and how they are asked for. Pure.

Source: Datadog documentation, "Trace Metrics": for each kind of span `trace.<operation>.hits`, `.errors`, `.duration`,
and the distribution `trace.<operation>` itself for percentiles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from fermata.domain.entity import Entity
from fermata.ports.metrics.asking import Question

MOST_OPERATIONS = 2
"""What serves requests, and perhaps a second protocol. More operations are parts of the same requests."""
_HITS = re.compile(r"trace\.(?P<operation>.+)\.hits")
_UNSAFE = re.compile(r"[^a-z0-9_\-./:]")


def make_tag(text: str) -> str:
    """Return a tag's value as Datadog keeps it: lower case, other signs as underscores, at most 200 characters."""
    return _UNSAFE.sub("_", text.lower())[:200]


def find_operations(names: Collection[str]) -> list[str]:
    """Return the operations that serve requests, of the metrics a service reports; those called so first."""
    found = sorted(match["operation"] for name in names if (match := _HITS.fullmatch(name)))
    # `trace.<operation>.hits.by_http_status` and its like are other metrics; the pattern leaves them out by its end.
    found = [one for one in found if ".hits" not in one]
    found.sort(key=lambda one: (not one.endswith("request"), "server" not in one, "consum" not in one))
    return found[:MOST_OPERATIONS]


def list_signals(entity: Entity, service: str, env: str, names: Collection[str]) -> list[Question]:
    """Return the questions for requests, errors and latency of a service.

    Args:
        service: Value of its tag.
        names: Of the metrics that it reports.
    """
    tags = f"service:{service}" + (f",env:{env}" if env else "")
    questions = []
    for operation in find_operations(names):
        base = f"trace.{operation}"
        about = f"{entity.name}: {{}} of {operation}"
        hits = f"sum:{base}.hits{{{tags}}}"
        questions.append(Question(entity, "traffic", about.format("requests"), f"{hits}.as_rate()", "/s"))
        if f"{base}.errors" in names:
            errors = f"sum:{base}.errors{{{tags}}}.as_rate()"
            questions.append(Question(entity, "errors", about.format("errors"), errors, "/s"))
        if base in names:
            questions.append(Question(entity, "latency", about.format("p95"), f"p95:{base}{{{tags}}}", "s"))
        elif f"{base}.duration" in names:
            # The one is a gauge, the other a count: only sums of both over the same time can be divided.
            mean = f"sum:{base}.duration{{{tags}}}.rollup(sum) / {hits}.rollup(sum)"
            questions.append(Question(entity, "latency", about.format("mean time"), mean, "s"))
    return questions


def list_own(entity: Entity, queries: Mapping[str, str]) -> list[Question]:
    """Return the questions of the settings."""
    return [Question(entity, name, f"{entity.name}: {name}", query) for name, query in queries.items()]
