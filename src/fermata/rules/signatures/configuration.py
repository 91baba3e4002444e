"""Failures at a setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.domain.facts import DesiredFacts, EnvironmentFacts
from fermata.kit.redaction import describe_secret, is_secret_name
from fermata.kit.units import format_duration
from fermata.rules.citations import cite
from fermata.rules.logs import LoggedError
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.former_settings import HIDDEN_MARKS, Former, go_back, list_former
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import Occurrence, Workload, cite_words, clip, contains_word

_MIN_VALUE = 3
_CHANGED = 0.8
"""Confidence where the container before had another value, and nothing is declared to compare with."""
_UNREAD = 0.95
"""Whoever wrote the file knew what was missing: surer than the commit whose lines now ask for it."""
_FRESH = timedelta(hours=1)
"""A value that ran for longer before it began did well, too."""
# Values that stand in many messages by chance.
_TRIVIAL = {"true", "false", "none", "null", "yes", "off", "localhost", "127.0.0.1", "0.0.0.0", "http", "https", "/tmp"}  # noqa: S104, S108 - compared with, never bound or opened
# Exceptions that speak of a value or a name, by the end of their type: ConfigError, pydantic's ValidationError, ...
_ABOUT_VALUES = (
    "ValueError", "KeyError", "InvalidURL", "ValidationError", "ConfigError", "ConfigurationError", "SettingsError",
    "ImproperlyConfigured", "ParseError", "DecodeError", "InvalidOperation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Variable:
    """One variable as it runs and as it is declared; `None` where it is absent."""

    name: str
    live: str | None
    declared: str | None

    @property
    def is_secret(self) -> bool:
        """Answer whether the value to set may not stand in a plan. What is declared in the open is no secret."""
        known = self.live if self.declared is None else self.declared
        return is_secret_name(self.name) or (known is not None and known.startswith(HIDDEN_MARKS))

    @property
    def is_hidden(self) -> bool:
        """Answer whether the live value may not be shown, or was not collected."""
        return self.is_secret or self.live is None or self.live.startswith(HIDDEN_MARKS)

    @property
    def has_drifted(self) -> bool:
        """Answer whether it is declared and runs otherwise. A digest is compared as a digest, if it can be."""
        if self.declared is None:
            return False
        if self.live is None:
            return True
        # A digest may say where its URL leads: what is declared was hidden by somebody who does not.
        one, other = _cut_place(self.live), _cut_place(self.declared)
        live, declared = _align(one, other), _align(other, one)
        return _find_form(live) == _find_form(declared) and live != declared

    @property
    def searched_value(self) -> str | None:
        """Return the live value if finding it in a message means anything."""
        if self.is_hidden or self.live is None or len(self.live) < _MIN_VALUE or self.live.lower() in _TRIVIAL:
            return None
        return self.live


def _cut_place(value: str) -> str:
    """Return a digest without where its URL leads."""
    mark, end, place = value.partition("> at ")
    return f"{mark}>" if end and place and mark.startswith(HIDDEN_MARKS[0]) else value


def _align(value: str, other: str) -> str:
    """Return the value in the other one's form: collectors write `describe_secret` for what they may not show."""
    return describe_secret(value) if other.startswith(HIDDEN_MARKS[0]) and _find_form(value) == "plain" else value


