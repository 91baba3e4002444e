"""A Notion that keeps pages and blocks, with the limits that its documentation names.

It refuses what the real one refuses: a wrong version of the API, pages that the integration is not connected to, texts
over 2,000 characters, over 100 texts or children, more than two levels of children, rows of another width than their
table's, unknown kinds of blocks, addresses that are none. It says 429 when `busy` is set. Written from the published
documentation; no live account was used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

TOKEN = "ntn_loopback"  # noqa: S105 - of the fake
ROOT = "1f" * 16
OWN, MEI = "bot-1", "user-mei"
_TEXTS = frozenset(
    {
        "paragraph", "heading_1", "heading_2", "heading_3", "quote", "bulleted_list_item", "numbered_list_item",
        "to_do", "toggle", "code",
    }
)  # fmt: skip
_FIELDS: Mapping[str, set[str]] = {
    "to_do": {"rich_text", "checked"},
    "toggle": {"rich_text", "children"},
    "code": {"rich_text", "language"},
    "table": {"table_width", "has_column_header", "has_row_header", "children"},
    "table_row": {"cells"},
    "divider": set(),
}


@dataclass(slots=True)
class FakeNotionPage:
    """One page as it is kept."""

    id: str
    title: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    created_by: str = OWN
    last_edited_by: str = OWN
    in_trash: bool = False


@dataclass(slots=True)
class FakeNotion:
    """Answers requests of `WebServer`. Pages are all below one page, to which the integration is connected."""

    pages: dict[str, FakeNotionPage] = field(default_factory=dict)
    busy: int = 0
    """So many of the next calls are answered with 429."""
    page_size: int = 100
    made: int = 0

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        require(request.headers.get("notion-version") == "2022-06-28", "Notion-Version")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refuse(401, "unauthorized", "API token is invalid.")
        if self.busy:
            self.busy -= 1
            return Answer({"object": "error", "status": 429, "code": "rate_limited"}, 429, {"Retry-After": "1"})
        if request.path == "/v1/users/me" and request.method == "GET":
            return Answer({"object": "user", "id": OWN, "type": "bot"})
        if request.path == "/v1/pages" and request.method == "POST":
            return self._create(request.read())
        if match := re.fullmatch(r"/v1/pages/([\w-]+)", request.path):
            return self._answer_page(match[1], request)
        if match := re.fullmatch(r"/v1/blocks/([\w-]+)/children", request.path):
            return self._answer_children(match[1], request)
        if (match := re.fullmatch(r"/v1/blocks/([\w-]+)", request.path)) and request.method == "DELETE":
            return self._delete(match[1])
        raise NotImplementedError(f"{request.method} {request.path}")

    def edit(self, page: FakeNotionPage, old: str, new: str) -> None:
        """Let Mei change a page."""
        text = json.dumps(page.blocks)
        require(old in text, f"there is no {old!r} to change")
        page.blocks, page.last_edited_by = json.loads(text.replace(old, new)), MEI

    def _answer_page(self, page_id: str, request: Request) -> Answer:
        page = self.pages.get(page_id)
        if page_id == ROOT:
            return Answer(_write(FakeNotionPage(ROOT, "Post-mortems", created_by=MEI, last_edited_by=MEI)))
        if page is None:
            return _refuse(404, "object_not_found", "Make sure the page is shared with your integration.")
        if request.method == "PATCH":
            body = request.read()
            require(set(body) == {"properties"}, "fields")
            page.title, page.last_edited_by = _read_title(body), OWN
        return Answer(_write(page))

    def _answer_children(self, block_id: str, request: Request) -> Answer:
        if request.method == "GET":
            return self._list(block_id, request)
        require(request.method == "PATCH", "the method")
        page, body = self.pages.get(block_id), request.read()
        if page is None:
            return _refuse(404, "object_not_found", "Could not find block")
        require(set(body) == {"children"}, "fields")
        refusal = find_fault(body["children"], 1)
        if refusal:
            return _refuse(400, "validation_error", refusal)
        page.blocks += self._keep(body["children"])
        page.last_edited_by = OWN
        return Answer({"object": "list", "results": []})

    def _list(self, block_id: str, request: Request) -> Answer:
        require(set(request.query) <= {"page_size", "start_cursor"}, "parameters")
        require(1 <= int(request.get_query("page_size")) <= 100, "page_size")
        if block_id == ROOT:
            there = [page for page in self.pages.values() if not page.in_trash]
            rows = [_make_row(page.id, "child_page", {"title": page.title}) for page in there]
        elif block_id in self.pages:
            rows = self.pages[block_id].blocks
        else:
            return _refuse(404, "object_not_found", "Could not find block")
        start = int(request.get_query("start_cursor") or 0)
        end = start + min(self.page_size, int(request.get_query("page_size")))
        more = end < len(rows)
        return Answer(
            {"object": "list", "results": rows[start:end], "has_more": more, "next_cursor": str(end) if more else None}
        )

    def _create(self, body: Mapping[str, Any]) -> Answer:
        require(set(body) == {"parent", "properties", "children"}, "fields")
        if body["parent"] != {"page_id": ROOT}:
            return _refuse(404, "object_not_found", "Could not find page")
        refusal = find_fault(body["children"], 1)
        if refusal:
            return _refuse(400, "validation_error", refusal)
        self.made += 1
        page = FakeNotionPage(f"page-{self.made}", _read_title(body), self._keep(body["children"]))
        self.pages[page.id] = page
        return Answer(_write(page))

    def _delete(self, block_id: str) -> Answer:
        for page in self.pages.values():
            for block in page.blocks:
                if block["id"] == block_id:
                    page.blocks.remove(block)
                    page.last_edited_by = OWN
                    return Answer({"object": "block", "id": block_id, "in_trash": True})
        return _refuse(404, "object_not_found", "Could not find block")

    def _keep(self, blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        kept = []
        for block in blocks:
            self.made += 1
            kept.append(_make_row(f"block-{self.made}", block["type"], block[block["type"]]))
        return kept


def read_words(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Return what is read in blocks."""
    lines = []
    for block in blocks:
        content = block[block["type"]]
        texts = [content.get("rich_text", ()), *content.get("cells", ())]
        lines += ["".join(one["text"]["content"] for one in text) for text in texts]
        lines.append(read_words(content.get("children", ())))
    return "\n".join(line for line in lines if line)


