"""Templates to pages: everything escaped, everything hidden shown, unknown names an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from fermata.domain.card import Quote
from fermata.kit.clock import Clock, format_instant
from fermata.kit.digest import canonical_json, shorten
from fermata.kit.units import format_duration
from fermata.rules.budget import tell_until, write_usd
from fermata.rules.costs import CostReport
from fermata.web import standing, words
from fermata.web.assets import get_asset_url
from fermata.web.diffs import parse_diff
from fermata.web.inert import reveal_hidden

_INSTANT = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\b")
"""As `kit.clock.format_instant` writes one: the cards' words are full of them."""


def _print_value(value: Any) -> Any:
    """Prepare what a template prints. Markup was built by a template from parts that passed here already."""
    if value is None:
        return ""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return reveal_hidden(value)
    return value


def _is_web_address(url: str) -> bool:
    """Answer whether a link from outside may become one: `javascript:` and friends stay text."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _mark_moments(text: str, now: datetime) -> Markup:
    """Return text with its RFC 3339 instants as clock times; the instant itself stays in the markup, whole."""
    parts = _INSTANT.split(text)
    marked = [escape(reveal_hidden(parts[0]))]
    for instant, rest in zip(parts[1::2], parts[2::2], strict=True):
        marked += [_write_moment(instant, now), escape(reveal_hidden(rest))]
    return Markup("").join(marked)


def _write_moment(text: str, now: datetime) -> Markup:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return escape(text)
    return Markup('<time datetime="{}">{} UTC</time>').format(text, words.format_clock(instant, now))


def _print_json(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _group_quotes(quotes: Sequence[Quote]) -> list[list[Quote]]:
    """Return the quotes in their order, those that follow one another from the same evidence together."""
    return [list(group) for _, group in groupby(quotes, key=lambda quote: (quote.source, quote.evidence_id))]


def _compute_share(amount: Decimal, report: CostReport) -> float:
    """Return how long the bar of a line is, in percent of the dearest line's."""
    most = max((line.cost_usd for line in report.lines), default=Decimal(0))
    return round(float(100 * amount / most), 1) if most else 0.0


def _make_sentence(text: str) -> str:
    """Return a part of an error message as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


class Pages:
    """The templates of this package."""

    def __init__(self, clock: Clock, provider_name: str = "") -> None:
        self._clock = clock
        self._environment = Environment(
            loader=PackageLoader("fermata.web"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_print_value,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "shorten": shorten,
            "diff_lines": parse_diff,
            "as_json": _print_json,
            "instant": format_instant,
            "quote_groups": _group_quotes,
            "sentence": _make_sentence,
            "strip_severity": words.strip_severity,
            "duration": format_duration,
            "offset": words.format_offset,
            "usd": write_usd,
            "share_of": _compute_share,
        }
        self._environment.tests["web_address"] = _is_web_address
        self._environment.globals |= {
            "asset": get_asset_url,
            "provider_name": provider_name,
            "state_words": words.STATE_WORDS,
            "describe_decision": words.describe_decision,
            "list_milestones": words.list_milestones,
            "is_looked_into": words.is_looked_into,
            "describe_state": standing.describe_state,
            "describe_listed": standing.describe_listed,
            "has_said_yes": standing.has_said_yes,
            "tell_missing_role": standing.tell_missing_role,
            "tell_until": tell_until,
            "tell_word": standing.tell_word,
        }

    def render(self, template: str, **context: Any) -> str:
        """Return a template as text; `now`, `clock`, `distance` and `moments` are of this very moment."""
        now = self._clock.now()

        def clock(instant: datetime) -> str:
            return words.format_clock(instant, now)

        def distance(instant: datetime) -> str:
            return words.format_distance(instant, now)

        def moments(text: str) -> Markup:
            return _mark_moments(text, now)

        values = {
            "now": now,
            "clock": clock,
            "distance": distance,
            "moments": moments,
            "session": None,
            "halt": None,
        } | context
        return self._environment.get_template(template).render(values)
