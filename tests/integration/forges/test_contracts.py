"""The collector and the action of each forge keep their contracts, on strict fakes."""

from datetime import timedelta

import pytest

from fermata.testing.action_contract import ActionContract
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.forges.shop import CODE, MANIFEST, PATCH


class TestChangesContract(CollectorContract):
    """Changes of the shop."""

    @pytest.fixture(autouse=True)
    def _use(self, rig):
        self.rig = rig

    def make_collector(self):
        return self.rig.make_collector()

    def give_scope(self):
        return self.rig.make_scope()

    def give_foreign_scope(self):
        return self.rig.make_scope("billing")

    def take_snapshot(self):
        return self.rig.snapshot()

    def break_system(self):
        self.rig.break_it()

    def list_secrets(self):
        return [self.rig.SECRET, self.rig.fake.token]


class _Opening(ActionContract):
    @pytest.fixture(autouse=True)
    def _use(self, rig, tmp_path):
        self.rig = rig
        self.folder = tmp_path

    def make_action(self):
        return self.rig.make_action()

    def give_target(self):
        return self.rig.entity

    def give_missing_target(self):
        return self.rig.entity.model_copy(update={"name": "gone"})

    def list_bad_parameters(self):
        sha, patch = self.rig.shop.guilty, PATCH.to_json()
        return [
            {},
            {"revert": None, "patch": None},
            {"revert": sha, "patch": patch},
            {"revert": sha[:10]},
            {"revert": sha.upper()},
            {"revert": 7},
            {"patch": "deploy"},
            {"patch": patch | {"edits": []}},
            {"patch": {"kind": "Deployment"}},
            {"revert": sha, "why": 7},
            {"revert": sha, "why": "x" * 2001},
        ]

    async def take_snapshot(self):
        return self.rig.snapshot()

    async def read_change(self, key):
        branch, _, _ = self.rig.read_opened()
        assert branch == f"fermata/{key.mark}"
        return self.rig.read_branch(self.folder, branch)

    def break_system(self):
        self.rig.break_it()


class TestRevertContract(_Opening):
    """A request that takes the guilty commit back."""

    def give_parameters(self):
        return {"revert": self.rig.shop.guilty, "why": "checkout fails since it was deployed"}

    async def cause_drift(self):
        text = self.rig.shop.history.find("main").tree[CODE][1].decode()
        self.rig.shop.history.commit("main", {CODE: text + "\n# more\n"}, at=self.rig.clock.now() + timedelta(1))


class TestPatchContract(_Opening):
    """A request that changes a manifest."""

    def give_parameters(self):
        return {"patch": PATCH.to_json()}

    async def cause_drift(self):
        text = self.rig.shop.history.find("main").tree[MANIFEST][1].decode()
        self.rig.shop.history.commit("main", {MANIFEST: text + "---\nkind: X\n"})
