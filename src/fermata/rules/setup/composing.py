"""The settings file that `init` writes: as few settings as work, each with the reason it stands there."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.rules.setup.findings import Found

_PLAIN = re.compile(r"(?:[A-Za-z/]|\.[a-z])(?:[A-Za-z0-9_./:@~+-]*[A-Za-z0-9_/+~-])?|[A-Za-z]+(?: [A-Za-z]+)+")
"""Text that YAML reads as itself without quotes: no colon at its end, no sign that begins something else."""
_PLAIN_INSIDE = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
"""The same between brackets."""
_WORDS_OF_YAML = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan"})
RESTARTS: Mapping[str, tuple[str, str, int]] = {
    "docker": ("docker.restart_container", "docker:container/*", 1),
    "kubernetes": ("kubernetes.rollout_restart", "kubernetes:deployment/*", 10),
    "supervisor": ("supervisor.restart", "supervisor:process/*", 1),
    "systemd": ("systemd.restart", "systemd:unit/*", 1),
}
"""By system: the mildest action that it offers, all that it could be done to, and how much it may touch at once: a
rollout restarts every pod of one deployment."""
_WIDTH = 118
_HEAD = """\
# fermata.yaml
# yaml-language-server: $schema={schema}
# Written by `fermata init`; yours to change. `fermata settings show` prints each value with its origin, and
# `fermata check` says what is missing. Secrets never stand here: write env:NAME or file:PATH instead.
"""
_POLICY = """\
# What may be done to what, and by whose word. What no guardrail permits is refused (docs/policy.md).
policy:
"""
_SLACK = """\
  # Cards in Slack: `fermata init slack` makes the app. Set both tokens, write the channel's id, then uncomment these
  #   lines, and your member id above:
  # slack:
  #   bot_token: env:SLACK_BOT_TOKEN
  #   app_token: env:SLACK_APP_TOKEN
  #   channel: C0123ABCD
"""
_COLUMN = 42
"""Where comments beside settings begin: behind the longest usual line."""
_TO_PERMIT = "  # To let it propose a restart, which then waits for you, write instead:"


@dataclass(frozen=True, slots=True)
class Owner:
    """The person who sets Fermata up, and may decide first."""

    id: str
    name: str
    handle: str
    """The login name on this machine."""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that was decided."""

    owner: Owner
    systems: tuple[Found, ...]
    """Those that are used; of those with a missing secret or a problem, the section is written as a comment."""
    state_dir: str
    """As the other two: from the file's folder."""
    token_file: str
    schema_file: str
    permits_restarts: bool = False
    """Whether the mildest action of each system may be proposed; it is held for a person all the same."""
    port: int | None = None
    """Of the server, when it is not the default."""


def list_ready(choices: Choices) -> tuple[Found, ...]:
    """Return the systems whose sections are in force: no secret is missing, and they answer."""
    return tuple(found for found in choices.systems if not found.secrets and not found.problem)


def write_settings_file(choices: Choices) -> str:
    """Return the text of `fermata.yaml`."""
    parts = [
        _HEAD.format(schema=choices.schema_file),
        _beside(
            f"state_dir: {write_scalar(choices.state_dir)}", "The store, the halt file, the token: keep it private."
        )
        + "\n",
        _write_server(choices),
        _write_people(choices.owner),
        _write_policy(choices),
        _write_systems(choices),
    ]
    return "\n".join(parts)


