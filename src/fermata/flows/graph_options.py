"""Which option of `fermata chaos graph` a file belongs to, by what is in it: said where it was given with another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.parsing import parse_json_documents, parse_yaml_documents

_LARGEST = 1024 * 1024
"""A longer file is not read a second time, only to say what it is."""


def tell_option(path: Path, given: str) -> str:
    """Return what to do with a file that was given with the wrong option, as the end of an error; else nothing.

    Args:
        given: The option it was given with.
    """
    option = _find_option(path)
    return f"It looks like a file for {option}: give it with that" if option not in ("", given) else ""


def _find_option(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return ""
    try:
        text = read_text(SourceFile(path.name, path, path.stat().st_size))
        documents = (parse_yaml_documents if path.suffix in {".yaml", ".yml"} else parse_json_documents)(text)
    except Unreadable:
        return ""
    return next((found for document in documents if (found := _judge(document))), "")


def _judge(document: object) -> str:
    if not isinstance(document, Mapping):
        return ""
    services, data = document.get("services"), document.get("data")
    if isinstance(services, list) and "edges" in document:
        return "--graph"
    if isinstance(services, Mapping):
        return "--compose"
    if "apiVersion" in document and "kind" in document:
        return "--manifests"
    return "--traces" if "resourceSpans" in document else _judge_jaeger(data)


def _judge_jaeger(data: Any) -> str:
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, Mapping):
        return ""
    return "--traces" if "spans" in first else "--jaeger" if {"parent", "child"} <= set(first) else ""
