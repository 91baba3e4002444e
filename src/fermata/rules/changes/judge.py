"""The verdict over all changes of a case: which one is guilty, or why none is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fermata.domain.diagnosis import ChangeVerdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MANIFESTS, ChangeFacts
from fermata.rules.changes.addresses import drop_brought
from fermata.rules.changes.advice import advise, name_change
from fermata.rules.changes.aftermath import Undoing, find_undoing
from fermata.rules.changes.applied import TERRAFORM, is_all_of, is_configuration
from fermata.rules.changes.belief import WORTH, share_belief, weigh_signs
from fermata.rules.changes.diffs import FileKind
from fermata.rules.changes.environments import list_environments, list_values
from fermata.rules.changes.exact_words import doubt_by_words
from fermata.rules.changes.likeness import judge_likeness
from fermata.rules.changes.links import list_signs, measure_rarity, weigh_words
from fermata.rules.changes.live import Change, Effect, Rollouts
from fermata.rules.changes.outside import find_outside
from fermata.rules.changes.outside_cause import Outside
from fermata.rules.changes.own_causes import say_own_cause
from fermata.rules.changes.places import judge_place, judge_time, list_affected
from fermata.rules.changes.present import drop_outlived, find_present
from fermata.rules.changes.reading import read_facts, read_symptoms
from fermata.rules.changes.settling import list_checks
from fermata.rules.changes.siblings import is_same, is_sibling, is_switched
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.sizes import judge_size, measure_scale
from fermata.rules.changes.symptoms import Symptoms
from fermata.rules.changes.words import find_words, is_compound
from fermata.rules.claims import Claim, Quote

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case

ENOUGH = 0.55
"""How likely a change, with the others of its release, has to be: likelier than all others and none together, by far
enough that a decoy is rarely named for it (docs/changes.md)."""
_LIKELIER = 0.35  # It is said, and not named.
TIE = 0.3
"""Points of links it needs among them: having been near is not enough."""
UNREAD = 0.8
"""Points of what may tie a change that nobody read: as many as a middling tie has."""
_NEAR_UNREAD = 0.25  # Belief in a change that nobody read from which on no other is named.
_CLOSE = 0.5  # Points behind at which a change of the same release is nearly as likely.
SHARED_BLAME = 0.75
"""How sure a claim is still that blames one of two changes of a release."""
_AHEAD = 0.05  # Points by which a switch is ahead of the code that it turned on.
_PART = 0.25  # Of what is believed of both, the least that is believed of the switch.
_FRESH = 1.25 * WORTH["time"]
_SLOW_TO_UNDO = frozenset({"terraform", "migration"})
_NEAR_ONLY = 1.0  # What time and place can add up to at the most without a tie.
_KEPT = "_change_judgement"
_MOST_CHANGES = 500  # The latest ones: comparing each with each other is quadratic.
_SPARED = 0.35  # Confidence more where the same code does well with all else.
_SEVERAL = 0.65
_AGREED = 0.1  # Confidence more where two findings of that confidence say that it came from outside.
_LEAST_SURE = 0.7  # Confidence an outside cause needs to be given as the reason that no change is guilty.


@dataclass(frozen=True, slots=True)
class RankedChange:
    """A change with all that speaks for and against it."""

    change: Change
    effect: Effect
    signs: tuple[Sign, ...] = ()
    """Empty when it is ruled out; of one that was not read only where and when."""
    ruled_out: str = ""
    """Why; empty when it is not."""
    unread: str = ""
    """Why it cannot be judged, of one that nobody read or knows to be done. Empty of all others."""
    switch: Change | None = None
    """The flag or the setting that turned its code on: both are taken back together."""
    undone: Undoing | None = None
    """Who took it back during the incident; `None` when nobody did."""
    blame: float = 0.0
    """How likely it is the one, 0..1; what all changes lack of 1 is that none is."""

    @property
    def id(self) -> str:
        """Return the change's id."""
        return self.change.id

    @property
    def turned_by(self) -> str:
        """Return the id of what turned its code on; empty when nothing did."""
        return self.switch.id if self.switch is not None else ""

    @property
    def tie(self) -> float:
        """Return the points of what ties it to the failure."""
        return sum(sign.points for sign in self.signs if sign.is_link)

    @property
    def sum(self) -> float:
        """Return all points, tied or not."""
        return sum(sign.points for sign in self.signs)

    @property
    def points(self) -> float:
        """Return all points; without a tie, time and place count little. What nobody read may be tied or not."""
        if self.unread:
            return self.sum + UNREAD
        return self.sum if self.tie >= TIE else min(self.sum, _NEAR_ONLY)

    @property
    def why(self) -> str:
        """Return in words what speaks for it, or what rules it out."""
        if self.ruled_out:
            return f"Ruled out: {self.ruled_out}."
        if self.unread:
            return f"Cannot be judged: {self.unread}."
        return "; ".join(f"{sign.text} ({sign.points:+.2f})" for sign in self.signs) + "."


