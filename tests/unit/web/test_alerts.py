"""An incident's alerts, as its page shows them."""

from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.web.alerts import list_alerts


def test_each_alert_comes_with_why_it_is_here():
    """In the order of the view, by its own id; one that the incident does not explain has no reason."""
    alerts = (story.make_alert(), story.make_alert("CheckoutErrors"))
    stranger = story.make_alert("Unexplained")
    view = make_view(incident=story.make_incident(alerts=alerts), alerts=(*alerts, stranger))

    shown = list_alerts(view)

    assert [(item.id, item.alert) for item in shown] == [(alert.id, alert) for alert in view.alerts]
    assert [item.reasons for item in shown] == [
        ("the first alert",),
        ("same service checkout as alert CheckoutDown, 4 s apart",),
        (),
    ]
