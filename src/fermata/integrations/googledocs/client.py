"""Drive over its API, version 3: documents that are made of HTML, and found again by a property of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from fermata.integrations.googledocs.login import KEY, fetch_token
from fermata.integrations.googledocs.settings import GoogleDocsSettings
from fermata.kit.clock import Clock
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere
from fermata.ports.publishing.multipart import Form, FormPart, write_form

DOCUMENT = "application/vnd.google-apps.document"
FOLDER = "application/vnd.google-apps.folder"
PROPERTY = "fermata"
RIGHTS = "the role Contributor or Content manager on the folder, and the Drive API enabled in its project"
_FIELDS = "id,mimeType,webViewLink,trashed,appProperties,lastModifyingUser(me,permissionId)"
_FILES, _UPLOAD = "/drive/v3/files", "/upload/drive/v3/files"
# Without it, nothing in a shared drive is found or made.
_EVERYWHERE = {"supportsAllDrives": "true"}


class Editor(BaseModel):
    """Who changed a file last; not told of somebody who was not signed in."""

    me: bool = False
    permission_id: str = Field(default="", alias="permissionId")


class DriveFile(BaseModel):
    """A file, as far as it is read."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    type: str = Field(alias="mimeType")
    url: str = Field(default="", alias="webViewLink")
    trashed: bool = False
    properties: dict[str, str] = Field(default={}, alias="appProperties")
    editor: Editor = Field(default_factory=Editor, alias="lastModifyingUser")


class FileList(BaseModel):
    """A list of files."""

    files: list[DriveFile]


async def make_api(settings: GoogleDocsSettings, clock: Clock) -> JsonApi:
    """Return what opens sessions, logged in.

    Raises:
        UserError: The service account cannot be used.
        OperationalError: Google refuses the login, or cannot be asked.
    """
    token = await fetch_token(settings, clock)
    target = ApiTarget(
        name="Google Drive",
        url=settings.url,
        headers={"Authorization": f"Bearer {token}"},
        timeout_s=settings.timeout_s,
        ca_file=settings.ca_file,
        permissions=RIGHTS,
        settings_key=KEY,
    )
    return JsonApi(target, clock)


async def find_file(session: ApiSession, file_id: str) -> DriveFile | None:
    """Return a file; `None` when it is not there, not for this account, or in the bin."""
    try:
        path = f"{_FILES}/{quote(file_id, safe='')}"
        file = await session.get(path, DriveFile, {"fields": _FIELDS, **_EVERYWHERE})
    except NotThere:
        return None
    return None if file.trashed else file


async def find_marked(session: ApiSession, folder: str, mark: str) -> DriveFile | None:
    """Return the document in a folder that carries a mark.

    Args:
        mark: Without quotes or backslashes.
    """
    query = f"'{folder}' in parents and trashed = false and appProperties has {{ key='{PROPERTY}' and value='{mark}' }}"
    params = {"q": query, "fields": f"files({_FIELDS})", "includeItemsFromAllDrives": "true", **_EVERYWHERE}
    return next(iter((await session.get(_FILES, FileList, params)).files), None)


async def create_document(session: ApiSession, folder: str, mark: str, title: str, html: str) -> DriveFile:
    """Make a document. Sent once."""
    properties = {PROPERTY: mark}
    form = _write_form({"name": title, "mimeType": DOCUMENT, "parents": [folder], "appProperties": properties}, html)
    return await _upload(session, "POST", _UPLOAD, form)


async def update_document(session: ApiSession, file_id: str, title: str, html: str) -> DriveFile:
    """Write a document anew; what it was stays in its history of versions."""
    return await _upload(session, "PATCH", f"{_UPLOAD}/{quote(file_id, safe='')}", _write_form({"name": title}, html))


async def _upload(session: ApiSession, method: str, path: str, form: Form) -> DriveFile:
    params = {"uploadType": "multipart", "fields": _FIELDS, **_EVERYWHERE}
    headers = {"Content-Type": form.content_type}
    return await session.write(method, path, DriveFile, body=form.body, params=params, headers=headers)


def _write_form(about: Mapping[str, Any], html: str) -> Form:
    parts = [
        FormPart(json.dumps(about).encode(), "application/json; charset=UTF-8"),
        FormPart(html.encode(), "text/html"),
    ]
    return write_form(parts, "related")
