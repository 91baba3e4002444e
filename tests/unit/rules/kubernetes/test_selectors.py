import pytest

from fermata.rules.kubernetes.objects import KubeObject
from fermata.rules.kubernetes.selectors import matches, selector_of, template_labels


def _service(**spec):
    return {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def test_selector_matches_when_every_equality_holds():
    """An empty selector of a service selects nothing."""
    assert matches({"app": "web"}, {"app": "web", "tier": "front"})
    assert not matches({"app": "web", "tier": "back"}, {"app": "web"})
    assert not matches({}, {"app": "web"})


def test_selector_is_the_column_or_the_field():
    """Services and workloads spell theirs differently."""
    column = KubeObject("Service", "shop", name="web", body={"printed": {"SELECTOR": "app=web"}})
    service = KubeObject("Service", "shop", name="web", body={"spec": {"selector": {"app": "web"}}})
    deployment = KubeObject("Deployment", "shop", name="web", body={"spec": {"selector": {"matchLabels": {"a": "b"}}}})

    assert selector_of(column) == selector_of(service) == {"app": "web"}
    assert selector_of(deployment) == {"a": "b"}


def test_template_labels_fall_back_to_the_selector():
    """What is selected has at least the labels it is selected by."""
    labels = {"metadata": {"labels": {"app": "web"}}}
    whole = KubeObject("Deployment", "shop", name="web", body={"spec": {"template": labels}})
    bare = KubeObject("Deployment", "shop", name="web", body={"spec": {"selector": {"matchLabels": {"app": "x"}}}})
    cron = KubeObject("CronJob", "shop", name="c", body={"spec": {"jobTemplate": {"spec": {"template": labels}}}})

    assert template_labels(whole) == template_labels(cron) == {"app": "web"}
    assert template_labels(bare) == {"app": "x"}


def _endpoints(cluster):
    return cluster.endpoints_of(cluster.find("Service", "web"))


def test_addresses_are_those_of_the_endpoints(applied):
    """Those that are not ready do not count."""
    endpoints = {
        "kind": "Endpoints",
        "metadata": {"name": "web", "namespace": "shop"},
        "subsets": [
            {"addresses": [{"ip": "10.0.0.1"}], "notReadyAddresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 80}]},
            {"addresses": [{"ip": "10.0.0.3"}]},
        ],
    }

    assert _endpoints(applied(_service(), endpoints)) == ("10.0.0.1:80", "10.0.0.3")
    assert _endpoints(applied(_service(), {**endpoints, "subsets": []})) == ()


@pytest.mark.parametrize(
    "owner",
    [
        {"labels": {"kubernetes.io/service-name": "web"}},
        {"ownerReferences": [{"kind": "Service", "name": "web"}]},
    ],
)
def test_addresses_are_those_of_the_slices(applied, owner):
    """Readiness that is not set means ready."""
    piece = {
        "kind": "EndpointSlice",
        "metadata": {"name": "web-x", "namespace": "shop", **owner},
        "ports": [{"port": 80}],
        "endpoints": [
            {"addresses": ["10.0.0.1"]},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
            {"addresses": ["10.0.0.3"], "conditions": {"ready": True}},
            {"addresses": None},
        ],
    }
    other = {"kind": "EndpointSlice", "metadata": {"name": "other", "namespace": "shop"}}

    assert _endpoints(applied(_service(), piece, other)) == ("10.0.0.1:80", "10.0.0.3:80")


def test_addresses_are_printed(printed):
    """The table comes first, then the endpoints' description, then the service's."""
    service = "Name: web\nEndpoints: 10.0.0.9:80\n"
    row = "NAME   ENDPOINTS       AGE\nweb    {}   5m\n"
    described = "Name: web\nSubsets:\n  Addresses:  10.0.0.1,10.0.0.2\n  Ports:\n    Name  Port\n    x     80\n"

    def read(**answers):
        return _endpoints(
            printed(
                {
                    "kubectl describe svc web -n shop": service,
                    **{f"kubectl {verb} ep web -n shop": text for verb, text in answers.items()},
                }
            )
        )

    assert read(get=row.format("10.0.0.1:80,10.0.0.2:80")) == ("10.0.0.1:80", "10.0.0.2:80")
    assert read(get=row.format("<none>     ")) == ()
    more = row.format("10.0.0.1:80 + 3 more...")
    assert read(get=more, describe=described) == ("10.0.0.1:80", "10.0.0.2:80")
    assert read() == ("10.0.0.9:80",)


def test_addresses_are_unknown_without_a_source(applied):
    """Nobody told of them."""
    assert _endpoints(applied(_service())) is None