@dataclass(frozen=True, slots=True)
class ChangeJudgement:
    """The answer about changes."""

    guilty: str | None
    """The id of the change to blame; `None` when no change is, or nobody can tell which."""
    claim: Claim | None
    """The same as a claim with quotes; `None` without a guilty change."""
    ranked: tuple[RankedChange, ...]
    """Every change that is known, the most suspect first."""
    outside: tuple[Outside, ...]
    """Causes that are no change, the surest first."""
    none_because: str = ""
    """Why no change is named, as what follows "no change is named:"; empty when one is."""
    checks: tuple[str, ...] = ()
    """When nothing explains it: the one or two looks that would settle it."""

    @property
    def belief(self) -> float:
        """Return how likely the first change is the one, 0..1, with the others of its release; 0 without any."""
        return _sum_belief(self.ranked) if self.ranked else 0.0

    @property
    def is_shared(self) -> bool:
        """Answer whether another change of the guilty one's release is nearly as likely, which makes it less sure."""
        return self.guilty is not None and bool(self.ranked) and _find_close_sibling(self.ranked) is not None

    @property
    def verdicts(self) -> tuple[ChangeVerdict, ...]:
        """Return the ranking in the form a diagnosis keeps."""
        return tuple(ChangeVerdict(id=one.id, blame=round(one.blame, 2), why=one.why) for one in self.ranked)


def judge_changes(case: Case) -> ChangeJudgement:
    """Weigh every change of a case against its symptoms. Pure; worked out once a case, whoever asks."""
    kept = vars(case)  # As `functools.cached_property` keeps what it found; a frozen case never gives another answer.
    if _KEPT not in kept:
        kept[_KEPT] = _judge(case)
    judgement: ChangeJudgement = kept[_KEPT]
    return judgement


def _judge(case: Case) -> ChangeJudgement:
    symptoms = drop_outlived(case, read_symptoms(case))
    changes = [Change(item, facts) for item, facts in read_facts(case, EvidenceKind.CHANGE, ChangeFacts)]
    changes = sorted(changes, key=lambda change: change.facts.changed_at)[-_MOST_CHANGES:]
    outside = find_outside(symptoms) or find_present(case, symptoms)
    gone = tuple(_dismiss(one, case.gone[one.id]) for one in changes if one.id in case.gone)
    changes = [one for one in changes if one.id not in case.gone]
    labels, lost = [alert.labels for alert in case.alerts], [one.change for one in gone]
    ranked = rank_changes(changes, symptoms, list_environments(labels), list_values(labels), lost)
    effective = [one.change for one in ranked if not one.ruled_out]
    outside = drop_brought(outside, effective, symptoms)
    words = doubt_by_words(symptoms, effective)
    ranked = _share_blame((*ranked, *gone), outside, words)
    because = _find_objection(ranked, outside) or say_own_cause(case, symptoms, ranked[0], outside)
    if because:
        checks = () if outside and outside[0].confidence >= _LEAST_SURE else _list_checks(ranked, symptoms)
        return ChangeJudgement(None, None, ranked, outside, because, checks)
    claim = make_claim(ranked[0], symptoms, sibling=_find_close_sibling(ranked))
    return ChangeJudgement(ranked[0].id, claim, ranked, outside)


def _dismiss(change: Change, why: str) -> RankedChange:
    return RankedChange(change, Effect(None, frozenset(), why), ruled_out=why)


