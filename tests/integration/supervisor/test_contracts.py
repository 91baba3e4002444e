import asyncio

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.supervisor.config_file import make_diff
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import ActionContract

CHECKOUT = Entity.parse("supervisor:process/checkout")
DOUBLED = {"limit_bytes": 128 * 1024**2}
TIMEOUT = {"name": "PAYMENT_TIMEOUT_MS", "value": "500"}


class _Contract(ActionContract):
    action = ""

    @pytest.fixture(autouse=True)
    def _use(self, rig):
        self.rig = rig
        self.ini = rig.write_program("checkout")
        # A diff with secrets shows digests for them and cannot equal the bytes; test_diff_hides_secrets looks at that.
        self.before = self.ini.read_text().replace(f',DB_PASSWORD="{rig.SECRET}"', "")
        self.ini.write_text(self.before)

    def _start(self):
        """Start supervisord for the tests that need one; to validate parameters takes none."""
        if self.rig.process is None:
            self.rig.start()
            self.rig.wait_state("checkout", "RUNNING")

    async def plan(self):
        self._start()
        return await super().plan()

    def make_action(self):
        return self.rig.action(self.action)

    def give_target(self):
        return CHECKOUT

    def give_missing_target(self):
        self._start()
        return Entity.parse("supervisor:process/billing")

    async def take_snapshot(self):
        self._start()
        return self.rig.snapshot()

    async def cause_drift(self):
        self.ini.write_text(self.ini.read_text().replace("stopwaitsecs=2", "stopwaitsecs=3"))

    async def read_change(self, key):
        """The bytes on disk against those before, the mark replaced by what the dry run shows in its place."""
        after = self.ini.read_text().replace(key.mark, MARK_PLACEHOLDER)
        return make_diff(self.before, after, "conf.d/checkout.ini")

    def break_system(self):
        self.rig.kill()


class TestMemoryLimitContract(_Contract):
    action = "supervisor.set_memory_limit"

    def give_parameters(self):
        return DOUBLED

    def list_bad_parameters(self):
        return [{}, *({"limit_bytes": bad} for bad in ("131072", 1.5, True, None, 0, -1, 65536))]


class TestSetEnvContract(_Contract):
    action = "supervisor.set_env"

    def give_parameters(self):
        return TIMEOUT

    def list_bad_parameters(self):
        return [
            {"name": "PAYMENT_TIMEOUT_MS"},
            {"value": "1"},
            {"name": "PAYMENT_TIMEOUT_MS", "value": 500},
            {"name": "A B", "value": "1"},
            {"name": "", "value": "1"},
            {"name": 1, "value": "1"},
            {"name": "TEXT", "value": "two\nlines"},
            {"name": "DB_PASSWORD", "value": "x"},
            {"name": "DATABASE", "value": "postgres://shop:pa55word@db/shop"},
            {"name": "LD_PRELOAD", "value": "/lib/evil.so"},
            {"name": "PATH", "value": "/evil"},
        ]


class TestRestartContract(_Contract):
    action = "supervisor.restart"
    refuses_drift = False  # Nothing of the target is overwritten; the caller's drift check is enough.

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"name": "checkout"}]

    async def read_change(self, key):
        return make_diff(self.before, self.ini.read_text(), "conf.d/checkout.ini")

    async def test_plan_that_was_executed_is_not_done_again(self):
        """Supervisord tells starts in whole seconds: two within one are the same to it, and nobody approves so fast."""
        self._start()
        await asyncio.sleep(1.1)
        await super().test_plan_that_was_executed_is_not_done_again()
