"""What an alert says is hidden before anything of it is kept; what identifies it stays."""

import pytest
from tests.unit.flows.stage import make_alert as stage_alert

from fermata.flows.hiding import hide_alert, hide_deep, hide_evidence, hide_text
from fermata.testing.records import make_alert, make_evidence

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


@pytest.mark.parametrize(
    "secret",
    [
        "sesamestreet",
        "zebra-lantern-copper",
        "Tr0ub4dor" + "&3",
        "9f86d081884c7d659a2f" + "eaa0c55ad015",
        "3f2b8c1e-9a4d-4c7e-" + "8b1a-2d6f7e9c0a11",
        "8472910365",
    ],
)
def test_what_a_label_or_annotation_names_a_secret_goes_whatever_it_looks_like(secret):
    """The name is asked, not the value's look alone."""
    named = {"db_password": secret, "api_key": secret, "Authorization": f"Bearer {secret}"}

    hidden = hide_alert(make_alert(labels=named, annotations=named), hide_text)

    assert secret not in str(hidden.to_json())
    assert hidden.labels.keys() == named.keys()


def test_labels_named_like_a_secret_keep_ordinary_words():
    """What says that there is one, or where, is not hidden: routing may rest on it."""
    named = {
        "auth": "ldap",
        "password": "none",
        "token": "expired",
        "api_key": "${API_KEY}",
        "secret": "/run/secrets/db",
        "token_count": "120000",
        "db_password": "required",
        "topologyKey": "kubernetes.io/hostname",
    }
    alert = make_alert(labels=named)

    assert hide_alert(alert, hide_text) is alert


def test_title_query_and_facts_of_evidence_are_hidden_and_counted():
    """A commit's subject quotes one, an annotation names one, a pair of name and value holds one."""
    facts = {
        "title": f"Rotate the key ({SECRET})",
        "labels": {"api_key": "zebra-lantern-copper", "app": "checkout"},
        "env": [{"name": "DB_PASSWORD", "value": "zebra-lantern-copper"}, {"name": "MODE", "value": "production"}],
        "passwords": ["zebra-lantern-copper"],
        "count": 3,
    }
    item = make_evidence(title=SECRET, query=f"psql {SECRET}", facts=facts)

    hidden = hide_evidence(item, hide_text)

    written = str(hidden.to_json())
    assert "swordfish1" not in written
    assert "zebra-lantern-copper" not in written
    assert (hidden.facts["labels"]["app"], hidden.facts["env"][1]["value"]) == ("checkout", "production")
    assert hidden.facts["count"] == 3
    assert hidden.redactions == item.redactions + 1


def test_evidence_without_a_secret_stays_the_same():
    """It keeps its id."""
    item = make_evidence(facts={"labels": {"app": "checkout"}, "ports": [80, 443], "ready": True})

    assert hide_evidence(item, hide_text) is item


def test_name_of_a_key_is_hidden_as_well():
    """A map's key may be what somebody typed."""
    assert hide_deep({SECRET: 1}, hide_text) == {hide_text("", SECRET): 1}


async def test_secret_of_an_alert_is_not_in_the_store(stage, tmp_path):
    """Not a byte of it."""
    named = {"summary": SECRET, "password": "zebra-lantern-copper"}
    await stage.send(stage_alert(db_password="zebra-lantern-copper") | {"annotations": named})

    files = list(tmp_path.glob("fermata.db*"))
    assert files
    for secret in (b"swordfish1", b"zebra-lantern-copper"):
        assert all(secret not in path.read_bytes() for path in files)
