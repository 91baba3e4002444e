"""What the platform under a program did to it, where nothing but logs is known.

Lines of platforms are told by their words alone: most have no level, and after a program was killed only the router
goes on. So what follows counts as having got over it only where it is not itself a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.levels import find_level
from fermata.rules.signatures.base import Signature
from fermata.rules.signatures.kubernetes_reach import cite_first
from fermata.rules.signatures.platform_words import PLATFORM_FAILURES, PlatformFailure
from fermata.rules.signatures.strangers import Stranger, drop_routine, list_strangers
from fermata.rules.signatures.workloads import clip, say_plainly

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText

_MOST = 2_000
"""Lines of a log that say so which are looked at."""
_FEWEST = 2
"""Times that it has to be said, unless the log ends there: one request that took too long is every platform's day."""
_CALM = 30
"""Lines that may follow the last one and tell of no failure before it counts as got over."""
_LONG = 4
"""The same as a multiple of the usual number of lines between two of them."""
_FAILING = re.compile(
    r"\bat=error\b|State changed from \w+ to crashed|[Ee]xited with (?:status|exit code) [1-9]|SIGKILL|"
    r"\"[oO]utcome\"\s?:\s?\"exception\"|\bnpm (?:error|ERR!)|\bERROR: failed to "
)
"""What platforms write without a level of what goes on failing."""


def find_platform(
    cluster: Cluster, pattern: re.Pattern[str], *, least_share: float = 0.0
) -> Iterator[tuple[Stranger, Quote, Quote]]:
    """Yield the services of which only logs are known whose platform says so and has not stopped to.

    Each comes with the first and the last line.

    Args:
        least_share: How often it has to be said, as a share of the lines since that tell of no failure.
    """
    strangers = list_strangers(cluster)
    for log in cluster.logs() if strangers else ():
        stranger = strangers.get(log.pod)
        said = log.lines_with(pattern, limit=_MOST) if stranger is not None else ()
        new = set(drop_routine(log, [line.text for line in said]))
        fresh = [line for line in said if line.text in new]
        if stranger is not None and fresh and _stands(log, fresh, least_share):
            yield stranger, fresh[0], fresh[-1]


def _stands(log: LogText, said: list[Quote], least_share: float) -> bool:
    after = _list_calm(log, said[-1])
    if len(said) < _FEWEST:
        return not after
    since = len(_list_calm(log, said[0]))
    gap = (said[-1].line - said[0].line) / (len(said) - 1)
    return len(after) <= max(_CALM, _LONG * gap) and len(said) >= least_share * since


def _list_calm(log: LogText, line: Quote) -> list[str]:
    """Return the lines behind one that tell of no failure."""
    rest = log.text[log.text.find(line.text) + len(line.text) :].split("\n")
    return [text for text in rest if text.strip() and not _fails(text)]


def _fails(line: str) -> bool:
    level = find_level(line)
    return _FAILING.search(line) is not None or (level is not None and level.is_severe)


def _find(failure: PlatformFailure, cluster: Cluster) -> Iterable[Claim]:
    for stranger, first, last in find_platform(cluster, failure.pattern, least_share=failure.least_share):
        yield claim_said(failure, stranger, first, last)


class SaidFailure(Protocol):
    """What is claimed where a log says a thing plainly."""

    @property
    def cause(self) -> str:
        """Return the signature's id."""

    @property
    def says(self) -> str:
        """Return what follows the service's name in the text."""

    @property
    def confidence(self) -> float:
        """Return how sure it is, 0..1."""

    @property
    def advice(self) -> str:
        """Return what a person must do."""


def claim_said(failure: SaidFailure, stranger: Stranger, first: Quote | None, last: Quote | None) -> Claim:
    """Return the claim that a log says so, with the first and the last line that does; one of them must be known."""
    quotes = cite_first(first, last)
    return Claim(
        cause=failure.cause,
        subject=stranger.entity,
        text=f"{stranger.name} {failure.says}: {clip(say_plainly(quotes[-1].text))}",
        confidence=failure.confidence,
        quotes=quotes,
        person_must=failure.advice,
    )


SIGNATURES: tuple[Signature, ...] = tuple(
    Signature(
        id=failure.cause,
        title=failure.title,
        looks_at=(EvidenceKind.LOGS,),
        ruled_out_by="A workload of a cluster is known; it was said from the log's beginning; it was said once, or "
        "seldom beside work that goes on; or the log goes on without.",
        confidence_note=f"{failure.confidence}: the log says it, and not why.",
        action="none: a person must find out why",
        specificity=failure.specificity,
        find=partial(_find, failure),
    )
    for failure in PLATFORM_FAILURES
)
"""The catalogue's part about what platforms and providers say."""
