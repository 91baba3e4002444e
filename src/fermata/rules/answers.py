"""Whether a model's words are of the form that was asked for: the JSON in them, and a JSON Schema's faults in that.

Only what answers need of JSON Schema is known here: types, properties, required ones, items, enumerations, constants,
lengths, bounds, unions and references within the schema. What else a schema says is left to whoever reads the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

_FENCED = re.compile(r"```(?:json|JSON)?\s*\n(.*?)```", re.DOTALL)
_END_OF_THOUGHTS = re.compile(r"</think(?:ing)?>")
# Of an endless list of faults, for a model that is asked again.
_MOST_FAULTS = 8
_DEEPEST = 60
_EMPTY: Mapping[str, Any] = {"array": [], "null": None}
_NUMBER = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)\s?(%)?")
_SPAN = re.compile(r"\d{1,9}(?:-\d{1,9})?")
_NOTHING = frozenset({"", "null", "none", "n/a"})
_WRAPPERS = frozenset(
    {"answer", "arguments", "parameters", "properties", "name", "type", "response", "result", "output"}
)
"""What an answer is put under by models that call a tool in words, or fill in a schema."""
# Brackets in an answer at which JSON may begin: words before it hold a few, an attack a hundred thousand.
_MOST_STARTS = 500
_A_FEW = 16
"""Characters from which a text was meant as JSON: a bracket of prose is none after one or two."""
# A string is taken whole, one that nobody closes to the end of the text: begun anew at each of its quotes, a long one
# takes the square of its length.
_STRING_OR_COMMA = re.compile(r'"(?:\\.|[^"\\])*+(?:"|\\?\Z)|,(?=\s*[}\]])', re.DOTALL)
# As Python prints it: a string between apostrophes, or one of its three words outside of any string.
_PRINTED = re.compile(
    r'"(?:\\.|[^"\\])*+(?:"|\\?\Z)|\'(?:\\.|[^\'\\])*+(?:\'|\\?\Z)|\b(?:True|False|None)\b', re.DOTALL
)
_QUOTES = re.compile(r"\\(.)|\"", re.DOTALL)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_ANSWERS = {"true": True, "false": False}
_HUNDRED, _LEAST_PERCENT = 100, 10
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


def find_json(text: str) -> Any:
    """Return the JSON value of an answer: the whole of it, what it fences, or the first object or list in it.

    Small models put words, fences or their thoughts around it, however they are asked.

    Raises:
        ValueError: There is none.
    """
    # Thoughts come first; whatever they hold is not the answer.
    text = _END_OF_THOUGHTS.split(text)[-1].strip() or text
    for candidate in (text, *(match.strip() for match in _FENCED.findall(text))):
        for written in _write_variants(candidate):
            try:
                return json.loads(written, parse_constant=_refuse_constant)
            except ValueError:
                continue
            except RecursionError as error:
                raise ValueError("it is nested too deep") from error
    return _find_embedded(text)


def mend(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return an answer without the slips of form that change nothing of what it says.

    Small models put the answer into a list of its own, write a number where its digits are wanted, and a known word
    in capitals, a number or a yes within quotation marks, a share of one in percent, lines as a list, and the word
    `null` for nothing; the whole they put under a name of its own, as the call of a tool has it. They leave an empty
    list out and add a remark. A list that may be empty, and what may be null, are filled in where the rest of an
    object is there; a name that is not wanted is dropped. An object with both faults is left as it is: a wanted name
    may be misspelt in it. So is one with nothing of what is wanted, and one that says what is to be done, known by
    its open parameters: a remark beside them may say on what condition.
    """
    value = _mend_own(value, schema)
    if _is_nothing(value) and any(one.get("type") == "null" for one in schema.get("anyOf", ())):
        return None
    for one in schema.get("anyOf", ()):
        if isinstance(value, Mapping) and one.get("type") == "object":
            return mend(value, one)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [mend(item, schema["items"]) for item in value]
    if not isinstance(value, Mapping) or schema.get("additionalProperties", True) is not False:
        return value
    properties = schema.get("properties", {})
    value = _unwrap(value, properties)
    mended = {name: mend(item, properties[name]) for name, item in value.items() if name in properties}
    missing = [name for name in schema.get("required", ()) if name not in value]
    if len(mended) < len(value):
        is_order = any(one.get("additionalProperties") for one in properties.values())
        return dict(value) if missing or not mended or is_order else mended
    if mended:
        mended |= {name: _EMPTY[empty] for name in missing if (empty := _name_empty(properties.get(name, {})))}
    return mended


