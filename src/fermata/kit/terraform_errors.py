"""How Terraform and OpenTofu print that they failed: within a frame, and without one where colours are off, as in CI.

Source: hashicorp/terraform, `internal/command/format/diagnostic.go`, and what 1.11.4 printed with `-no-color`.
"""

from __future__ import annotations

import re

_ERROR = re.compile(r"^(\u2502 )?Error: (?P<told>\S.*)$", re.MULTILINE)
# Many tools say `Error: ` alone.
_OWN = re.compile(r"\bterraform\b|\bopentofu\b|^ +(?:with \S+,|on \S+ line \d+)", re.IGNORECASE | re.MULTILINE)


def find_error(text: str, start: int = 0) -> re.Match[str] | None:
    """Return the first error of a text without colours, whose group `told` is its summary; `None` without any."""
    found = _ERROR.search(text, start)
    if found is None or found[1] or is_terraform(text):
        return found
    return next((one for one in _ERROR.finditer(text, start) if one[1]), None)


def is_terraform(text: str) -> bool:
    """Answer whether a text speaks of Terraform or OpenTofu, or as they do of where an error lies."""
    return _OWN.search(text) is not None
