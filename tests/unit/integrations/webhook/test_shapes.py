"""Bodies of Sentry, put into the plain form."""

import json
from datetime import UTC, datetime

import pytest

from fermata.domain.alert import AlertStatus, Severity
from fermata.integrations.webhook.source import PlainSource
from fermata.kit.errors import UserError
from fermata.testing.source_contract import RECEIVED_AT

# The names of the examples on the pages of the integration platform, with values of ours.
SENTRY = {"installation": {"uuid": "a8e5d37a"}, "actor": {"id": "sentry", "name": "Sentry", "type": "application"}}
METRIC = {
    "alert_rule": {"id": "7", "name": "Too many errors", "aggregate": "count()", "triggers": []},
    "date_closed": None,
    "date_detected": "2026-11-23T09:51:30.000000Z",
    "date_started": "2026-11-23T09:51:00.000000Z",
    "id": "4",
    "identifier": "1",
    "organization_id": "5",
    "projects": ["checkout"],
    "status": 20,
    "title": "Sacred Marmot",
}
SENTRY_METRIC = SENTRY | {
    "action": "critical",
    "data": {
        "description_text": "1000 events in the last 10 minutes",
        "description_title": "Critical: Too many errors",
        "metric_alert": METRIC,
        "web_url": "https://sentry.example.com/alerts/1/",
    },
}
EVENT = {
    "culprit": "pay(checkout.py)",
    "datetime": "2026-11-23T09:51:00.677000Z",
    "issue_id": "1117540176",
    "level": "error",
    "project": 1,
    "tags": [["environment", "production"], ["release", "checkout@1.4.2"], ["level", "error"]],
    "title": "KeyError: 'amount'",
    "url": "https://sentry.example.com/api/0/projects/shop/checkout/events/e4874d66/",
    "web_url": "https://sentry.example.com/organizations/shop/issues/1117540176/events/e4874d66/",
}
SENTRY_EVENT = SENTRY | {"action": "triggered", "data": {"event": EVENT, "triggered_rule": "Errors in production"}}
SENTRY_ISSUE = SENTRY | {
    "action": "resolved",
    "data": {
        "issue": {
            "id": "1117540176",
            "title": "KeyError: 'amount'",
            "project": {"id": "1", "slug": "checkout"},
            "web_url": "https://sentry.example.com/issues/1117540176/",
            "status": "resolved",
        }
    },
}


def parse(body):
    """Parse a value as JSON."""
    return PlainSource().parse(json.dumps(body).encode(), RECEIVED_AT)


def read(body):
    """Return the one alert of a body."""
    (alert,) = parse(body).alerts
    return alert


def tell_metric(action, **fields):
    """Return a message of Sentry about the incident of `METRIC`."""
    return SENTRY_METRIC | {"action": action, "data": SENTRY_METRIC["data"] | {"metric_alert": METRIC | fields}}


def test_metric_alert_of_sentry_is_read():
    """Its start tells which firing it is, from the warning to the end; one project is the service."""
    alert = read(SENTRY_METRIC)
    milder, end = read(tell_metric("warning")), read(tell_metric("resolved", date_closed="2026-11-23T09:55:00Z"))

    assert (alert.name, alert.severity, alert.status) == ("Too many errors", Severity.CRITICAL, AlertStatus.FIRING)
    assert (alert.labels["service"], alert.starts_at) == ("checkout", datetime(2026, 11, 23, 9, 51, tzinfo=UTC))
    assert alert.summary == "1000 events in the last 10 minutes"
    assert (milder.id, milder.severity, end.id, end.status) == (
        alert.id, Severity.WARNING, alert.id, AlertStatus.RESOLVED
    )  # fmt: skip
    assert end.ends_at == datetime(2026, 11, 23, 9, 55, tzinfo=UTC)
    assert not parse(SENTRY_METRIC).one_at_a_time
    assert parse(tell_metric("critical", date_started=None)).one_at_a_time


def test_metric_alert_of_sentry_about_several_projects_names_no_service():
    """A rule over two projects fails as one thing, and another rule or other projects as another."""
    both = read(tell_metric("critical", projects=["cart", "checkout"]))

    assert "service" not in both.labels
    assert both.fingerprint == read(tell_metric("critical", projects=["checkout", "cart"])).fingerprint
    assert both.fingerprint != read(SENTRY_METRIC).fingerprint
    assert (
        read(tell_metric("critical", alert_rule=METRIC["alert_rule"] | {"id": "8"})).fingerprint
        != read(SENTRY_METRIC).fingerprint
    )


def test_metric_alert_of_sentry_with_an_unknown_word_is_refused():
    """A word that is not on its page is told, never taken for firing."""
    with pytest.raises(UserError, match="'status'"):
        parse(tell_metric("opened"))