def rank_changes(
    changes: Sequence[Change],
    symptoms: Symptoms,
    environments: frozenset[str] = frozenset(),
    named: frozenset[str] = frozenset(),
    dismissed: Sequence[Change] = (),  # Ruled out before: what stands for one of them, or carried it, was read.
) -> tuple[RankedChange, ...]:
    """Order changes by how far they are to blame; those ruled out come last. As `Rollouts` takes `environments`."""
    rollouts = Rollouts(changes, began_at=symptoms.began_at, environments=environments, named=named)
    rarity = measure_rarity(changes)
    ranked = [_rule_out(change, (*changes, *dismissed), rollouts) for change in changes]
    weighed = [one for one in ranked if not one.ruled_out and not one.unread]
    scale = measure_scale([one.change for one in weighed])
    together = {one.id: sign for one, sign in _judge_company(weighed)}
    alike = {one.id: sign for one, sign in judge_likeness([one.change for one in weighed], symptoms)}
    for position, one in enumerate(ranked):
        if one.unread:
            near = (judge_place(one.change, one.effect, symptoms)[0], judge_time(one.change, one.effect, symptoms))
            ranked[position] = replace(one, signs=weigh_signs(near))
        elif not one.ruled_out:
            beside = (found[one.id] for found in (together, alike) if one.id in found)
            size = (*judge_size(one.change, scale), *beside)
            own = (*list_signs(one.change, one.effect, symptoms, rarity), *size)
            undone = find_undoing(one.change, changes, rollouts, symptoms)
            signs = weigh_signs((*own, *_judge_undoing(one.change, undone)))
            ranked[position] = replace(one, signs=signs, undone=undone)
    passed = _excuse_adopters(_pass_on_activation(_tell_undoers(ranked)), rollouts)
    # Equals keep an order that does not depend on the order of files: the later change first, then by id.
    passed.sort(key=lambda one: (_get_rank(one), -one.points, -one.change.facts.changed_at.timestamp(), one.id))
    return tuple(passed)


def _get_rank(one: RankedChange) -> int:
    """Return 0 for a change that can be judged, 1 for one that nobody read, 2 for one that is ruled out."""
    return 2 if one.ruled_out else 1 if one.unread else 0


def _judge_company(weighed: Sequence[RankedChange]) -> Iterator[tuple[RankedChange, Sign]]:
    """Yield the changes that came with others in one release, where not all did: of larger lots more breaks."""
    lots = Counter(frozenset(one.effect.times.items()) for one in weighed if one.effect.times)
    joined = [one for one in weighed if one.effect.times and lots[frozenset(one.effect.times.items())] > 1]
    rest = 1.0 - len(joined) / max(len(weighed), 1)
    for one in joined if rest else ():
        yield one, Sign("together", round(rest, 2), "its release carries others as well")


def _tell_undoers(ranked: Sequence[RankedChange]) -> list[RankedChange]:
    """Say of each change that came too late what it took back: it is an answer to the incident."""
    taken = {one.undone.by: one.id for one in reversed(ranked) if one.undone is not None}
    return [
        replace(one, ruled_out=f"{one.ruled_out}, and took {taken[one.id]} back")
        if one.ruled_out and one.id in taken
        else one
        for one in ranked
    ]


def _rule_out(change: Change, changes: Sequence[Change], rollouts: Rollouts) -> RankedChange:
    """Return a change without signs, and with what rules it out if anything does."""
    effect = rollouts.judge(change)
    if effect.at is None:
        return RankedChange(change, effect, ruled_out=effect.why)
    if (twin := _find_twin(change, changes)) is not None:
        return RankedChange(change, effect, ruled_out=f"{twin.id} is the same change, by its own name")
    if change.is_delivery and not change.facts.is_dated:
        return RankedChange(change, effect, ruled_out="it says which commit runs, and not that anything was changed")
    if (applied := _find_applied(change, changes, rollouts)) is not None:
        return RankedChange(change, effect, ruled_out=f"{applied.id}, which it applied, is judged by itself")
    if change.is_unconfirmed:
        if change.facts.kind == MANIFESTS:
            unread = "what is live and what is declared differ, and nothing says which came last"
        else:
            unread = "it is a plan, and nothing says that it was applied"
        return RankedChange(change, effect, unread=unread)
    if not change.facts.diff_read:
        if (written := _find_written(change, changes, rollouts)) is not None:
            return RankedChange(change, effect, ruled_out=f"{written.id}, which wrote it, is judged by itself")
        if (carried := _find_carried(change, changes, rollouts)) is not None:
            return RankedChange(change, effect, ruled_out=f"{carried.id}, which it carried, is judged by itself")
        return RankedChange(change, effect, unread=f"what it changed was not read; {effect.why}")
    return RankedChange(change, effect)


