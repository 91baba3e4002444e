"""Which forge a git remote is on, and what the repository is called there."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?!//)(?P<path>[\w./~-]+)")
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^@/\s]*@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<path>[\w./~-]+)")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a forge."""

    forge: str
    """`github` or `gitlab`."""
    host: str
    name: str
    """`owner/name`; on GitLab the groups may be nested."""

    @property
    def api(self) -> str:
        """Return the base address of the API, as the settings take it; empty for the forge's own default."""
        if self.host in {"github.com", "gitlab.com"}:
            return ""
        return f"https://{self.host}/api/v3" if self.forge == "github" else f"https://{self.host}"


def read_remote(address: str) -> Remote | None:
    """Return the forge's repository behind a remote's address; `None` when it is on none that is known.

    A host of one's own is known by its name (`gitlab.example.com`, `github.example.com`). What stands before an `@` is
    not kept: it may be a token.
    """
    match = _URL.fullmatch(address) or _SCP.fullmatch(address)
    if match is None:
        return None
    host = match["host"].lower().removeprefix("ssh.")
    forge = next((forge for forge in ("github", "gitlab") if forge in host), "")
    parts = [part for part in match["path"].removesuffix("/").removesuffix(".git").split("/") if part]
    if not forge or len(parts) < 2 or (forge == "github" and len(parts) != 2):
        return None
    return Remote(forge, host, "/".join(parts))
