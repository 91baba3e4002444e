"""What every handler is given: the house, the clock and the pages. Built once per application."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from fermata.bootstrap import House
from fermata.kit.clock import Clock
from fermata.web.chain import ChainWatch
from fermata.web.oidc.provider import Provider
from fermata.web.rendering import Pages
from fermata.web.streams import Streams


@dataclass(frozen=True, slots=True)
class Desk:
    """The collaborators of the handlers."""

    house: House
    clock: Clock
    pages: Pages
    chain: ChainWatch
    streams: Streams
    provider: Provider | None = None
    """The identity provider people sign in through, if there is one."""

    @property
    def secure(self) -> bool:
        """Answer whether people come by https, so that cookies may be kept to it."""
        return urlsplit(self.house.web.public_url).scheme == "https"


def get_desk(request: Request) -> Desk:
    """Return the desk of the application that serves this request."""
    desk: Desk = request.app.state.desk
    return desk
