"""Reads the parts of an upload as strictly as RFC 2046 has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fermata.testing.web_server import Request

_PARAMETER = re.compile(r'(\w+)="([^"\r\n]*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    content: bytes
    type: str
    name: str = ""
    filename: str = ""


def read_parts(request: Request, subtype: str) -> list[Part]:
    """Return the parts in their order.

    Raises:
        AssertionError: It is no such form.
    """
    kind, _, boundary = request.headers.get("content-type", "").partition("; boundary=")
    if kind != f"multipart/{subtype}" or not boundary:
        message = f"content type {kind}"
        raise AssertionError(message)
    first, *chunks = request.body.split(f"--{boundary}".encode())
    if first or not chunks or chunks.pop() != b"--\r\n":
        message = "the form does not end"
        raise AssertionError(message)
    return [_read_part(chunk) for chunk in chunks]


def _read_part(chunk: bytes) -> Part:
    head, blank, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not blank or not content.endswith(b"\r\n"):
        message = "a part without an end"
        raise AssertionError(message)
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    parameters = dict(_PARAMETER.findall(headers.get("Content-Disposition", "")))
    return Part(
        content[:-2], headers.get("Content-Type", ""), parameters.get("name", ""), parameters.get("filename", "")
    )
