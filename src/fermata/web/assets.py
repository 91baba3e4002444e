"""The style sheet, the script and the sign: read once, served from memory under an address that has their digest."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from fermata.kit.digest import compute_bytes_digest, shorten
from fermata.kit.errors import NotFoundError

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_NAMES = ("fermata.css", "fermata.js", "fermata.svg")
_FILES = {name: files("fermata.web").joinpath("static", name).read_bytes() for name in _NAMES}
_VERSIONS = {name: shorten(compute_bytes_digest(content)) for name, content in _FILES.items()}


def get_asset_url(name: str) -> str:
    """Return the address of a file, which changes with its content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={_VERSIONS[name]}"


async def serve_asset(request: Request) -> Response:
    """Answer with one of the known files. There is no path to walk: a name is in the table or it is not.

    Raises:
        NotFoundError: No such file.
    """
    name = request.path_params["name"]
    if name not in _FILES:
        raise NotFoundError("There is no such file", do="Reload the page")
    current = request.query_params.get("v") == _VERSIONS[name]
    cache = "public, max-age=31536000, immutable" if current else "no-cache"
    return Response(_FILES[name], media_type=_TYPES[name.rpartition(".")[2]], headers={"Cache-Control": cache})
