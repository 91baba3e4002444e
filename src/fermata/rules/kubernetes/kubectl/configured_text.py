"""What a description says that containers are told: variables, words and the config maps they read.

The whole description would be read for a few lines otherwise, and who calls whom is asked of every workload.
"""

from __future__ import annotations

import re

from fermata.rules.kubernetes.configured import Configured

_TITLES = frozenset({"Environment:", "Environment Variables from:", "Command:", "Args:"})
_HEADS = ("Environment", "Command:", "Args:", "Type:", "Name:")
_KEY_OF_MAP = re.compile(r"<set to the key '[^']*' of config map '([^']*)'>")


def read_configured(text: str) -> Configured:
    """Return what the containers of a described pod or template are told; text of any kind is taken."""
    found = Configured()
    section, depth = "", -1
    is_map = False
    for line in text.split("\n"):
        if section and _indent(line) > depth:
            _read_line(found, section, line.strip())
            continue
        section = ""
        # Most lines are neither a title nor about a volume, which their first letters tell.
        head = line.lstrip()
        if head.startswith(_HEADS):
            stripped = head.rstrip()
            if stripped in _TITLES:
                section, depth = stripped[:-1], _indent(line)
            elif stripped.startswith("Type:"):
                is_map = stripped.removeprefix("Type:").lstrip().startswith("ConfigMap ")
            elif is_map and stripped.startswith("Name:"):
                found.config_maps.append(stripped.removeprefix("Name:").strip())
                is_map = False
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read_line(found: Configured, section: str, text: str) -> None:
    if section == "Environment Variables from":
        words = text.split(None, 2)
        if len(words) > 1 and words[1] == "ConfigMap":
            found.config_maps.append(words[0])
    elif section == "Environment":
        key, colon, value = text.removesuffix(":").partition(": ")
        if colon and " " not in key:
            _add_variable(found, key, value.strip())
        elif not text.endswith(":"):
            found.words.append(text)  # A value of several lines goes on.
    else:
        found.words.append(text)


def _add_variable(found: Configured, key: str, value: str) -> None:
    reference = _KEY_OF_MAP.match(value)
    if reference is not None:
        found.config_maps.append(reference[1])
    elif value and not value.startswith("<set to the key"):
        found.variables[key] = value
