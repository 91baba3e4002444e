"""Secrets in supervisord's configuration: several assignments stand in one line, and the harmless ones stay."""

from __future__ import annotations

import re

from fermata.kit.hiding import find_placeholder, hide_lines

_ASSIGNMENT = re.compile(r"""(?P<name>[A-Za-z_]\w*)(?P<equals>\s*=\s*)(?P<value>"[^"]*"|'[^']*'|[^\s,"']+)""")


def hide_settings(text: str) -> str:
    """Return configuration text (a file or a diff of one) with secret values replaced. Idempotent, line by line."""

    def replace(match: re.Match[str]) -> str:
        placeholder = find_placeholder(match["name"], match["value"])
        if placeholder is None:
            return match[0]
        quote = match["value"][0] if match["value"][0] in "\"'" else ""
        return f"{match['name']}{match['equals']}{quote}{placeholder}{quote}"

    return "\n".join(_ASSIGNMENT.sub(replace, line) for line in hide_lines(text.split("\n"), 0).lines)
