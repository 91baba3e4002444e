import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.kubernetes_addresses import SIGNATURES, list_address_troubles

SERVICES = ("cart", "catalog", "pay")


def address(value, *lines, key="CATALOG_ADDR", port=80, listed=True):
    """Build three services, and a workload that is configured to call an address."""
    harbour = Harbour()
    for name in SERVICES:
        harbour.svc(name, port, serves=(f"10.0.0.1:{port}",))
    if listed:
        harbour.listing("services", *SERVICES)
    return harbour.app("web", env=[{"name": key, "value": value}]).log("web", *lines)


MISMATCH = "service_env_var_address_mismatch"


def test_host_that_its_caller_cannot_reach_and_nobody_has_is_wrong():
    """The caller's log names it."""
    line = "error: dial tcp: lookup stock on 10.0.0.2:53: no such host"

    (claim,) = address("stock:80", line, key="STOCK_ADDR").find(SIGNATURES, MISMATCH)

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.confidence == 0.95
    assert "STOCK_ADDR" in claim.text


@pytest.mark.parametrize(
    "host", ["catalogs", "old-catalog", "catalgo", "ctalog", "catalog.wrong-namespace", "catalog.elsewhere"]
)
def test_host_that_is_nearly_a_service_that_is_not_called_otherwise_is_wrong(host):
    """A part more or less, or two letters changed, without any complaint."""
    (claim,) = address(f"{host}:80", key="THAT_ADDR").find(SIGNATURES, MISMATCH)

    assert claim.confidence == 0.8
    assert "catalog" in claim.text


@pytest.mark.parametrize("host", ["assistant", "cta", "xatalow", "pay", "pays.example.com", "catalog.io", "x.svc.y"])
def test_host_that_is_optional_or_outside_is_left_alone(host):
    """What is not installed, or not of this cluster, is configured often."""
    assert address(f"{host}:80", key="EXTRA_ADDR").find(SIGNATURES, MISMATCH) == []


@pytest.mark.parametrize("key", ["CATALOG_ADDR", "CATALOG_SERVICE_HOST", "CATA_URL"])
def test_variable_that_is_called_after_a_service_tells_which_is_meant(key):
    """Whatever it holds, it is not that service's name."""
    (claim,) = address("nonexistent:80", key=key).find(SIGNATURES, MISMATCH)

    assert "catalog is one" in claim.text


def test_near_host_does_not_count_when_the_service_is_called_already():
    """Then the other address means something else."""
    harbour = Harbour().svc("catalog", serves=("10.0.0.1:80",)).listing("services", "catalog")
    harbour.app("web", env=[{"name": "A_ADDR", "value": "catalog:80"}, {"name": "B_ADDR", "value": "catalogs:80"}])

    assert harbour.find(SIGNATURES, MISMATCH) == []


def test_service_with_the_fitting_port_is_suggested():
    """Of two near names the one that offers the port is meant."""
    harbour = Harbour().svc("catalog-a", 81, serves=("10.0.0.1:81",)).svc("catalog-b", serves=("10.0.0.1:80",))
    harbour.listing("services", "catalog-a", "catalog-b").app("web", env=[{"name": "C_ADDR", "value": "catalog:80"}])

    (claim,) = harbour.find(SIGNATURES, MISMATCH)

    assert "catalog-b" in claim.text


def test_unknown_services_leave_it_silent():
    """Without a complete list a host may well exist."""
    assert address("catalogs:80", listed=False).find(SIGNATURES, MISMATCH) == []


def test_wrong_namespace_is_named():
    """The service exists elsewhere."""
    harbour = Harbour().add("Service", "stock", "back", spec={"ports": [{"port": 80}]}).svc("pay")
    harbour.listing("services", "pay").app("web", env=[{"name": "S_ADDR", "value": "stock:80"}])
    long = Harbour().add("Service", "stock", "back", spec={"ports": [{"port": 80}]}).svc("pay")
    long.listing("services", "pay").app("web", env=[{"name": "S_ADDR", "value": "stock.shop.svc:80"}])

    for built in (harbour, long):
        (claim,) = built.find(SIGNATURES, MISMATCH)
        assert "namespace back" in claim.text