def test_issue_alert_of_sentry_is_read_and_ends_with_its_issue():
    """The rule fires for an event; that the issue is resolved or archived is its end."""
    alert, end = read(SENTRY_EVENT), read(SENTRY_ISSUE)
    archived = read(SENTRY_ISSUE | {"action": "archived"})

    assert (alert.name, alert.severity, alert.labels["service"]) == ("KeyError: 'amount'", Severity.HIGH, "checkout")
    assert (alert.labels["environment"], alert.labels["release"]) == ("production", "checkout@1.4.2")
    assert alert.summary == "Errors in production: pay(checkout.py)"
    assert (end.status, end.fingerprint, archived.fingerprint) == (
        AlertStatus.RESOLVED, alert.fingerprint, alert.fingerprint
    )  # fmt: skip
    assert parse(SENTRY_EVENT).one_at_a_time


def test_event_of_sentry_names_its_service_itself():
    """A tag `service` is nearer to what runs than the project; with neither there is none."""
    tagged = EVENT | {"tags": [["service", "checkout-api"]], "level": "fatal"}
    bare = EVENT | {"tags": None, "url": None, "level": "unheard"}

    told, untold = (read(SENTRY_EVENT | {"data": {"event": event}}) for event in (tagged, bare))

    assert (told.labels["service"], told.severity) == ("checkout-api", Severity.CRITICAL)
    assert ("service" in untold.labels, untold.severity) == (False, Severity.WARNING)


def test_events_of_sentry_without_an_issue_are_not_one_alert():
    """Two that name none are told apart by what they say."""
    first, second = (
        read(SENTRY_EVENT | {"data": {"event": EVENT | {"issue_id": None, "title": title}}})
        for title in ("KeyError", "Timeout")
    )

    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("created", {"installation": {"status": "installed"}}),
        ("created", SENTRY_ISSUE["data"]),
        ("unresolved", SENTRY_ISSUE["data"]),
        ("created", {"comment": "seen", "issue_id": 1}),
        ("created", {"error": {"event_id": "e4874d66"}}),
        ("triggered", SENTRY_ISSUE["data"] | {"activity": {"type": "seer_pr_created"}, "alert": {"id": 10}}),
    ],
)
def test_message_of_sentry_that_no_alert_rule_sent_starts_nothing(action, data):
    """Who subscribes to more than alerts is not woken by it."""
    batch = parse(SENTRY | {"action": action, "data": data})

    assert batch.alerts == ()
    assert "Sentry" in batch.refused[0]


@pytest.mark.parametrize("body", [SENTRY_METRIC, SENTRY_EVENT, SENTRY_ISSUE])
@pytest.mark.parametrize("wrong", [None, 7, "text", [], {}, [[]], {"tags": 3}])
def test_body_of_sentry_with_a_wrong_part_is_read_or_refused(body, wrong):
    """Whatever stands in a field, nothing breaks: it is an alert, a notice or a refusal."""
    for name in body["data"]:
        try:
            batch = parse(body | {"data": body["data"] | {name: wrong}})
        except UserError:
            continue
        assert len(batch.alerts) + len(batch.refused) == 1


NEW_RELIC = {
    "id": "3ee8ed8d-61c6-4e36-90b6-0ab4a9a7e0b3",
    "issueUrl": "https://radar-api.service.newrelic.com/accounts/1/issues/3ee8ed8d",
    "title": "Error rate > 5 % on 'checkout'",
    "priority": "CRITICAL",
    "impactedEntities": ["checkout"],
    "state": "ACTIVATED",
    "createdAt": 1763891460000,
    "alertConditionNames": ["Error rate", "Latency"],
}


def test_issue_of_new_relic_is_read_and_ends_with_it():
    """It begins when it is created and activated, and is over once it is closed."""
    created, activated, closed = (read(NEW_RELIC | {"state": state}) for state in ("CREATED", "ACTIVATED", "CLOSED"))

    assert (created.status, activated.status, closed.status) == ("firing", "firing", "resolved")
    assert created.fingerprint == activated.fingerprint == closed.fingerprint
    assert (activated.name, activated.labels["service"]) == ("Error rate > 5 % on 'checkout'", "checkout")
    assert (activated.severity, activated.starts_at) == (Severity.CRITICAL, datetime(2025, 11, 23, 9, 51, tzinfo=UTC))
    assert activated.annotations["summary"] == "Error rate, Latency"


def test_issue_of_new_relic_about_several_entities_names_no_service():
    """None of them is known to be the one; an unknown priority is a warning, and one without a time begins now."""
    told = {"impactedEntities": ["checkout", "cart"], "priority": "NEW", "createdAt": None, "id": None}
    alert = read(NEW_RELIC | told)

    assert ("service" in alert.labels, alert.severity, alert.starts_at) == (False, Severity.WARNING, RECEIVED_AT)


def test_message_of_new_relic_about_neither_begin_nor_end_starts_nothing():
    """Somebody acknowledged it."""
    batch = PlainSource().parse(json.dumps(NEW_RELIC | {"state": "ACKNOWLEDGED"}).encode(), RECEIVED_AT)

    assert batch.alerts == ()
    assert "neither begins nor ends" in batch.refused[0]