def _mend_own(value: Any, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object" and isinstance(value, list) and len(value) == 1:
        return value[0]
    if kind == "array" and value is None and not schema.get("minItems"):
        return []
    if kind == "number" and isinstance(value, str) and (match := _NUMBER.fullmatch(value.strip())):
        return float(match[1]) / _HUNDRED if match[2] else _mend_share(float(match[1]), schema)
    if kind == "boolean" and isinstance(value, str):
        return _ANSWERS.get(value.strip().lower(), value)
    if kind == "number":
        return _mend_share(value, schema)
    if kind != "string":
        return value
    if isinstance(value, list):
        value = _join(value)
    if _TYPES["integer"](value):
        return str(value)
    meant = [
        word for word in schema.get("enum", ()) if isinstance(value, str) and word.lower() == value.strip().lower()
    ]
    return meant[0] if len(meant) == 1 else value


def _join(value: list[Any]) -> Any:
    """Return the only item of a list, or numbers of lines in one text; any other list as it is."""
    is_lines = all(_TYPES["integer"](item) or (isinstance(item, str) and _SPAN.fullmatch(item)) for item in value)
    return value[0] if len(value) == 1 else ", ".join(map(str, value)) if value and is_lines else value


def _mend_share(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a share of one that was given in percent; up to ten it may be one of ten, and is left as it is."""
    is_share = (schema.get("minimum"), schema.get("maximum")) == (0, 1) and _TYPES["number"](value)
    return value / _HUNDRED if is_share and _LEAST_PERCENT < value <= _HUNDRED else value


def _is_nothing(value: Any) -> bool:
    return value == {} or (isinstance(value, str) and value.strip().lower() in _NOTHING)


def _unwrap(value: Mapping[str, Any], properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what stands under the name of an answer, where nothing that is wanted stands beside it.

    Any other name may say something: on what condition, for one.
    """
    within = [item for name, item in value.items() if name in _WRAPPERS and isinstance(item, Mapping)]
    if len(within) == 1 and value.keys() <= _WRAPPERS and not properties.keys() & value.keys():
        return within[0]
    return value


def _name_empty(schema: Mapping[str, Any]) -> str:
    """Return which empty value a schema allows: `array`, `null`, or none."""
    if schema.get("type") == "array" and not schema.get("minItems"):
        return "array"
    return "null" if any(one.get("type") == "null" for one in schema.get("anyOf", ())) else ""


def list_mismatches(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return where a value is not of a schema, in words with its place; empty when it is. At most eight."""
    found: list[str] = []
    for fault in _check(value, schema, schema, "answer", 0):
        found.append(fault)
        if len(found) == _MOST_FAULTS:
            break
    return found


def _write_variants(text: str) -> Iterator[str]:
    """Give a text that may be JSON, then what it would be without slips; each is made only once it is wanted."""
    yield text
    yield (trimmed := _drop_last_commas(text))
    if text.startswith(("{", "[")):
        yield _PRINTED.sub(_write_printed, trimmed)


def _write_printed(match: re.Match[str]) -> str:
    """Return in JSON what Python writes otherwise: `None`, and strings between apostrophes."""
    text = match[0]
    if text[0] != "'":
        return _WORDS.get(text, text)
    return '"' + _QUOTES.sub(lambda found: {"'": "'", None: '\\"'}.get(found[1], found[0]), text[1:-1]) + '"'


def _drop_last_commas(text: str) -> str:
    """Return JSON without commas behind a last item, which many write and none means anything by."""
    return _STRING_OR_COMMA.sub(lambda match: match[0] if match[0][0] == '"' else "", text)


def _find_embedded(text: str) -> Any:
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    read_to, why = 0, "it holds no JSON"
    for match in islice(re.finditer(r"[{\[]", text), _MOST_STARTS):
        if match.start() < read_to:
            continue  # A part of what is broken is not the answer.
        try:
            value, _ = decoder.raw_decode(text, match.start())
        except json.JSONDecodeError as error:
            if error.pos > read_to + _A_FEW or (match.start() == 0 and match[0] == "{"):
                why = f"its JSON is broken at character {error.pos + 1} ({error.msg})"
            read_to = error.pos
            continue
        except ValueError:
            continue
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error
        return value
    raise ValueError(why)


def _refuse_constant(name: str) -> Any:
    message = f"{name} is no JSON"
    raise ValueError(message)


def _check(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        yield f"{place}: nested too deep"
        return
    if (reference := schema.get("$ref")) is not None:
        yield from _check(value, _resolve(reference, root), root, place, depth + 1)
        return
    yield from _check_own(value, schema, place)
    for one in schema.get("allOf", ()):
        yield from _check(value, one, root, place, depth + 1)
    union = schema.get("anyOf") or schema.get("oneOf")
    if union:
        yield from _check_union(value, union, root, place, depth)
    if isinstance(value, Mapping):
        yield from _check_object(value, schema, root, place, depth)
    elif isinstance(value, list):
        yield from _check_list(value, schema, root, place, depth)


def _check_own(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    types = schema.get("type")
    wanted = [types] if isinstance(types, str) else list(types or ())
    known = [name for name in wanted if name in _TYPES]
    if known and not any(_TYPES[name](value) for name in known):
        yield f"{place}: {' or '.join(known)} is wanted, not {_name_type(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {_cut(value)} is none of {', '.join(_cut(item) for item in schema['enum'][:12])}"
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {_cut(schema['const'])} is wanted"
    if isinstance(value, str):
        yield from _check_length(len(value), schema, ("minLength", "maxLength"), place, "characters")
    elif _TYPES["number"](value):
        yield from _check_length(value, schema, ("minimum", "maximum"), place, "")


def _check_union(
    value: Any, union: Sequence[Mapping[str, Any]], root: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    faults = [list(_check(value, one, root, place, depth + 1)) for one in union]
    if all(faults):
        # The member that fits best tells what to change: one of the right type, with the fewest faults.
        yield min(faults, key=lambda own: (own[0].startswith(f"{place}: ") and " is wanted" in own[0], len(own)))[0]


def _check_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place}: {name} is missing"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            yield from _check(item, properties[name], root, f"{place}.{name}", depth + 1)
        elif others is False:
            yield f"{place}: {_cut(name)} is not wanted"
        elif isinstance(others, Mapping):
            yield from _check(item, others, root, f"{place}.{name}", depth + 1)


def _check_list(
    value: list[Any], schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int
) -> Iterator[str]:
    yield from _check_length(len(value), schema, ("minItems", "maxItems"), place, "items")
    items = schema.get("items")
    if isinstance(items, Mapping):
        for index, item in enumerate(value):
            yield from _check(item, items, root, f"{place}[{index}]", depth + 1)


def _check_length(
    length: float, schema: Mapping[str, Any], names: tuple[str, str], place: str, unit: str
) -> Iterator[str]:
    least, most = schema.get(names[0]), schema.get(names[1])
    said = f" {unit}" if unit else ""
    if least is not None and length < least:
        yield f"{place}: at least {least}{said}, not {length}"
    if most is not None and length > most:
        yield f"{place}: at most {most}{said}, not {length}"


def _resolve(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference within the schema; one that leads nowhere checks nothing."""
    node: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            node = node.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, Mapping) else {}
    return node if isinstance(node, Mapping) else {}


def _name_type(value: Any) -> str:
    return next((name for name, fits in _TYPES.items() if fits(value)), type(value).__name__)


def _cut(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
