"""What is wrong with a value of the settings, in the words of whoever writes YAML: no tuples, no instances. Pure.

The library's own sentences name Python's types. The kinds and their contexts are those of pydantic-core 2
(docs.pydantic.dev/latest/errors/validation_errors, read 2026-11); what is not listed keeps its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from fermata.kit.units import format_duration

_PYTHONS_DURATION: Final = re.compile(r"datetime\.timedelta\((.*)\)")
_PART: Final = re.compile(r"(days|seconds|microseconds)=(-?\d+)")
_LIST: Final = "a list is wanted: [one, two], or a line with '- ' for each"
_NUMBER: Final = "a number is wanted"
_WHOLE: Final = "a whole number is wanted"
_SECTION: Final = "a section is wanted: lines of `key: value`"
_SWITCH: Final = "yes or no is wanted: true or false"
_INSTANT: Final = "an instant with its zone is wanted: 2026-11-24T00:00:00Z"
_DURATION: Final = "a duration with its unit is wanted: 30s, 10m or 1h30m"
_TIME: Final = 'a time of day is wanted, in quotes: "10:00"'
_BY_KIND: Final[Mapping[str, str]] = {
    "tuple_type": _LIST,
    "list_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _SECTION,
    "mapping_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
    "string_type": "text is wanted: write it in quotes",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _SWITCH,
    "bool_parsing": _SWITCH,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
    "time_type": _TIME,
    "time_parsing": _TIME,
    "literal_error": "one of these is wanted: {expected}",
    "enum": "one of these is wanted: {expected}",
    "greater_than_equal": "at least {ge} is wanted",
    "greater_than": "more than {gt} is wanted",
    "less_than_equal": "at most {le} is wanted",
    "less_than": "less than {lt} is wanted",
    "missing": "it is required, and not set",
    "too_short": "at least {min_length} of them is wanted",
    "string_too_short": "it is empty, or too short: at least {min_length} characters",
}


def describe_fault(kind: str, said: str, context: Mapping[str, Any], keys: Sequence[str] = ()) -> str:
    """Return the fault as one sentence without its full stop; never the value, which may be a secret.

    Args:
        kind: The library's name of the fault.
        said: Its own sentence, for what is not known here.
        context: What the sentence is made from.
        keys: Those a section in this place takes; empty when it takes any.
    """
    form = _BY_KIND.get(kind)
    if form is None:
        return said.removeprefix("Value error, ")
    if form is _SECTION and keys:
        return f"{_SECTION}; keys here: {', '.join(keys)}"
    try:
        # Limits of durations are written as durations are.
        return form.format_map({key: _write_limit(value) for key, value in context.items()})
    except KeyError:
        return said


def _write_limit(value: object) -> object:
    """Return a limit as it would be written; that of a duration comes as the text of a Python value."""
    if not isinstance(value, str) or (found := _PYTHONS_DURATION.fullmatch(value)) is None:
        return value
    span = timedelta(**{name: int(number) for name, number in _PART.findall(found[1])})
    return format_duration(span).replace(" ", "")
