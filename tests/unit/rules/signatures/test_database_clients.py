from tests.unit.rules.signatures.harbour import Harbour
from tests.unit.rules.signatures.test_database_settings import Depot

from fermata.rules.signatures.database_clients import (
    ANY_ENGINE,
    engine_of,
    find_database,
    list_clients,
    list_databases,
    match_wording,
)
from fermata.rules.signatures.database_words import Wording

REFUSED = Wording("x", ("refused",), ("never mind",))
ROWS = "NAME     READY  AGE\nmysql-0  1/1    5m\nweb      1/1    5m\nshop-db  1/1    5m\npostgres-db  1/1    5m\n"


def names(items):
    """Return the names of objects."""
    return [item.name for item in items]


def test_databases_are_known_by_their_images():
    """An exporter for a database is none."""
    harbour = Harbour().app("store", image="registry.io/bitnami/postgresql:16", kind="StatefulSet")
    harbour.app("watch", image="prom/mysqld-exporter:1").app("web", image="shop/web:1")

    assert names(list_databases(harbour.build())) == ["store"]


def test_name_has_to_tell_where_no_image_is_known():
    """A name has to end like a database's; which engine it is, it need not say."""
    cluster = Harbour().table("kubectl get statefulsets -n shop", ROWS).build()

    assert [engine_of(cluster.find("StatefulSet", name)) for name in ("mysql-0", "web", "shop-db", "postgres-db")] == [
        "",
        "",
        ANY_ENGINE,
        "postgresql",
    ]


def test_database_of_unknown_engine_may_be_the_one_of_any_client():
    """Its name says only that it is one."""
    cluster = Harbour().table("kubectl get statefulsets -n shop", ROWS).app("api").build()
    (only,) = [item for item in list_databases(cluster) if item.name == "shop-db"]

    assert engine_of(only) == ANY_ENGINE
    assert find_database(cluster, cluster.find("Deployment", "api"), "redis") is only


def test_database_that_a_line_names_is_meant():
    """By the service that leads to it."""
    harbour = Harbour().app("one", image="mysql:8").svc("one-rw", selector={"app": "one"}).app("two", image="mysql:8")
    cluster = harbour.app("web").build()
    web = cluster.find("Deployment", "web")

    assert find_database(cluster, web, "mysql", "Can't connect to MySQL server on 'one-rw:3306' (111)").name == "one"
    assert find_database(cluster, web, "mysql", "Can't connect to MySQL server on 'web:3306' (111)") is None
    assert find_database(cluster, web, "redis") is None


def test_database_that_configuration_names_is_meant():
    """What the client calls besides does not matter."""
    env = [{"name": "A_ADDR", "value": "web:80"}, {"name": "DB_ADDR", "value": "two:3306"}]
    harbour = Harbour().app("one", image="mysql:8").app("two", image="mysql:8").svc("two", 3306).svc("web")
    cluster = harbour.app("web").app("pay", env=env).build()

    assert find_database(cluster, cluster.find("Deployment", "pay"), "mysql").name == "two"


def test_only_database_of_the_namespace_is_meant():
    """Where nothing says which one, one is enough."""
    cluster = Harbour().app("one", image="mysql:8").app("web").build()

    assert find_database(cluster, cluster.find("Deployment", "web"), "").name == "one"


def test_length_of_the_host_in_the_secret_tells_databases_apart():
    """Its name in a secret is as long as only one of them is called."""
    depot = Depot().app("db", image="mysql:8").svc("db-leader", selector={"app": "db"})
    depot.app("nacosdb", image="mysql:8").svc("nacosdb-leader", selector={"app": "nacosdb"}).client("pay")
    cluster = depot.build()

    assert find_database(cluster, cluster.find("Deployment", "pay"), "").name == "db"


def test_clients_are_listed_once_with_what_tells_the_engine():
    """A database complains of its clients; that is no client's complaint."""
    harbour = Harbour().app("one", image="mysql:8").app("web").app("pay")
    harbour.log("one", "error: refused").log("web", "error: refused", "error: redis refused", "error: refused again")
    cluster = harbour.log("pay", "error: refused, never mind").build()

    (client,) = list_clients(cluster, REFUSED)

    assert (client.workload.name, client.engine, client.complaint.text) == ("web", "redis", "error: redis refused")
    assert len(list(match_wording(cluster, REFUSED))) == 4
