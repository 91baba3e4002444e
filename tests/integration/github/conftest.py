"""A shop on a GitHub of this machine's own, with its integration."""

import json
import subprocess
from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.github.system import GitHub, GitHubSettings
from fermata.kit.digest import compute_digest
from fermata.testing.clock import FakeClock
from fermata.testing.forges.github import FakeGitHub, write_time
from fermata.testing.forges.shop import ONSET, SECRET, make_shop
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer, Fault, WebServer


class Rig:
    """The fake, the server it stands behind, and the system that asks it."""

    ENTITY = Entity(system="github", kind="repository", namespace="shop", name="shop")
    SECRET = SECRET

    def __init__(self, server, fake, shop):
        self.server = server
        self.fake = fake
        self.shop = shop
        self.clock = FakeClock(ONSET + timedelta(minutes=2))
        self.before = dict(shop.history.branches)

    def make_system(self, **changes):
        """Give the system with the settings of the shop."""
        repository = {
            "services": {"checkout": ["services/checkout.py", MANIFESTS], "profile": ["services/profile.py"]},
            "environments": ["production"],
            "manifests": ["deploy/**/*.yaml"],
        } | changes.pop("repository", {})
        settings = {
            "url": self.server.url,
            "token": self.fake.token,
            "repositories": {self.fake.repository: repository},
            "timeout_s": 1,
        } | changes
        return GitHub(GitHubSettings.model_validate(settings), self.clock)

    def make_action(self, **changes):
        """Give its one action."""
        (action,) = self.make_system(**changes).list_actions()
        return action

    def make_collector(self, **changes):
        """Give its one collector."""
        (collector,) = self.make_system(**changes).list_collectors()
        return collector

    def make_scope(self, name="checkout"):
        """Give a scope over the hour before the onset."""
        return make_scope(f"service/{name}", at=ONSET)

    def snapshot(self):
        """Give a digest of what a client could change."""
        state = [self.fake.history.branches, self.fake.pulls]
        return compute_digest(json.loads(json.dumps(state)))

    def break_it(self):
        """Let nothing answer any more."""
        self.server.respond = lambda _: Answer(fault=Fault.DROP)

    def read_branch(self, folder, branch):
        """Give git's own diff from main to a branch."""
        trees = [self.fake.history.find(name).tree for name in ("main", branch)]
        return diff_trees(folder, *trees)


MANIFESTS = "deploy/prod"


def diff_trees(folder, before, after):
    """Let git compare two trees; what it says of blobs and functions is left out."""
    for name, tree in (("a", before), ("b", after)):
        for path, (_, content) in tree.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_bytes(content)
    command = ["git", "diff", "--no-index", "--no-prefix", "--", "a", "b"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.split("\n") if not line.startswith("index ")]
    return "\n".join(f"@@{line.split('@@')[1]}@@" if line.startswith("@@") else line for line in lines)


@pytest.fixture
async def rig():
    """A shop that was deployed twice, the last time with the guilty commit."""
    shop = make_shop()
    fake = FakeGitHub(history=shop.history)
    fake.add_deployment(shop.first, ONSET - timedelta(minutes=170))
    fake.add_deployment(shop.guilty, ONSET - timedelta(minutes=15))
    fake.add_deployment(shop.decoy, ONSET - timedelta(minutes=5), environment="staging")
    fake.add_pull(
        "speed",
        number=7,
        state="closed",
        title="Speed up totals",
        merge_commit_sha=shop.guilty,
        merged_at=write_time(ONSET - timedelta(minutes=20)),
    )
    async with WebServer(fake.respond) as server:
        yield Rig(server, fake, shop)
    assert server.complaints == []
