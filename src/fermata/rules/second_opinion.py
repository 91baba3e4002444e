"""When a model is asked about an incident, and what becomes of the two diagnoses. Pure.

The signatures' diagnosis stays first unless it suggests no action and an accepted answer rests on evidence that it does
not, and shows something that fails; what contradicts is shown beside it, whoever leads. Nothing here opens a gate: a
suggestion, whoever made it, is dry-run, asked of the policy and held for a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.analysis import Relation, When
from fermata.domain.diagnosis import ActionSuggestion, Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.ids import EvidenceId
from fermata.kit.listing import begin_small
from fermata.rules.acceptance import Judgement
from fermata.rules.acceptance.relevance import shares_words
from fermata.rules.acceptance.remedies import find_no_help
from fermata.rules.brief.catalogue import has_target
from fermata.rules.signatures.base import Case

_MOST_CHECKS = 3
_CHANGED = "faulty_change"
_COMMIT = "commit"
_WORDS = frozenset({EvidenceKind.TICKET, EvidenceKind.TEXT, EvidenceKind.RUNBOOK})


def wants_model(when: When, alerts: Iterable[Alert], diagnosis: Diagnosis, *, asked_for: bool = False) -> bool:
    """Answer whether a model is to be asked. Where nothing is wrong any more there is nothing to ask.

    Args:
        asked_for: A person waits for this answer: worth a model unless it is never to be asked.
    """
    if when is When.NEVER or diagnosis.verdict is Verdict.HEALTHY:
        return False
    if asked_for or when is When.ALWAYS or diagnosis.verdict is Verdict.UNDETERMINED:
        return True
    firing = [alert for alert in alerts if alert.status is AlertStatus.FIRING]
    return when is When.SEVERE and any(alert.severity.rank <= Severity.WARNING.rank for alert in firing)


def wants_plan(case: Case, diagnosis: Diagnosis) -> bool:
    """Answer whether a model is to be asked for an action: nobody suggests one, and there could be one that helps."""
    leading = diagnosis.leading
    if leading is None or leading.suggestions:
        return False
    if all(find_no_help(name, leading.cause, diagnosis.guilty_change) for name in case.known_actions):
        return False
    return has_target(case, diagnosis, leading.entity)


def add_actions(diagnosis: Diagnosis, suggestions: Sequence[ActionSuggestion]) -> Diagnosis:
    """Return the diagnosis with actions for its leading hypothesis, whose own words stay; as it is without any."""
    if not suggestions:
        return diagnosis
    leading = diagnosis.hypotheses[0].model_copy(update={"suggestions": tuple(suggestions)})
    return diagnosis.model_copy(update={"hypotheses": (leading, *diagnosis.hypotheses[1:])})


def relate(diagnosis: Diagnosis, judgement: Judgement) -> Relation:
    """Return what an accepted answer is to the diagnosis that was there."""
    if not judgement.hypotheses:
        return Relation.UNDETERMINED
    if diagnosis.leading is None:
        return Relation.REFINES
    ours, theirs = diagnosis.leading, judgement.hypotheses[0]
    if _blames_same(diagnosis, judgement) and ours.cause == _CHANGED != theirs.cause:
        return Relation.REFINES  # What the change broke has a name of its own.
    # Two that blame another change say two things, whatever they call the cause: it decides what is taken back.
    if ours.cause != theirs.cause or _blames_another(diagnosis, judgement):
        return Relation.CONTRADICTS
    return Relation.CONFIRMS if _is_same_place(ours, theirs) else Relation.REFINES


def find_doubts(judgement: Judgement, diagnosis: Diagnosis, case: Case) -> tuple[str, ...]:
    """Return what speaks against an accepted answer that no check can refuse, in words, for whoever reads it.

    Args:
        judgement: Accepted.
        diagnosis: What signatures had made of the case.
    """
    if not judgement.hypotheses:
        return ()
    doubts = []
    weighed = next((item for item in diagnosis.changes if item.id == judgement.guilty_change), None)
    if weighed is not None and not weighed.blame:
        doubts.append(f"Rules give the change that it blames no blame: {begin_small(weighed.why.rstrip('.'))}.")
    cited = {citation.evidence_id for citation in judgement.hypotheses[0].citations}
    blamed = {change.evidence.id for change in case.changes if change.facts.id == judgement.guilty_change}
    if blamed and not blamed & cited:
        doubts.append("It cites no line of the change that it blames.")
    if not _shows_failure(judgement.hypotheses[0], list_commits(case)):
        doubts.append("It cites only what was changed, and nothing that fails.")
    if not shares_words(judgement.hypotheses[0], case.by_id):
        doubts.append("No word of it stands in the lines that it cites: read them before you believe it.")
    return tuple(doubts)


def list_told(evidence: Iterable[Evidence]) -> frozenset[EvidenceId]:
    """Return the evidence that is somebody's words: tickets, chat, pages. Whoever may write those must not lead."""
    return frozenset(item.id for item in evidence if item.kind in _WORDS)


