"""Amounts of memory and CPU, as Kubernetes writes them. Pure.

Source: Kubernetes API reference, "Quantity" (read November 2026): the server stores the canonical form, the largest
suffix that leaves a whole number. So does this, lest a dry run should show a change that is none.
"""

from __future__ import annotations

import re
from decimal import Decimal

_BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = (("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9))
_FORM = re.compile(r"(?P<number>\d{1,18}(\.\d{1,9})?)(?P<suffix>[KMGTPE]i|[numkMGTPE])?", re.ASCII)

PATTERN = r"^[0-9]{1,18}(\.[0-9]{1,9})?([KMGTPE]i|[numkMGTPE])?$"
"""JSON Schema's form of what is read here."""


def parse_quantity(text: str) -> Decimal:
    """Return an amount in bytes or cores.

    Raises:
        ValueError: It is no quantity that is positive and without an exponent.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        message = f"{text!r} is no amount such as 512Mi, 2Gi, 500m or 1.5"
        raise ValueError(message)
    number, suffix = Decimal(match["number"]), match["suffix"] or ""
    if suffix in _BINARY:
        return number * Decimal(1024) ** (_BINARY.index(suffix) + 1)
    return number * Decimal(10) ** dict(_DECIMAL)[suffix]


def write_quantity(text: str) -> str:
    """Return an amount in the canonical form: `1024Mi` is `1Gi`, `0.5` is `500m`.

    Raises:
        ValueError: As `parse_quantity`.
    """
    value = parse_quantity(text)
    if not value:
        return "0"
    if text.endswith("i"):
        for exponent in range(len(_BINARY), 0, -1):
            scaled = value / Decimal(1024) ** exponent
            if scaled == int(scaled):
                return f"{int(scaled)}{_BINARY[exponent - 1]}"
    for suffix, exponent in _DECIMAL:
        scaled = value / Decimal(10) ** exponent
        if scaled == int(scaled):
            return f"{int(scaled)}{suffix}"
    message = f"{text!r} is finer than Kubernetes counts"
    raise ValueError(message)
