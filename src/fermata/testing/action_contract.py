"""What every catalogue action has to keep to, as tests: subclass, say what it acts on, and pytest collects the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fermata.domain.action import ActionResult, DryRun, Outcome, PlannedAction
from fermata.domain.entity import Entity
from fermata.domain.ids import ActionId
from fermata.kit.digest import canonical_json
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.ports.action import CatalogueAction, ExecutionKey
from fermata.testing.requiring import require

KEY = ExecutionKey(ActionId("act-contract000000"), "sha256:" + "0123456789abcdef" * 4)
OTHER_KEY = ExecutionKey(ActionId("act-somebody000000"), "sha256:" + "fedcba9876543210" * 4)


def plan_action(
    action: CatalogueAction, target: Entity, parameters: Mapping[str, Any], dry_run: DryRun
) -> PlannedAction:
    """Return the planned action that a dry run leads to."""
    return PlannedAction(
        id=KEY.action_id,
        name=action.spec.name,
        target=target,
        parameters=action.validate(target, parameters),
        risk=action.spec.risk,
        dry_run=dry_run,
    )


class ActionContract:
    """The suite. A subclass is named `Test...` and implements the methods that raise."""

    refuses_drift = True
    """Whether `execute` itself refuses a target that changed since the dry run, on top of the caller's drift check."""

    def make_action(self) -> CatalogueAction:
        """Return the action under test, on the real system."""
        raise NotImplementedError

    def give_target(self) -> Entity:
        """Return a target that exists."""
        raise NotImplementedError

    def give_parameters(self) -> Mapping[str, Any]:
        """Return parameters that make a difference to the target as it is at the start."""
        raise NotImplementedError

    def list_bad_parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return parameters that must be refused: missing, mistyped, out of range. Unknown ones are added."""
        raise NotImplementedError

    def list_foreign_targets(self) -> Sequence[Entity]:
        """Return targets of another system, or of a kind this action does not act on."""
        return (Entity(kind="service", name="checkout"), Entity(system="elsewhere", kind="process", name="checkout"))

    def give_missing_target(self) -> Entity:
        """Return a target of the right form that does not exist."""
        raise NotImplementedError

    async def take_snapshot(self) -> str:
        """Return a digest of everything outside that the action could change."""
        raise NotImplementedError

    async def cause_drift(self) -> None:
        """Change the target as somebody else would."""
        raise NotImplementedError

    async def read_change(self, key: ExecutionKey) -> str:
        """Return what really changed since the start, in the form of the dry run's diff, the key's mark left out."""
        raise NotImplementedError

    def strip_mark(self, diff: str) -> str:
        """Return a dry run's diff without what stands in it for the key."""
        return diff

    def break_system(self) -> None:
        """Make the system impossible to ask, so that nothing can be done there."""
        raise NotImplementedError

    async def plan(self) -> tuple[CatalogueAction, PlannedAction]:
        """Return the action and what its dry run plans."""
        action = self.make_action()
        dry_run = await action.dry_run(self.give_target(), self.give_parameters())
        return action, plan_action(action, self.give_target(), self.give_parameters(), dry_run)

    async def test_dry_run_changes_nothing(self) -> None:
        """The effect is computed, not done."""
        before = await self.take_snapshot()

        _, planned = await self.plan()

        require(await self.take_snapshot() == before, "the dry run changed something")
        DryRun.from_json(planned.dry_run.to_json())

    async def test_version_is_the_one_of_the_dry_run(self) -> None:
        """The drift check compares the two: without drift they are equal, and looking changes nothing."""
        action, planned = await self.plan()
        before = await self.take_snapshot()

        version = await action.observe_version(planned.target, planned.parameters)

        require(version == planned.dry_run.observed_version, "another version, and nothing has changed")
        require(await self.take_snapshot() == before, "looking at the version changed something")

    async def test_drift_changes_the_version(self) -> None:
        """What somebody else changes meanwhile is seen."""
        action, planned = await self.plan()

        await self.cause_drift()

        version = await action.observe_version(planned.target, planned.parameters)
        require(version != planned.dry_run.observed_version, "drift was not seen")

    async def test_parameters_are_canonical(self) -> None:
        """Validated parameters are JSON, and validating them again changes nothing."""
        action, target = self.make_action(), self.give_target()

        once = action.validate(target, self.give_parameters())

        require(json.loads(canonical_json(dict(once))) == dict(once), "not JSON")
        require(dict(action.validate(target, once)) == dict(once), "not stable")
        require(set(once) == set(action.spec.parameters_schema["properties"]), "not what the schema says")

    async def test_bad_parameters_are_refused(self) -> None:
        """Unknown, missing, mistyped and out of range: each is the user's error, with words."""
        action, target = self.make_action(), self.give_target()

        for bad in (*self.list_bad_parameters(), {**self.give_parameters(), "force": True}):
            _require_refused(action, target, bad)

    async def test_foreign_targets_are_refused(self) -> None:
        """An action acts on its own system's objects only."""
        for target in self.list_foreign_targets():
            _require_refused(self.make_action(), target, self.give_parameters())

    async def test_missing_target_is_refused_in_words(self) -> None:
        """A dry run on something that is not there says so."""
        action = self.make_action()

        try:
            await action.dry_run(self.give_missing_target(), self.give_parameters())
        except UserError as error:
            require(bool(error.what and error.do), "does not say what to do")
        else:
            raise AssertionError("planned on something that does not exist")

    async def test_execution_does_what_the_diff_said(self) -> None:
        """What was approved is what happens, no more and no less."""
        action, planned = await self.plan()

        result = await action.execute(planned, KEY)

        require(result.outcome is Outcome.DONE, result.detail)
        change = await self.read_change(KEY)
        require(change == self.strip_mark(planned.dry_run.diff), f"another change than approved:\n{change}")

    async def test_plan_that_was_executed_is_not_done_again(self) -> None:
        """A store that went back to a backup takes it for one that was not begun: its target shows that it was."""
        action, planned = await self.plan()
        await action.execute(planned, KEY)

        if await self._is_still_fit(action, planned):
            before = await self.take_snapshot()
            result = await action.execute(planned, KEY)
            require(result.outcome is Outcome.FAILED, f"done again: {result.detail}")
            require(await self.take_snapshot() == before, "something was changed again")

    async def _is_still_fit(self, action: CatalogueAction, planned: PlannedAction) -> bool:
        """Answer whether the caller's drift check would let it pass."""
        try:
            version = await action.observe_version(planned.target, planned.parameters)
        except OperationalError:
            return False  # What cannot be looked at is not touched.
        return version == planned.dry_run.observed_version

    async def test_probe_tells_what_was_done(self) -> None:
        """After a crash the effect is found again, and looking for it changes nothing."""
        action, planned = await self.plan()
        intended_at = datetime.now(UTC)
        await action.execute(planned, KEY)
        before = await self.take_snapshot()

        result = await action.probe(planned, KEY, intended_at)

        require(result.outcome is Outcome.DONE, result.detail)
        require(await self.take_snapshot() == before, "the probe changed something")

    async def test_probe_tells_what_was_not_done(self) -> None:
        """A crash before the effect leaves none, and the probe is sure of it."""
        action, planned = await self.plan()
        before = await self.take_snapshot()

        result = await action.probe(planned, KEY, datetime.now(UTC))

        require(result.outcome is Outcome.FAILED, result.detail)
        require(await self.take_snapshot() == before, "the probe changed something")

    async def test_execution_refuses_a_changed_target(self) -> None:
        """Between the caller's drift check and the effect, somebody may still have been faster."""
        if not self.refuses_drift:
            return
        action, planned = await self.plan()
        await self.cause_drift()
        before = await self.take_snapshot()

        result = await action.execute(planned, KEY)

        require(result.outcome is Outcome.FAILED, result.detail)
        require(await self.take_snapshot() == before, "something was changed all the same")

    async def test_unreachable_system_is_told_not_raised(self) -> None:
        """`execute` and `probe` return what they know; the rest raises operational errors and nothing else."""
        action, planned = await self.plan()
        self.break_system()

        for result in (await action.execute(planned, KEY), await action.probe(planned, KEY, datetime.now(UTC))):
            require(isinstance(result, ActionResult), "no result")
            require(result.outcome is not Outcome.DONE, f"done without a system: {result.detail}")
        try:
            await action.dry_run(planned.target, planned.parameters)
        except OperationalError:
            return
        except FermataError as error:
            raise AssertionError(f"{type(error).__name__} instead of an OperationalError") from error
        raise AssertionError("dry run without a system")


def _require_refused(action: CatalogueAction, target: Entity, parameters: Mapping[str, Any]) -> None:
    try:
        action.validate(target, parameters)
    except UserError as error:
        require(bool(error.what), "an error without words")
    else:
        raise AssertionError(f"accepted {parameters} on {target.ref}")
