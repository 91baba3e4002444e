"""What a request asks for, in the authoriser's words."""

import pytest

from fermata.integrations.kubernetes.calls import read_call


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/api/v1/namespaces/shop/pods", "list pods in namespace shop"),
        ("GET", "/api/v1/namespaces/shop/pods/p1", "get pods p1 in namespace shop"),
        ("GET", "/api/v1/namespaces/shop/pods/p1/log", "get pods/log p1 in namespace shop"),
        ("GET", "/api/v1/pods", "list pods"),
        ("GET", "/api/v1/namespaces/shop", "get namespaces shop"),
        ("GET", "/api/v1/namespaces", "list namespaces"),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web", "patch deployments.apps web in namespace shop"),
        (
            "PUT",
            "/apis/apps/v1/namespaces/shop/deployments/web/scale",
            "update deployments/scale.apps web in namespace shop",
        ),
        ("POST", "/api/v1/namespaces/shop/pods/p1/eviction", "create pods/eviction p1 in namespace shop"),
        ("DELETE", "/api/v1/namespaces/shop/pods/p1", "delete pods p1 in namespace shop"),
        ("GET", "/version", "get /version"),
    ],
)
def test_verb_resource_and_namespace_are_told_from_the_path(method, path, words):
    """As the documentation of authorisation derives them."""
    assert read_call(method, path).describe() == words


def test_rule_is_what_a_role_would_say():
    """One line of YAML that can be copied."""
    call = read_call("GET", "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies")

    assert call.describe_rule() == (
        '- {apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list"]}'
    )
