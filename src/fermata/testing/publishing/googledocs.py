"""A Google that logs service accounts in, and a Drive that makes documents of HTML in one folder of a shared drive.

It refuses what the real one refuses: an assertion that the account's key did not sign, another audience or scope, a
token that it did not give, calls that do not say that they know shared drives, fields and queries that it does not
model. Written from the published documentation; no live account was used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs

from fermata.kit.clock import Clock
from fermata.testing.publishing.forms import read_parts
from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

ROOT = "0AbFolderOfPostMortems"
EMAIL = "fermata@project.iam.example"
TOKEN = "ya29.loopback"  # noqa: S105 - of the fake
_OWN, _MEI = "perm-1", "perm-mei"
_KNOWN = frozenset(
    {
        "html", "head", "title", "body", "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote",
        "pre", "table", "tr", "th", "td", "a", "b", "i", "code",
    }
)  # fmt: skip
_VOID = frozenset({"meta", "hr", "br"})
_QUERY = re.compile(
    r"'(?P<folder>[\w-]+)' in parents and trashed = false and "
    r"appProperties has \{ key='(?P<key>\w+)' and value='(?P<value>[\w-]+)' \}"
)


@dataclass(slots=True)
class FakeDocument:
    """One document as it is kept."""

    id: str
    name: str
    html: str
    properties: dict[str, str]
    folder: str
    editor: str = _OWN
    trashed: bool = False

    def edit(self, old: str, new: str) -> None:
        """Let Mei change it."""
        require(old in self.html, f"there is no {old!r} to change")
        self.html, self.editor = self.html.replace(old, new), _MEI


@dataclass(slots=True)
class FakeGoogle:
    """Answers requests of `WebServer`."""

    clock: Clock
    public_key: str = ""
    """PEM of the key that signs for the account; empty: nobody can log in."""
    url: str = ""
    documents: list[FakeDocument] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path == "/token":
            return self._log_in(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refuse(401, "Request had invalid authentication credentials.")
        require(request.get_query("supportsAllDrives") == "true", "shared drives")
        if request.path.startswith("/upload/drive/v3/files"):
            return self._upload(request)
        if request.path == "/drive/v3/files" and request.method == "GET":
            return self._list(request)
        if (match := re.fullmatch(r"/drive/v3/files/([\w-]+)", request.path)) and request.method == "GET":
            require(set(request.query) == {"fields", "supportsAllDrives"}, "parameters")
            if match[1] == ROOT:
                return Answer({"id": ROOT, "mimeType": "application/vnd.google-apps.folder", "trashed": False})
            found = next((one for one in self.documents if one.id == match[1]), None)
            return Answer(_write(found)) if found else _refuse(404, f"File not found: {match[1]}.")
        raise NotImplementedError(f"{request.method} {request.path}")

    def _log_in(self, request: Request) -> Answer:
        import jwt

        require(request.headers["content-type"] == "application/x-www-form-urlencoded", "a form")
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}
        require(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer", "the grant")
        try:
            # By the fake's own clock, below.
            options: jwt.types.Options = {"verify_exp": False, "verify_iat": False}
            audience = f"{self.url}/token"
            claims = jwt.decode(form["assertion"], self.public_key, ["RS256"], options=options, audience=audience)
        except jwt.PyJWTError:
            return Answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
        now = self.clock.now().timestamp()
        if claims["iss"] != EMAIL or not claims["iat"] <= now < claims["exp"] <= claims["iat"] + 3600:
            return Answer({"error": "invalid_grant", "error_description": "Invalid grant: account not found"}, 400)
        require(claims["scope"] == "https://www.googleapis.com/auth/drive", "the scope")
        return Answer({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    def _list(self, request: Request) -> Answer:
        require(set(request.query) == {"q", "fields", "supportsAllDrives", "includeItemsFromAllDrives"}, "parameters")
        asked = _QUERY.fullmatch(request.get_query("q"))
        if asked is None:
            return _refuse(400, "Invalid Value")
        found = [
            document
            for document in self.documents
            if not document.trashed
            and document.folder == asked["folder"]
            and document.properties.get(asked["key"]) == asked["value"]
        ]
        return Answer({"files": [_write(document) for document in found]})

    def _upload(self, request: Request) -> Answer:
        require(set(request.query) == {"uploadType", "fields", "supportsAllDrives"}, "parameters")
        require(request.get_query("uploadType") == "multipart", "uploadType")
        about, content = read_parts(request, "related")
        require(about.type == "application/json; charset=UTF-8" and content.type == "text/html", "the parts' types")
        given, html = json.loads(about.content), content.content.decode()
        check_html(html)
        if request.method == "POST":
            require(request.path == "/upload/drive/v3/files", "the path")
            return self._create(given, html)
        require(request.method == "PATCH" and set(given) == {"name"}, "an update")
        document = next((one for one in self.documents if one.id == request.path.rpartition("/")[2]), None)
        if document is None:
            return _refuse(404, "File not found")
        document.name, document.html, document.editor = given["name"], html, _OWN
        return Answer(_write(document))

    def _create(self, given: Mapping[str, Any], html: str) -> Answer:
        require(set(given) == {"name", "mimeType", "parents", "appProperties"}, f"fields {sorted(given)}")
        require(given["mimeType"] == "application/vnd.google-apps.document", "the type")
        require(all(len((key + value).encode()) <= 124 for key, value in given["appProperties"].items()), "properties")
        if given["parents"] != [ROOT]:
            return _refuse(404, f"File not found: {given['parents'][0]}.")
        number = f"document-{len(self.documents) + 1}"
        document = FakeDocument(number, given["name"], html, dict(given["appProperties"]), ROOT)
        self.documents.append(document)
        return Answer(_write(document))


class _Reader(HTMLParser):
    """Reads HTML that is closed as it was opened, and keeps its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        require(tag in _KNOWN | _VOID, f"element {tag}")
        known = {"a": {"href", "name"}, "table": {"border"}, "meta": {"charset"}}.get(tag, set())
        require({name for name, _ in attrs} <= known, f"attributes of {tag}")
        for name, value in attrs:
            require(name != "href" or re.match(r"https?://|#[\w.-]+$", value or "") is not None, f"address {value}")
        self.open += [] if tag in _VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        require(bool(self.open) and self.open.pop() == tag, f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text.append(data)


def check_html(html: str) -> str:
    """Return what is read in a page.

    Raises:
        AssertionError: It is not well-formed, or has elements that are not known here.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    require(not reader.open, f"{reader.open} is open")
    return "\n".join(reader.text)


def _write(document: FakeDocument) -> dict[str, Any]:
    return {
        "id": document.id,
        "mimeType": "application/vnd.google-apps.document",
        "webViewLink": f"https://docs.example/document/d/{document.id}/edit",
        "trashed": document.trashed,
        "appProperties": document.properties,
        "lastModifyingUser": {"me": document.editor == _OWN, "permissionId": document.editor},
    }


def _refuse(status: int, message: str) -> Answer:
    return Answer({"error": {"code": status, "message": message, "errors": []}}, status)