def find_fault(blocks: Sequence[Mapping[str, Any]], depth: int) -> str:
    """Return what is wrong with blocks, in Notion's manner; empty when nothing is.

    Args:
        depth: Of the blocks, from 1.

    Raises:
        AssertionError: They have a form that is not modelled.
    """
    if len(blocks) > 100:
        return "body.children.length should be <= 100"
    for block in blocks:
        name = block["type"]
        require(set(block) == {"object", "type", name} and block["object"] == "block", f"a block: {sorted(block)}")
        content = block[name]
        known = _FIELDS.get(name, {"rich_text"} if name in _TEXTS else None)
        if known is None or not set(content) <= known:
            return f"body.children: {name} with {sorted(content)}"
        fault = _find_text_fault(content) or _find_table_fault(name, content, depth)
        children = content.get("children", ())
        if children and depth > 2:
            return "body.children nested too deep"
        if fault := fault or find_fault(children, depth + 1):
            return fault
    return ""


def _find_text_fault(content: Mapping[str, Any]) -> str:
    for texts in (content.get("rich_text", ()), *content.get("cells", ())):
        if len(texts) > 100:
            return "rich_text.length should be <= 100"
        for one in texts:
            require(set(one) <= {"type", "text", "annotations"} and one["type"] == "text", "a text")
            require(set(one.get("annotations", ())) <= {"bold", "italic", "code"}, "annotations")
            if not 0 < len(one["text"]["content"].encode("utf-16-le")) // 2 <= 2000:
                return "text.content.length should be <= 2000"
            link = one["text"].get("link")
            if link is not None and not re.match(r"https?://[^/]", link["url"]):
                return "Invalid URL for link."
    return ""


def _find_table_fault(name: str, content: Mapping[str, Any], depth: int) -> str:
    if name == "table_row" and depth == 1:
        return "a row without a table"
    if name != "table":
        return ""
    widths = {len(row["table_row"]["cells"]) for row in content["children"]}
    return "" if widths == {content["table_width"]} else "Number of cells in table row must match the table width"


def _make_row(block_id: str, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"object": "block", "id": block_id, "type": name, name: dict(content)}


def _read_title(body: Mapping[str, Any]) -> str:
    (text,) = body["properties"]["title"]["title"]
    title: str = text["text"]["content"]
    require(0 < len(title) <= 2000 and "\n" not in title, "a title")
    return title


def _write(page: FakeNotionPage) -> dict[str, Any]:
    return {
        "object": "page",
        "id": page.id,
        "url": f"https://www.notion.so/{page.id}",
        "archived": page.in_trash,
        "in_trash": page.in_trash,
        "created_by": {"object": "user", "id": page.created_by},
        "last_edited_by": {"object": "user", "id": page.last_edited_by},
        "last_edited_time": "2026-11-23T12:00:00.000Z",
    }


def _refuse(status: int, code: str, message: str) -> Answer:
    return Answer({"object": "error", "status": status, "code": code, "message": message}, status)
