"""What Discord checks of a body: names, types, lengths. Limits of the reference, read 2026-11."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fermata.testing.discord.guild import Refused

MESSAGE = frozenset({"content", "embeds", "components", "allowed_mentions", "attachments", "flags"})
CREATE = MESSAGE | {"nonce", "enforce_nonce", "message_reference"}
_EMBED = {"title": 256, "description": 4096}
_ID = re.compile(r"0|[1-9]\d*")


def refuse(path: str, code: str, message: str) -> Refused:
    """Return the refusal of one field, its path nested as Discord nests it."""
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path.split(".")):
        errors = {name: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


def check_message(body: Mapping[str, Any], known: frozenset[str]) -> None:
    """Check a message that is made or changed.

    Raises:
        Refused: Discord would not take it.
        ValueError: Discord would take it, and we should never send it.
    """
    unknown = set(body) - known
    if unknown:
        message = f"unknown fields {sorted(unknown)}"
        raise ValueError(message)
    if ("content" in body or "embeds" in body) and body.get("allowed_mentions") != {"parse": []}:
        message = "a message that might mention somebody"
        raise ValueError(message)
    _check_length(body.get("content") or "", 2000, "content")
    _check_embeds(body.get("embeds") or ())
    _check_rows(body.get("components") or ())
    _check_length(str(body.get("nonce") or ""), 25, "nonce")
    for number, one in enumerate(body.get("attachments") or ()):
        if not isinstance(one.get("id"), str) or not _ID.fullmatch(one["id"]):
            raise refuse(f"attachments.{number}.id", "NUMBER_TYPE_COERCE", "Value is not snowflake.")


def _check_embeds(embeds: Sequence[Mapping[str, Any]]) -> None:
    if len(embeds) > 10:
        raise refuse("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    total = 0
    for number, embed in enumerate(embeds):
        if set(embed) - {"title", "description", "color", "footer", "fields"}:
            message = f"embed with {sorted(embed)}"
            raise ValueError(message)
        if not str(embed.get("description") or embed.get("title") or "").strip():
            raise refuse(f"embeds.{number}.description", "BASE_TYPE_REQUIRED", "This field is required")
        if not 0 <= embed.get("color", 0) <= 0xFFFFFF:
            raise refuse(f"embeds.{number}.color", "NUMBER_TYPE_MAX", "int value should be at most 16777215.")
        for name, most in _EMBED.items():
            _check_length(embed.get(name, ""), most, f"embeds.{number}.{name}")
            total += _count(embed.get(name, ""))
        footer = (embed.get("footer") or {}).get("text", "")
        _check_length(footer, 2048, f"embeds.{number}.footer.text")
        total += _count(footer)
    if total > 6000:
        raise refuse("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    if len(rows) > 5:
        raise refuse("components", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    seen: set[str] = set()
    for number, row in enumerate(rows):
        where = f"components.{number}.components"
        if row.get("type") != 1 or not 1 <= len(row.get("components") or ()) <= 5:
            raise refuse(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        for button in row["components"]:
            if set(button) != {"type", "style", "label", "custom_id"} or button["type"] != 2:
                message = f"not a button: {sorted(button)}"
                raise ValueError(message)
            if button["style"] not in (1, 2, 3, 4) or not button["label"]:
                raise refuse(where, "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4}.")
            _check_length(button["label"], 80, f"{where}.label")
            _check_length(button["custom_id"], 100, f"{where}.custom_id")
            if not button["custom_id"] or button["custom_id"] in seen:
                raise refuse(where, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
            seen.add(button["custom_id"])


def check_form(form: Mapping[str, Any]) -> None:
    """Check a modal.

    Raises:
        Refused: Discord would not take it.
    """
    _check_length(form["custom_id"], 100, "data.custom_id")
    _check_length(form["title"], 45, "data.title")
    if not 1 <= len(form["components"]) <= 5:
        raise refuse("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for row in form["components"]:
        (field,) = row["components"]
        if row["type"] != 1 or field["type"] != 4 or field["style"] not in (1, 2):
            raise refuse("data.components", "BASE_TYPE_CHOICES", "Must be a text input.")
        _check_length(field["label"], 45, "data.components.label")
        if not 0 <= field.get("min_length", 0) <= field.get("max_length", 4000) <= 4000:
            raise refuse("data.components", "NUMBER_TYPE_MAX", "length")


def check_commands(commands: Sequence[Mapping[str, Any]], where: str = "") -> None:
    """Check slash commands, or their options.

    Raises:
        Refused: Discord would not take them.
    """
    had_optional = False
    for number, command in enumerate(commands):
        path = f"{where}{number}"
        if not re.fullmatch(r"[-_a-z0-9]{1,32}", command["name"]):
            raise refuse(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        if not 1 <= len(command["description"]) <= 100:
            raise refuse(f"{path}.description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if where and command["type"] == 3:
            if command.get("required") and had_optional:
                raise refuse(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options come first")
            had_optional |= not command.get("required")
        check_commands(command.get("options") or (), f"{path}.options.")


def _count(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _check_length(text: str, most: int, path: str) -> None:
    if _count(text) > most:
        raise refuse(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