def test_long_name_of_another_namespace_is_judged():
    """A name with a known namespace is of the cluster, though it looks like one outside."""
    harbour = address("stock.shop:80", "error: dial tcp: lookup stock.shop on 10.0.0.2:53: no such host")

    assert len(harbour.find(SIGNATURES, MISMATCH)) == 1


def test_port_that_the_service_does_not_offer_is_wrong():
    """A host of its own is right, the port is not."""
    (claim,) = address("catalog:81").find(SIGNATURES, MISMATCH)

    assert "offers 80 only" in claim.text


@pytest.mark.parametrize("value", ["catalog:80", "catalog"])
def test_port_that_is_offered_or_not_named_is_right(value):
    """Nothing is compared where one side is silent."""
    assert address(value).find(SIGNATURES, MISMATCH) == []


def test_service_between_agreeing_sides_is_not_the_callers_mistake():
    """All callers ask for the port at which the container listens: the service lacks it."""
    harbour = Harbour().app("cart", ports=[{"containerPort": 8080}]).svc("cart", 8081, serves=("10.0.0.1:8080",))
    harbour.app("web", env=[{"name": "CART_ADDR", "value": "cart:8080"}])

    assert harbour.find(SIGNATURES, MISMATCH) == []


def test_one_of_several_callers_that_asks_for_another_port_is_wrong():
    """The others ask for what is offered, though the container listens where this one asks."""
    harbour = Harbour().app("cart", ports=[{"containerPort": 8080}]).svc("cart", 81, serves=("10.0.0.1:8080",))
    harbour.app("web", env=[{"name": "CART_ADDR", "value": "cart:8080"}])
    harbour.app("pay", env=[{"name": "CART_ADDR", "value": "cart:81"}])

    (claim,) = harbour.find(SIGNATURES, MISMATCH)

    assert claim.subject.name == "web"


def test_callers_that_all_ask_for_other_ports_are_all_wrong():
    """They do not even agree with each other."""
    harbour = Harbour().app("cart", ports=[{"containerPort": 8080}]).svc("cart", 81, serves=("10.0.0.1:8080",))
    for name, port in (("web", 8080), ("pay", 82), ("food", 83)):
        harbour.app(name, env=[{"name": "CART_ADDR", "value": f"cart:{port}"}])

    assert sorted(claim.subject.name for claim in harbour.find(SIGNATURES, MISMATCH)) == ["food", "pay", "web"]


def test_headless_service_has_the_ports_of_its_pods():
    """Its name leads to the pods themselves."""
    harbour = Harbour().app("cart", ports=[{"containerPort": 8080}]).svc("cart", 81, clusterIP="None", serves=None)
    for name, port in (("web", 8080), ("pay", 82), ("food", 83)):
        harbour.app(name, env=[{"name": "CART_ADDR", "value": f"cart:{port}"}])

    assert sorted(claim.subject.name for claim in harbour.find(SIGNATURES, MISMATCH)) == ["food", "pay"]


# Missing services


def unserved(*lines, ready=True):
    """Build a workload that is called by its name and has no service."""
    harbour = Harbour().app("cart", ready=ready).listing("services", "web").svc("web", serves=("10.0.0.1:80",))
    return harbour.app("web", env=[{"name": "CART_ADDR", "value": "cart:80"}]).log("web", *lines)


def test_workload_that_is_called_and_has_no_service_lacks_one():
    """Its caller's log makes it certain."""
    line = "error: dial tcp: lookup cart on 10.0.0.2:53: no such host"
    claims = [unserved(*lines).find(SIGNATURES, "missing_service")[0] for lines in ((), (line,))]

    assert [claim.confidence for claim in claims] == [0.7, 0.9]
    assert {claim.subject.name for claim in claims} == {"cart"}
    assert unserved().find(SIGNATURES, MISMATCH) == []


