"""Which editor somebody edits texts with: from the environment, as git and others take it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from fermata.kit.errors import UserError

_NAMES = ("VISUAL", "EDITOR")
_FALLBACK = "vi"
"""What POSIX has everywhere."""


def find_editor(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the editor's command with its arguments: `VISUAL`, else `EDITOR`, else vi.

    Args:
        environment: The process's own when absent.

    Raises:
        UserError: It is no command line.
    """
    variables = os.environ if environment is None else environment
    name, text = next(((name, variables[name]) for name in _NAMES if variables.get(name, "").strip()), ("", _FALLBACK))
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UserError(f"{name} is no command line: {text[:80]}", why=str(error), do="Set it to an editor") from error
