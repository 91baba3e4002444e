"""As much of JSON Schema (2020-12) as the settings' schema uses, judged as an editor would.

A keyword that is not known here is an error: the judge must not be content because it does not understand.
"""

import re

_SAID = {"$schema", "$defs", "title", "description", "default", "examples", "format", "writeOnly", "deprecated"}
_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}


def list_faults(schema, value, root=None, where="$"):
    """Give what is wrong with a value, each with its place; nothing when it is right."""
    root = root or schema
    faults = []
    for keyword, wanted in schema.items():
        if keyword not in _SAID:
            faults += _KEYWORDS[keyword](wanted, value, root, where, schema)
    return faults


def _follow(reference, value, root, where, schema):
    return list_faults(root["$defs"][reference.removeprefix("#/$defs/")], value, root, where)


def _judge_type(wanted, value, root, where, schema):
    names = [wanted] if isinstance(wanted, str) else wanted
    return [] if any(_is_of(value, name) for name in names) else [f"{where}: {value!r} is no {'/'.join(names)}"]


def _is_of(value, name):
    if name in {"integer", "number"}:
        kinds = int if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


def _judge_any(members, value, root, where, schema):
    found = [list_faults(member, value, root, where) for member in members]
    return [] if any(not faults for faults in found) else min(found, key=len)


def _judge_properties(properties, value, root, where, schema):
    if not isinstance(value, dict):
        return []
    return [
        fault
        for name, item in value.items()
        if name in properties
        for fault in list_faults(properties[name], item, root, f"{where}.{name}")
    ]


def _judge_others(wanted, value, root, where, schema):
    others = [name for name in value if name not in schema.get("properties", {})] if isinstance(value, dict) else []
    if wanted is False:
        return [f"{where}: {name} is not known" for name in others]
    if wanted is True:
        return []
    return [fault for name in others for fault in list_faults(wanted, value[name], root, f"{where}.{name}")]


def _judge_names(wanted, value, root, where, schema):
    names = value if isinstance(value, dict) else ()
    return [fault for name in names for fault in list_faults(wanted, name, root, f"{where}.{name}")]


def _judge_required(names, value, root, where, schema):
    missing = [name for name in names if isinstance(value, dict) and name not in value]
    return [f"{where}: {name} is missing" for name in missing]


def _judge_items(wanted, value, root, where, schema):
    if not isinstance(value, list):
        return []
    own = value[len(schema.get("prefixItems", ())) :]
    if wanted is False:
        return [f"{where}: too many items"] if own else []
    return [fault for number, item in enumerate(own) for fault in list_faults(wanted, item, root, f"{where}[{number}]")]


def _judge_prefix(members, value, root, where, schema):
    pairs = zip(members, value, strict=False) if isinstance(value, list) else ()
    return [
        fault
        for number, (member, item) in enumerate(pairs)
        for fault in list_faults(member, item, root, f"{where}[{number}]")
    ]


def _judge_choice(wanted, value, root, where, schema):
    return [] if value in wanted else [f"{where}: {value!r} is no choice"]


def _judge_constant(wanted, value, root, where, schema):
    return [] if value == wanted else [f"{where}: {value!r} is not it"]


def _judge_pattern(wanted, value, root, where, schema):
    fits = not isinstance(value, str) or re.search(wanted, value)
    return [] if fits else [f"{where}: {value!r} does not fit"]


def _number(holds):
    def judge(limit, value, root, where, schema):
        return [f"{where}: {value} is beyond {limit}"] if _is_of(value, "number") and not holds(value, limit) else []

    return judge


def _size(kind, holds):
    def judge(limit, value, root, where, schema):
        return [f"{where}: too long or too short"] if isinstance(value, kind) and not holds(len(value), limit) else []

    return judge


_KEYWORDS = {
    "$ref": _follow,
    "type": _judge_type,
    "anyOf": _judge_any,
    "enum": _judge_choice,
    "const": _judge_constant,
    "properties": _judge_properties,
    "additionalProperties": _judge_others,
    "propertyNames": _judge_names,
    "required": _judge_required,
    "items": _judge_items,
    "prefixItems": _judge_prefix,
    "pattern": _judge_pattern,
    "minimum": _number(lambda value, limit: value >= limit),
    "maximum": _number(lambda value, limit: value <= limit),
    "exclusiveMinimum": _number(lambda value, limit: value > limit),
    "exclusiveMaximum": _number(lambda value, limit: value < limit),
    "minLength": _size(str, lambda size, limit: size >= limit),
    "maxLength": _size(str, lambda size, limit: size <= limit),
    "minItems": _size(list, lambda size, limit: size >= limit),
    "maxItems": _size(list, lambda size, limit: size <= limit),
    "minProperties": _size(dict, lambda size, limit: size >= limit),
    "maxProperties": _size(dict, lambda size, limit: size <= limit),
}
