"""A shop on a GitHub and on a GitLab of this machine's own, with the integration that asks it."""

import json
import subprocess
from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.github.system import GitHub, GitHubSettings
from fermata.integrations.gitlab.system import GitLab, GitLabSettings
from fermata.kit.digest import compute_digest
from fermata.testing.clock import FakeClock
from fermata.testing.forges.github import FakeGitHub, write_time
from fermata.testing.forges.gitlab import FakeGitLab
from fermata.testing.forges.shop import ONSET, SECRET, make_shop
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer, Fault, WebServer


class Rig:
    """The fake, the server it stands behind, and the system that asks it."""

    SECRET = SECRET
    system: str
    entity: Entity
    request_words: str

    def __init__(self, server, fake, shop):
        self.server = server
        self.fake = fake
        self.shop = shop
        self.clock = FakeClock(ONSET + timedelta(minutes=2))

    def make_system(self, **changes):
        """Give the system with the settings of the shop."""
        repository = {
            "services": {"checkout": ["services/checkout.py", "deploy/prod/"], "profile": ["services/profile.py"]},
            "environments": ["production"],
            "manifests": ["deploy/**/*.yaml"],
        } | changes.pop("repository", {})
        settings = {
            "url": self.server.url,
            "token": self.fake.token,
            "repositories": {self.fake.repository: repository},
            "timeout_s": 10,  # A busy machine is no failure; tests of silence set their own.
        }
        return self.build(settings | changes)

    def build(self, settings):
        """Build the system of this forge."""
        raise NotImplementedError

    def make_action(self, **changes):
        """Give the action that opens a request."""
        return self.make_system(**changes).list_actions()[0]

    def make_ticket_action(self, **changes):
        """Give the action that makes a ticket."""
        return self.make_system(**changes).list_actions()[1]

    @property
    def book(self):
        """Give the issues of the repository."""
        return self.fake.books[self.fake.repository]

    def make_collector(self, **changes):
        """Give its one collector."""
        (collector,) = self.make_system(**changes).list_collectors()
        return collector

    def make_probe(self):
        """Give its one probe."""
        (probe,) = self.make_system().list_probes()
        return probe

    def make_scope(self, *names):
        """Give a scope over the hour before the onset."""
        return make_scope(*(f"service/{name}" for name in names or ("checkout",)), at=ONSET)

    async def collect(self, *names, **changes):
        """Give the facts of what is collected, by id, and the evidence itself."""
        evidence = await self.make_collector(**changes).collect(self.make_scope(*names))
        return {item.facts["id"]: item.facts for item in evidence}, evidence

    def deploy_late(self, sha, *, created_at, live_at):
        """Deploy a commit that waited for somebody, created before all others: its number is 0."""
        raise NotImplementedError

    def fail_deployment(self, sha, at):
        """Deploy a commit in vain."""
        raise NotImplementedError

    def move_tag(self, sha):
        """Let the tag of the release stand for another commit."""
        raise NotImplementedError

    def give_requests(self):
        """Give the fake's list of requests."""
        raise NotImplementedError

    def read_opened(self):
        """Give branch, title and text of the one request that Fermata opened."""
        raise NotImplementedError

    def snapshot(self):
        """Give a digest of what a client could change."""
        return compute_digest(json.loads(json.dumps([self.fake.history.branches, self.give_requests()])))

    def answer(self, part, answer):
        """Let calls whose method and path hold a text be answered so."""
        self.fake.stand_in = lambda request: answer if part in f"{request.method} {request.path}" else None

    def break_it(self):
        """Let nothing answer any more."""
        self.server.respond = lambda _: Answer(fault=Fault.DROP)

    def read_branch(self, folder, branch):
        """Give git's own diff from main to a branch."""
        trees = [self.fake.history.find(name).tree for name in ("main", branch)]
        return diff_trees(folder, *trees)


class GitHubRig(Rig):
    """GitHub's."""

    system = "github"
    entity = Entity(system="github", kind="repository", namespace="shop", name="shop")
    request_words = "pull request"
    merge_path = "/pulls"

    def build(self, settings):
        return GitHub(GitHubSettings.model_validate(settings), self.clock)

    def deploy_late(self, sha, *, created_at, live_at):
        row = self.fake.add_deployment(sha, live_at)
        row["id"], row["created_at"] = 0, f"{created_at:%Y-%m-%dT%H:%M:%SZ}"

    def fail_deployment(self, sha, at):
        self.fake.add_deployment(sha, at)["statuses"][0]["state"] = "failure"

    def move_tag(self, sha):
        self.fake.history.tags["v2"] = sha

    def give_requests(self):
        return self.fake.pulls

    def read_opened(self):
        (pull,) = (pull for pull in self.fake.pulls if pull["head"]["ref"].startswith("fermata/"))
        return pull["head"]["ref"], pull["title"], pull["body"]

    def add_request(self, branch, at, state="open", sha=""):
        """Put a request there that was opened, closed or merged."""
        stamp = write_time(at)
        merged = stamp if state == "merged" else None
        closed = None if state == "open" else stamp
        self.fake.add_pull(
            branch,
            state="open" if state == "open" else "closed",
            merged_at=merged,
            closed_at=closed,
            created_at=stamp,
            merge_commit_sha=sha or self.shop.guilty,
        )

    def set_checks(self, *states):
        """Let the commit have checks."""
        words = {"passed": ("completed", "success"), "failed": ("completed", "failure"), "running": ("queued", None)}
        rows = [words[state] for state in states]
        self.fake.checks = [
            {"name": f"check-{number}", "status": status, "conclusion": conclusion}
            for number, (status, conclusion) in enumerate(rows)
        ]


