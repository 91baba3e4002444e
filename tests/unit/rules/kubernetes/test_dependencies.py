import pytest

from fermata.rules.kubernetes.dependencies import find_service

DEPLOYMENT = """\
Name:         {name}
Namespace:    shop
Selector:     app={name}
Replicas:     1 desired
Pod Template:
  Labels:  app={name}
  Containers:
   main:
    Image:  {name}:1
    Environment:
{lines}"""
SERVICES = """\
NAME     TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE   SELECTOR
cart     ClusterIP   10.0.0.1     <none>        7070/TCP   5m    app=cart
redis    ClusterIP   10.0.0.2     <none>        6379/TCP   5m    app=redis
lonely   ClusterIP   None         <none>        80/TCP     5m    app=lonely
"""


def _described(name, *lines):
    text = "".join(f"      {line}\n" for line in lines)
    return {f"kubectl describe deploy {name} -n shop": DEPLOYMENT.format(name=name, lines=text)}


@pytest.fixture
def shop(printed):
    """A front that calls a cart that calls a store."""
    return printed(
        {
            "kubectl get svc -n shop -o wide": SERVICES,
            **_described("front", "CART_ADDR:  cart.shop.svc.cluster.local:7070", "PAY_URL:  http://pay:80"),
            **_described("cart", "REDIS_HOST:  redis", "REDIS_PORT:  6379", "SELF_ADDR:  cart:7070"),
            **_described("redis", "MODE:  fast"),
        }
    )


def _calls(calls):
    return [(call.caller.name, call.host, call.port, call.service and call.service.name) for call in calls]


def test_configuration_tells_who_calls_whom(shop):
    """A host is a service of the cluster, or is not known there."""
    assert _calls(shop.dependencies()) == [
        ("front", "cart.shop.svc.cluster.local", 7070, "cart"),
        ("front", "pay", 80, None),
        ("cart", "redis", 6379, "redis"),
        ("cart", "cart", 7070, "cart"),
    ]
    assert {call[:2] for call in _calls(shop.callees(shop.find("Deployment", "front")))} == {
        ("front", "pay"),
        ("front", "cart.shop.svc.cluster.local"),
    }


def test_callers_of_a_workload_call_its_service(shop):
    """What calls itself is not its own caller."""
    assert _calls(shop.callers(shop.find("Deployment", "cart"))) == [
        ("front", "cart.shop.svc.cluster.local", 7070, "cart")
    ]


def test_dependents_are_found_through_others(shop):
    """The nearest come first."""
    assert [item.name for item in shop.dependents(shop.find("Deployment", "redis"))] == ["cart", "front"]


def test_caller_over_two_ways_is_named_once(applied):
    """Also where calls go round in a circle."""
    cluster = applied(
        _api_deployment("front", [{"name": "A_ADDR", "value": "left:11"}, {"name": "B_ADDR", "value": "right:11"}]),
        _api_deployment("left", [{"name": "DB_ADDR", "value": "store:11"}]),
        _api_deployment("right", [{"name": "DB_ADDR", "value": "store:11"}]),
        _api_deployment("store", [{"name": "UP_ADDR", "value": "front:11"}]),
    )

    dependents = cluster.dependents(cluster.find("Deployment", "store"))

    assert [item.name for item in dependents] == ["left", "right", "front"]


def test_line_that_configures_a_call_is_quoted(shop):
    """The variable's own line, not another one that names the host."""
    (call,) = [call for call in shop.dependencies() if call.host == "redis"]

    assert call.where.text.strip() == "REDIS_HOST:  redis"
    assert call.key == "REDIS_HOST"


def test_line_of_another_key_is_better_than_none(applied):
    """In YAML the name of a variable stands above its value."""
    cluster = applied(_api_deployment("front", [{"name": "CART_ADDR", "value": "cart:7070"}]))

    (call,) = cluster.dependencies()
    assert call.where.text.strip() == '"value": "cart:7070"'


def _api_deployment(name, env, **spec):
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "env": env}], **spec}}},
    }


def test_service_that_is_missing_is_still_called(applied):
    """A workload whose service nobody made is called by its name."""
    cluster = applied(
        _api_deployment("front", [{"name": "CART_ADDR", "value": "cart:7070"}]), _api_deployment("cart", [])
    )

    assert _calls(cluster.callers(cluster.find("Deployment", "cart"))) == [("front", "cart", 7070, None)]


def test_files_of_config_maps_name_hosts(applied):
    """Of what no service answers to, only one word after a scheme is taken for a host."""
    config = {
        "kind": "ConfigMap",
        "metadata": {"name": "routes", "namespace": "shop"},
        "data": {"r.yaml": "a: lb://cart\nb: http://gone:80\nc: http://www.example.com\nd: key:1234", "n": 1},
    }
    service = {"kind": "Service", "metadata": {"name": "cart", "namespace": "shop"}, "spec": {}}
    volumes = [{"configMap": {"name": "routes"}}, {"configMap": {"name": "unknown"}}]
    cluster = applied(_api_deployment("front", [], volumes=volumes), config, service)

    assert _calls(cluster.dependencies()) == [("front", "cart", None, "cart"), ("front", "gone", 80, None)]
    assert [call.where.document for call in cluster.dependencies()] == ["api-1", "api-1"]


def test_listed_workload_is_configured_by_its_pod(printed):
    """A row tells nothing of the environment; without a described pod nothing is known."""
    pod = (
        "Name: front-6f86c-x7k2p\nControlled By: ReplicaSet/front-6f86c\n"
        "Containers:\n  main:\n    Environment:\n      CART_ADDR:  cart:7070\n"
    )
    lists = {
        "kubectl get deploy -n shop": "NAME    READY\nfront   1/1\nmute    1/1\n",
        "kubectl get rs -n shop": "NAME          DESIRED\nfront-6f86c   1\n",
    }

    cluster = printed({**lists, "kubectl describe pod front-6f86c-x7k2p -n shop": pod})

    assert _calls(cluster.dependencies()) == [("front", "cart", 7070, None)]


def test_graph_tells_of_calls_that_configuration_does_not(printed):
    """A call that both tell of is one; one between unknown parties is none."""
    answers = {
        "kubectl get svc -n shop -o wide": SERVICES,
        **_described("front", "CART_ADDR:  cart:7070"),
        **_described("cart", "MODE:  x"),
        **_described("redis", "MODE:  x"),
    }
    calls = [("front", "cart"), ("cart", "redis"), ("front", "gone"), ("gone", "cart"), ("lonely", "redis")]

    cluster = printed(answers, calls=calls)

    assert _calls(cluster.dependencies()) == [("front", "cart", 7070, "cart"), ("cart", "redis", None, "redis")]
    assert cluster.dependencies()[1].where is None


def test_host_that_the_text_does_not_hold_cannot_be_quoted(applied):
    """An escaped host stands otherwise in the text."""
    cluster = applied(_api_deployment("front", [{"name": "X", "value": "http://\u00e9t\u00e9:80"}]))

    assert [call.where for call in cluster.dependencies()] in ([], [None])


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("cart", "cart"),
        ("cart.shop", "cart"),
        ("cart.shop.svc", "cart"),
        ("CART.shop.svc.cluster.local.", "cart"),
        ("cart-0.cart.shop.svc.cluster.local", "cart"),
        ("10.0.0.2", "redis"),
        ("cart.other", None),
        ("a.b.c.d.example.com", None),
        ("gone", None),
        ("None", None),
    ],
)
def test_host_leads_to_a_service(shop, host, service):
    """Short names, qualified ones, pods of headless services and addresses."""
    found = find_service(shop, host, "shop")

    assert (found and found.name) == service
