"""Which service and which metric a wide table's column is about: `cart:p95`, `cart_error_rate`, `ts-cart-service-cpu`.

Nothing marks the border, so it is found by what is known: the services' names first, then the words that metrics' names
are made of.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from fermata.rules.metrics.semantics import is_metric

_SEPARATORS = ":-_./ "
_STATISTIC = re.compile(r"(?:p|q)\d{2,3}|avg|average|mean|median|max|min", re.IGNORECASE)


def split_header(header: str, services: Collection[str] = ()) -> tuple[str, str]:
    """Return service and metric; the service is empty when the header names none.

    Args:
        services: Known names, such as a call graph's; the longest that the header begins with is the service.
    """
    text = header.strip()
    known = max((name for name in services if _begins_with(text, name)), key=len, default="")
    if known:
        return known, text[len(known) :].lstrip(_SEPARATORS)
    return _split_unknown(text)


def _begins_with(text: str, name: str) -> bool:
    return text.startswith(name) and text[len(name) : len(name) + 1] in tuple(_SEPARATORS)


@lru_cache(maxsize=4096)
def _split_unknown(text: str) -> tuple[str, str]:
    service, colon, metric = text.rpartition(":")
    if colon and service and metric:
        return service.rstrip(":"), metric
    # Metrics' names are written with underscores, so a dash beside underscores parts the two. What stands after the
    # last dash that leaves a metric is the metric: services' names have dashes of their own.
    for separator, is_longest in (("-", False), ("_", True), (".", True), (" ", True)):
        found = _split_at(text, separator, is_longest=is_longest)
        if found is not None:
            return found
    return ("", text) if is_metric(text) or not re.search(r"[-_. ]", text) else _split_last(text)


def _split_at(text: str, separator: str, *, is_longest: bool) -> tuple[str, str] | None:
    parts = text.split(separator)
    places = range(1, len(parts)) if is_longest else range(len(parts) - 1, 0, -1)
    for place in places:
        if not is_metric(separator.join(parts[place:])):
            continue
        if place > 1 and _STATISTIC.fullmatch(parts[place - 1]):
            place -= 1  # noqa: PLW2901 - a statistic belongs to what follows it
        return separator.join(parts[:place]), separator.join(parts[place:])
    return None


def _split_last(text: str) -> tuple[str, str]:
    place = max(text.rfind(separator) for separator in "-_. ")
    return text[:place], text[place + 1 :]
