import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.routes import list_routes

SPRING = """
spring:
  cloud:
    gateway:
      routes:
        - id: cart
          uri: lb://${CART_HOST:cart}
          predicates:
            - Path=/api/cart/**

        - id: pay
          uri: http://pay-service:8080
          predicates:
            - Path=/api/pay/**
        - id: dynamic
          uri: ${SOMEWHERE}
          predicates:
            - Path=/api/x/**
"""
NGINX = """
server {
  location = /cart { proxy_pass http://cart:7070/; }
  location /pay {
    proxy_pass http://pay.shop.svc:80;
  }
}
"""
NGINX_LINES = "location /cart {\n  proxy_pass http://cart:7070/;\n}\nlocation /pay {\n  proxy_pass http://pay;\n}\n"
ISTIO = "- match:\n  - uri:\n      prefix: /cart\n  route:\n  - destination:\n      host: cart\n"
TRAEFIK = "rule: PathPrefix(`/cart`)\nservices:\n- url: http://cart:7070\n"


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        (SPRING, [("cart", "/api/cart/**", "cart", None), ("pay", "/api/pay/**", "pay-service", 8080)]),
        (NGINX_LINES, [("", "/cart", "cart", 7070), ("", "/pay", "pay", None)]),
        (NGINX, [("", "/cart", "cart", 7070), ("", "/pay", "pay.shop.svc", 80)]),
        (ISTIO, [("", "/cart", "cart", None)]),
        (TRAEFIK, [("", "/cart", "cart", 7070)]),
        ("nothing: here\n", []),
        ("prefix: /cart\n", []),
    ],
)
def test_routes_are_read_in_the_words_of_common_gateways(text, routes):
    """Placeholders give their default; what has no path or no backend is no route."""
    cluster = Harbour().add("ConfigMap", "gateway", data={"routes": text, "number": 1}).build()

    assert [(route.name, route.path, route.host, route.port) for route in list_routes(cluster)] == routes


def test_routes_of_an_ingress_are_read_in_both_versions_of_the_api():
    """A backend that is no service, and a rule without paths, are no routes."""
    paths = [
        {"path": "/a", "backend": {"service": {"name": "a", "port": {"number": 80}}}},
        {"backend": {"service": {"name": "b", "port": {"name": "http"}}}},
        {"path": "/c", "backend": {"serviceName": "c", "servicePort": 81}},
        {"path": "/d", "backend": {"service": {"name": "d"}}},
        {"path": "/e", "backend": {"resource": {}}},
        {"path": "/f"},
    ]
    cluster = Harbour().add("Ingress", "web", spec={"rules": [{"http": {"paths": paths}}, {"host": "x"}]}).build()

    assert [(route.path, route.host, route.port) for route in list_routes(cluster)] == [
        ("/a", "a", 80),
        ("/", "b", None),
        ("/c", "c", 81),
        ("/d", "d", None),
    ]
