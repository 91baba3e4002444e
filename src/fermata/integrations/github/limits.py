"""GitHub's refusals: a permission that is missing is told by its name, and a limit is not taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.forge.permissions import needing

KEY = "github"
_FORBIDDEN = 403
MOVED = frozenset({301, 302, 307, 308})
"""GitHub answers with these for a repository under its old name, and leads to `/repositories/<id>`."""
_RENAMED = "The repository, or its owner, was renamed or moved, and GitHub leads elsewhere, which is not followed"
_NAME_IT = "Write its name of now in the settings of github; `fermata check github` tells it"
_CLOSED = {
    "was archived": "Unarchive the repository, or name another one in the settings of github",
    "issues are disabled": "Switch the issues of the repository on, or name another one in github.approvals",
    "issue is locked": "Unlock the issue, or give the token's user write access",
    "saml enforcement": "Authorize the token for single sign-on of the organisation, in the settings of its user",
}
"""By GitHub's words: what helps where it refuses for another reason than a permission, with 403 as well, or 410."""
_TOO_FAST = ("secondary rate limit", "abuse detection", "submitted too quickly")
PAUSE = timedelta(minutes=1)
"""What GitHub asks to wait when it names no time."""


def says_too_fast(said: str) -> bool:
    """Answer whether GitHub's words are those of a secondary limit, which no status and no header tells apart."""
    return any(words in said.lower() for words in _TOO_FAST)


@contextmanager
def asking(permission: str) -> Iterator[None]:
    """Name the permission of a call that is refused for want of it, and take the secondary limits for what they are.

    GitHub answers these with 403 too, and with no header that says so ("Rate limits for the REST API", read 2026-11):
    taken for a missing permission, they would bar people.

    Raises:
        TransientError: It was asked, or written to, too fast.
        OperationalError: Any other refusal.
    """
    try:
        with needing(permission, KEY):
            yield
    except TransientError:
        raise
    except OperationalError as error:
        if error.facts.get("status") in MOVED and "/repositories/" in str(error.facts.get("location")):
            raise OperationalError(error.what, why=_RENAMED, do=_NAME_IT, **error.facts) from error
        remedy = next((do for words, do in _CLOSED.items() if words in error.why.lower()), "")
        if remedy:
            raise OperationalError(error.what, why=error.why, do=remedy, **error.facts) from error
        if error.facts.get("status") != _FORBIDDEN or not says_too_fast(error.why):
            raise
        do = "It passes within a minute"
        raise TransientError(error.what, why=error.why, do=do, retry_after=PAUSE, **error.facts) from error
