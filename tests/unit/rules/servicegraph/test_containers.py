"""Containers of an engine become services and calls."""

import pytest

from fermata.rules.servicegraph.containers import read_containers
from fermata.rules.servicegraph.merging import merge

ANONYMOUS = "0123456789abcdef" * 4


def make(
    name, service="", project="shop", *, networks=("shop_default",), env=(), labels=None, status="running", **more
):
    """Give a container as the engine inspects it: of a compose service, or of none.

    Args:
        networks: Names, or name -> what else the engine says of the container's place there.
        more: `image`, and keys of `Config`, `HostConfig` and `Mounts`.
    """
    own = {"com.docker.compose.project": project, "com.docker.compose.service": service} if service else {}
    places = networks if isinstance(networks, dict) else {key: {} for key in networks}
    aliases = [alias for alias in (name, service) if alias]
    return {
        "Id": f"{name}-id",
        "Image": f"{name}-image",
        "Name": f"/{name}",
        "State": {"Status": status},
        "Config": {
            "Image": more.pop("image", "shop/app:1"),
            "Env": [*env, "PATH=/bin", 3],
            "Labels": {**own, **(labels or {})},
            "Cmd": more.pop("cmd", None),
            "Entrypoint": None,
            "Healthcheck": more.pop("check", None),
            "ExposedPorts": more.pop("exposed", None),
        },
        "Mounts": more.pop("mounts", []),
        "HostConfig": {"Memory": 0, "PortBindings": None, **more},
        "NetworkSettings": {"Networks": {key: {"Aliases": aliases, **place} for key, place in places.items()}},
    }


def read(*containers, images=()):
    """Give the graph of some containers."""
    return read_containers(containers, images, source="docker")


def pairs(graph):
    """Give the calls with what tells of each."""
    return {(edge.caller, edge.callee): edge.why for edge in graph.edges}


def facts(graph, name):
    """Give a node's facts without their sources."""
    return {key: fact.value for key, fact in graph.nodes[name].facts.items()}


def waits_for(text):
    """Give the label by which compose says what a service waits for."""
    return {"com.docker.compose.depends_on": text}


def test_shop_of_compose_comes_out_with_its_calls():
    """From URLs, bare host names, commands and what compose waited for; no value leaves."""
    graph = read(
        make(
            "shop-web-1",
            "web",
            env=["CART_URL=http://cart:8080/x", "DB_HOST=store"],
            PortBindings={"80/tcp": [{"HostPort": "8080"}]},
        ),
        make(
            "shop-cart-1",
            "cart",
            env=["DSN=postgres://u:hunter2@db/shop"],
            labels=waits_for("queue:service_healthy:false"),
        ),
        make("shop-cart-2", "cart"),
        make("shop-db-1", "db", image="postgres:16", networks={"shop_default": {"Aliases": ["store", None]}}),
        make("shop-queue-1", "queue", image="rabbitmq:3"),
        make("shop-mail-1", "mail", cmd=["sh", "-c", "mail --queue=$QUEUE:5672"], env=["QUEUE=queue"]),
    )

    assert pairs(graph) == {
        ("web", "cart"): "CART_URL",
        ("web", "db"): "DB_HOST",
        ("cart", "db"): "DSN",
        ("cart", "queue"): "depends_on",
        ("mail", "queue"): "-c",
    }
    assert {name: facts(graph, name).get("kind") for name in graph.nodes} == {
        "web": None, "cart": None, "db": "db", "queue": "queue", "mail": "worker",
    }  # fmt: skip
    assert facts(graph, "cart")["replicas"] == 2
    assert graph.nodes["cart"].aliases == {"shop-cart-1", "shop-cart-2"}
    assert (graph.basis, graph.nodes["cart"].namespace) == ("live", "shop")
    assert "hunter2" not in repr(graph)


def test_what_holds_a_service_up_is_read():
    """Its check of health, its limit, and whether what it writes outlives it."""
    named = {"Type": "volume", "Name": "shop_db", "Source": "/var/lib/docker/x", "Destination": "/data", "RW": True}
    passing = [
        {"Type": "volume", "Name": ANONYMOUS, "Destination": "/data"},
        {"Type": "bind", "Source": "/srv/data", "Destination": "/data", "RW": False},
        {"Type": "bind", "Source": "/srv/conf", "Destination": "/etc/web", "RW": True},
    ]

    graph = read(
        make("db", mounts=[named], check={"Test": ["CMD", "pg_isready"]}, Memory=64 * 1024**2),
        make("web", mounts=passing),
    )

    assert facts(graph, "db") == {
        "replicas": 1,
        "readiness_probe": True,
        "persistent_storage": True,
        "memory_limit": str(64 * 1024**2),
    }
    assert facts(graph, "web") == {
        "replicas": 1,
        "readiness_probe": False,
        "persistent_storage": False,
        "memory_limit": "none",
    }


def test_name_leads_to_those_alone_that_share_a_network():
    """A namesake elsewhere is not what is called; in a network of both it is one's own project's first."""
    graph = read(
        make("shop-web-1", "web", env=["DB_HOST=db", "WIKI_URL=http://wiki"], networks=("back", "edge")),
        make("shop-db-1", "db", networks=("back", "edge")),
        make("blog-app-1", "app", "blog", env=["DB_HOST=db"], networks=("blog_default",)),
        make("blog-db-1", "db", "blog", networks=("blog_default", "edge")),
        make("wiki", networks=("elsewhere",)),
    )

    assert set(pairs(graph)) == {("web", "db.shop"), ("app", "db.blog")}
    assert {"web", "db.shop", "app", "db.blog", "wiki"} == set(graph.nodes)


