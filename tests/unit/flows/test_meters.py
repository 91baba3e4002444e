"""Counters about Fermata itself: one registry per house, in Prometheus' own text."""

from prometheus_client.parser import text_string_to_metric_families

from fermata.flows.meters import Meters


def test_metrics_parse_and_carry_their_labels():
    """What is printed is what Prometheus reads."""
    meters = Meters()
    meters.alerts.labels("alertmanager", "new").inc()

    families = {family.name: family for family in text_string_to_metric_families(meters.render().decode())}

    (sample,) = [item for item in families["fermata_alerts"].samples if item.name == "fermata_alerts_total"]
    assert (sample.labels, sample.value) == ({"source": "alertmanager", "change": "new"}, 1.0)
    assert all(name.startswith("fermata_") for name in families)


def test_two_houses_do_not_share_their_counts():
    """Each house counts for itself."""
    first, second = Meters(), Meters()
    first.halted.set(1)

    assert "fermata_halted 0.0" in second.render().decode()
