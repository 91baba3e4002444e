"""Confluence Cloud over its REST API: pages of v2, and attachments of v1, which v2 cannot write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fermata.integrations.confluence.settings import ConfluenceSettings
from fermata.integrations.confluence.wire import PageAnswer, PagesAnswer, SpacesAnswer
from fermata.kit.clock import Clock
from fermata.kit.errors import UserError
from fermata.ports.api_settings import write_basic
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere
from fermata.ports.publishing.multipart import SVG, FormPart, write_form

KEY = "confluence"
SCOPES = "read:space, read:page, write:page and write:attachment (each with :confluence)"
_PAGES = "/wiki/api/v2/pages"


def make_api(settings: ConfluenceSettings, clock: Clock) -> JsonApi:
    """Return what opens sessions."""
    target = ApiTarget(
        name="Confluence",
        url=settings.url,
        headers={"Authorization": write_basic(settings.email, settings.token)},
        timeout_s=settings.timeout_s,
        ca_file=settings.ca_file,
        permissions=f"the right to add pages and attachments in the space, and {SCOPES} if it has scopes",
        settings_key=KEY,
    )
    return JsonApi(target, clock)


async def fetch_space(session: ApiSession, key: str) -> str:
    """Return the id of a space.

    Raises:
        UserError: There is none that this account may see.
        OperationalError: It cannot be asked.
    """
    answer = await session.get("/wiki/api/v2/spaces", SpacesAnswer, {"keys": key})
    found = next((space.id for space in answer.results if space.key == key), None)
    if found is None:
        raise UserError(
            f"Confluence has no space {key} that this account may see",
            do=f"Correct {KEY}.spaces, or let the account see it",
        )
    return found


async def find_page(session: ApiSession, page_id: str) -> PageAnswer | None:
    """Return a page with its body; `None` when it is gone, or in the bin."""
    try:
        page = await session.get(f"{_PAGES}/{quote(page_id, safe='')}", PageAnswer, {"body-format": "storage"})
    except NotThere:
        return None
    return page if page.status == "current" else None


async def find_titled(session: ApiSession, space_id: str, title: str) -> PageAnswer | None:
    """Return the page of a title in a space, with its body; titles are unique there."""
    params = {"space-id": space_id, "title": title, "status": "current", "body-format": "storage"}
    answer = await session.get(_PAGES, PagesAnswer, params)
    return next(iter(answer.results), None)


async def create_page(session: ApiSession, space_id: str, parent: str, title: str, body: str) -> PageAnswer:
    """Make a page. Sent once."""
    given: dict[str, Any] = {"spaceId": space_id, "status": "current", "title": title, "body": _wrap(body)}
    return await session.post(_PAGES, PageAnswer, given | ({"parentId": parent} if parent else {}))


async def update_page(session: ApiSession, page: PageAnswer, title: str, body: str) -> PageAnswer:
    """Write the version that follows the one that was read.

    Raises:
        OperationalError: As every call; with status 409 when somebody else saved meanwhile.
    """
    given = {
        "id": page.id,
        "status": "current",
        "title": title,
        "body": _wrap(body),
        "version": {"number": page.version.number + 1, "message": "Published by Fermata"},
    }
    return await session.write("PUT", f"{_PAGES}/{quote(page.id, safe='')}", PageAnswer, body=given)


async def attach(session: ApiSession, page_id: str, drawings: Mapping[str, str]) -> None:
    """Attach drawings to a page; one of the same name gets a new version.

    Args:
        drawings: By file name, the SVG.
    """
    for name, svg in drawings.items():
        parts = [FormPart(svg.encode(), SVG, "file", name), FormPart(b"true", name="minorEdit")]
        form = write_form(parts)
        # Without this header the call is refused, as if a browser had been tricked into it.
        headers = {"Content-Type": form.content_type, "X-Atlassian-Token": "nocheck"}
        path = f"/wiki/rest/api/content/{quote(page_id, safe='')}/child/attachment"
        await session.send("PUT", path, body=form.body, headers=headers)


def find_url(page: PageAnswer, site: str) -> str:
    """Return where people open a page."""
    base = page.links.base or f"{site}/wiki"
    return f"{base}{page.links.webui}" if page.links.webui else f"{base}/pages/viewpage.action?pageId={page.id}"


def _wrap(body: str) -> Mapping[str, str]:
    return {"representation": "storage", "value": body}
