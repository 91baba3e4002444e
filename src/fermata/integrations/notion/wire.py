"""What Notion answers, as far as it is read (API version 2022-06-28, from its documentation; not tried live)."""

from __future__ import annotations

from pydantic import BaseModel


class UserMark(BaseModel):
    """Somebody, by their id."""

    id: str


class NotionPage(BaseModel):
    """A page, without its content."""

    id: str
    url: str
    archived: bool = False
    in_trash: bool = False
    created_by: UserMark
    last_edited_by: UserMark

    @property
    def is_there(self) -> bool:
        """Answer whether it is not in the bin."""
        return not (self.archived or self.in_trash)


class ChildPage(BaseModel):
    """The title of a page below another one."""

    title: str = ""


class NotionBlock(BaseModel):
    """One block below a page."""

    id: str
    type: str
    child_page: ChildPage | None = None


class BlockList(BaseModel):
    """One page of a list of blocks."""

    results: list[NotionBlock]
    next_cursor: str | None = None


class Written(BaseModel):
    """What an answer is read for when it only has to have come."""

    object: str