def list_commits(case: Case) -> frozenset[EvidenceId]:
    """Return the evidence that is a commit. It cannot fail: a deployment or a run can, and is proof of that."""
    return frozenset(change.evidence.id for change in case.changes if change.facts.kind == _COMMIT)


def merge(
    diagnosis: Diagnosis,
    judgement: Judgement,
    model: str,
    told: Collection[EvidenceId] = frozenset(),
    commits: Collection[EvidenceId] = frozenset(),
) -> Diagnosis:
    """Return both diagnoses as one: nobody's hypothesis is hidden, and each but the first says why it is not.

    Args:
        judgement: Accepted.
        model: Who answered, for the words.
        told: Evidence that puts no contradiction first, as `list_told` gives it.
        commits: Evidence that puts none first by itself, as `list_commits` gives it: that lines were changed does not
            say that they fail.
    """
    relation = relate(diagnosis, judgement)
    if relation is Relation.UNDETERMINED:
        return diagnosis.model_copy(update={"checks": _unite_checks(diagnosis, judgement)})
    if diagnosis.leading is None:
        return diagnosis.model_copy(
            update={
                "verdict": Verdict.IDENTIFIED,
                "hypotheses": _explain(judgement.hypotheses, f"{model} ranks it lower."),
                "checks": (),
                "guilty_change": judgement.guilty_change or diagnosis.guilty_change,
            }
        )
    shows_failure = _shows_failure(judgement.hypotheses[0], {*commits, *told})
    if relation is Relation.CONTRADICTS and shows_failure and _may_lead(diagnosis, judgement, told):
        return _put_first(diagnosis, judgement, model)
    return _put_behind(diagnosis, judgement, relation, model, shows_failure=shows_failure)


def _may_lead(diagnosis: Diagnosis, judgement: Judgement, told: Collection[EvidenceId]) -> bool:
    """Answer whether a contradiction comes first. It never takes the place of a plan that code found: a log can lie."""
    ours, theirs = diagnosis.hypotheses[0], judgement.hypotheses[0]
    return not ours.suggestions and _has_own_evidence(ours, theirs, told)


def _shows_failure(hypothesis: Hypothesis, commits: Collection[EvidenceId]) -> bool:
    """Answer whether it cites anything but what was changed."""
    return any(citation.evidence_id not in commits for citation in hypothesis.citations)


def _put_first(diagnosis: Diagnosis, judgement: Judgement, model: str) -> Diagnosis:
    why = f"{model} contradicts it, and rests on evidence that this does not."
    ours = diagnosis.hypotheses[0].model_copy(update={"guilty_change": diagnosis.guilty_change})
    losing = _lose([ours], why) + diagnosis.hypotheses[1:]
    theirs = _explain(judgement.hypotheses, f"{model} ranks it lower.")
    return diagnosis.model_copy(
        update={"hypotheses": (*theirs[:1], *losing, *theirs[1:]), "guilty_change": judgement.guilty_change}
    )


