"""Halting and resuming, journalled when the store is there to take it, and effective when it is not."""

from __future__ import annotations

from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.halt import Halt
from fermata.kit.log import get_log
from fermata.ports.store import Transaction

_log = get_log("switch")


class Switch:
    """The kill switch as surfaces use it: the file first, the journal second."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def find(self) -> Halt | None:
        """Return the halt that is in force, or `None`."""
        return self._context.halt.find()

    async def halt(self, by: Actor, reason: str) -> Halt:
        """Stop every execution at its next step. In force when this returns, whatever the store does."""
        halt = self._context.halt.halt(by, reason)
        await self.journal_halt(by, halt.reason)
        return halt

    async def journal_halt(self, by: Actor, reason: str) -> bool:
        """Journal the halt that is in force, and answer whether the store took it.

        One that was lifted before the store could take this has no entry of its own: that of its end names it.
        """
        return await self._journal("executions.halted", by, {"reason": reason}, only_halted=True)

    async def resume(self, by: Actor) -> Halt | None:
        """Let executions start again; return the halt that was in force."""
        halt = self._context.halt.resume()
        if halt is not None:
            await self._journal("executions.resumed", by, {"halted_by": halt.by, "reason": halt.reason})
        return halt

    async def _journal(self, kind: str, by: Actor, data: dict[str, str], *, only_halted: bool = False) -> bool:
        event = JournalEvent(kind=kind, actor=by, data=data)

        def work(transaction: Transaction) -> None:
            if not only_halted or self._context.halt.find() is not None:
                transaction.journal.append(event, self._context.clock.now())

        written = await contain(kind, lambda: self._context.store.write(work))
        if written.failed:
            _log.warning("halt.not_journalled", reason=written.failure)
        return not written.failed
