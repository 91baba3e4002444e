import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.database_settings import find_odd_setting, name_engine, read_host_length

USUAL = {"PASSWORD": "eight888", "USER": "ab", "PORT": "3306", "HOST": "db-leader", "DATABASE": "ts"}


class Depot(Harbour):
    """A harbour whose workloads take their database's settings from a secret each."""

    def client(self, name, *, ready=True, by_key=False, **changed):
        """Add a workload and its secret, with keys such as `PAY_MYSQL_PORT`; only lengths are kept of values."""
        prefix = name.upper().replace("-", "_") + "_MYSQL_"
        data = {prefix + key: "x" * len(value) for key, value in (USUAL | changed).items()}
        self.add("Secret", f"{name}-mysql", stringData=data)
        if by_key:
            reference = {"secretKeyRef": {"name": f"{name}-mysql", "key": next(iter(data))}}
            settings = {"env": [{"name": "P", "valueFrom": reference}, {"name": "A", "value": "b"}]}
        else:
            settings = {"envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": f"{name}-mysql"}}]}
        return self.app(name, ready=ready, **settings)

    def odd(self, name="pay"):
        """Return the odd setting of a workload."""
        cluster = self.build()
        return find_odd_setting(cluster, cluster.find("Deployment", name))


def build_depot(**changed):
    """Build three clients that agree and one that does not."""
    depot = Depot().client("cart").client("food", by_key=True).client("user").add("Secret", "other", data={})
    return depot.client("pay", ready=False, **changed)


@pytest.mark.parametrize("role", ["PASSWORD", "PORT", "HOST", "USER", "DATABASE"])
def test_only_length_that_differs_is_odd(role):
    """The lengths of all others agree on it."""
    odd = build_depot(**{role: "x" * 12}).odd()

    assert (odd.role, odd.engine, odd.key) == (role.lower(), "mysql", f"PAY_MYSQL_{role}")
    assert (odd.length, odd.usual) == ("12 bytes", f"{len(USUAL[role])} bytes")


def test_secret_that_is_read_key_by_key_is_compared_alike():
    """Keys that are no setting of a database do not matter."""
    depot = Depot().client("cart").client("food").client("user")

    assert depot.client("pay", by_key=True, PORT="33060", OPTIONS="x").odd().role == "port"


def test_equal_or_twice_different_settings_are_not_odd():
    """With two differences the secret is simply of another kind."""
    assert build_depot().odd() is None
    assert build_depot(PORT="33060", PASSWORD="x").odd() is None


def test_too_few_others_or_others_that_differ_say_nothing():
    """Passwords of different lengths are nobody's mistake."""
    few = Depot().client("cart").client("food").client("pay", PORT="33060")
    apart = Depot().client("cart", PORT="1").client("food").client("user").client("pay", PORT="33060")

    assert few.odd() is None
    assert apart.odd() is None


def test_secret_that_is_unknown_or_of_another_shape_is_not_compared():
    """Without a password it holds no settings of a database."""
    cluster = Harbour().app("pay", envFrom=[{"secretRef": {"name": "gone"}}]).build()
    depot = Depot().add("Secret", "web-mysql", data={}).app("web", envFrom=[{"secretRef": {"name": "web-mysql"}}])

    assert find_odd_setting(cluster, cluster.find("Deployment", "pay")) is None
    assert depot.odd("web") is None


def test_length_of_the_host_is_read_where_a_secret_tells():
    """Nothing else of the host is known."""
    cluster = build_depot().app("web").build()
    bare = (
        Harbour().add("Secret", "s", data={"HOST": "eA=="}).app("pay", envFrom=[{"secretRef": {"name": "s"}}]).build()
    )

    assert read_host_length(cluster, cluster.find("Deployment", "pay")) == 9
    assert read_host_length(cluster, cluster.find("Deployment", "web")) is None
    assert read_host_length(bare, bare.find("Deployment", "pay")) is None


def test_engine_is_known_by_common_names():
    """Names that only hold the letters by chance tell nothing."""
    assert [name_engine(name) for name in ("bitnami/postgresql:16", "percona:8", "valkey", "mongo-0", "upgrade")] == [
        "postgresql",
        "mysql",
        "redis",
        "mongodb",
        "",
    ]
