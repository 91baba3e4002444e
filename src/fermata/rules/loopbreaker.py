"""The brake: what was done before on a target decides whether it may be done again.

Called before a plan is proposed and again before each execution. It knows nothing of causes: it counts, and sends a
repetition to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.action import EarlierAction, Outcome
from fermata.domain.entity import Entity
from fermata.domain.execution import VerificationVerdict
from fermata.kit.clock import format_instant
from fermata.kit.errors import GuardRefused
from fermata.kit.units import format_duration

_LIMIT_FAILURES = 2
"""A first failure may be bad luck; the second says that the explanation is wrong."""

# What a repetition of an action usually means, by the action's verb; said only when all failures were of that verb.
_LESSONS = {
    "set_memory_limit": "memory that outgrows every limit is a leak, not a limit",
    "restart": "a restart that does not hold treats the symptom, not the cause",
    "set_env": "the value is not what is wrong",
    "revert_commit": "the change is not what is wrong",
}


def refuse_loop(
    action_name: str,
    target: Entity,
    earlier: Sequence[EarlierAction],
    cooldown: timedelta,
    now: datetime,
    *,
    is_undo: bool = False,
) -> None:
    """Refuse to repeat on a target what was just done, what keeps failing, or what nobody knows the end of.

    Failure mode: it sees only what `earlier` holds. Two steps of one failed plan on the same target count as two
    failures, so the brake may come one attempt early, never late.

    Args:
        action_name: Catalogue name of the action about to run.
        earlier: Actions on this target, newest first; those on other targets are ignored.
        cooldown: How long the same action on the same target rests, whatever came of it.
        is_undo: True for the plan that takes back a `worse` result: it must not wait for its own cooldown, and is
            not another attempt. An unknown outcome stops it all the same.

    Raises:
        GuardRefused: Rule `unknown_outcome`: an earlier effect may or may not have happened.
            Rule `cooldown`: the same action ran on the target less than `cooldown` ago.
            Rule `two_failures`: the last two actions of known outcome did not restore the target.
    """
    mine = [action for action in earlier if action.target.ref == target.ref]
    _refuse_unknown(action_name, target, mine)
    if is_undo:
        return
    _refuse_cooldown(action_name, target, mine, cooldown, now)
    _refuse_failures(action_name, target, mine, now)


def _refuse_unknown(action_name: str, target: Entity, earlier: Sequence[EarlierAction]) -> None:
    unknown = next((action for action in earlier if _is_unsettled(action)), None)
    if unknown is None:
        return
    raise GuardRefused(
        "unknown_outcome",
        f"{action_name} on {target.ref} was not executed",
        why=f"Nobody knows whether {unknown.action_name} of {format_instant(unknown.at)} took effect there",
        do="Look at the target, settle that action, then propose again",
        target=target.ref,
        earlier=unknown.action_name,
        at=unknown.at,
    )


def _is_unsettled(action: EarlierAction) -> bool:
    """Answer whether nobody knows if an action took effect: a target that is well again is answer enough."""
    return action.outcome is Outcome.UNKNOWN and action.verdict != VerificationVerdict.RESTORED


def _refuse_cooldown(
    action_name: str, target: Entity, earlier: Sequence[EarlierAction], cooldown: timedelta, now: datetime
) -> None:
    latest = next((action for action in earlier if action.action_name == action_name), None)
    if latest is None or now - latest.at >= cooldown:
        return
    raise GuardRefused(
        "cooldown",
        f"{action_name} on {target.ref} was not executed",
        why=f"It ran there {_say_ago(latest.at, now)}, and its cooldown is {format_duration(cooldown)}",
        do=f"Wait until {format_instant(latest.at + cooldown)}, or act by hand",
        target=target.ref,
        since=now - latest.at,
        limit=cooldown,
    )


def _say_ago(at: datetime, now: datetime) -> str:
    if at > now:
        return f"at {format_instant(at)}, which is still to come: a clock was set back since"
    return f"{format_duration(now - at)} ago"


def _refuse_failures(action_name: str, target: Entity, earlier: Sequence[EarlierAction], now: datetime) -> None:
    last = [action for action in earlier if _is_judged(action)][:_LIMIT_FAILURES]
    if len(last) < _LIMIT_FAILURES or any(action.verdict == VerificationVerdict.RESTORED for action in last):
        return
    names = [action.action_name for action in reversed(last)]
    did = f"{names[0]} ran twice" if len(set(names)) == 1 else " and then ".join(names) + " ran"
    lesson = _LESSONS.get(names[0].partition(".")[2], "") if len(set(names)) == 1 else ""
    raise GuardRefused(
        "two_failures",
        f"{action_name} on {target.ref} was not executed",
        why=f"{did} there within {format_duration(abs(now - last[-1].at))} and did not restore it"
        + (f": {lesson}" if lesson else ""),
        do="A person must look; the earlier attempts are on the card",
        target=target.ref,
        attempts=tuple(names),
        limit=_LIMIT_FAILURES,
    )


def _is_judged(action: EarlierAction) -> bool:
    # A step that was done and not verified yet (its plan is still running) is neither a success nor a failure.
    return bool(action.verdict) or action.outcome is Outcome.FAILED
