"""A real git repository for each test: a small shop with people's commits at known times."""

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from fermata.integrations.git.system import Git
from fermata.kit.clock import SystemClock
from fermata.testing.records import make_scope

SECRET = "hunter2-Vq8x"
ENV_FILE = f"# declared\nPAYMENT_TIMEOUT_MS=250\nexport CURRENCY='EUR'\nDB_PASSWORD={SECRET}\n\nAUTH={SECRET}\n"
CHECKOUT = """\
PRICES = {"mug": 1250}


def total(lines):
    return sum(PRICES[line] for line in lines)


def main():
    print("ready")
"""


class Shop:
    """A repository with its integration."""

    SECRET = SECRET

    def __init__(self, path):
        self.path = path
        self.now = datetime.now(UTC)
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("services/checkout.py", CHECKOUT)
        self.write("services/profile.py", "CUSTOMERS = 500\n")
        self.write("deploy/checkout.env", ENV_FILE)
        self.first = self.commit("Start the shop", hours_ago=30)

    def git(self, *arguments, date=None):
        """Run git as a person does; return its output."""
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null"}
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": "Mei Tanaka", f"GIT_{role}_EMAIL": "mei@shop.example"}
            if date:
                env[f"GIT_{role}_DATE"] = date
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, name, text):
        """Write a file of the working copy."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def edit(self, name, old, new):
        """Replace a passage that must be there."""
        text = (self.path / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self, message, *, hours_ago=0.2):
        """Commit everything; return the full id."""
        self.git("add", "--all")
        date = (self.now - timedelta(hours=hours_ago)).isoformat()
        self.git("commit", "--quiet", "--allow-empty", "--message", message, date=date)
        return self.head()

    def head(self):
        """Return HEAD's id."""
        return self.git("rev-parse", "HEAD")

    def system(self, *, timeout_s=10, **settings):
        """Return the integration, set up for this repository."""
        values = {
            "name": "shop",
            "path": self.path,
            "services": {"Checkout": ["services/checkout.py", "deploy"], "profile": ["services/profile.py"]},
            "env_files": {"checkout": "deploy/checkout.env"},
            "mode": "working_copy",
        }
        return Git(Git.Settings(repositories=[values | settings], timeout_s=timeout_s), SystemClock())

    def collector(self, name, **settings):
        """Return one collector by its name."""
        return next(c for c in self.system(**settings).list_collectors() if c.name == name)

    def action(self, **settings):
        """Return the revert."""
        return self.system(**settings).list_actions()[0]

    @staticmethod
    def make_scope(*refs):
        """Return a scope over the last hour for entities by their ref."""
        return make_scope(*refs, at=datetime.now(UTC))

    async def collect(self, name, *refs, **settings):
        """Return what one collector brings for some entities."""
        return await self.collector(name, **settings).collect(self.make_scope(*refs))

    def snapshot(self):
        """Return the digest of the working copy and of everything under .git, unreferenced objects included."""
        seen = hashlib.sha256()
        for path in sorted(self.path.rglob("*")):
            if path.is_file():
                seen.update(str(path).encode() + path.read_bytes())
        return seen.hexdigest()

    def destroy(self):
        """Take the repository away."""
        shutil.rmtree(self.path / ".git")


@pytest.fixture
def shop(tmp_path):
    """A shop whose checkout was changed twelve minutes ago, with a decoy after it."""
    shop = Shop(tmp_path / "shop")
    shop.edit("services/checkout.py", "sum(PRICES[line] for line in lines)", "fast_sum(lines)")
    shop.bad = shop.commit("Speed up totals\n\nMeasured: twice as fast.")
    shop.write("README.md", "The shop.\n")
    shop.decoy = shop.commit("Say it better", hours_ago=0.1)
    return shop