def write_scalar(value: Any) -> str:
    """Write a JSON value so that YAML reads the same one, on one line."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML:
        return value
    # Some signs that are not seen would end the line in YAML.
    return json.dumps(value, ensure_ascii=not (isinstance(value, str) and value.isprintable()))


def write_section(name: str, section: Mapping[str, Any], indent: int) -> list[str]:
    """Write a section and what is in it as the lines of a block."""
    if not section:
        return [f"{' ' * indent}{write_scalar(name)}: {{}}"]
    return [f"{' ' * indent}{write_scalar(name)}:", *_write_block(section, indent + 2)]


def _write_block(value: Mapping[str, Any], indent: int) -> Iterator[str]:
    space = " " * indent
    for key, item in value.items():
        name = f"{space}{write_scalar(key)}"
        if isinstance(item, Mapping):
            yield from write_section(key, item, indent)
        elif not isinstance(item, list | tuple):
            yield f"{name}: {write_scalar(item)}"
        elif any(isinstance(one, Mapping) for one in item):
            yield f"{name}:"
            for one in item:
                first, *rest = _write_block(one, indent + 4)
                yield f"{space}  - {first.strip()}"
                yield from rest
        else:
            yield f"{name}: [{', '.join(_write_inside(one) for one in item)}]"


def _write_inside(value: Any) -> str:
    """Write a value for a list on one line, where a bracket or a comma would end it."""
    text = write_scalar(value)
    return text if not isinstance(value, str) or _PLAIN_INSIDE.fullmatch(text) else json.dumps(value)


def _beside(line: str, comment: str) -> str:
    return f"{line:<{_COLUMN}}  # {comment}"


def _write_server(choices: Choices) -> str:
    port = f"  port: {choices.port}" if choices.port is not None else "  # port: 8714"
    token = f"  alert_token: {write_scalar(f'file:{choices.token_file}')}"
    return "\n".join(
        [
            "server:",
            _beside(port, "On 127.0.0.1: other machines reach it once `host` says so."),
            _beside(token, "What alert sources must send."),
            "",
        ]
    )


def _write_people(owner: Owner) -> str:
    return "\n".join(
        [
            "# Who may decide. More people, more lines; a click by somebody who is not here is never counted.",
            "people:",
            f"  - id: {write_scalar(owner.id)}",
            f"    name: {write_scalar(owner.name)}",
            "    roles: [oncall]",
            "    handles:",
            _beside(f"      console: {write_scalar(owner.handle)}", "The login name on this machine: id -un"),
            _beside("      # slack: U0123ABCD", "In Slack: profile, three dots, Copy member ID"),
            "",
        ]
    )


def _write_policy(choices: Choices) -> str:
    offered = [found.system for found in list_ready(choices) if found.system in RESTARTS]
    if choices.permits_restarts and offered:
        return "\n".join([_POLICY + "  guardrails:", *_list_rails(offered), ""])
    example = [f"  # {line[2:]}" for line in _list_rails(offered or ["docker"])]
    nothing = _beside("  guardrails: []", "Nothing is permitted: it looks, explains, and changes nothing.")
    return "\n".join([_POLICY + nothing, _TO_PERMIT, "  # guardrails:", *example, ""])


def _list_rails(systems: Sequence[str]) -> Iterator[str]:
    for system in systems:
        action, resources, radius = RESTARTS[system]
        yield f"    - id: {system}-restart"
        yield f"      actions: [{action}]"
        yield _beside(f"      resources: [{json.dumps(resources)}]", "Narrow it to what you know.")
        yield "      approvers: {roles: [oncall]}"
        yield "      max_risk: low"
        yield f"      max_blast_radius: {radius}"


def _write_systems(choices: Choices) -> str:
    blocks = []
    for found in choices.systems:
        section = dict(found.section)
        if choices.permits_restarts and found.system == "kubernetes":
            section["actions"] = [RESTARTS["kubernetes"][0]]
        lines = write_section(found.system, section, 2)
        words = [found.title, *found.notes]
        if found.secrets:
            words += [f"Set {secret.variable} ({secret.how})," for secret in found.secrets]
            words.append("then uncomment these lines:")
        elif found.problem:
            words += [found.problem, "When that is mended, uncomment these lines:"]
        if found.secrets or found.problem:
            lines = [f"  # {line[2:]}" for line in lines]
        blocks.append("\n".join([*(line for text in words for line in _comment(text)), *lines, ""]))
    if not any(found.system == "slack" for found in choices.systems):
        blocks.append(_SLACK)
    return "systems:\n" + "\n".join(blocks)


def _comment(text: str) -> list[str]:
    """Write a comment. What was found names itself; it must not end the comment that it stands in."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return textwrap.wrap(
        plain,
        _WIDTH,
        initial_indent="  # ",
        subsequent_indent="  #   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
