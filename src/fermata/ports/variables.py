"""Variables of processes: what may name one, whose values may be shown, and which no action sets."""

from __future__ import annotations

import re

from fermata.kit.errors import UserError
from fermata.kit.hiding import looks_secret

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ORDINARY_NAMES = (
    *("*_PORT", "PORT", "*_HOST", "HOST", "*_ADDR", "*_REGION", "REGION", "*_ZONE", "TZ", "LANG", "LC_*"),
    *("*_TIMEOUT", "*_TIMEOUT_*", "*_MS", "*_SECONDS", "*_INTERVAL", "*_INTERVAL_*", "*_TTL", "*_RETRIES"),
    *("*_SIZE", "RATE", "*_RATE", "*_LIMIT", "*_MAX", "*_MIN", "*_COUNT", "*_WORKERS", "*_THREADS", "*_BYTES", "*_MB"),
    *("*_LEVEL", "*_MODE", "*_ENABLED", "*_DISABLED", "DEBUG", "*_ENV", "ENV", "*_VERSION", "VERSION", "CURRENCY"),
)
"""Variables whose values tell how a program runs and little else."""
# Variables that decide which code runs, not how it behaves: setting one is a deploy, and not what an action is for.
_CODE_NAMES = re.compile(
    r"LD_\w+|PYTHON\w*|PATH|BASH_ENV|ENV|IFS|SHELL\w*|NODE_OPTIONS|NODE_PATH|PERL5\w*|RUBY\w*|JAVA_TOOL_OPTIONS|"
    r"_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|DOTNET_STARTUP_HOOKS|CORECLR_\w+|GEM_\w+|BUNDLE_\w+|GIT_\w+|GCONV_PATH|"
    r"MALLOC_\w+|GUNICORN_CMD_ARGS|UWSGI_\w+|OPENSSL_CONF|PROMPT_COMMAND|PHPRC|PHP_INI_SCAN_DIR|LUA_\w*PATH|R_PROFILE\w*"
)


def refuse_code_name(name: str) -> None:
    """Refuse to set a variable that decides which code runs.

    Raises:
        UserError: It does.
    """
    if _CODE_NAMES.fullmatch(name):
        raise UserError(
            f"{name} is not set by this action",
            why="It decides which code runs",
            do="Change it by a deploy, where it is reviewed",
        )


def refuse_secret(name: str, value: str | None) -> None:
    """Refuse to set, or to show, a variable whose name or value looks like a secret.

    Raises:
        UserError: One of them does.
    """
    if looks_secret(name, value or ""):
        raise UserError(
            f"{name} is not set by this action",
            why="Its name or a value looks like a secret, and values are shown on the card and kept in the journal",
            do="Change secrets where they are kept, by hand",
            name=name,
        )


def show_value(value: str | None) -> str:
    """Write a value for people; `None` is a variable that is not set."""
    return "not set here" if value is None else f'"{value}"'
