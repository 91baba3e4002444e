"""GitLab's refusals: a permission that is missing is told by its name, and so is a project that was renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.forge.permissions import needing
from fermata.ports.json_api import ApiSession

KEY = "gitlab"
_MOVED = frozenset({301, 302, 307, 308})
"""GitLab answers a GET with these for a project under its old path, and leads to `/projects/<id>`."""
_NO_METHOD = 405
"""And with this to everything else: "Non GET methods are not allowed for moved projects" (`API::Helpers`)."""
_BY_ID = re.compile(r"/projects/[0-9]+(?=[/?]|$)")
_RENAMED = "The project, or a group above it, was renamed or moved, and GitLab leads elsewhere, which is not followed"
_NAME_IT = f"Write its path of now in the settings of {KEY}; `fermata check {KEY}` tells it"


class _Named(BaseModel):
    path_with_namespace: str


@contextmanager
def asking(permission: str) -> Iterator[None]:
    """Name the permission of a call that is refused for want of it, and say of a moved project that it has moved.

    Raises:
        OperationalError: The same refusal, with the remedy.
    """
    try:
        with needing(permission, KEY):
            yield
    except TransientError:
        raise
    except OperationalError as error:
        status = error.facts.get("status")
        is_led = status in _MOVED and _BY_ID.search(str(error.facts.get("location"))) is not None
        if not is_led and not (status == _NO_METHOD and "moved projects" in error.why):
            raise
        raise OperationalError(error.what, why=_RENAMED, do=_NAME_IT, **error.facts) from error


async def refuse_moved(session: ApiSession, repository: str, error: OperationalError) -> None:
    """Say what a project is called now, if an answer leads there; otherwise do nothing.

    Raises:
        OperationalError: It moved; or it cannot be asked where it is now.
    """
    found = _BY_ID.search(str(error.facts.get("location")))
    if found is None:
        return
    now = await session.get(found[0], _Named)
    raise OperationalError(
        f"{repository} was renamed or moved",
        why=f"It is {now.path_with_namespace} now",
        do=f"Write that in the settings of {KEY}, and restart",
    ) from error
