"""How Terraform and OpenTofu print that they failed: within a frame, and without one where colours are off, as in CI.

Source: hashicorp/terraform, `internal/command/format/diagnostic.go`, and what 1.11.4 printed with `-no-color`.
"""

from __future__ import annotations

import re

# What GitHub's runner and its wrapper of Terraform say of any command that failed is no reason.
_ERROR = re.compile(
    r"^(\u2502 )?Error: (?!(?:Process completed|Terraform exited) with (?:exit )?code)(?P<told>\S.*)$", re.MULTILINE
)
# Many tools say `Error: ` alone.
_OWN = re.compile(r"\bterraform\b|\bopentofu\b|^ +(?:with \S+,|on \S+ line \d+)", re.IGNORECASE | re.MULTILINE)


def find_error(text: str, start: int = 0) -> re.Match[str] | None:
    """Return the first error of a text without colours, whose group `told` is its summary; `None` without any.

    Where there are frames, what stands in none is another tool's.
    """
    found = list(_ERROR.finditer(text, start))
    unframed = found if is_terraform(text) else []
    return next((one for one in found if one[1]), next(iter(unframed), None))


def is_terraform(text: str) -> bool:
    """Answer whether a text speaks of Terraform or OpenTofu, or as they do of where an error lies."""
    return _OWN.search(text) is not None
