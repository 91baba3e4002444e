"""What is wrong with a body that somebody sent, in the words of whoever writes JSON. Pure.

The library's own sentences name Python's types. The kinds and their contexts are those of pydantic-core 2
(docs.pydantic.dev/latest/errors/validation_errors, read 2026-11); what is not listed keeps its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_OBJECT: Final = "an object is wanted: {{...}}"
_WHOLE: Final = "a whole number is wanted"
_NUMBER: Final = "a number is wanted"
_SWITCH: Final = "true or false is wanted"
_INSTANT: Final = "an instant with its zone is wanted, such as 2026-11-24T00:00:00Z"
_BY_KIND: Final[Mapping[str, str]] = {
    "missing": "it is missing",
    "string_type": "text is wanted, in quotes",
    "string_too_short": "it is empty, or shorter than {min_length}: text is wanted",
    "string_too_long": "it is longer than {max_length} characters",
    "too_short": "there are fewer than {min_length} of them",
    "too_long": "there are more than {max_length} of them",
    "list_type": "a list is wanted: [...]",
    "tuple_type": "a list is wanted: [...]",
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _SWITCH,
    "bool_parsing": _SWITCH,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": "its zone is missing: end it with Z or an offset such as +01:00",
    "literal_error": "one of these is wanted: {expected}",
    "enum": "one of these is wanted: {expected}",
    "greater_than_equal": "at least {ge} is wanted",
    "less_than_equal": "at most {le} is wanted",
}


def describe_fault(kind: str, said: str, context: Mapping[str, Any]) -> str:
    """Return the fault as one sentence without its full stop; never the value, which may be a secret.

    Args:
        kind: The library's name of the fault.
        said: Its own sentence, for what is not known here.
        context: What the sentence is made from.
    """
    form = _BY_KIND.get(kind)
    try:
        return said.removeprefix("Value error, ") if form is None else form.format_map(context)
    except KeyError:
        return said
