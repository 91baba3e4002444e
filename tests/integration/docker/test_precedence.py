"""Programs that write no times, on a real engine: the change that did it is named, and how, and no innocent one."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.git.conftest import Shop as Repository

from fermata.rules.signatures import Case, diagnose
from fermata.testing.records import make_alert

pytestmark = pytest.mark.docker
SAY = "while :; do echo '{}'; sleep 1 & wait $!; done"
SERVE = SAY.format("served order")
REFUSED = SAY.format("ERROR Error 111 connecting to cache:6379. Connection refused.")
PATHS = {"checkout": ["services/checkout.py", "compose.yaml"]}


def then(script):
    """Serve for three seconds first."""
    return f"for i in 1 2 3; do echo served order; sleep 1; done; {script}"


@pytest.fixture
def project(shop, tmp_path):
    """Give a compose project and its repository; what a program does stands in a folder, and in no change."""
    for network in ("shop_back", "shop_front"):
        shop.engine.call("POST", "/networks/create", {"Name": network})
    yield Project(shop, tmp_path)
    shop.clear()
    for network in ("shop_back", "shop_front"):
        shop.engine.call("DELETE", f"/networks/{network}")


class Project:
    """Containers of services, and the commits to them."""

    def __init__(self, shop, folder):
        self.shop, self.folder, self.system = shop, folder, shop.system()
        self.repository = Repository(folder / "repository")

    def run(self, service, does=SERVE, *, image="shop/checkout:1", args=(), env=(), network="shop_back"):
        """Start the container of a service as compose does, in the place of one that was there."""
        name, app = f"shop-{service}-1", self.folder / service
        if name in self.shop.engine.list_names():
            self.shop.engine.remove(name)
        app.mkdir(exist_ok=True)
        (app / "run.sh").write_text(does)
        self.shop.run(
            name,
            image,
            Labels=self.shop.LABELS | {"com.docker.compose.service": service},
            Env=list(env),
            Cmd=["/bin/sh", "/app/run.sh", *args],
            HostConfig={"NetworkMode": network, "Binds": [f"{app}:/app:ro"]},
            NetworkingConfig={"EndpointsConfig": {network: {"Aliases": [service]}}},
        )

    def commit(self, old, new, message):
        """Commit a change of checkout, a moment ago."""
        self.repository.edit("services/checkout.py", old, new)
        return self.repository.commit(message, hours_ago=0.001)

    async def watch(self):
        """Have the engine looked at, as while Fermata serves."""
        await self.system.find_watcher().look()

    async def diagnose(self):
        """Collect everything about checkout once it has failed three times, and diagnose it."""
        logs, wanted = "/containers/shop-checkout-1/logs", {"stdout": "1", "stderr": "1"}
        self.shop.wait_until(
            lambda: self.shop.engine.call("GET", logs, params=wanted).count(b"ERROR") > 2, "three failures"
        )
        scope = self.shop.make_scope("service/checkout")
        systems = (self.system, self.repository.system(services=PATHS))
        collectors = [one for system in systems for one in system.list_collectors()]
        gathered = [item for one in collectors for item in await one.collect(scope)]
        alert = make_alert(starts_at=datetime.now(UTC) - timedelta(seconds=2), annotations={})
        known = frozenset({"docker.restart_container", "docker.recreate_with_previous_image"})
        return diagnose(Case(scope=scope, alerts=(alert,), evidence=tuple(gathered), known_actions=known))


def list_causes(diagnosis):
    """Return the causes that are told, the leading one first."""
    return [one.cause for one in diagnosis.hypotheses]


async def test_commit_that_a_new_image_brought_is_named(project):
    """It was as good as never named: nobody knew that the failure began with the container."""
    project.run("checkout")
    await project.watch()
    more = "for line in lines) * quantity_of(lines)\n\n\ndef quantity_of(lines):\n    return lines[0].quantity"
    guilty = project.commit("for line in lines)", more, "Price by quantity")
    project.commit('print("ready")', 'print("ready to serve")', "Say to what")
    project.run("checkout", SAY.format("ERROR quantity_of failed: order line has no quantity"), image="shop/checkout:2")

    diagnosis = await project.diagnose()

    assert (list_causes(diagnosis)[0], diagnosis.guilty_change) == ("faulty_change", guilty)


async def test_server_with_another_password_is_named_as_the_guilty_change(project):
    """The bare change is not told a second time."""
    project.run("db", env=["APP_PASSWORD=first-Vq8x"])
    project.run(
        "checkout", then(SAY.format('ERROR password authentication failed for user "shop"')), env=["DB_HOST=db"]
    )
    await project.watch()
    project.run("db", env=["APP_PASSWORD=second-Vq8x"])

    diagnosis = await project.diagnose()

    assert list_causes(diagnosis) == ["credential_refused"]
    assert "shop-db-1 was made anew" in diagnosis.leading.text
    assert diagnosis.guilty_change == f"docker:{project.shop.engine.inspect('shop-db-1')['Id'][:12]}"


async def test_port_that_a_callee_left_is_named_with_its_change(project):
    """Its command named the port before."""
    project.run("cache", args=["--port", "6379"])
    project.run("checkout", then(REFUSED))
    await project.watch()
    project.commit('print("ready")', 'print("cache connection ready")', "Say that the cache is there")
    project.run("cache", args=["--port", "6380"])

    diagnosis = await project.diagnose()

    assert list_causes(diagnosis) == ["callee_unreachable"]
    assert diagnosis.guilty_change == f"docker:{project.shop.engine.inspect('shop-cache-1')['Id'][:12]}"
    assert "shop-cache-1 is started with 6380, and 6379 is called" in diagnosis.leading.person_must


async def test_network_that_a_callee_left_is_named_beside_a_commit_of_the_same_words(project):
    """Docker knows where both are."""
    project.run("cache")
    project.run("checkout", then(SAY.format("ERROR Error: getaddrinfo ENOTFOUND cache")))
    await project.watch()
    project.commit('print("ready")', 'print("cache lookup ready")', "Look the cache up")
    project.run("cache", network="shop_front")

    diagnosis = await project.diagnose()

    assert list_causes(diagnosis) == ["network_not_shared"]
    assert diagnosis.guilty_change == f"docker:{project.shop.engine.inspect('shop-cache-1')['Id'][:12]}"


async def test_innocent_redeploy_beside_the_outage_of_a_dependency_is_not_blamed(project):
    """It came four seconds before, and served."""
    project.run("db")
    project.run("checkout")
    await project.watch()
    project.commit('print("ready")', 'print("connection ready")', "Say that it is connected")
    fails = SAY.format('ERROR connection to server at "db", port 5432 failed: Connection refused')
    project.run("checkout", then(fails), image="shop/checkout:2")
    project.shop.engine.call("POST", "/containers/shop-db-1/kill")

    diagnosis = await project.diagnose()

    assert (list_causes(diagnosis), diagnosis.guilty_change) == (["dependency_refused"], None)
    assert [one.target.name for one in diagnosis.leading.suggestions] == ["shop-db-1"]


async def test_commit_that_no_container_was_made_with_is_not_blamed_for_a_crash(project):
    """What runs is older than it, whatever words both have."""
    fails = "for i in 1 2 3; do echo 'ERROR cannot read the catalogue'; sleep 1; done; exit 3"
    project.run("checkout", fails)
    await project.watch()
    project.repository.edit("services/checkout.py", 'print("ready")', 'print("catalogue ready to read")')
    project.repository.commit("Read the catalogue", hours_ago=0)

    diagnosis = await project.diagnose()

    assert (list_causes(diagnosis), diagnosis.guilty_change) == ([], None)
