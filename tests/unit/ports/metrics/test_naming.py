"""Which services a system of metrics is asked about."""

from fermata.ports.metrics.naming import list_services
from fermata.testing.records import make_scope


def test_services_of_the_settings_go_first_and_pods_need_them():
    """A pod's name is nobody's service, unless a person says so."""
    scope = make_scope("kubernetes:pod/shop/p1", "service/cart", "kubernetes:deployment/shop/checkout", "host/web1")

    found = list_services(scope, {"checkout": "own", "p1": "pod"})

    assert [(one.entity.name, one.settings) for one in found] == [("p1", "pod"), ("checkout", "own"), ("cart", None)]


def test_at_most_three_each_name_once():
    """Each costs some queries of a limited number."""
    scope = make_scope("service/a", "kubernetes:deployment/shop/a", "service/b", "service/c", "service/d")

    assert [one.entity.name for one in list_services(scope, {})] == ["a", "b", "c"]
