"""What Confluence answers, as far as it is read (REST API v2; developer.atlassian.com, recalled, not tried live)."""

from __future__ import annotations

from pydantic import BaseModel, Field


class SpaceAnswer(BaseModel):
    """A space."""

    id: str
    key: str


class SpacesAnswer(BaseModel):
    """A list of spaces."""

    results: list[SpaceAnswer]


class PageVersion(BaseModel):
    """One version of a page: it counts up with every change, whoever makes it."""

    number: int


class StorageBody(BaseModel):
    """A body in storage format."""

    value: str = ""


class PageBody(BaseModel):
    """A page's body; empty where it was not asked for."""

    storage: StorageBody = Field(default_factory=StorageBody)


class PageLinks(BaseModel):
    """Where people open it."""

    webui: str = ""
    base: str = ""


class PageAnswer(BaseModel):
    """A page."""

    id: str
    status: str
    version: PageVersion
    body: PageBody = Field(default_factory=PageBody)
    links: PageLinks = Field(default_factory=PageLinks, alias="_links")


class PagesAnswer(BaseModel):
    """A list of pages."""

    results: list[PageAnswer]
    links: PageLinks = Field(default_factory=PageLinks, alias="_links")
