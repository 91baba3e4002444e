"""Collectors and actions keep their contracts, on a real engine."""

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.docker.blueprint import describe_container, write_diff
from fermata.integrations.docker.memory import write_diff as write_limit_diff
from fermata.integrations.docker.wire import HostConfig
from fermata.ports.variables import ORDINARY_NAMES
from fermata.testing.action_contract import ActionContract
from fermata.testing.collector_contract import CollectorContract

pytestmark = pytest.mark.docker
MIB = 1024**2


class _Collecting(CollectorContract):
    collector = ""

    @pytest.fixture(autouse=True)
    def _use(self, standing_shop):
        self.shop = standing_shop
        self.shop.open_door()

    def make_collector(self):
        return self.shop.collector(self.collector)

    def give_scope(self):
        return self.shop.make_scope("service/checkout")

    def give_foreign_scope(self):
        return self.shop.make_scope("service/billing", "host/checkout", "kubernetes:pod/checkout")

    def take_snapshot(self):
        return self.shop.snapshot()

    def break_system(self):
        self.shop.shut_door()

    def list_secrets(self):
        return [self.shop.SECRET]


class TestStateContract(_Collecting):
    collector = "docker.state"


class TestLogsContract(_Collecting):
    collector = "docker.logs"


class TestResourcesContract(_Collecting):
    collector = "docker.resources"


class TestEnvironmentContract(_Collecting):
    collector = "docker.environment"


class TestChangesContract(_Collecting):
    collector = "docker.changes"


class _Acting(ActionContract):
    action = ""

    @pytest.fixture(autouse=True)
    def _use(self, request):
        self.request = request
        self._shop = None

    @property
    def shop(self):
        """Give the shop; to validate parameters takes none."""
        if self._shop is None:
            self._shop = self.request.getfixturevalue("shop")
            self.build()
            self.before = self._shop.engine.inspect(self._shop.NAME)
        return self._shop

    def build(self):
        """Start what the action acts on."""
        self._shop.run()

    def make_action(self):
        return self.shop.action(self.action)

    def give_target(self):
        return self.shop.CHECKOUT

    def give_missing_target(self):
        return Entity.parse("docker:container/checkout/shop-checkout-2")

    async def take_snapshot(self):
        return self.shop.snapshot()

    async def cause_drift(self):
        limits = {"Memory": 48 * MIB, "MemorySwap": 96 * MIB}
        self.shop.engine.call("POST", f"/containers/{self.shop.NAME}/update", limits)

    def break_system(self):
        self.shop.shut_door()

    def read_after(self):
        """Return what has the name now."""
        return self.shop.engine.inspect(self.shop.NAME)


class TestMemoryLimitContract(_Acting):
    action = "docker.set_memory_limit"

    def give_parameters(self):
        return {"limit_bytes": 64 * MIB}

    def list_bad_parameters(self):
        return [{}, *({"limit_bytes": bad} for bad in ("64", 1.5, True, None, 0, -1, MIB))]

    async def read_change(self, key):
        hosts = (HostConfig.model_validate(one["HostConfig"]) for one in (self.before, self.read_after()))
        return write_limit_diff(self.shop.NAME, *hosts)


class TestRestartContract(_Acting):
    action = "docker.restart_container"
    refuses_drift = False  # Nothing of the target is overwritten; the caller's drift check is enough.

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"name": "checkout"}]

    async def read_change(self, key):
        described = (describe_container(one, ORDINARY_NAMES) for one in (self.before, self.read_after()))
        return write_diff(*described, self.shop.NAME)


class TestRecreateContract(_Acting):
    action = "docker.recreate_with_previous_image"

    def build(self):
        """Have release 1 run, and release 2 in its place."""
        self._shop.run("shop-checkout-old")
        self._shop.engine.call("POST", "/containers/shop-checkout-old/stop")
        self._shop.run(image="shop/checkout:2")

    def give_parameters(self):
        return {"image": "previous"}

    def list_bad_parameters(self):
        return [{}, *({"image": bad} for bad in (None, 1, "", " ", " shop/checkout:1", "x" * 301))]

    async def read_change(self, key):
        after = self.read_after()
        assert after["Config"]["Labels"]["dev.fermata.action"] == key.mark
        described = (describe_container(one, ORDINARY_NAMES) for one in (self.before, after))
        return write_diff(*described, self.shop.NAME)


class TestRecreateSettingContract(_Acting):
    action = "docker.recreate_with_previous_setting"

    def build(self):
        """Have a container with one value run, and one with another in its place."""
        self._shop.run("shop-checkout-old", env=["CACHE_HOST=cache"])
        self._shop.engine.call("POST", "/containers/shop-checkout-old/stop")
        self._shop.run(env=["CACHE_HOST=cachee"])

    def give_parameters(self):
        return {"setting": "env CACHE_HOST", "value": "cache"}

    def list_bad_parameters(self):
        bad_settings = (
            None,
            1,
            "",
            "CACHE_HOST",
            "env ",
            "env A-B",
            "env A=1",
            "entrypoint",
            "cmd x",
            "env " + "A" * 200,
        )
        bad_words = ("", "serve", "[]", "[1]", '{"a": 1}')
        return [
            *({}, {"setting": "cmd"}, {"value": "cache"}, {"setting": "env API_TOKEN", "value": "x"}),
            *({"setting": bad, "value": "cache"} for bad in bad_settings),
            *({"setting": "env CACHE_HOST", "value": bad} for bad in (1, ["cache"], "x" * 401)),
            *({"setting": "cmd", "value": bad} for bad in bad_words),
        ]

    async def read_change(self, key):
        after = self.read_after()
        assert after["Config"]["Labels"]["dev.fermata.action"] == key.mark
        described = (describe_container(one, ORDINARY_NAMES) for one in (self.before, after))
        return write_diff(*described, self.shop.NAME)
