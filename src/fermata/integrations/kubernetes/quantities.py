"""Kubernetes' quantities as numbers. Pure.

Source: Kubernetes API reference, "Quantity" (read November 2026).
"""

from __future__ import annotations

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|)")
_FACTORS = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{sign: Decimal(1000) ** (index + 1) for index, sign in enumerate("kMGTPE")},
    **{f"{sign}i": Decimal(1024) ** (index + 1) for index, sign in enumerate("KMGTPE")},
}


def parse_quantity(text: object) -> Decimal | None:
    """Return `128Mi`, `500m`, `1e3` or `2` as a number; `None` for anything else."""
    match = _QUANTITY.fullmatch(str(text))
    return Decimal(match[1]) * _FACTORS[match[2]] if match is not None else None


def parse_bytes(text: object) -> int | None:
    """Return a quantity of memory in bytes, rounded up as Kubernetes does; `None` when it is none."""
    found = parse_quantity(text)
    return None if found is None else int(found.to_integral_value(rounding="ROUND_CEILING"))