def _find_twin(change: Change, changes: Sequence[Change]) -> Change | None:
    """Return the commit that a pull request or a release stands for, if its diff is known: the commit is named."""
    if change.facts.kind == "commit" or change.facts.dropped:  # It changes what it goes back behind, too.
        return None
    read = (other for other in changes if other.facts.kind == "commit" and other.facts.diff_read)
    own = (change.facts.sha, *(change.facts.commits if change.is_written else ()))
    return next((other for other in read if any(other.is_commit(sha) for sha in own)), None)


def _find_carried(release: Change, changes: Sequence[Change], rollouts: Rollouts) -> Change | None:
    """Return a change with a diff that a release brought into effect: what it did is known as far as anybody says."""
    if not release.is_release and not release.is_delivery:
        return None
    at, service = release.facts.changed_at, release.facts.ref if release.is_delivery else release.facts.service
    read = (one for one in changes if (one.is_written or one.facts.kind == MANIFESTS) and one.facts.diff_read)
    brought = (one for one in read if rollouts.judge(one).times.get(service) == at or rollouts.ships(release, one))
    return next(brought, None)


def _find_written(run: Change, changes: Sequence[Change], rollouts: Rollouts) -> Change | None:
    """Return the commit that wrote the migration which ran, where its diff is known."""
    read = (one for one in changes if one.facts.diff_read and any(own is run for own in rollouts.list_runs(one)))
    return next((one for one in read if rollouts.judge(one).at is not None), None)


def _find_applied(run: Change, changes: Sequence[Change], rollouts: Rollouts) -> Change | None:
    """Return the last commit that a run of Terraform applied, where it did nothing else: who wrote it is named."""
    if run.facts.kind != TERRAFORM:
        return None
    written = (one for one in changes if one.is_written and is_configuration(one))
    commits = [one for one in written if one.facts.diff_read and run.id in rollouts.judge(one).times]
    return commits[-1] if commits and is_all_of(run, commits) else None


def _judge_undoing(change: Change, undone: Undoing | None) -> Iterator[Sign]:
    if undone is not None:
        # Queues, caches and restarts outlast an undoing, so that nothing better within minutes says little against it.
        points = {None: 0.0, True: 1.0, False: -0.5}[undone.helped]
        if change.facts.kind in _SLOW_TO_UNDO:  # A machine is replaced, a table rewritten, in its own time.
            points = max(points, 0.0)
        yield Sign("undone", points, undone.words)


def _pass_on_activation(ranked: Sequence[RankedChange]) -> list[RankedChange]:
    """Give a switch the ties of the code that it turned on, and that code the switch's time.

    What took effect as the fault began is the switch; only where a line of that code fails is the code named first.
    """
    flags = [one for one in ranked if one.change.facts.kind in ("flag", "config") and not one.unread]
    switches = [one for one in flags if _get_time(one) >= _FRESH]
    found = {one.id: one for one in ranked}
    for one in ranked:
        switch = next((switch for switch in switches if _guards(switch.change, one)), None)
        if switch is None:
            continue
        time = next(sign for sign in switch.signs if sign.name == "time")
        rest = tuple(sign for sign in one.signs if sign.name != "time")
        turned = replace(time, text=f"{switch.id} turned it on, {time.text}")
        (reason,) = weigh_signs([Sign("activated", 0.3, f"{switch.change.facts.ref} guards its code")])
        code = replace(one, signs=(*rest, turned, reason), switch=switch.change)
        found[one.id] = code
        link = next(sign.text for sign in code.signs if sign.is_link)
        fails = any(sign.name == "frame" for sign in code.signs)
        lead = 0.0 if fails else max(0.0, code.points - found[switch.id].points) + _AHEAD
        own = Sign("activated", round(lead, 2), f"it turned on {one.id}: {link}")
        found[switch.id] = replace(found[switch.id], signs=(*found[switch.id].signs, own))
    return list(found.values())


