"""The closed shape of documents, and what it refused, in words for the person who wrote one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

_HINTS = {
    "expressionSelectors": "an expression may select what nobody meant; select by equal labels",
    "fieldSelectors": "select by labels",
    "nodeSelectors": "a node holds more than the target; select by labels",
    "nodes": "a node holds more than the target; select by labels",
    "annotationSelectors": "select by labels",
    "pods": "pods have other names tomorrow; select by labels",
    "remoteCluster": "a fault is injected where it is looked at, never in another cluster",
    "externalTargets": "an address outside may be anybody's; aim at pods by their labels",
    "device": "faults are aimed at a target, not at a device",
}
_MOST = 30


class Part(BaseModel):
    """A piece of a document: unknown fields are errors, and nothing is converted."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
    )

    def dump(self) -> dict[str, Any]:
        """Return it as the API has it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


_P = TypeVar("_P", bound=Part)


def read_part(model: type[_P], document: Mapping[str, Any]) -> _P:
    """Return a document as a model, by the fields' own spelling: `label_selectors` is a misspelt one.

    Raises:
        ValidationError: It has another shape.
    """
    return model.model_validate(document, by_alias=True, by_name=False)


def describe_shape_faults(error: ValidationError) -> Iterator[str]:
    """Yield each of a model's complaints as `path: words`; at most 30, then how many are left."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for each in found[:_MOST]:
        path = _write_path(each["loc"])
        if each["type"] == "extra_forbidden":
            name = str(each["loc"][-1])
            yield f"{path}: {_HINTS.get(name, 'there is no such field, or none that is allowed')}"
        elif each["type"] == "missing":
            yield f"{path}: it is required"
        elif each["type"] == "time_delta_parsing":
            yield f"{path}: a duration is wanted, as PT30S or PT5M"
        else:
            yield f"{path}: {each['msg'][:1].lower()}{each['msg'][1:]}"
    if len(found) > _MOST:
        yield f"and {len(found) - _MOST} more"


def _write_path(parts: tuple[int | str, ...]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}"
    return text.removeprefix(".") or "document"
