"""Four bodies written to Grafana's documented schema, and what may be wrong with others."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fermata.domain.alert import AlertStatus, Severity
from fermata.integrations.grafana.source import GrafanaSource
from fermata.integrations.grafana.system import Grafana
from fermata.kit.errors import TooLargeError, UserError
from fermata.ports.source import SourceSettings
from fermata.testing.clock import FakeClock
from fermata.testing.source_contract import RECEIVED_AT, SourceContract

SAMPLES = Path(__file__).parents[3] / "samples" / "grafana"


def read(name):
    """Give a sample by the start of its name."""
    (path,) = SAMPLES.glob(f"{name}-*.json")
    return path.read_bytes()


def parse(body):
    """Parse bytes, or a value as JSON."""
    return GrafanaSource().parse(body if isinstance(body, bytes) else json.dumps(body).encode(), RECEIVED_AT)


def build(**fields):
    """Give a body with one alert, some fields of which are set."""
    alert = {"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-23T09:51:00+01:00", **fields}
    return {"version": "1", "orgId": 1, "groupKey": "g", "alerts": [alert]}


class TestGrafanaSource(SourceContract):
    """The contract, on all samples."""

    def make_source(self):
        return GrafanaSource()

    def list_samples(self):
        samples = {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("[0-9]*.json"))}
        assert len(samples) == 4
        return samples


def test_sample_alert_is_read_field_by_field():
    """Nothing of a documented alert is lost on the way."""
    batch = parse(read("01"))

    (alert,) = batch.alerts
    assert (alert.source, alert.name, alert.fingerprint) == ("grafana", "CheckoutErrorRate", "b1946ac92492d234")
    assert (alert.status, alert.severity) == (AlertStatus.FIRING, Severity.CRITICAL)
    assert alert.labels["grafana_folder"] == "shop"
    assert alert.value == "A=0.3125, C=1"
    assert alert.ends_at is None
    assert alert.generator_url.endswith("/view?orgId=1")
    assert batch.group_key.startswith("{}/{}:")


def test_local_offset_becomes_utc():
    """Grafana writes its own zone; a timeline has one."""
    (resolved,) = parse(read("02")).alerts

    assert resolved.starts_at == datetime(2026, 11, 23, 8, 51, tzinfo=UTC)
    assert resolved.ends_at == datetime(2026, 11, 23, 9, 7, 20, tzinfo=UTC)
    assert resolved.starts_at.tzinfo is UTC


def test_same_instant_in_another_offset_is_the_same_firing():
    """A server moved to another zone tells the same start in other words."""
    here, there = (
        parse(build(startsAt=text)).alerts[0].id for text in ("2026-11-23T09:51:00+01:00", "2026-11-23T08:51:00Z")
    )

    assert here == there


def test_alert_without_data_is_named_after_its_rule():
    """`DatasourceNoData` says that a rule has nothing to judge; which rule is what people need to know."""
    (alert,) = parse(read("04")).alerts

    assert alert.name == "CheckoutErrorRate"
    assert alert.value == "no data"
    assert alert.labels["alertname"] == "DatasourceNoData"


def test_failed_evaluation_without_a_rule_name_keeps_its_own():
    """Where the rule is not told, the substitute's name is better than none."""
    (alert,) = parse(build(labels={"alertname": "DatasourceError"})).alerts

    assert (alert.name, alert.value) == ("DatasourceError", "evaluation failed")


def test_failed_evaluation_says_why():
    """Grafana writes it into an annotation: that its data source is away is no fault of the service."""
    labels = {"alertname": "DatasourceError", "rulename": "CheckoutErrorRate"}
    (alert,) = parse(build(labels=labels, annotations={"Error": "lookup prometheus: no such host"})).alerts

    assert (alert.name, alert.value) == ("CheckoutErrorRate", "evaluation failed: lookup prometheus: no such host")


def test_links_are_added_to_the_annotations():
    """The panel, the dashboard and the silence page are what a person opens next."""
    (alert,) = parse(read("01")).alerts

    assert alert.annotations["grafana_panel_url"].endswith("viewPanel=4")
    assert alert.annotations["grafana_dashboard_url"].endswith("/d/shop-overview?orgId=1")
    assert alert.annotations["grafana_silence_url"].startswith("https://grafana.example.invalid/alerting/silence/new?")
    assert alert.annotations["runbook_url"] == "https://runbooks.example.invalid/high-error-rate"


def test_annotation_of_the_rule_wins_over_a_link():
    """What the rule's author wrote is not overwritten."""
    body = build(annotations={"grafana_panel_url": "mine"}, panelURL="https://grafana.example.invalid/p", imageURL="x")

    assert dict(parse(body).alerts[0].annotations) == {"grafana_panel_url": "mine"}


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"values": {"B": 22, "C": 1}}, "B=22, C=1"),
        ({"values": {"B": 0.333333333333}}, "B=0.333333"),
        ({"values": None, "valueString": "[ var='A' value=1 ]"}, "[ var='A' value=1 ]"),
        ({"values": {}, "valueString": None}, ""),
        ({"values": {"B": None, "C": "x", "D": True}}, ""),
        ({"values": [1, 2]}, ""),
        ({"values": {"B": 10**400}}, ""),
        ({}, ""),
    ],
)
def test_values_are_read_as_far_as_they_are_numbers(fields, value):
    """The measured value is for people: a strange one is left out, never a reason to lose the alert."""
    assert parse(build(**fields)).alerts[0].value == value


def test_infinite_value_is_left_out():
    """JSON has no infinity, but some writers do."""
    body = json.dumps(build(values={"A": 1})).replace('"A": 1', '"A": Infinity, "B": NaN, "C": 2').encode()

    assert parse(body).alerts[0].value == "C=2"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (build(startsAt=None), "alerts[0].startsAt"),
        (build(startsAt="2026-11-23 09:51"), "alerts[0].startsAt"),
        (build(status="alerting"), "alerts[0].status"),
        (build(labels={"alertname": 3}), "alerts[0].labels.alertname"),
        ({"version": "4", "alerts": []}, "version"),
        ({"version": "1"}, "alerts"),
        ({"ruleId": 1, "ruleName": "Old", "state": "alerting", "evalMatches": []}, "version"),
    ],
)
def test_faulty_field_is_named(body, field):
    """A refusal says where the fault is; legacy alerting and Alertmanager's own webhook fail at the version."""
    with pytest.raises(UserError) as refusal:
        parse(body)

    assert refusal.value.facts["field"] == field
    assert "alertmanager" in refusal.value.do


def test_long_annotation_is_cut_and_says_so():
    """Text for people never costs an alert."""
    text = parse(build(annotations={"description": "x" * 20_000})).alerts[0].annotations["description"]

    assert text.endswith("[cut: 3,616 more characters]")


def test_beyond_its_bounds_is_too_large():
    """One alert past the bound is refused with HTTP 413."""
    with pytest.raises(TooLargeError):
        parse({"version": "1", "alerts": [build()["alerts"][0]] * 10_001})


def test_system_offers_its_source_and_nothing_else():
    """Grafana calls Fermata; there is nothing to collect, to change or to show there."""
    system = Grafana(SourceSettings(), FakeClock())

    assert system.find_source().name == "grafana"
    assert not system.list_collectors()
    assert system.find_channel() is None
