"""A refusal in the words of the person who has to widen the token: which permission, for what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fermata.kit.errors import OperationalError, TransientError

_FORBIDDEN = 403


@contextmanager
def needing(permission: str, settings_key: str) -> Iterator[None]:
    """Name the one permission that a call needs when it is refused for want of it.

    Args:
        permission: In the forge's own words: `Deployments: read`.
        settings_key: Whose token it is: `github`.

    Raises:
        OperationalError: The same refusal, with the remedy.
    """
    try:
        yield
    except TransientError:  # Asked too often: no permission helps.
        raise
    except OperationalError as error:
        if error.facts.get("status") != _FORBIDDEN:
            raise
        do = f"Widen the credential of {settings_key}: it needs {permission}"
        raise OperationalError(error.what, why=error.why, do=do, **error.facts) from error
