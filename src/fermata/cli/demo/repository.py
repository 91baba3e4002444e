"""The shop's git repository: a believable history, and commits made by the demo's people.

The user's own git settings, hooks and signing keys stay out of it, and nothing is ever pushed anywhere.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from fermata.kit.errors import OperationalError

CHECKOUT = "services/checkout.py"
CHECKOUT_ENV = "deploy/checkout.env"
README = "README.md"
_IGNORED = "__pycache__/\n*.log\n"
_SHIPPED = Path(__file__).with_name("shop")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who commits to the shop."""

    name: str
    email: str


MEI = Person("Mei Tanaka", "mei@shop.example")
TOMAS = Person("Tomas Lindqvist", "tomas@shop.example")
NOOR = Person("Noor Haddad", "noor@shop.example")
ADA = Person("Ada Brandt", "ada@shop.example")


@dataclass(frozen=True, slots=True)
class _Past:
    """One commit of the history: the named files as shipped, apart from what came later (new text -> old text)."""

    author: Person
    hours_ago: float
    subject: str
    changes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_HISTORY = (
    _Past(
        MEI,
        29.4,
        "Start the shop with the profile service",
        {
            ".gitignore": {},
            README: {
                "- `loadgen` sends ten baskets a second to `checkout` and counts the answers.\n": "",
                "- `checkout` takes a basket, asks `profile` for the customer's discount and charges the total "
                "(`/checkout`).\n": "",
                "Two services and their shoppers, each one Python file": "One service so far, a Python file",
            },
            "services/httpd.py": {},
            "services/profile.py": {"CUSTOMERS = 500": "CUSTOMERS = 100"},
            "deploy/profile.env": {},
        },
    ),
    _Past(
        TOMAS,
        27.1,
        "Add checkout, which asks profile for the discount",
        {
            README: {
                "- `loadgen` sends ten baskets a second to `checkout` and counts the answers.\n": "",
                "Two services and their shoppers, each one": "Two services, each one",
            },
            CHECKOUT: {', "honey": 720': "", "PROFILE_TIMEOUT_S = 2.0": "PROFILE_TIMEOUT_S = 5.0"},
            CHECKOUT_ENV: {"PAYMENT_TIMEOUT_MS=250": "PAYMENT_TIMEOUT_MS=500"},
        },
    ),
    _Past(
        NOOR,
        22.8,
        "Add a load generator with a steady pace",
        {README: {}, "services/loadgen.py": {}, "deploy/loadgen.env": {}},
    ),
    _Past(MEI, 8.3, "Make room for 500 customers", {"services/profile.py": {}}),
    _Past(
        NOOR,
        6.6,
        "Give up on profile after 2 s instead of 5 s",
        {CHECKOUT: {', "honey": 720': ""}},
    ),
    _Past(
        TOMAS,
        4.9,
        "Halve the payment timeout to 250 ms\n\nThe bank answers within 40 ms or not at all; waiting longer only "
        "fills the queue.",
        {CHECKOUT_ENV: {}},
    ),
    _Past(ADA, 2.2, "Sell honey", {CHECKOUT: {}}),
)


class ShopRepository:
    """The git working copy that supervisord runs the services from.

    Args:
        path: Where it is or will be.
        env: Environment of the git commands, without the user's own git variables.
    """

    def __init__(self, path: Path, env: Mapping[str, str]) -> None:
        self.path = path
        nowhere = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}
        # HOME too: git before 2.32 does not know GIT_CONFIG_GLOBAL.
        self._env = {**env, **nowhere, "HOME": str(path), "XDG_CONFIG_HOME": str(path)}

    def build(self, ports: Mapping[str, int], now: datetime) -> int:
        """Create the repository with its history ending before `now`; return the number of commits.

        Args:
            ports: By placeholder, such as `CHECKOUT_PORT`; the declared environments name them.
            now: Aware instant the history is counted back from.
        """
        self.path.mkdir()
        self._git(["init", "--quiet", "--initial-branch=main"])
        for past in _HISTORY:
            for name, later in past.changes.items():
                self._write(name, _undo(_load(name, ports), later, name))
            self.commit(past.author, past.subject, now - timedelta(hours=past.hours_ago))
        return len(_HISTORY)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace one passage of a file in the working copy.

        Raises:
            OperationalError: The passage is not there exactly once.
        """
        text = (self.path / name).read_text()
        if text.count(old) != 1:
            raise OperationalError(
                f"The demo could not change {name}",
                why="The file is no longer as the demo left it",
                do="Undo the last change first, or start the demo anew",
                file=name,
            )
        self._write(name, text.replace(old, new))

    def commit(self, author: Person, message: str, at: datetime) -> str:
        """Commit everything in the working copy as `author`, dated `at`; return the full hash."""
        who = {"GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email, "GIT_AUTHOR_DATE": at.isoformat()}
        who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
        self._git(["add", "--all"])
        self._git(["commit", "--quiet", "--message", message], who)
        return self._git(["rev-parse", "HEAD"]).strip()

    def read_environment(self, program: str) -> dict[str, str]:
        """Return the declared environment of a program: `deploy/<program>.env`, in the file's order."""
        lines = (self.path / "deploy" / f"{program}.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line)

    def _write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)

    def _git(self, arguments: Sequence[str], extra: Mapping[str, str] | None = None) -> str:
        settings = ["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"]
        try:
            done = subprocess.run(
                ["git", "-C", str(self.path), *settings, *arguments],
                env={**self._env, **(extra or {})},
                capture_output=True,
                text=True,
                check=True,
            )
        except FileNotFoundError as missing:
            raise OperationalError(
                "The demo's repository was not made", why="git is not installed", do="Install git"
            ) from missing
        except subprocess.CalledProcessError as failed:
            raise OperationalError(
                f"git {arguments[0]} failed in the demo's repository", why=failed.stderr.strip()[:400]
            ) from failed
        return done.stdout


def _load(name: str, ports: Mapping[str, int]) -> str:
    if name == ".gitignore":
        return _IGNORED
    text = (_SHIPPED / name).read_text()
    for placeholder, port in ports.items():
        text = text.replace(f"@{placeholder}@", str(port))
    return text


def _undo(text: str, later: Mapping[str, str], name: str) -> str:
    for new, old in later.items():
        if text.count(new) != 1:
            raise OperationalError(f"The demo's history does not fit {name}", why=f"{new!r} is not there once")
        text = text.replace(new, old)
    return text