def _find_form(value: str) -> str:
    return next((mark for mark in HIDDEN_MARKS if value.startswith(mark)), "plain")


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a failure speaks of a variable."""

    variable: _Variable
    occurrence: Occurrence
    line: EvidenceLine
    by_name: bool

    @property
    def confidence(self) -> float:
        if not self.variable.has_drifted:
            return 0.5
        return 0.9 if self.by_name else 0.8


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads for found in _judge(case, workload)]


def _judge(case: Case, workload: Workload) -> Sequence[Hypothesis]:
    environment = workload.environment
    if environment is None:
        return ()
    variables = _list_variables(environment.facts, workload.desired.facts if workload.desired else None)
    mentions = [found for variable in variables if (found := _find_mention(workload, variable)) is not None]
    # A variable that nobody declared is the second-best explanation: silent where a drifted one is named.
    drifted = [mention for mention in mentions if mention.variable.has_drifted]
    return [_propose(case, workload, environment, mention) for mention in drifted or mentions]


def list_drifted(workload: Workload) -> tuple[str, ...]:
    """Return the names of variables that are declared and run otherwise; secrets are compared as digests."""
    if workload.environment is None or workload.desired is None:
        return ()
    variables = _list_variables(workload.environment.facts, workload.desired.facts)
    return tuple(variable.name for variable in variables if variable.has_drifted)


def _list_variables(live: EnvironmentFacts, desired: DesiredFacts | None) -> list[_Variable]:
    """Return the variables that could be wrong: those that differ from their declaration, and undeclared ones."""
    declared = desired.variables if desired is not None else {}
    names = dict.fromkeys((*live.variables, *declared))
    variables = [_Variable(name, live.variables.get(name), declared.get(name)) for name in names]
    return [variable for variable in variables if variable.has_drifted or variable.declared is None]


def _find_mention(workload: Workload, variable: _Variable) -> _Mention | None:
    """Find the latest failure that names the variable or holds its value; in one failure the name goes first."""
    for occurrence in reversed(workload.errors):
        error = occurrence.error
        if not variable.has_drifted and not _is_about_values(error):
            continue
        named = next((line for line in error.lines if contains_word(line.text, variable.name)), None)
        held = next((line for line in error.lines if _holds_value(error, line, variable)), None)
        line = named or held
        if line is not None:
            return _Mention(variable, occurrence, line, by_name=named is not None)
    return None


def _holds_value(error: LoggedError, line: EvidenceLine, variable: _Variable) -> bool:
    """Answer whether a line holds the value; it must quote it, except in an exception about a drifted variable.

    `paid in EUR` does not speak of CURRENCY, nor does a path in an exception of the HOME it begins with.
    """
    value = variable.searched_value
    if value is None:
        return False
    if error.type and variable.has_drifted:
        return contains_word(line.text, value)
    return any(f"{mark}{value}{mark}" in line.text for mark in "'\"`")


def _is_about_values(error: LoggedError) -> bool:
    return any(link.name.endswith(_ABOUT_VALUES) for link in error.links)


def _propose(case: Case, workload: Workload, environment: Sighting[EnvironmentFacts], mention: _Mention) -> Hypothesis:
    variable, name = mention.variable, workload.entity.name
    citations: tuple[Citation, ...] = (mention.occurrence.cite(mention.line),)
    if mention.line != mention.occurrence.error.raised:
        citations += (mention.occurrence.cite(),)
    citations += cite_words(environment, variable.name) if variable.live is not None else ()
    declaration = "Nothing that was read declares it."
    if workload.desired is not None and variable.declared is not None:
        citations += cite_words(workload.desired, variable.name)
        facts = workload.desired.facts
        words = "another value" if variable.is_secret else repr(clip(variable.declared))
        place = f"{facts.path} at {facts.commit[:7]}" if facts.commit else facts.path
        since = ", and was changed since it was read last" if facts.read_by else ""
        declaration = f"{place} declares {words}{since}."
    suggestions: tuple[ActionSuggestion, ...] = ()
    person_must = f"Find out what {variable.name} of {name} should be, and set it."
    confidence = mention.confidence
    former = _find_former(case, workload, variable.name) if variable.declared is None else None
    if former is not None:
        citations += (cite(former.change.evidence, former.line.number),)
        declaration = f"It had {former.words} before {name} was created anew, {_tell_when(case, former)}."
        person_must = (
            f"Set {variable.name} of {name} back to {former.words} where it is declared, and create {name} anew."
        )
        if case.scope.onset - former.change.facts.changed_at <= _FRESH:
            confidence = _CHANGED
            suggestions = go_back(case, workload.entity, former)
        if suggestions:
            person_must = (
                f"Set {variable.name} of {name} back to {former.words} where it is declared, too: what creates {name} "
                "anew from there gives it the present value again."
            )
    unread = workload.desired.facts if workload.desired is not None and workload.desired.facts.read_by else None
    if variable.has_drifted and unread is not None:
        confidence = _UNREAD if mention.by_name else confidence
        person_must = (
            f"Run `{unread.read_by}`, then restart {name}: a restart alone starts it without what was changed in "
            f"{unread.path}."
        )
    elif variable.has_drifted and variable.is_secret:
        person_must = f"Set {variable.name} of {name} as declared: a secret is never put into a plan."
    elif variable.has_drifted:
        parameters = {"name": variable.name, "value": variable.declared}
        suggestions = propose(case, workload.entity, Intent.SET_VARIABLE, parameters)
        person_must = "" if suggestions else f"Set {variable.name} of {name} to {variable.declared!r}, as declared."
    return Hypothesis(
        cause="invalid_environment_value",
        text=f"{name} fails on {_describe(variable)}: {clip(mention.occurrence.error.raised.text)}. {declaration}",
        confidence=confidence,
        entity=workload.entity,
        citations=citations,
        suggestions=suggestions,
        person_must=person_must,
    )


def _find_former(case: Case, workload: Workload, name: str) -> Former | None:
    """Return what a variable was, where the difference from the container before tells it."""
    return next((one for one in list_former(case, workload.entity) if one.setting == f"env {name}"), None)


def _tell_when(case: Case, former: Former) -> str:
    before = case.scope.onset - former.change.facts.changed_at
    return f"{format_duration(abs(before))} {'before' if before > timedelta() else 'after'} the alert began"


def _describe(variable: _Variable) -> str:
    if variable.live is None:
        return f"{variable.name}, which is not set"
    return f"{variable.name}, whose value is hidden" if variable.is_hidden else f"{variable.name}={clip(variable.live)}"


INVALID_ENVIRONMENT_VALUE = Signature(
    id="invalid_environment_value",
    title="A process fails on the value of an environment variable",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED, EvidenceKind.CHANGE),
    ruled_out_by="The variable runs exactly as it is declared; or no failure names the variable or its value.",
    confidence_note="0.95 when the failure names the variable and the system has not read the file that declares it, "
    "0.9 when it differs from another declaration, 0.8 when it holds only the value, 0.5 when nothing declares the "
    "variable, 0.8 when the container before had another value until an hour before.",
    action="<system>.set_env to the declared value, none where the system must read the file first; "
    "<system>.recreate_with_previous_setting to what the container before had, until an hour before; none for secrets "
    "and other undeclared variables: a person must set them",
    specificity=Specificity.ORIGIN,
    match=_match,
)
"""Drift between what runs and what is declared, tied to a failure that speaks of it."""