def test_workload_with_a_service_or_without_pods_lacks_none():
    """Another name leads to it, or it does not run, or nothing of that name exists."""
    served = unserved().svc("cart-svc", selector={"app": "cart"})
    nothing = Harbour().listing("services").app("web", env=[{"name": "CART_ADDR", "value": "cart:80"}])
    outside = Harbour().app("web", env=[{"name": "CART_ADDR", "value": "cart:80"}])

    assert served.find(SIGNATURES, "missing_service") == []
    assert unserved(ready=None).find(SIGNATURES, "missing_service") == []
    assert nothing.find(SIGNATURES, "missing_service") == []
    assert outside.find(SIGNATURES, "missing_service") == []


# Gateways


def gateway(*routes, services=("ts-cart-service", "ts-pay-service", "ts-food-service", "ts-user-service")):
    """Build a gateway with routes: name, path and backend each."""
    lines = [
        f"- id: {name}\n  uri: lb://{host}\n  predicates:\n    - Path=/api/v1/{path}/**" for name, path, host in routes
    ]
    harbour = Harbour().app("gateway").add("ConfigMap", "gateway-config", data={"application.yml": "\n".join(lines)})
    for name in services:
        harbour.svc(name, serves=("10.0.0.1:80",))
    return harbour


CART = ("cart", "cartservice", "ts-cart-service")
PAY = ("pay", "payservice", "ts-pay-service")
FOOD = ("food", "foodservice", "ts-food-service")
WRONG = ("food", "foodservice", "ts-pay-service")


def test_path_that_leads_to_another_service_is_a_misroute():
    """The service that the path is named after has no route; who gets its requests has one already."""
    (claim,) = gateway(CART, PAY, WRONG).find(SIGNATURES, "gateway_misroute")

    assert claim.subject.ref == "kubernetes:service/shop/ts-food-service"
    assert claim.confidence == 0.85
    assert "kubernetes:deployment/shop/gateway" in claim.explains


@pytest.mark.parametrize(
    "routes",
    [
        (CART, PAY, ("food", "foodservice", "ts-nobody-service")),
        (CART, PAY, ("food", "foodservice", "ts-pay-service.shop.svc"), ("p", "x", "ts-pay-service.shop.svc")),
        (CART, PAY, FOOD, WRONG),
    ],
)
def test_backend_that_nobody_knows_or_a_route_of_the_same_name_is_a_misroute(routes):
    """A long name is known by its first part; a route that has the service's very name is meant for it."""
    (claim,) = gateway(*routes).find(SIGNATURES, "gateway_misroute")

    assert claim.subject.name == "ts-food-service"


def test_backend_that_fits_loosely_is_wrong_when_its_paths_are_not_found():
    """A name that holds the other may be meant, as long as it works."""
    routes = (("cart", "cartservice", "ts-cart-extra-service"), ("extra", "extras", "ts-cart-extra-service"))
    services = ("ts-cart-service", "ts-cart-extra-service", "ts-pay-service")
    calm, failing = gateway(*routes, services=services), gateway(*routes, services=services)

    assert calm.find(SIGNATURES, "gateway_misroute") == []
    assert len(failing.notice("GET /api/v1/cartservice/1 404").find(SIGNATURES, "gateway_misroute")) == 1


def test_route_for_all_paths_is_judged_by_its_name():
    """Every request that is not found would be one of it."""
    harbour = gateway(CART, PAY).notice("GET /x 404")
    text = "- id: food\n  uri: lb://ts-pay-service\n  predicates:\n    - Path=/**\n"
    harbour.add("ConfigMap", "more", data={"application.yml": text})

    assert harbour.find(SIGNATURES, "gateway_misroute")[0].confidence == 0.85