def _excuse_adopters(ranked: Sequence[RankedChange], rollouts: Rollouts) -> list[RankedChange]:
    """Hold against the commits of a library what the step to its new version is suspected of, where they are known."""
    found = {one.id: one for one in ranked}
    for one in ranked:
        if one.tie >= TIE:
            for adopter in rollouts.list_adopters(one.change):
                own = found[adopter.id]
                if own.signs:
                    sign = Sign("known", -0.5, f"{one.id} is part of what it moves to")
                    rest = (old for old in own.signs if old.name != "known" and not _is_of_step(old, own.change))
                    found[own.id] = replace(own, signs=(*rest, sign))
    return list(found.values())


def _is_of_step(sign: Sign, change: Change) -> bool:
    """Answer whether a sign of kind rests on a step to another version alone: the commits that make it say more."""
    steps = {line for hunk in change.diff.effective if hunk.kind is FileKind.MANIFEST for line in hunk.lines}
    return sign.name == "kind" and sign.line is not None and sign.line in steps


def _get_time(one: RankedChange) -> float:
    return next((sign.points for sign in one.signs if sign.name == "time"), 0.0)


def _guards(switch: Change, one: RankedChange) -> bool:
    """Answer whether a switch is about a commit's code: the diff or the message names it, whole or by its own word."""
    name = switch.facts.ref
    if not name or one.unread or not one.signs or not one.change.is_written:
        return False
    own = find_words(name.rpartition(".")[2])
    words = weigh_words(one.change)
    if any(is_compound(word) and words.get(word, 0.0) >= 0.4 for word in own):
        return True
    if any(name in line.text for line in one.change.evidence.lines):
        return True
    failing_there = any(sign.name == "frame" for sign in one.signs)
    return (failing_there or one.tie >= TIE) and any(words.get(word, 0.0) >= 0.6 for word in own)


def _find_objection(ranked: Sequence[RankedChange], outside: Sequence[Outside]) -> str:
    """Return why the first change cannot be named; empty when it can."""
    if not ranked or _get_rank(ranked[0]):
        return "none that was read was in effect where it hurts when it began"
    top = ranked[0]
    best = outside[0] if outside else None
    believed = _sum_belief(ranked)
    unread = next((one for one in ranked if one.unread and one.blame >= _NEAR_UNREAD), None)
    if top.tie >= TIE and believed >= ENOUGH:
        return f"{_name_unread(unread)}, may as well be the one as {top.id}" if unread is not None else ""
    if best is not None and best.confidence >= _LEAST_SURE:
        return f"it is explained without a change: {best.text}"
    rival = find_rival(ranked)
    if rival is not None and min(top.tie, rival.tie) >= TIE and top.points - rival.points < _CLOSE:
        return f"{top.id} and {rival.id} are about equally likely"
    if top.tie >= TIE and believed >= _LIKELIER:
        return f"{top.id} is the likeliest, and not enough speaks for it to name it: it may be none that was read"
    return "none is tied to the failure closely enough"


def _name_unread(one: RankedChange) -> str:
    return f"{one.id}, {'which may not have been applied' if one.change.is_unconfirmed else 'which nobody read'}"


def _sum_belief(ranked: Sequence[RankedChange]) -> float:
    """Return how likely the first one's release is: all of it is taken back together."""
    top = ranked[0]
    return sum(one.blame for one in ranked if one is top or is_sibling(one, top))


def _share_blame(ranked: Sequence[RankedChange], outside: Sequence[Outside], words: float) -> tuple[RankedChange, ...]:
    """Return the changes with how likely each is the one; one that is ruled out is not."""
    doubt = max([words, *(cause.confidence + (_SPARED if cause.spares else 0.0) for cause in outside)])
    if len({cause.cause for cause in outside if cause.confidence >= _SEVERAL}) > 1:
        doubt += _AGREED
    shares = iter(share_belief([one.points for one in ranked if not one.ruled_out], doubt))
    return _share_with_switches([one if one.ruled_out else replace(one, blame=next(shares)) for one in ranked])


