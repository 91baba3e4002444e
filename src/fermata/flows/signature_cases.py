"""The signatures against saved cases: each investigated offline, and held against what is known to have broken it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.known_factor import KnownFactor
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.haul import describe
from fermata.flows.bundle.read import read_bundle
from fermata.flows.experiments.casefile import BUNDLE, EXPECTED
from fermata.kit.errors import UserError
from fermata.rules.rehearsed import NamingVerdict, judge_naming
from fermata.rules.signatures import CATALOGUE

_CAUSES = frozenset(signature.id for signature in CATALOGUE)


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """One case with what became of it."""

    folder: Path
    known: KnownFactor
    verdict: NamingVerdict
    warnings: tuple[str, ...] = ()
    """What is accepted and can never be named, and what of the bundle could not be used."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {
            "case": str(self.folder),
            "experiment": self.known.experiment_id,
            "target": self.known.place,
            "fault": self.known.fault.kind.value,
            "outcome": self.verdict.naming.value,
            "why": self.verdict.why,
            "leading": _describe(self.verdict.leading),
            "runner_up": _describe(self.verdict.runner_up),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class BrokenCase:
    """One case that could not be tried."""

    folder: Path
    error: UserError

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {"case": str(self.folder), "outcome": "unreadable", "why": self.error.why or self.error.what}


def try_case(folder: Path) -> CaseOutcome | BrokenCase:
    """Investigate one case; one that cannot be read keeps no other from being tried."""
    try:
        return run_case(folder)
    except UserError as error:
        return BrokenCase(folder, error)


def find_cases(places: Sequence[Path]) -> list[Path]:
    """Return the folders that are cases, each once: those that were named, and those right below one that is none.

    Raises:
        UserError: One of the places neither is a case nor holds one.
    """
    found: dict[Path, None] = {}
    for place in places:
        own = [place] if _is_case(place) else []
        if not own and place.is_dir():
            own = sorted(child for child in place.iterdir() if _is_case(child))
        if not own:
            raise UserError(
                f"{place} holds no case",
                why=f"a case is a folder with {EXPECTED} and {BUNDLE}/",
                do="Save one: `fermata chaos report ID --save-case DIR`",
            )
        found.update(dict.fromkeys(own))
    return list(found)


def run_case(folder: Path) -> CaseOutcome:
    """Investigate one case, without a model, and judge the answer.

    Raises:
        UserError: What is known cannot be read, or nothing in the bundle can be used.
    """
    path = folder / EXPECTED
    try:
        known = KnownFactor.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else describe(error)
        raise UserError(
            f"{path} cannot be read",
            why=why,
            do="See docs/signature-cases.md for its fields, or save the case anew",
        ) from error
    bundle = read_bundle(folder / BUNDLE)
    diagnosed = diagnose_bundle(bundle)
    verdict = judge_naming(known, diagnosed.diagnosis, diagnosed.case.evidence)
    return CaseOutcome(folder, known, verdict, (*_list_unknown(known), *bundle.warnings))


def _list_unknown(known: KnownFactor) -> Iterator[str]:
    for cause in dict.fromkeys(cause for each in known.accepted for cause in each.causes if cause not in _CAUSES):
        close = get_close_matches(cause, _CAUSES, n=1)
        hint = f" Is it {close[0]}?" if close else " `fermata signatures` lists them."
        yield f"{EXPECTED} accepts {cause}, which no signature names.{hint}"


def _is_case(folder: Path) -> bool:
    return (folder / EXPECTED).is_file()


def _describe(hypothesis: Hypothesis | None) -> dict[str, Any] | None:
    if hypothesis is None:
        return None
    return {"cause": hypothesis.cause, "entity": hypothesis.entity.name, "confidence": hypothesis.confidence}
