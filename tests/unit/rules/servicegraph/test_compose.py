"""Compose files become services and calls."""

import pytest

from fermata.rules.servicegraph.compose import read_compose, read_dotenv


def read(services, variables=None, **more):
    """Give the graph of some services."""
    return read_compose({"services": services, **more}, source="compose.yaml", variables=variables)


def pairs(graph):
    """Give the calls with what tells of each."""
    return {(edge.caller, edge.callee): edge.why for edge in graph.edges}


def facts(graph, name):
    """Give a node's facts without their sources."""
    return {key: fact.value for key, fact in graph.nodes[name].facts.items()}


def test_dotenv_is_read_without_comments_and_quotes():
    """What is no assignment is passed over."""
    text = "# a=b\nHOST=cart\nexport PORT='80' # note\nNAME=\"x\"\n2X=1\nnothing\n"

    assert read_dotenv(text) == {"HOST": "cart", "PORT": "80", "NAME": "x"}


def test_settings_are_calls_and_waiting_for_a_start_is_one_too():
    """A variable tells more than `depends_on`, so that it is what a call is told by."""
    graph = read(
        {
            "web": {
                "environment": {"CART_ADDR": None, "PAY": "https://api.stripe.com/${V:-1}", "N": 3},
                "depends_on": {"cart": {"condition": "service_started"}, "db": {}},
                "links": ["redis:cache", "gone"],
                "ports": ["80:80"],
            },
            "cart": {
                "environment": ["DB_URL=mysql://u:p@${DB}/x", "SELF=http://cart", "FROM_SHELL"],
                "command": "--q=mq:5672",
            },
            "db": {"image": "mysql:8"},
            "redis": {"image": "redis", "command": ["redis-server", 1]},
            "mq": {"image": "rabbitmq"},
        },
        {"CART_ADDR": "cart:${PORT}", "PORT": "70", "DB": "db"},
    )

    assert pairs(graph) == {
        ("web", "cart"): "CART_ADDR",
        ("web", "api.stripe.com"): "PAY",
        ("web", "db"): "depends_on",
        ("web", "redis"): "links",
        ("cart", "db"): "DB_URL",
        ("cart", "mq"): "--q",
    }
    assert facts(graph, "api.stripe.com") == {"kind": "external"}
    assert "u:p" not in repr(graph)


@pytest.mark.parametrize(
    ("service", "replicas"),
    [({}, 1), ({"scale": 2}, 2), ({"deploy": {"replicas": 3}}, 3), ({"deploy": {"mode": "global"}}, None),
     ({"scale": "${N}"}, None), ({"scale": True}, None)],
)  # fmt: skip
def test_replicas_are_what_the_file_says(service, replicas):
    """One when it says nothing."""
    assert facts(read({"web": service}), "web").get("replicas") == replicas


@pytest.mark.parametrize(
    ("service", "probe"),
    [({}, None), ({"healthcheck": {"test": ["CMD", "x"]}}, True), ({"healthcheck": {"disable": True}}, False),
     ({"healthcheck": {"test": ["NONE"]}}, False)],
)  # fmt: skip
def test_check_of_health_is_the_readiness(service, probe):
    """None in the file says nothing: the image may have one."""
    assert facts(read({"web": service}), "web").get("readiness_probe") == probe


@pytest.mark.parametrize(
    ("volumes", "keeps"),
    [
        (["data:/var/lib/mysql"], True),
        (["./sql:/docker-entrypoint-initdb.d:ro"], False),
        (["./db:/var/lib/mysql"], True),
        (["/data"], False),
        ([{"type": "volume", "source": "v", "target": "/x"}], True),
        ([{"type": "bind", "source": "./c", "target": "/etc/x"}], False),
        ([{"type": "tmpfs", "target": "/data"}], False),
        ("text", False),
    ],
)
def test_volume_with_a_name_or_data_in_it_outlives_the_container(volumes, keeps):
    """Mounted settings and sources keep nothing."""
    assert facts(read({"db": {"volumes": volumes}}), "db")["persistent_storage"] is keeps