def _share_with_switches(ranked: Sequence[RankedChange]) -> tuple[RankedChange, ...]:
    """Let a switch have its part in what is believed of the code that it turned on: they took effect as one."""
    blames = {one.id: one.blame for one in ranked}
    for one in ranked:
        if one.switch is not None and blames[one.turned_by] < _PART * blames[one.id]:
            both = blames[one.id] + blames[one.turned_by]
            blames.update({one.id: (1 - _PART) * both, one.turned_by: _PART * both})
    shared = (replace(one, blame=blames[one.id]) for one in ranked)
    return tuple(sorted(shared, key=lambda one: (_get_rank(one), -one.blame)))


def find_rival(ranked: Sequence[RankedChange]) -> RankedChange | None:
    """Return the best change that is not of the first one's release: of one release all are taken back together."""
    top = ranked[0]
    return next((one for one in ranked[1:] if not one.ruled_out and not is_sibling(one, top)), None)


def _find_close_sibling(ranked: Sequence[RankedChange]) -> RankedChange | None:
    top = ranked[0]
    near = (one for one in ranked[1:] if one.tie >= TIE and top.points - one.points < _CLOSE)
    # A switch and its code, a migration and its commit are no two guesses: what takes one back takes both back.
    near = (one for one in near if not is_switched(one, top) and not is_same(one, top))
    return next((one for one in near if is_sibling(one, top)), None)


def make_claim(one: RankedChange, symptoms: Symptoms, *, sibling: RankedChange | None = None) -> Claim:
    """Return the blame of a change as a claim that quotes its diff and the failure.

    Args:
        sibling: Another change of the same release that is nearly as likely, which makes the claim less sure.
    """
    change, facts = one.change, one.change.facts
    lines = [sign.line for sign in one.signs if sign.line is not None]
    texts = {line.number: line.text for line in change.evidence.lines}
    diff_quotes = [Quote(change.evidence.id, line.number, texts[line.number]) for line in lines]
    if not diff_quotes:
        first = next((line for line in change.evidence.lines if line.text.strip()), None)
        diff_quotes = [Quote(change.evidence.id, first.number, first.text)] if first else []
    tellings = [sign.telling for sign in one.signs if sign.telling is not None] or list(symptoms.tellings[:1])
    log_quotes = [Quote(telling.evidence.id, telling.number, telling.text) for telling in tellings]
    links = [sign.text for sign in one.signs if sign.is_link]
    author = f" by {facts.author}" if facts.author else ""
    time = next((sign.text for sign in one.signs if sign.name == "time"), "") if one.switch else one.effect.why
    undone = f"; {one.undone.words}" if one.undone is not None else ""
    doubt = f"; {sibling.id} of the same release is nearly as likely" if sibling else ""
    return Claim(
        cause="faulty_change",
        subject=_choose_subject(one, symptoms),
        text=f"{name_change(change)}{author} is to blame: {'; '.join(links[:3])}; {time}{undone}{doubt}.",
        confidence=round(min(0.95, 0.3 + 0.09 * one.points) * (SHARED_BLAME if sibling else 1.0), 2),
        quotes=tuple(dict.fromkeys((*diff_quotes[:2], *log_quotes[:2]))),
        explains=frozenset(f"service/{name}" for name in symptoms.abnormal),
        person_must=advise(change, undone=one.undone, switch=one.switch, signs=one.signs),
        change=one.id,
    )


def _choose_subject(one: RankedChange, symptoms: Symptoms) -> Entity:
    affected = list_affected(one.change, one.effect, symptoms)
    begins = sorted(affected & symptoms.origins) or sorted(affected) or sorted(symptoms.origins)
    name = begins[0] if begins else one.change.evidence.entity.name
    try:
        return Entity(kind="service", name=name)
    except ValueError:  # A name that no entity may bear.
        return one.change.evidence.entity


def _list_checks(ranked: Sequence[RankedChange], symptoms: Symptoms) -> tuple[str, ...]:
    close = [one for one in ranked[:2] if one.tie >= TIE]
    is_unread = any(one.unread and one.blame >= _NEAR_UNREAD for one in ranked)
    return list_checks(ranked, symptoms, close=close, is_unread=is_unread)