@pytest.mark.parametrize("source", ["alert", "log"])
def test_requests_that_are_not_found_make_it_certain(source):
    """The service that gets them does not know the path."""
    harbour = gateway(CART, PAY, WRONG)
    if source == "alert":
        harbour.notice("Service food: GET /api/v1/foodservice/list 404 Not Found")
    else:
        harbour.log("gateway", '"GET /api/v1/foodservice/list HTTP/1.1" 404 12')

    (claim,) = harbour.find(SIGNATURES, "gateway_misroute")

    assert claim.confidence == 0.95


@pytest.mark.parametrize(
    "routes",
    [
        (CART, PAY, FOOD),
        (CART, PAY, ("verification", "foods", "ts-user-service")),
        (CART, PAY, FOOD, ("menu", "foodservice", "ts-pay-service")),
        (CART, PAY, ("x", "foodservice/userservice", "ts-pay-service")),
        (CART, PAY, ("pay-food", "foodservice", "ts-pay-service")),
        (CART, ("x", "unknown", "ts-pay-service")),
        (CART, PAY, ("food", "foodservice", "food.example.com")),
        (CART, PAY, ("pay-food", "payments", "ts-cart-service")),
    ],
)
def test_routes_that_fit_or_are_meant_so_are_left_alone(routes):
    """By path or name; a backend with this one route only; a service that has a route; or nothing to compare."""
    assert gateway(*routes).find(SIGNATURES, "gateway_misroute") == []


def test_route_without_a_name_is_judged_by_its_path():
    """Files of nginx name no routes."""
    text = "".join(
        f"location /{path} {{\n proxy_pass http://{host};\n}}\n"
        for path, host in (("cart", "cart"), ("pay", "pay"), ("food/v1", "pay"))
    )
    harbour = Harbour().add("ConfigMap", "nginx", data={"nginx.conf": text})
    for name in ("cart", "pay", "food"):
        harbour.svc(name, serves=("10.0.0.1:80",))

    (claim,) = harbour.find(SIGNATURES, "gateway_misroute")

    assert claim.subject.name == "food"


def ingress(service, port, *, listed=True):
    """Build an ingress that leads to a service and a port, and one service."""
    path = {"path": "/", "backend": {"service": {"name": service, "port": {"number": port}}}}
    harbour = Harbour().add("Ingress", "edge", spec={"rules": [{"http": {"paths": [path]}}]})
    return (harbour.listing("services", "web") if listed else harbour).svc("web", serves=("10.0.0.1:80",))


def test_backend_that_does_not_exist_is_named():
    """A service or a port that is not there."""
    (missing,) = ingress("wbe", 80).find(SIGNATURES, "gateway_backend_missing")
    (closed,) = ingress("web", 81).find(SIGNATURES, "gateway_backend_missing")

    assert "no such service" in missing.text
    assert "offers 80 only" in closed.text
    assert missing.subject.ref == "kubernetes:ingress/shop/edge"


def test_backend_that_exists_or_is_not_known_is_left_alone():
    """Without a list of services nothing is missing."""
    assert ingress("web", 80).find(SIGNATURES, "gateway_backend_missing") == []
    assert ingress("wbe", 80, listed=False).find(SIGNATURES, "gateway_backend_missing") == []


def test_contradictions_are_troubles():
    """They want explaining even before anybody complains; so does a certificate that is not there."""
    harbour = ingress("web", 81).add("Ingress", "tls", spec={"tls": [{"secretName": "gone"}]}).listing("secrets", "x")
    harbour.app("dns", ports=[{"containerPort": 53}]).svc("dns", 53, protocol="UDP", serves=("10.0.0.1:53",))

    troubles = list_address_troubles(harbour.build())

    assert [trouble.ref.partition(":")[2] for trouble in troubles] == [
        "ingress/shop/edge",
        "ingress/shop/tls",
        "service/shop/dns",
    ]
