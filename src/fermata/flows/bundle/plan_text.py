"""What `terraform plan` and `terraform apply` print, written as a diff of the resources it changes.

Their marks stand behind the margin (`      ~ size = "large" -> "small"`), where no reader of diffs looks for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HEAD = re.compile(
    r"^\s*# (\S.*?) (?:will be|(?:is tainted, so )?must be) "
    r"(?:updated in-place|created|destroyed|replaced|imported)\b"
)
"""What is to change; what `has changed` outside of Terraform, and what is only read, is no change of this run."""
_BLOCK = re.compile(r'^\s*(?:-/\+|\+/-|<=|[~+-]|)\s*(?:resource|data) "[^"]+" "[^"]+" \{')
_MARKED = re.compile(r"^(\s*)(-/\+|\+/-|[~+-])( +)(\S.*)$")
_TURN = re.compile(r"""^((?:"[^"]*"|[\w.-]+)\s*=\s*)?(.+?) -> (.+)$""")
_NOTE = re.compile(r"\s+# forces replacement$")
_HIDDEN = re.compile(r"^\s*# \(\d+ unchanged .* hidden\)$")
_GONE = " -> null"


def is_plan(text: str) -> bool:
    """Answer whether a text is what Terraform (or OpenTofu) prints of a plan: a resource's head, and its block."""
    lines = _COLOUR.sub("", text).split("\n")
    return any(_HEAD.match(line) for line in lines) and any(_BLOCK.match(line) for line in lines)


def write_plan(text: str) -> str:
    """Return the changes of a plan as a diff, one resource under one head; empty when it changes no value."""
    lines = _COLOUR.sub("", text).replace("\r", "").split("\n")
    written: list[str] = []
    head, end, is_told = "", "", False
    for line in lines:
        if found := _HEAD.match(line):
            head = found[1]
        elif not end and head and _BLOCK.match(line):
            # A block ends where a brace stands as far in as what it opened with, marks and all.
            end, is_told = line[: len(line) - len(line.lstrip(" ~+-/<="))], False
        elif end and line.rstrip() == " " * len(end) + "}":
            head, end = "", ""
        elif end and not _HIDDEN.match(line):
            if not is_told:
                written.append(f"@@ {head} @@")
                is_told = True
            written += _write_line(line)
    return "\n".join(written) if any(line[:1] in ("+", "-") for line in written) else ""


def _write_line(line: str) -> Iterator[str]:
    found = _MARKED.match(line)
    if found is None:
        yield f" {line}"
        return
    margin, mark, gap, body = found.groups()
    body = _NOTE.sub("", body)
    indent = margin + " " * len(mark) + gap
    if mark == "-":
        yield f"-{indent}{body.removesuffix(_GONE)}"
    elif mark == "+":
        yield f"+{indent}{body}"
    elif turn := _TURN.match(body):
        yield f"-{indent}{turn[1] or ''}{turn[2]}"
        yield f"+{indent}{turn[1] or ''}{turn[3]}"
    else:
        yield f" {indent}{body}"
