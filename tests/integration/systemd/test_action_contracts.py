"""The restart and the memory limit keep to what every catalogue action has to, on a real systemd."""

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.systemd.memory_limit import write_diff
from fermata.kit.digest import compute_digest
from fermata.testing.action_contract import ActionContract

CHECKOUT = Entity.parse("systemd:unit/checkout.service")
MIB = 1024**2
_WATCHED = ("ActiveState", "MainPID", "InvocationID", "MemoryMax", "NRestarts", "NeedDaemonReload", "DropInPaths")


class _Contract(ActionContract):
    action = ""

    @pytest.fixture(autouse=True)
    def _use(self, shop):
        self.shop = shop
        self.before = int(shop.rig.show("checkout.service", "MemoryMax"))

    def make_action(self):
        return self.shop.action(self.action)

    def give_target(self):
        return CHECKOUT

    def give_missing_target(self):
        return Entity.parse("systemd:unit/absent.service")

    async def take_snapshot(self):
        shown = self.shop.rig.systemctl("show", f"--property={','.join(_WATCHED)}", "checkout.service")
        return compute_digest(shown)

    def break_system(self):
        """Leave the machine out of reach, without ending the one that other tests use."""
        self.shop.door.unlink()


class TestRestart(_Contract):
    """`systemd.restart`."""

    action = "systemd.restart"

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"signal": "TERM"}]

    async def cause_drift(self):
        self.shop.rig.systemctl("restart", "checkout.service")

    async def read_change(self, key):
        """Nothing that is declared changes by a restart."""
        assert int(self.shop.rig.show("checkout.service", "MemoryMax")) == self.before
        return ""


class TestMemoryLimit(_Contract):
    """`systemd.set_memory_limit`."""

    action = "systemd.set_memory_limit"

    def give_parameters(self):
        return {"limit_bytes": 128 * MIB}

    def list_bad_parameters(self):
        return [{}, {"limit_bytes": "128M"}, {"limit_bytes": True}, {"limit_bytes": 4096}, {"limit_bytes": 1.5e9}]

    async def cause_drift(self):
        self.shop.rig.systemctl("set-property", "checkout.service", "MemoryMax=96M")

    async def read_change(self, key):
        return write_diff("checkout.service", self.before, int(self.shop.rig.show("checkout.service", "MemoryMax")))