def _put_behind(
    diagnosis: Diagnosis, judgement: Judgement, relation: Relation, model: str, *, shows_failure: bool
) -> Diagnosis:
    leading = diagnosis.hypotheses[0]
    # Who names the same cause and knows an action for it adds to the first, which signatures knew none for.
    adds = judgement.hypotheses[0].suggestions if relation is Relation.CONFIRMS and not leading.suggestions else ()
    why = {
        Relation.CONFIRMS: f"{model} says the same as the first{', which takes its action over' if adds else ''}.",
        Relation.REFINES: f"{model} {_tell_refined(diagnosis, judgement)}; the first is what signatures found.",
    }.get(relation, f"{model} contradicts the first, {_tell_behind(leading, shows_failure=shows_failure)}")
    theirs = _lose(judgement.hypotheses[:1], why) + _lose(judgement.hypotheses[1:], f"{model} ranks it lower.")
    guilty = diagnosis.guilty_change
    if guilty is None and relation is Relation.CONFIRMS:
        guilty = judgement.guilty_change
    if adds:
        leading = leading.model_copy(update={"suggestions": adds})
    return diagnosis.model_copy(
        update={"hypotheses": (leading, *theirs, *diagnosis.hypotheses[1:]), "guilty_change": guilty}
    )


def _tell_refined(diagnosis: Diagnosis, judgement: Judgement) -> str:
    if diagnosis.hypotheses[0].cause != judgement.hypotheses[0].cause:
        return "blames the same change, and says what it broke"
    return "sees the same cause elsewhere"


def _tell_behind(leading: Hypothesis, *, shows_failure: bool) -> str:
    if leading.suggestions:
        return "whose action stays the one that is proposed: a model takes none back that signatures found."
    if not shows_failure:
        return "and cites nothing that fails."
    return "and rests on no evidence that the first does not."


def _explain(hypotheses: Sequence[Hypothesis], why: str) -> tuple[Hypothesis, ...]:
    return (*hypotheses[:1], *_lose(hypotheses[1:], why))


def _lose(hypotheses: Sequence[Hypothesis], why: str) -> tuple[Hypothesis, ...]:
    return tuple(item.model_copy(update={"lost_because": why}) for item in hypotheses)


def _blames_same(diagnosis: Diagnosis, judgement: Judgement) -> bool:
    return judgement.guilty_change is not None and judgement.guilty_change == diagnosis.guilty_change


def _blames_another(diagnosis: Diagnosis, judgement: Judgement) -> bool:
    ours, theirs = diagnosis.guilty_change, judgement.guilty_change
    if ours is None and theirs:
        # Two faulty changes in two places are two changes, though only one of them has a name.
        first, second = diagnosis.hypotheses[0], judgement.hypotheses[0]
        return first.cause == _CHANGED and not _is_same_place(first, second)
    return bool(ours and theirs) and ours != theirs


def _has_own_evidence(ours: Hypothesis, theirs: Hypothesis, told: Collection[EvidenceId]) -> bool:
    """Answer whether it cites a piece of evidence that ours does not, and that a system observed."""
    known = {citation.evidence_id for citation in ours.citations} | set(told)
    return any(citation.evidence_id not in known for citation in theirs.citations)


def _is_same_place(ours: Hypothesis, theirs: Hypothesis) -> bool:
    """Answer whether both name one thing: a pod carries the name of what made it."""
    shorter, longer = sorted((ours.entity.name, theirs.entity.name), key=len)
    return longer == shorter or longer.startswith(f"{shorter}-")


def _unite_checks(diagnosis: Diagnosis, judgement: Judgement) -> tuple[str, ...]:
    if diagnosis.verdict is not Verdict.UNDETERMINED:
        return diagnosis.checks
    return tuple(dict.fromkeys((*diagnosis.checks, *judgement.checks)))[:_MOST_CHECKS]