class GitLabRig(Rig):
    """GitLab's."""

    system = "gitlab"
    entity = Entity(system="gitlab", kind="repository", namespace="shop.backend", name="shop")
    request_words = "merge request"
    merge_path = "/merge_requests"

    def build(self, settings):
        return GitLab(GitLabSettings.model_validate(settings), self.clock)

    def deploy_late(self, sha, *, created_at, live_at):
        times = {"created_at": created_at.isoformat(), "finished_at": live_at.isoformat()}
        self.fake.add_deployment(sha, live_at, id=0, **times)

    def fail_deployment(self, sha, at):
        self.fake.add_deployment(sha, at, status="failed")

    def move_tag(self, sha):
        self.fake.releases[0]["commit"] = self.fake.write_commit(sha)

    def give_requests(self):
        return self.fake.merge_requests

    def read_opened(self):
        rows = [row for row in self.fake.merge_requests if row["source_branch"].startswith("fermata/")]
        (row,) = rows
        return row["source_branch"], row["title"], row["description"]

    def add_request(self, branch, at, state="open", sha=""):
        """Put a request there that was opened, closed or merged."""
        stamp = at.isoformat()
        self.fake.add_merge_request(
            branch,
            state="opened" if state == "open" else state,
            merged_at=stamp if state == "merged" else None,
            closed_at=stamp if state == "closed" else None,
            created_at=stamp,
            merge_commit_sha=sha or self.shop.guilty,
        )

    def set_checks(self, *states):
        """Let the commit have jobs."""
        words = {"passed": "success", "failed": "failed", "running": "pending"}
        self.fake.statuses = [{"name": f"job-{n}", "status": words[state]} for n, state in enumerate(states)]


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
async def github():
    """A shop on GitHub that was deployed twice, the last time with the guilty commit."""
    shop = make_shop()
    fake = FakeGitHub(history=shop.history)
    fake.add_deployment(shop.first, ONSET - timedelta(minutes=170))
    fake.add_deployment(shop.guilty, ONSET - timedelta(minutes=15))
    fake.add_deployment(shop.decoy, ONSET - timedelta(minutes=5), environment="staging")
    stamp = write_time(ONSET - timedelta(minutes=20))
    fake.add_pull("speed", state="closed", title="Speed up totals", merge_commit_sha=shop.guilty, merged_at=stamp)
    fake.add_pull("given-up", state="closed", closed_at=stamp)
    fake.runs = [
        {
            "id": 4,
            "name": "tests",
            "display_title": "Speed up totals",
            "event": "push",
            "status": "completed",
            "conclusion": "success",
            "head_branch": "main",
            "head_sha": shop.guilty,
            "run_number": 12,
            "actor": {"login": "tomas"},
            "created_at": stamp,
            "updated_at": stamp,
            "url": "https://api.github.example/runs/4",
            "html_url": "https://github.example/shop/shop/actions/runs/4",
        }
    ]
    release = {"id": 3, "tag_name": "v2", "name": None, "author": {"login": "tomas"}, "published_at": stamp}
    release["html_url"] = "https://github.example/shop/shop/releases/tag/v2"
    fake.releases = [release, release | {"id": 5, "draft": True, "published_at": None}]
    shop.history.tags["v2"] = shop.guilty
    async with WebServer(fake.respond) as server:
        yield GitHubRig(server, fake, shop)
    assert server.complaints == []


@pytest.fixture
async def gitlab():
    """The same shop on GitLab."""
    shop = make_shop()
    fake = FakeGitLab(history=shop.history)
    fake.add_deployment(shop.first, ONSET - timedelta(minutes=170))
    fake.add_deployment(shop.guilty, ONSET - timedelta(minutes=15))
    fake.add_deployment(shop.decoy, ONSET - timedelta(minutes=5), environment="staging")
    stamp = (ONSET - timedelta(minutes=20)).isoformat()
    fake.add_merge_request(
        "speed", state="merged", title="Speed up totals", merge_commit_sha=shop.guilty, merged_at=stamp
    )
    fake.add_merge_request("given-up", state="closed", closed_at=stamp)
    fake.pipelines = [
        {
            "id": 4,
            "status": "success",
            "source": "push",
            "ref": "main",
            "sha": shop.guilty,
            "web_url": "https://gitlab.example/p/4",
            "created_at": stamp,
            "updated_at": stamp,
        }
    ]
    release = {"tag_name": "v2", "name": "v2", "released_at": stamp, "commit": {"id": shop.guilty}}
    fake.releases = [release | {"author": {"username": "tomas"}}, release | {"upcoming_release": True}]
    async with WebServer(fake.respond) as server:
        fake.url = server.url
        yield GitLabRig(server, fake, shop)
    assert server.complaints == []


@pytest.fixture(params=["github", "gitlab"])
def rig(request):
    """Each forge in turn."""
    return request.getfixturevalue(request.param)
