"""A Confluence Cloud that keeps the pages of one space, and reads storage format as strictly as it can be read.

What it keeps of the real one: logins, rights, titles that are unique in a space and at most 255 characters long,
versions that count up by one (409 otherwise), the bin, attachments by name. A body must be XML with the elements and
macros that are known here; macros come back with attributes of Confluence's own. An address, a parameter or a field
that it does not model is refused. Written from the published description; no live account was used.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from fermata.testing.publishing.forms import read_parts
from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

EMAIL, TOKEN = "ops@example.com", "sample-confluence-token"
SPACE, SPACE_ID, HOME = "OPS", "4242", "100"
_WRAP = '<storage xmlns:ac="urn:ac" xmlns:ri="urn:ri">{}</storage>'
_PLAIN = frozenset(
    {
        "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "hr", "table", "tbody", "tr", "th",
        "td", "a", "strong", "em", "code", "br", "storage",
    }
)  # fmt: skip
_AC = frozenset(
    {
        "structured-macro", "parameter", "plain-text-body", "rich-text-body", "task-list", "task", "task-status",
        "task-body", "link", "link-body", "image",
    }
)  # fmt: skip
_MACROS: Mapping[str, set[str]] = {"anchor": {""}, "code": set(), "expand": {"title"}}
_NAMED = re.compile(r'(<ac:structured-macro ac:name="\w+")>')


@dataclass(slots=True)
class FakePage:
    """One page as it is kept."""

    id: str
    title: str
    body: str
    parent: str = HOME
    version: int = 1
    status: str = "current"
    attachments: dict[str, bytes] = field(default_factory=dict)

    def edit(self, old: str, new: str) -> None:
        """Let a person change it."""
        if old not in self.body:
            message = f"there is no {old!r} to change"
            raise AssertionError(message)
        self.body = self.body.replace(old, new)
        self.version += 1


@dataclass(slots=True)
class FakeConfluence:
    """Answers requests of `WebServer`."""

    pages: list[FakePage] = field(default_factory=list)
    can_write: bool = True

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        pair = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return _refuse(401, "Unauthorized", "Client must be authenticated to access this resource.")
        if request.method != "GET" and not self.can_write:
            return _refuse(403, "Forbidden", "Not permitted to create content in this space")
        path = request.path
        if match := re.fullmatch(r"/wiki/rest/api/content/(\d+)/child/attachment", path):
            return self._attach(match[1], request)
        if path == "/wiki/api/v2/spaces" and request.method == "GET":
            require(set(request.query) == {"keys"}, "parameters")
            found = [{"id": SPACE_ID, "key": SPACE, "name": "Operations"}]
            return Answer({"results": [one for one in found if one["key"] == request.get_query("keys")], "_links": {}})
        if path == "/wiki/api/v2/pages":
            return self._create(request.read()) if request.method == "POST" else self._list(request)
        if match := re.fullmatch(r"/wiki/api/v2/pages/(\d+)", path):
            return self._answer_page(match[1], request)
        raise NotImplementedError(path)

    def get(self, title: str) -> FakePage:
        """Return the page of a title that is not in the bin."""
        return next(page for page in self.pages if page.title == title and page.status == "current")

    def _answer_page(self, page_id: str, request: Request) -> Answer:
        page = next((one for one in self.pages if one.id == page_id), None)
        if page is None:
            return _refuse(404, "Not Found", "The page does not exist, or you may not see it.")
        if request.method == "PUT":
            return self._update(page, request.read())
        require(request.method == "GET" and request.query == {"body-format": ("storage",)}, "a page with its body")
        return Answer(_write(page, is_whole=True))

    def _list(self, request: Request) -> Answer:
        require(request.method == "GET", "the method")
        require(set(request.query) == {"space-id", "title", "status", "body-format"}, "parameters")
        wanted = request.get_query("title") if request.get_query("space-id") == SPACE_ID else None
        found = [page for page in self.pages if page.title == wanted and page.status == request.get_query("status")]
        return Answer({"results": [_write(page, is_whole=True) for page in found], "_links": {"base": "x"}})

    def _create(self, body: Mapping[str, Any]) -> Answer:
        needed = {"spaceId", "status", "title", "body"}
        require(needed <= set(body) <= needed | {"parentId"}, f"fields {sorted(body)}")
        refusal = self._find_fault(body, None)
        if refusal is not None or body["spaceId"] != SPACE_ID:
            return refusal or _refuse(404, "Not Found", "No such space")
        number = str(1000 + len(self.pages))
        page = FakePage(number, body["title"], _keep(body["body"]["value"]), body.get("parentId", HOME))
        self.pages.append(page)
        return Answer(_write(page))

    def _update(self, page: FakePage, body: Mapping[str, Any]) -> Answer:
        require(set(body) == {"id", "status", "title", "body", "version"}, f"fields {sorted(body)}")
        require(body["id"] == page.id and set(body["version"]) <= {"number", "message"}, "the version")
        if body["version"]["number"] != page.version + 1:
            return _refuse(409, "Conflict", f"Version must be incremented. Current version: {page.version}")
        refusal = self._find_fault(body, page)
        if refusal is not None:
            return refusal
        page.title, page.body, page.version = body["title"], _keep(body["body"]["value"]), page.version + 1
        return Answer(_write(page))

    def _find_fault(self, body: Mapping[str, Any], own: FakePage | None) -> Answer | None:
        title = body["title"]
        if body["status"] != "current" or not title or len(title) > 255 or "\n" in title:
            return _refuse(400, "Bad Request", "Title must be one line of at most 255 characters")
        if any(page.title == title and page.status == "current" and page is not own for page in self.pages):
            return _refuse(400, "Bad Request", "A page with this title already exists in this space")
        require(set(body["body"]) == {"representation", "value"}, "a body")
        require(body["body"]["representation"] == "storage", "the representation")
        try:
            check_storage(body["body"]["value"])
        except (ET.ParseError, AssertionError) as error:
            return _refuse(400, "Bad Request", f"Error parsing xhtml: {error}")
        return None

    def _attach(self, page_id: str, request: Request) -> Answer:
        require(request.method == "PUT", "PUT makes an attachment or a new version of it")
        if request.headers.get("x-atlassian-token") != "nocheck":
            return _refuse(403, "Forbidden", "XSRF check failed")
        parts = {part.name: part for part in read_parts(request, "form-data")}
        require(set(parts) == {"file", "minorEdit"} and bool(parts["file"].filename), f"parts {sorted(parts)}")
        ET.fromstring(parts["file"].content)  # noqa: S314 - of a test, from Fermata itself
        page = next(one for one in self.pages if one.id == page_id)
        page.attachments[parts["file"].filename] = parts["file"].content
        return Answer({"results": [{"id": f"att{len(page.attachments)}", "title": parts["file"].filename}]})


def check_storage(body: str) -> None:
    """Refuse a body that Confluence would not take.

    Raises:
        ParseError: It is no XML.
        AssertionError: It has an element, a macro or a parameter that is not known here.
    """
    for element in ET.fromstring(_WRAP.format(body)).iter():  # noqa: S314 - of a test, from Fermata itself
        space, _, name = element.tag.removeprefix("{").rpartition("}")
        known = {"": _PLAIN, "urn:ac": _AC, "urn:ri": frozenset({"attachment"})}[space]
        require(name in known, f"element {element.tag}")
        if name == "structured-macro":
            macro = element.get("{urn:ac}name", "")
            parameters = {one.get("{urn:ac}name") for one in element if one.tag == "{urn:ac}parameter"}
            require(parameters == _MACROS.get(macro), f"macro {macro} with {parameters}")
        if name == "a":
            require(element.get("href", "").startswith(("http://", "https://")), f"address {element.get('href')}")
        if name == "task":
            require([one.tag[8:] for one in element] == ["task-status", "task-body"], "a task")


def _keep(body: str) -> str:
    return _NAMED.sub(r'\1 ac:schema-version="1" ac:macro-id="5a3c">', body)


def _write(page: FakePage, *, is_whole: bool = False) -> dict[str, Any]:
    body = {"storage": {"representation": "storage", "value": page.body}} if is_whole else {}
    return {
        "id": page.id,
        "status": page.status,
        "title": page.title,
        "spaceId": SPACE_ID,
        "parentId": page.parent,
        "version": {"number": page.version, "message": "", "minorEdit": False, "authorId": "1"},
        "body": body,
        "_links": {"webui": f"/spaces/{SPACE}/pages/{page.id}", "base": "https://site.example/wiki"},
    }


def _refuse(status: int, title: str, detail: str) -> Answer:
    return Answer({"errors": [{"status": status, "code": title.upper(), "title": title, "detail": detail}]}, status)
