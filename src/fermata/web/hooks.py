"""The door for services that send requests: bounds what is sent; whoever the request is for proves who sent it."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from fermata.kit.errors import NotFoundError
from fermata.web.body import discard_body, read_body
from fermata.web.desk import get_desk

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


async def receive_hook(request: Request) -> Response:
    """Answer POST /v1/hooks/{name}. The body is handed on as it came: signatures are over its bytes.

    Raises:
        UserError: There is no such webhook, or the body is too large or did not arrive: 404, 408, 413.
        OperationalError: 503; the service sends it again.
    """
    house = get_desk(request).house
    name = request.path_params["name"]
    if not _NAME.fullmatch(name) or name not in house.hooks:
        await discard_body(request, house.web.max_body_bytes)
        raise NotFoundError("There is no webhook of this name", do="Check the path: /v1/hooks/<name>")
    body = await read_body(request, house.web.max_body_bytes)
    headers = {key.lower(): value for key, value in request.headers.items()}
    reply = await house.hooks.receive(name, headers, body)
    return Response(reply.body, status_code=reply.status, media_type=reply.content_type)
