"""Block Kit's own rules: what Slack refuses with `invalid_blocks`, and the size it does not document.

From docs.slack.dev, "Block Kit" reference, read 2026-11. Only the blocks that Fermata sends are modelled; any other
type, and any field that is not listed, is refused. Strict where Slack is lenient: rich text has Slack's limit of a
section (3,000 characters for one element).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MOST_BLOCKS_MESSAGE, MOST_BLOCKS_VIEW = 50, 100
MOST_JSON = 13_200

_FIELDS: Mapping[str, tuple[set[str], set[str]]] = {
    # Type: required, and optional, beside `type`.
    "header": ({"text"}, {"block_id"}),
    "section": (set(), {"text", "fields", "block_id", "accessory", "expand"}),
    "context": ({"elements"}, {"block_id"}),
    "divider": (set(), {"block_id"}),
    "actions": ({"elements"}, {"block_id"}),
    "rich_text": ({"elements"}, {"block_id"}),
    "rich_text_section": ({"elements"}, set()),
    "rich_text_preformatted": ({"elements"}, {"border"}),
    "text": ({"text"}, {"style"}),
    "link": ({"url"}, {"text", "style", "unsafe"}),
    "button": ({"text", "action_id"}, {"value", "style", "confirm", "url", "accessibility_label"}),
    "input": ({"label", "element"}, {"block_id", "optional", "hint", "dispatch_action"}),
    "plain_text_input": (
        {"action_id"},
        {"multiline", "max_length", "min_length", "placeholder", "initial_value", "focus_on_load"},
    ),
    "plain_text": ({"text"}, {"emoji"}),
    "mrkdwn": ({"text"}, {"verbatim"}),
    "confirm": ({"title", "text", "confirm", "deny"}, {"style"}),
    "modal": (
        {"title", "blocks"},
        {"submit", "close", "private_metadata", "callback_id", "clear_on_close", "notify_on_close", "external_id"},
    ),
}


def check_message(blocks: Any) -> None:
    """Check a message's blocks.

    Raises:
        ValueError: Slack would refuse them; the words say where.
    """
    _require(isinstance(blocks, list) and bool(blocks), "blocks are a list that is not empty")
    _require(len(blocks) <= MOST_BLOCKS_MESSAGE, f"{len(blocks)} blocks, at most {MOST_BLOCKS_MESSAGE}")
    size = len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
    _require(size <= MOST_JSON, f"msg_blocks_too_long: {size}")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    _require(len(ids) == len(set(ids)), "a block_id twice")
    for block in blocks:
        _check_block(block, {"header", "section", "context", "divider", "actions", "rich_text"})


def check_view(view: Any) -> None:
    """Check a modal.

    Raises:
        ValueError: Slack would refuse it.
    """
    _check_fields(view, {"modal"})
    for name in ("title", "submit", "close"):
        if name in view:
            _check_text(view[name], 24, {"plain_text"})
    _require(len(view.get("private_metadata", "")) <= 3000, "private_metadata over 3000")
    _require(len(view.get("callback_id", "")) <= 255, "callback_id over 255")
    _require(0 < len(view["blocks"]) <= MOST_BLOCKS_VIEW, "blocks of a view")
    _require("submit" in view or all(block["type"] != "input" for block in view["blocks"]), "input without submit")
    for block in view["blocks"]:
        _check_block(block, {"header", "section", "context", "divider", "rich_text", "input"})


def _check_block(block: Any, kinds: set[str]) -> None:
    kind = _check_fields(block, kinds)
    _require(0 < len(block.get("block_id", "x")) <= 255, "block_id over 255")
    if kind == "header":
        _check_text(block["text"], 150, {"plain_text"})
    elif kind == "section":
        _check_section(block)
    elif kind == "context":
        _require(0 < len(block["elements"]) <= 10, "elements of a context")
        for element in block["elements"]:
            _check_text(element, 3000)
    elif kind == "actions":
        _require(0 < len(block["elements"]) <= 25, "elements of actions")
        ids = [element.get("action_id") for element in block["elements"]]
        _require(len(ids) == len(set(ids)), "an action_id twice")
        for element in block["elements"]:
            _check_button(element)
    elif kind == "rich_text":
        _check_rich(block["elements"])
    elif kind == "input":
        _check_text(block["label"], 2000, {"plain_text"})
        _check_fields(block["element"], {"plain_text_input"})
        _require(0 < block["element"].get("max_length", 3000) <= 3000, "max_length")


def _check_section(block: Mapping[str, Any]) -> None:
    _require("text" in block or "fields" in block, "a section of nothing")
    if "text" in block:
        _check_text(block["text"], 3000)
    if "fields" in block:
        _require(0 < len(block["fields"]) <= 10, "fields of a section")
        for one in block["fields"]:
            _check_text(one, 2000)


def _check_rich(elements: Sequence[Any]) -> None:
    _require(bool(elements), "a rich text of nothing")
    for element in elements:
        _check_fields(element, {"rich_text_section", "rich_text_preformatted"})
        _require(bool(element["elements"]), "a part of nothing")
        for run in element["elements"]:
            _check_fields(run, {"text", "link"})
            if run["type"] == "link":
                _require(0 < len(run["url"]) <= 3000, "url of a link")
                continue
            _require(0 < len(run["text"]) <= 3000, f"{len(run['text'])} characters in a run")
            _require(set(run.get("style", {})) <= {"bold", "italic", "strike", "code"}, "an unknown style")


def _check_button(button: Any) -> None:
    _check_fields(button, {"button"})
    _check_text(button["text"], 75, {"plain_text"})
    _require(0 < len(button["action_id"]) <= 255, "action_id over 255")
    _require(len(button.get("value", "")) <= 2000, "value over 2000")
    _require(button.get("style", "primary") in ("primary", "danger"), "style of a button")
    if "confirm" in button:
        _check_fields({"type": "confirm", **button["confirm"]}, {"confirm"})
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            _check_text(button["confirm"][name], most, {"plain_text"} if name != "text" else None)


def _check_text(text: Any, most: int, kinds: set[str] | None = None) -> None:
    _check_fields(text, kinds or {"plain_text", "mrkdwn"})
    _require(0 < len(text["text"]) <= most, f"{len(text['text'])} characters, at most {most}")


def _check_fields(value: Any, kinds: set[str]) -> str:
    _require(isinstance(value, dict), f"{value!r} is no object")
    kind = value.get("type", "")
    _require(kind in kinds, f"type {kind!r} is none of {sorted(kinds)}")
    required, optional = _FIELDS[kind]
    missing, unknown = required - set(value), set(value) - required - optional - {"type"}
    _require(not missing, f"{kind} lacks {sorted(missing)}")
    _require(not unknown, f"{kind} has unknown {sorted(unknown)}")
    return str(kind)


def _require(condition: bool, words: str) -> None:  # noqa: FBT001 - it reads as `assert`
    if not condition:
        raise ValueError(words)
