"""What an alert says is hidden before anything of it is kept; what identifies it stays."""

from tests.unit.flows.stage import make_alert as stage_alert

from fermata.flows.hiding import hide_alert, hide_text
from fermata.testing.records import make_alert

SECRET = "password=swordfish1"


def test_every_text_of_an_alert_is_hidden():
    """Labels, annotations, value, name and link."""
    alert = make_alert(
        labels={"service": "checkout", "note": SECRET},
        annotations={"summary": SECRET},
        value=SECRET,
        generator_url=f"http://prometheus/graph?{SECRET}",
    )

    hidden = hide_alert(alert, hide_text)

    assert "swordfish1" not in str(hidden.to_json())
    assert (hidden.id, hidden.labels["service"]) == (alert.id, "checkout")


def test_alert_without_a_secret_stays_the_same():
    """Nothing is built anew for nothing."""
    alert = make_alert()

    assert hide_alert(alert, hide_text) is alert


async def test_secret_of_an_alert_is_not_in_the_store(stage, tmp_path):
    """Not a byte of it."""
    await stage.send(stage_alert() | {"annotations": {"summary": SECRET}})

    files = list(tmp_path.glob("fermata.db*"))
    assert files
    assert all(b"swordfish1" not in path.read_bytes() for path in files)
