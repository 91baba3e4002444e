"""Places that are called like production are told to whoever only plans or writes."""

from fermata.domain.experiment import FaultTarget
from fermata.rules.sandbox.places import find_production_places, list_document_places, list_target_places


def test_places_called_like_production_are_found_with_the_word():
    """Others are not, and the order is kept."""
    assert find_production_places(["shop", "kafka.prod", "product-page", "proddb"]) == {
        "kafka.prod": "prod",
        "proddb": "prod",
    }
    assert find_production_places(["kafka.prod"], ["live"]) == {}


def test_target_names_its_services_its_namespace_and_its_labels():
    """What is empty is no place."""
    whole = FaultTarget(
        system="chaosmesh", service="web", callee="pay", namespace="shop",
        labels={"app": "web"}, callee_labels={"app": "pay"},
    )  # fmt: skip

    assert list_target_places(whole) == ("shop", "web", "pay", "app=web", "app=pay")
    assert list_target_places(FaultTarget(system="faultproxy", service="web")) == ("web",)


def test_document_names_its_places_wherever_they_stand():
    """Names, titles and what is no map are no places."""
    document = {
        "metadata": {"name": "prod-copy", "namespace": "shop"},
        "spec": {
            "selector": {"namespaces": ["shop", 3], "labelSelectors": {"app": "web"}},
            "templates": [{"networkChaos": {"externalTargets": ["db.prod.example"]}}, "text"],
        },
    }

    assert list(list_document_places(document)) == ["shop", "shop", "app=web", "db.prod.example"]
    assert list(list_document_places("prod")) == []


def test_document_that_leads_back_to_itself_is_read_once():
    """YAML has aliases: a loop must not end in a trace, nor ten lists of ten of ten take a minute."""
    loop = {"namespace": "shop-prod"}
    loop["spec"] = [loop]
    deep = {"namespaces": ["db-prod"]}
    for _ in range(5000):
        deep = {"spec": [deep, deep]}

    assert list(list_document_places(loop)) == ["shop-prod"]
    assert list(list_document_places(deep)) == ["db-prod"]
