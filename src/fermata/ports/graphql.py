"""GraphQL over `json_api`: what it adds is that an error may come with HTTP 200, and is none the less one.

An error with a code that is known becomes the refusal that the same HTTP status would be, so that a missing permission,
a limit and an overload are told and waited for like everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from fermata.kit.errors import OperationalError
from fermata.ports.api_faults import describe_refusal, describe_shape, hide_sent, say_where
from fermata.ports.json_api import ApiSession, ApiTarget, Reply

T = TypeVar("T", bound=BaseModel)

_STATUS = {
    **dict.fromkeys(("AUTHENTICATION_ERROR", "UNAUTHENTICATED", "UNAUTHORIZED"), 401),
    **dict.fromkeys(("ACCESS_DENIED", "FORBIDDEN", "PERMISSION_DENIED"), 403),
    **dict.fromkeys(("RATELIMITED", "TOO_MANY_REQUESTS", "RATE_LIMITED", "TOO_MANY_CONCURRENT_REQUESTS"), 429),
    **dict.fromkeys(("INTERNAL_SERVER_ERROR", "SERVER_ERROR", "INTERNAL_ERROR"), 500),
    **dict.fromkeys(("TIMEOUT", "DATASTORE_UNAVAILABLE"), 503),
    **dict.fromkeys(("INVALID_INPUT", "INPUT_ERROR", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"), 400),
}
"""The codes of Linear and New Relic, and those of the servers that many others use."""


class GraphQlError(BaseModel):
    """One error of an answer."""

    message: str = ""
    extensions: dict[str, Any] = Field(default_factory=dict)

    @property
    def code(self) -> str:
        """Return what kind of error it is, in capitals; empty when it does not say."""
        given = next((self.extensions[name] for name in ("code", "errorClass", "type") if name in self.extensions), "")
        return str(given).upper().replace(" ", "_")


class _Answer(BaseModel):
    data: Any = None
    errors: list[GraphQlError] | None = None


async def ask_graphql(
    session: ApiSession, target: ApiTarget, path: str, document: str, variables: Mapping[str, Any], *, shape: type[T]
) -> T:
    """Return the data of one operation.

    Raises:
        OperationalError: As `ApiSession.post`; and when the answer has an error, also beside data.
    """
    body = {"query": document, "variables": dict(variables)}
    answer = await session.post(path, TypeAdapter(_Answer), body)
    if answer.errors:
        raise _describe(target, path, answer.errors)
    try:
        return shape.model_validate(answer.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise describe_shape(target, path, f"{where or 'data'}: {first['msg']}") from error


def _describe(target: ApiTarget, path: str, errors: list[GraphQlError]) -> OperationalError:
    said = "; ".join(one.message for one in errors if one.message)
    status = next((_STATUS[one.code] for one in errors if one.code in _STATUS), None)
    if status is not None:
        reply = Reply(status, {}, json.dumps({"message": said}).encode())
        return describe_refusal(target, f"POST {path}", reply, None)
    return OperationalError(
        f"{say_where(target)} refused the question",
        why=hide_sent(target, said)[:300] or "It gave no reason",
        do="Ask the same by hand",
    )
