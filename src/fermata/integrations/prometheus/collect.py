"""Metrics as evidence: the alert's own expression, and the usual resources of the entities in scope."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from fermata.domain.alert import Alert
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence
from fermata.domain.scope import Scope
from fermata.integrations.prometheus.asking import Asker
from fermata.integrations.prometheus.client import PrometheusClient, PrometheusSession
from fermata.integrations.prometheus.promql import find_expression, split_condition
from fermata.integrations.prometheus.selection import (
    Choice,
    choose_metrics,
    find_failure_label,
    list_selectors,
    write_failure_query,
    write_query,
)
from fermata.integrations.prometheus.wire import WireRule
from fermata.kit.clock import Clock
from fermata.kit.listing import join_cuts
from fermata.ports.metrics.asking import Question, gather

# A storm of one cause has few rules; more would be other incidents.
MOST_EXPRESSIONS = 4
# Prometheus' default is a minute, its example file and most installations say 15 s.
USUAL_SCRAPE_S = 15.0
# A rate needs two samples; four intervals bear failed scrapes (Prometheus documentation, "rate()" and its guides).
SCRAPES_PER_RATE = 4


class AlertExpressionCollector:
    """The series of the expression that fired, its comparison taken off so that the time before shows too."""

    name = "prometheus.alert_expression"

    def __init__(self, client: PrometheusClient, clock: Clock, step_s: float | None = None) -> None:
        self._client = client
        self._clock = clock
        self._step_s = step_s

    def wants(self, scope: Scope) -> bool:
        """Answer yes when there is an alert."""
        return bool(scope.alerts)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each distinct expression, at most four.

        An expression comes from the alert's generator URL, else from the server's rule of the alert's name. The URL
        itself is never called.

        Raises:
            OperationalError: Prometheus cannot be asked, or it refused every expression.
        """
        async with self._client.connect() as session:
            by_expression = await find_expressions(session, scope.alerts)
            questions = [_ask_about(scope, expression, alerts) for expression, alerts in by_expression.items()]
            asker = Asker(self._clock, self.name, scope, self._step_s, session=session)
            evidence = await asker.ask(questions[:MOST_EXPRESSIONS])
        if evidence and len(questions) > MOST_EXPRESSIONS:
            left = f"{len(questions) - MOST_EXPRESSIONS} of {len(questions)} expressions were not asked"
            evidence[0] = evidence[0].model_copy(update={"cut": join_cuts(evidence[0].cut, left)})
        return evidence


async def find_expressions(session: PrometheusSession, alerts: Sequence[Alert]) -> dict[str, list[Alert]]:
    """Return the alerts by their expression: of their link, else of the server's rule of that name.

    Raises:
        OperationalError: The rules were needed and cannot be asked for.
    """
    known = {alert.id: find_expression(alert.generator_url) for alert in alerts}
    if not all(known.values()):
        rules = await session.list_rules()
        known = {alert.id: known[alert.id] or find_rule(alert, rules) for alert in alerts}
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        if known[alert.id]:
            found.setdefault(known[alert.id], []).append(alert)
    return found


def find_rule(alert: Alert, rules: Sequence[WireRule]) -> str:
    """Return the expression of the rule that raised an alert: its name, and the most labels of its own; else empty.

    Several rules may share a name (a warning and a critical one); their own labels tell them apart. Labels made by a
    template cannot be compared and are passed over.
    """
    best, most = "", -1
    for rule in rules:
        own = {label: text for label, text in rule.labels.items() if "{{" not in text}
        agrees = all(alert.labels.get(label) == text for label, text in own.items())
        if rule.name == alert.name and agrees and len(own) > most:
            best, most = rule.query, len(own)
    return best


def _ask_about(scope: Scope, expression: str, alerts: Sequence[Alert]) -> Question:
    condition = split_condition(expression)
    limit = f", which fires when {condition.operator} {condition.threshold}" if condition.threshold else ""
    return Question(
        entity=scope.entities[0] if scope.entities else _name_rule(alerts[0]),
        purpose="alert",
        title=f"{alerts[0].name}: the value its rule watches{limit}",
        expression=condition.value,
        owners=tuple(alert.labels for alert in alerts),
    )


def _name_rule(alert: Alert) -> Entity:
    """Stand in for the entity of an alert whose labels name none."""
    return Entity(system="prometheus", kind="rule", name=re.sub(r"[\s/:*?\[\]]+", "-", alert.name))


class ResourcesCollector:
    """Up, memory, CPU, restarts, traffic and errors of the scope's entities, as far as metrics of known names exist."""

    name = "prometheus.resources"

    def __init__(self, client: PrometheusClient, clock: Clock, step_s: float | None = None) -> None:
        self._client = client
        self._clock = clock
        self._step_s = step_s

    def wants(self, scope: Scope) -> bool:
        """Answer yes when an entity can be looked for by a label."""
        return bool(list_selectors(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each metric found, at most two for a purpose.

        Raises:
            OperationalError: Prometheus cannot be asked, or it refused every query.
        """
        async with self._client.connect() as session:
            asker = Asker(self._clock, self.name, scope, self._step_s, session=session)
            selectors = list_selectors(scope)
            start, end = scope.window_start, scope.window_end
            names = await gather(session.list_metric_names(one.text, start, end) for one in selectors)
            choices = choose_metrics(list(zip(selectors, names, strict=True)))
            if not choices:
                return ()
            window_s = max(SCRAPES_PER_RATE * await _measure_scrape(asker, choices), asker.window.step_s)
            asked = await gather(_ask_for(asker, choice, math.ceil(window_s)) for choice in choices)
            return await asker.ask([question for questions in asked for question in questions])


async def _measure_scrape(asker: Asker, choices: Sequence[Choice]) -> float:
    """Return the seconds between scrapes: the median gap of the raw samples of `up`, else the usual."""
    up = next((choice for choice in choices if choice.metric.purpose == "up"), None)
    if up is None:
        return USUAL_SCRAPE_S
    samples = await asker.session.fetch_samples(f"up{up.selector.text}[2m]", asker.scope.window_end)
    gaps = [later - earlier for one in samples for (earlier, _), (later, _) in pairwise(one.values)]
    return median(gaps) if gaps else USUAL_SCRAPE_S


async def _ask_for(asker: Asker, choice: Choice, window_s: int) -> list[Question]:
    metric, entity = choice.metric, choice.selector.entity
    label = ""
    if metric.by_failure:
        scope = asker.scope
        series = f"{choice.name}{choice.selector.text}"
        label = find_failure_label(await asker.session.list_label_names(series, scope.window_start, scope.window_end))
    what = metric.purpose.replace("_", " ")
    title = f"{entity.name}: {what} ({choice.name})"
    questions = [Question(entity, metric.purpose, title, write_query(choice, window_s, label), metric.unit)]
    if label:
        title = f"{entity.name}: errors ({choice.name} by {label})"
        questions.append(Question(entity, "errors", title, write_failure_query(choice, window_s, label), metric.unit))
    return questions