@pytest.mark.parametrize(
    ("service", "limit"),
    [
        ({}, "none"),
        ({"mem_limit": "512m"}, "512Mi"),
        ({"mem_limit": 1024}, "1024"),
        ({"deploy": {"resources": {"limits": {"memory": "${M}"}}}}, "1Gi"),
        ({"mem_limit": "much"}, None),
    ],
)
def test_memory_is_written_as_a_quantity(service, limit):
    """Compose's `m` is 1024 squared; its units are not those of Kubernetes."""
    assert facts(read({"web": service}, {"M": "1G"}), "web").get("memory_limit") == limit


def test_containers_and_networks_give_other_names():
    """A host name leads to its service whatever it is called by."""
    graph = read(
        {
            "db": {
                "container_name": "shop-db",
                "networks": {"back": {"aliases": ["store", 1]}, "odd": None},
                "hostname": "h",
            },
            "web": {"environment": ["A_HOST=shop-db", "OTEL_SERVICE_NAME=frontend"]},
            "job": {"environment": ["A_HOST=store"]},
        }
    )

    assert set(pairs(graph)) == {("web", "db"), ("job", "db")}
    assert graph.nodes["db"].aliases == {"shop-db"}
    assert graph.nodes["web"].aliases == {"frontend"}


def test_telemetry_is_left_out():
    """And said."""
    graph = read(
        {
            "web": {"depends_on": ["jaeger"], "environment": ["J=http://jaeger:1", "Z_HOST=zipkin"]},
            "jaeger": {"image": "${I}", "depends_on": ["web"]},
        },
        {"I": "jaegertracing/all-in-one:1"},
    )

    assert (set(graph.nodes), graph.edges) == ({"web"}, [])
    assert graph.notes == ["compose.yaml: telemetry is left out: jaeger".partition(": ")[2]]


def test_kind_is_the_image_s_or_of_what_is_built_its_name_s():
    """What is built here is no database, whatever its registry is called."""
    graph = read(
        {"q": {"image": "apache/kafka"}, "api-gateway": {"build": ".", "image": "mysql-shop/x"}, "web": {"build": "."}}
    )

    assert facts(graph, "q")["kind"] == "queue"
    assert facts(graph, "api-gateway")["kind"] == "gateway"
    assert "kind" not in facts(graph, "web")


def test_what_publishes_nothing_and_calls_works_in_the_background():
    """With a port it may be anybody's."""
    graph = read({"a": {"depends_on": ["db"]}, "b": {"depends_on": ["db"], "expose": [1]}, "db": {"image": "mysql"}})

    assert facts(graph, "a")["kind"] == "worker"
    assert "kind" not in facts(graph, "b")


def test_parts_elsewhere_are_said():
    """Neither included files nor extended services are followed; what is no service is passed over."""
    graph = read({"web": {"extends": "x"}, "odd": 3}, include=["other.yaml"])

    assert graph.notes == ['"include" is not followed', '"extends" is not followed']
    assert set(graph.nodes) == {"web"}


def test_second_name_of_a_link_is_the_service_it_links_for_whom_it_links():
    """Somebody else's setting of that name means something else, and a service of that name is itself."""
    graph = read(
        {
            "worker": {
                "links": ["redis:cache", "redis", "gone:x", "redis:"],
                "environment": {"REDIS": "redis://cache"},
            },
            "web": {"environment": {"REDIS": "redis://cache"}},
            "own": {"links": ["redis:db"], "environment": {"URL": "postgres://db"}},
            "redis": {"image": "redis:7"},
            "db": {"image": "postgres"},
        }
    )

    assert pairs(graph) == {
        ("worker", "redis"): "REDIS",
        ("web", "cache"): "REDIS",
        ("own", "db"): "URL",
        ("own", "redis"): "links",
    }


def test_what_others_wait_for_to_its_end_is_a_job():
    """It is called by nobody, and no worker; what is only started before, or never ends, is none."""
    graph = read(
        {
            "web": {
                "ports": ["80:80"],
                "depends_on": {
                    "migrate": {"condition": "service_completed_successfully"},
                    "db": {"condition": "service_healthy"},
                    "gone": {"condition": "service_completed_successfully"},
                },
            },
            "migrate": {"image": "acme/migrate", "environment": {"DATABASE_URL": "postgres://db/shop"}},
            "db": {"image": "postgres"},
        }
    )

    assert facts(graph, "migrate")["kind"] == "job"
    assert facts(graph, "db")["kind"] == "db"
    assert set(pairs(graph)) == {("web", "db"), ("migrate", "db")}