def test_name_that_nobody_has_is_a_stranger_s():
    """As in a compose file."""
    graph = read(make("web", env=["PAY=https://api.stripe.com/v1"]))

    assert set(pairs(graph)) == {("web", "api.stripe.com")}
    assert facts(graph, "api.stripe.com") == {"kind": "external"}


def test_what_an_image_brings_names_services_alone():
    """Images hold where they were built from; what was set for the container is a call wherever it leads."""
    brought = [
        "REDIS_DOWNLOAD_URL=http://download.redis.io/redis.tar.gz",
        "DB_HOST=db",
        "HOOK=http://old.example.io",
        3,
    ]
    image = {"Id": "web-image", "Config": {"Env": brought}}
    own = ["HOOK=https://hooks.example.io"]

    graph = read(make("web", env=[*own, *brought[:2]]), make("db"), images=[image, {}])

    assert pairs(graph) == {("web", "hooks.example.io"): "HOOK", ("web", "db"): "DB_HOST"}


def test_address_of_a_container_leads_to_it():
    """The engine's own network has no names: there an address or a link is all there is."""
    graph = read(
        make("web", env=["CACHE=http://172.17.0.3:6379", "DB_HOST=db"], networks=("bridge",)),
        make("api", networks=("bridge",), env=["STORE_HOST=store"], Links=["/db:/api/store", "/gone:/api/x", "odd"]),
        make("cache", image="redis:7", networks={"bridge": {"IPAddress": "172.17.0.3"}}),
        make("db", image="mysql:8", networks={"bridge": {"IPAddress": ""}}),
    )

    assert pairs(graph) == {("web", "cache"): "CACHE", ("api", "db"): "STORE_HOST"}


def test_link_alone_is_a_call():
    """Of compose, too, which writes it into the network."""
    graph = read(make("web", networks={"n": {"Links": ["db:store"]}}), make("db", networks=("n",)))

    assert pairs(graph) == {("web", "db"): "links"}


def test_container_in_another_s_network_sees_what_that_one_sees():
    """As behind a tunnel: it has no place of its own in any network."""
    graph = read(
        make("shop-tunnel-1", "tunnel"),
        make("shop-app-1", "app", networks=(), env=["DB_HOST=db"], NetworkMode="container:shop-tunnel-1-id"),
        make("shop-db-1", "db"),
    )

    assert set(pairs(graph)) == {("app", "db")}


def test_container_in_the_host_s_network_calls_what_it_waits_for():
    """No network is shared; compose was told that it needs it."""
    graph = read(
        make("shop-app-1", "app", networks=("host",), labels=waits_for("db:service_started:true"), NetworkMode="host"),
        make("shop-db-1", "db"),
        make("shop-web-1", "web", labels=waits_for("db,gone:service_started:false"), networks=("alone",)),
    )

    assert set(pairs(graph)) == {("app", "db")}


def test_what_others_wait_for_to_its_end_is_a_job():
    """It has ended, and calls what it was told to."""
    graph = read(
        make(
            "shop-web-1", "web", labels=waits_for("init:service_completed_successfully:false,db:service_started:false")
        ),
        make("shop-init-1", "init", status="exited", env=["DB_HOST=db"]),
        make("shop-db-1", "db"),
    )

    assert facts(graph, "init")["kind"] == "job"
    assert set(pairs(graph)) == {("web", "db"), ("init", "db")}


def test_what_compose_built_is_told_by_its_name():
    """Its image is called like the project, which may be a product's name; an image by its digest says nothing."""
    graph = read(
        make("redis-worker-1", "worker", "redis", image="redis-worker"),
        make("redis-old-1", "old", "redis", image="redis_old:latest"),
        make("cache", image="sha256:" + "1" * 64),
        make("redis-edge-1", "edge", "redis", image="nginx:1"),
    )

    assert {name: facts(graph, name).get("kind") for name in graph.nodes} == {
        "worker": None, "old": None, "cache": None, "edge": "gateway",
    }  # fmt: skip


def test_telemetry_is_left_out():
    """And said."""
    graph = read(
        make("shop-web-1", "web", labels=waits_for("prometheus:service_started:true")),
        make("shop-prometheus-1", "prometheus", image="prom/prometheus:v3", env=["WEB=http://web"]),
    )

    assert (set(graph.nodes), graph.edges) == ({"web"}, [])
    assert graph.notes == ["telemetry is left out: prometheus"]


def test_what_runs_speaks_for_the_replicas():
    """One that is down may have the settings of before."""
    graph = read(
        make("shop-web-1", "web", status="exited", env=["A_HOST=old"]),
        make("shop-web-2", "web", env=["A_HOST=new"]),
        make("shop-old-1", "old"),
        make("shop-new-1", "new"),
    )

    assert set(pairs(graph)) == {("web", "new")}


def test_container_without_a_name_is_passed_over():
    """What is no container of the engine's shape, too."""
    assert read({}, {"Name": 3}).nodes == {}


def test_two_names_that_are_written_alike_are_one_node():
    """The first one: names of nodes are in one form."""
    assert set(read(make("my_db"), make("my-db")).nodes) == {"my-db"}


@pytest.mark.parametrize("alias", ["shop-web-1", "frontend"])
def test_other_sources_know_it_by_its_container_or_its_telemetry(alias):
    """So that measured calls are its own."""
    graph = merge([read(make("shop-web-1", "web", env=["OTEL_SERVICE_NAME=frontend"]))])

    assert alias in graph.nodes[0].aliases
