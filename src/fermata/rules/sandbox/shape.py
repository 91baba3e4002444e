"""Conditions on the experiment itself, wherever it is to run: how long, how it ends, what it measures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from fermata.domain.experiment import SteadyCheck
from fermata.domain.sandbox import SandboxFinding
from fermata.kit.redaction import is_named_secret, redact
from fermata.kit.redaction.names import Strength, judge_name
from fermata.kit.units import format_duration
from fermata.rules.rehearsal.steadiness import FEWEST
from fermata.rules.sandbox.case import Case, meet, refuse
from fermata.rules.sandbox.likeness import find_production_word

_SHORTEST_BASELINE = timedelta(seconds=3)
"""Less than three samples of a second show no steadiness."""
_LONGEST_LOOK = timedelta(minutes=10)
"""While one rehearsal measures, no other can run."""
LEASING = ("faultproxy",)
"""Systems that drop a fault which nobody renews."""
_MOST_RPS = 200.0
"""All checks together: a rehearsal measures a service, and does not load-test it."""


def check_duration(case: Case) -> SandboxFinding:
    """The fault ends, and soon enough."""
    asked, longest = case.experiment.duration, case.limits.longest
    if asked > longest:
        return refuse(
            "duration",
            f"The fault would last {format_duration(asked)}, and at most {format_duration(longest)} is allowed: "
            "shorten it, or raise chaos.longest",
        )
    return meet("duration", f"It ends after {format_duration(asked)}; {format_duration(longest)} is the cap")


def check_lease(case: Case) -> SandboxFinding:
    """A fault whose runner has died is gone soon."""
    asked, longest = case.experiment.lease, case.limits.longest_lease
    if asked > longest:
        return refuse(
            "lease",
            f"A fault that nobody renews would stay for {format_duration(asked)}; "
            f"ask for a lease of {format_duration(longest)} or less",
        )
    if case.experiment.target.system not in LEASING:
        # What was created carries its own end there, and knows no shorter one.
        span = format_duration(case.experiment.duration)
        return meet("lease", f"Without its runner it is gone when its own time is over, after {span} at most")
    return meet("lease", f"Without its runner it is gone after {format_duration(asked)}")


def check_steady_state(case: Case) -> SandboxFinding:
    """There is a baseline to compare with, and measuring it is no load test."""
    experiment = case.experiment
    if experiment.baseline < _SHORTEST_BASELINE:
        return refuse(
            "steady_state",
            f"A baseline of {format_duration(experiment.baseline)} shows no steady state: measure "
            f"{format_duration(_SHORTEST_BASELINE)} at least",
        )
    if max(experiment.baseline, experiment.recovery) > _LONGEST_LOOK:
        return refuse("steady_state", f"Measure {format_duration(_LONGEST_LOOK)} before, and as long after, at most")
    shortest = min(experiment.baseline, experiment.duration).total_seconds()
    rare = next((check for check in experiment.checks if check.rate_rps * shortest < FEWEST), None)
    if rare is not None:
        return refuse(
            "steady_state",
            f"{rare.journey} would be asked {rare.rate_rps * shortest:.0f} times in the shortest part, and less than "
            f"{FEWEST} say nothing: ask more often, or for longer",
        )
    rate = sum(check.rate_rps for check in experiment.checks)
    if rate > _MOST_RPS:
        return refuse("steady_state", f"The checks ask {rate:g} times a second: {_MOST_RPS:g} together at most")
    journeys = ", ".join(check.journey for check in experiment.checks)
    return meet("steady_state", f"{journeys}, for {format_duration(experiment.baseline)} before anything is injected")


def check_abort(case: Case) -> SandboxFinding:
    """Something that the fault is not expected to hit is watched, so that a spread is seen and ends the run."""
    watched = [check.journey for check in case.experiment.checks if not (check.is_hit or check.is_control)]
    if not watched:
        return refuse(
            "abort",
            "Every journey is expected to suffer, so that nothing would end the run early: add a check of one that "
            "must not (another endpoint of the caller will do)",
        )
    return meet("abort", f"It ends early when {' or '.join(watched)} suffers")


def check_addresses(case: Case) -> SandboxFinding:
    """What is measured is called nothing like production, and carries no credentials."""
    for name, url in _list_addresses(case.experiment.checks, case.experiment.probe_url):
        try:
            parts = urlsplit(url)
            host, has_user = parts.hostname or "", parts.username is not None
        except ValueError:
            return refuse("addresses", f"{name} asks an address that cannot be read")
        if parts.scheme not in ("http", "https") or not host or has_user:
            return refuse("addresses", f"{name} needs an http address without credentials")
        # What is asked stands on cards, in reports and under the digest, whole and for as long as they are kept.
        if redact(url).count or any(_is_secret(key, value) for key, value in parse_qsl(parts.query)):
            return refuse(
                "addresses",
                f"{name} has what looks like a secret in its address, and an address is shown to everybody: ask "
                "something that needs none",
            )
        if word := find_production_word(f"{host} {parts.path}", case.limits.production_words):
            asked = f"{host}{parts.path}"
            return refuse("addresses", f'{name} asks {asked}, and that carries "{word}": measure the sandbox')
    hosts = dict.fromkeys(
        urlsplit(url).netloc for _, url in _list_addresses(case.experiment.checks, case.experiment.probe_url)
    )
    told = f"No word for production in {', '.join(hosts)}; whose these are was not looked at"
    return meet("addresses", told)


def _is_secret(name: str, value: str) -> bool:
    """Answer whether a parameter of an address is a secret: by its name alone, where that is plain (`api_key`)."""
    return judge_name(name) is Strength.STRONG or is_named_secret(name, value)


def _list_addresses(checks: tuple[SteadyCheck, ...], probe_url: str) -> Iterator[tuple[str, str]]:
    for check in checks:
        yield f"The check of {check.journey}", check.url
    if probe_url:
        yield "The probe", probe_url


def check_prediction(case: Case) -> SandboxFinding:
    """What is expected stands there before anything is injected, with the load that it is for where none brings it."""
    prediction, checks = case.experiment.prediction, case.experiment.checks
    told = f"{prediction.expected.value}: {prediction.why}"
    rate = prediction.numbers.get("rate_rps")
    hit = [check for check in checks if check.is_hit]
    asked = sum(check.rate_rps for check in hit)
    if not isinstance(rate, int | float) or not hit or asked >= rate:
        return meet("prediction", told)
    most = _MOST_RPS - sum(check.rate_rps for check in checks if check is not hit[0])
    needed = min(math.ceil(rate - asked + hit[0].rate_rps), int(most))
    is_more = needed > hit[0].rate_rps
    more = f"--rate {hit[0].journey}={needed} asks more often" if is_more else f"{_MOST_RPS:g} together are the most"
    return meet(
        "prediction",
        f"{told}. That is for {rate:.3g} calls a second, and {', '.join(check.journey for check in hit)} asks "
        f"{asked:.3g} on top of what is there: {more}",
    )


SHAPE = (check_duration, check_lease, check_steady_state, check_abort, check_addresses, check_prediction)
"""Asked of every experiment."""
