"""The service graph of a real engine's containers."""

import asyncio

import pytest

from fermata.flows.graph_systems import ask_systems
from fermata.rules.servicegraph.merging import merge

NETWORKS = ("shop_back", "blog_default")


@pytest.fixture
def shop(shop):
    """Give the engine with the networks of two projects."""
    for name in NETWORKS:
        shop.engine.call("POST", "/networks/create", {"Name": name})
    yield shop
    shop.clear()
    for name in NETWORKS:
        shop.engine.call("DELETE", f"/networks/{name}")


def start(shop, project, service, *, number=1, depends_on="", host=None, network="", **config):
    """Start a container as compose does."""
    network = network or f"{project}_default"
    labels = {
        "com.docker.compose.project": project,
        "com.docker.compose.service": service,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.depends_on": depends_on,
    }
    places = {"EndpointsConfig": {network: {"Aliases": [f"{project}-{service}-{number}", service]}}}
    shop.run(
        f"{project}-{service}-{number}",
        Labels=labels,
        HostConfig={"NetworkMode": network, **(host or {})},
        NetworkingConfig=places,
        **config,
    )


def test_two_shops_of_compose_come_out_with_their_calls(shop):
    """Each with its own database, though both are called alike; passwords go nowhere."""
    back = {"network": "shop_back"}
    volume = {"Binds": ["shop_db:/var/lib/data"]}
    start(shop, "shop", "web", **back, env=["CART_URL=http://cart:8080"], depends_on="db:service_started:false")
    start(shop, "shop", "cart", **back, env=["DSN=postgres://u:hunter2-Zq@db/shop"])
    start(shop, "shop", "cart", **back, number=2)
    start(shop, "shop", "db", **back, host=volume, Healthcheck={"Test": ["CMD", "true"]})
    start(shop, "blog", "app", env=["DB_HOST=db"])
    start(shop, "blog", "db")
    shop.run("lonely", Labels={})

    graph = merge(asyncio.run(ask_systems({"docker": shop.system()})))

    assert {(edge.caller, edge.callee) for edge in graph.edges} == {
        ("web", "cart"),
        ("web", "db.shop"),
        ("cart", "db.shop"),
        ("app", "db.blog"),
    }
    nodes = {node.name: node for node in graph.nodes}
    assert set(nodes) == {"web", "cart", "db.shop", "app", "db.blog", "lonely"}
    told = {key: fact.value for key, fact in nodes["db.shop"].facts.items()}
    assert told["persistent_storage"] is told["readiness_probe"] is True
    assert nodes["cart"].facts["replicas"].value == 2
    assert graph.problems == ()
    assert "hunter2-Zq" not in repr(graph)


def test_where_an_image_was_built_from_is_no_call(shop):
    """An engine lists an image's variables with the container's own."""
    made = "ENV SHOP_DOWNLOAD_URL=http://download.example.io/shop.tar.gz"
    shop.engine.import_image("shop/made:1", {"serve.sh": shop.SERVE}, ['CMD ["/bin/sh", "/serve.sh"]', made])
    shop.run("made", "shop/made:1", Labels={}, env=["PAY_URL=https://pay.example.io"])

    graph = merge(asyncio.run(ask_systems({"docker": shop.system()})))

    assert "SHOP_DOWNLOAD_URL=http://download.example.io/shop.tar.gz" in shop.engine.inspect("made")["Config"]["Env"]
    assert [(edge.caller, edge.callee) for edge in graph.edges] == [("made", "pay.example.io")]


def test_projects_of_the_settings_are_all_that_is_drawn(shop):
    """What somebody else runs beside them is none of the graph's."""
    start(shop, "shop", "web", network="shop_back", env=["DB_HOST=db"])
    start(shop, "shop", "db", network="shop_back")
    start(shop, "blog", "db")

    graph = merge(asyncio.run(ask_systems({"docker": shop.system(projects=("shop",))})))

    assert {(edge.caller, edge.callee) for edge in graph.edges} == {("web", "db")}
    assert {node.name for node in graph.nodes} == {"web", "db"}
