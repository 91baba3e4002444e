"""The answers of Jira's REST API, as far as they are read. Fields that are not read may be anything."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, model_validator

T = TypeVar("T")


def _add_colon(value: Any) -> Any:
    """Read `+0000`, which Jira writes, as ISO 8601 wants it."""
    if isinstance(value, str) and len(value) > 5 and value[-5] in "+-" and value[-4:].isdecimal():
        return f"{value[:-2]}:{value[-2:]}"
    return value


When = Annotated[AwareDatetime, BeforeValidator(_add_colon)]


def _keep_objects(value: Any) -> Any:
    """Leave out allowed values that are no objects, as those of some plug-ins' fields."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else value


def _require_list(answer: T, *lists: object) -> T:
    if all(one is None for one in lists):
        message = "neither of the lists is there"
        raise ValueError(message)
    return answer


class Named(BaseModel):
    """Whatever has a name: a priority, a person."""

    own: str = Field(default="", alias="name")
    display: str = Field(default="", alias="displayName")

    @property
    def name(self) -> str:
        """Return what people call it; a person's `name` is a login, where there is one."""
        return self.display or self.own


class StatusCategory(BaseModel):
    """What a status counts as."""

    key: str
    """`new`, `indeterminate` or `done`, in every language."""


class Status(BaseModel):
    """Where an issue stands."""

    name: str
    category: StatusCategory = Field(alias="statusCategory")


class IssueFields(BaseModel):
    """The fields that are asked for."""

    summary: str
    status: Status
    created: When
    updated: When
    priority: Named | None = None
    assignee: Named | None = None
    labels: list[str] = Field(default_factory=list)


class IssueAnswer(BaseModel):
    """One issue."""

    key: str
    fields: IssueFields


class SearchAnswer(BaseModel):
    """A page of a search. Cloud continues by a token, Data Center by numbers."""

    issues: list[IssueAnswer]
    next_page: str | None = Field(default=None, alias="nextPageToken")
    start: int = Field(default=0, alias="startAt")
    total: int | None = None


class CommentAnswer(BaseModel):
    """One comment; its body is a document (Cloud) or a text."""

    author: Named | None = None
    created: When
    body: Any = None


class CommentsAnswer(BaseModel):
    """A page of comments."""

    comments: list[CommentAnswer]


class CreatedAnswer(BaseModel):
    """The answer to a new issue."""

    key: str


class ProjectAnswer(BaseModel):
    """One project."""

    key: str
    name: str


class IssueType(BaseModel):
    """A type that may be created in a project."""

    id: str
    name: str


class IssueTypesAnswer(BaseModel):
    """The types; Cloud and Data Center call the list differently."""

    cloud: list[IssueType] | None = Field(default=None, alias="issueTypes")
    server: list[IssueType] | None = Field(default=None, alias="values")

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        return _require_list(self, self.cloud, self.server)

    @property
    def types(self) -> list[IssueType]:
        """Return the list, whatever it is called."""
        return self.cloud or self.server or []


class FieldRule(BaseModel):
    """What may and must stand in a field of a new issue."""

    field_id: str = Field(alias="fieldId")
    name: str
    required: bool = False
    has_default: bool = Field(default=False, alias="hasDefaultValue")
    allowed: Annotated[list[Named] | None, BeforeValidator(_keep_objects)] = Field(default=None, alias="allowedValues")


class FieldsAnswer(BaseModel):
    """The fields; Cloud and Data Center call the list differently."""

    cloud: list[FieldRule] | None = Field(default=None, alias="fields")
    server: list[FieldRule] | None = Field(default=None, alias="values")

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        return _require_list(self, self.cloud, self.server)

    @property
    def rules(self) -> list[FieldRule]:
        """Return the list, whatever it is called."""
        return self.cloud or self.server or []


class Permission(BaseModel):
    """Whether this account has one."""

    have: bool = Field(alias="havePermission")


class PermissionsAnswer(BaseModel):
    """What this account may do."""

    permissions: dict[str, Permission]
