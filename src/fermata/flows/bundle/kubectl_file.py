"""`kubectl.json`: commands with what they printed, as a support bundle or a colleague's paste holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fermata.flows.bundle.container_text import add_containers
from fermata.flows.bundle.delivered import add_delivered_text, add_printed_objects
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.object_files import add_printed
from fermata.flows.bundle.parsing import parse_json
from fermata.flows.bundle.secret_data import PLACEHOLDER, blank_secrets

NAME = "kubectl.json"
# Templates print single values without anything around them that says what they are.
_SECRET_VALUE = re.compile(r"\bsecrets?\b.*-o\s*=?\s*(?:jsonpath|go-template|custom-columns|template)", re.IGNORECASE)


def read_kubectl(file: SourceFile, haul: Haul) -> None:
    """Add one piece of evidence for each command; commands on a Secret's values keep none of them."""
    try:
        commands = parse_json(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    if not isinstance(commands, Mapping):
        haul.leave_out(file.name, "it is no mapping of commands to what they printed")
        return
    for command, printed in commands.items():
        text = _write(printed)
        if text is None:
            haul.leave_out(file.name, f"what {command[:80]!r} printed is no text")
            continue
        if _SECRET_VALUE.search(command):
            text = PLACEHOLDER
        try:
            text = blank_secrets(text)
        except Unreadable as error:
            haul.leave_out(file.name, f"{command[:80]!r}: {error.reason}")
            continue
        shown = haul.hide(" ".join(command.split())) or "(a command without words)"
        lines = text.removesuffix("\n").split("\n") if text.strip() else []
        add_printed(haul, file, shown, lines)
        add_printed_objects(shown, lines, file.name, haul)
        add_delivered_text([f"$ {shown}", *lines], file.name, file.path.stem, haul)
        add_containers(lines, f"{file.name}: {shown}"[:200], haul)


def _write(printed: Any) -> str | None:
    if printed is None:
        return ""
    if isinstance(printed, str):
        return printed.replace("\r\n", "\n").replace("\x00", "")
    if isinstance(printed, list) and all(isinstance(line, str) for line in printed):
        return "\n".join(printed)
    return json.dumps(printed, indent=1, ensure_ascii=False) if isinstance(printed, Mapping) else None
