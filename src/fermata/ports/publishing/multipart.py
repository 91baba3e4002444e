"""Forms with files, as services take uploads (RFC 7578, RFC 2387). The boundary is made of the content: no chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.kit.digest import compute_bytes_digest

SVG = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part."""

    content: bytes
    type: str = ""
    """Its content type; empty for a plain field."""
    name: str = ""
    """Of the field; empty where parts have an order and no names."""
    filename: str = ""
    """Without quotes or line feeds; empty when it is no file."""


@dataclass(frozen=True, slots=True)
class Form:
    """A body with the header that says how it is read."""

    body: bytes
    content_type: str


def write_form(parts: Sequence[FormPart], subtype: str = "form-data") -> Form:
    """Return the body of some parts.

    Args:
        subtype: `form-data` for named fields, `related` for parts in an order.
    """
    digest = compute_bytes_digest(b"\0".join(part.content for part in parts))
    boundary = f"fermata-{digest.removeprefix('sha256:')[:40]}"
    chunks: list[bytes] = []
    for part in parts:
        chunks += [f"--{boundary}\r\n{_write_head(part)}\r\n\r\n".encode(), part.content, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return Form(b"".join(chunks), f"multipart/{subtype}; boundary={boundary}")


def _write_head(part: FormPart) -> str:
    lines: list[str] = []
    if part.name:
        file = f'; filename="{part.filename}"' if part.filename else ""
        lines.append(f'Content-Disposition: form-data; name="{part.name}"{file}')
    if part.type:
        lines.append(f"Content-Type: {part.type}")
    return "\r\n".join(lines)
