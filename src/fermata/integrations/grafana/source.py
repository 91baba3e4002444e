"""Alerts from Grafana: one webhook body becomes one batch; what cannot be read is named by index and field."""

from __future__ import annotations

from fermata.integrations.grafana.wire import WireAlert, WireBody
from fermata.ports.alert_webhook import Told, WebhookSource

# Grafana raises these in place of the rule's own alert; the rule's name is then in the label `rulename`.
SUBSTITUTES = {"DatasourceNoData": "no data", "DatasourceError": "evaluation failed"}

# A rule has a handful of queries; a card has one line for them.
LONGEST_VALUE = 1_000


class GrafanaSource(WebhookSource[WireAlert]):
    """Parses the webhook of unified alerting, version 1 (Grafana 9 and later)."""

    name = "grafana"
    Body = WireBody
    AlertModel = WireAlert
    advice = (
        "Point a Grafana contact point of type webhook at this path, with no custom payload; legacy alerting "
        "(before Grafana 9) is not read, and Alertmanager's webhook has its own path, named alertmanager; other "
        "tools' is named webhook"
    )

    def tell(self, wire: WireAlert) -> Told:
        """Return the rule's name, its measured value, and the rule's annotations with Grafana's pages among them."""
        return Told(
            name=_name_rule(wire), value=_describe_value(wire), annotations=_list_links(wire) | wire.annotations
        )


def _name_rule(wire: WireAlert) -> str:
    name = wire.labels.get("alertname", "")
    if name in SUBSTITUTES:
        return wire.labels.get("rulename") or name
    return name or "unnamed"


def _describe_value(wire: WireAlert) -> str:
    """Return `A=0.3125, C=1`, one for each query of the rule; else the older text; else why there is none."""
    if wire.values:
        return ", ".join(f"{query}={value}" for query, value in wire.values.items())[:LONGEST_VALUE]
    why = SUBSTITUTES.get(wire.labels.get("alertname", ""), "")
    # Of a query that failed it is all there is to read.
    if why and (error := wire.annotations.get("Error")):
        why = f"{why}: {error}"
    return (wire.value_string or why)[:LONGEST_VALUE]


def _list_links(wire: WireAlert) -> dict[str, str]:
    """Return the pages a person may want, as annotations; the rule's own annotations win over them.

    `imageURL` is left out: for many image stores it is a signed address, which is a secret.
    """
    links = {
        "grafana_dashboard_url": wire.dashboard_url,
        "grafana_panel_url": wire.panel_url,
        "grafana_silence_url": wire.silence_url,
    }
    return {name: url for name, url in links.items() if url}
