"""The kill switch: a file first, because a file works when the store, the web server and every model are gone.

Halted means that no action starts: not the next run, and not the next step of a running one. An effect that is
already under way in the target system cannot be called back, and is recorded as usual.
"""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from fermata.domain.person import FERMATA, Actor
from fermata.domain.record import Instant, Record
from fermata.flows.signal_file import is_there, write_or_touch
from fermata.kit.clock import Clock
from fermata.kit.errors import GuardRefused, OperationalError
from fermata.kit.log import get_log
from fermata.kit.redaction import redact_cut

_log = get_log("halt")
_LONGEST_REASON = 500
_SAYS_NOTHING = "the halt file is there and says nothing (made by hand, or on a full disk)"
RESUMED = (
    "What waits can be approved again. What was approved and was to begin meanwhile was refused for good: "
    "ask for a new plan."
)
"""What a resume brings, for whoever resumed."""
_UNWRITTEN = "; the disk had no room for these words: others read that it is halted, not by whom or why"


class Halt(Record):
    """Who halted, when and why."""

    by: str
    reason: str
    since: Instant | None = None
    """`None` when the file says nothing readable: it still halts."""
    is_written: bool = Field(default=True, exclude=True)
    """False where the file found no room for these words, and halts without them."""


class HaltSwitch:
    """The halt file of one installation.

    Failure mode: a file that exists and cannot be read halts; a directory that cannot be looked into halts too.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    @property
    def path(self) -> Path:
        """Return the file's place: `touch` on it halts as well."""
        return self._path

    def find(self) -> Halt | None:
        """Return the halt that is in force, or `None`. Touches no store."""
        try:
            text = self._path.read_text(errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            return Halt(by="unknown", reason=f"the halt file cannot be read ({error.strerror}); halted to be safe")
        try:
            return Halt.from_json(json.loads(text))
        except (ValueError, TypeError):  # TypeError: JSON, but no object. `echo 1 >` is a way to halt.
            words = redact_cut(text.strip(), _LONGEST_REASON).text
            return Halt(by="unknown", reason=words or _SAYS_NOTHING)

    def halt(self, by: Actor, reason: str) -> Halt:
        """Write the file, on disk before this returns. Halting again keeps the first halt.

        Args:
            reason: Cut to 500 characters and kept without secrets: cards and the journal repeat it.

        Where the words find no room, the file is made without them: it halts, and `is_written` is false.

        Raises:
            OperationalError: The file cannot be written.
        """
        existing = self.find()
        # What cannot be looked at refuses every action of ours. It halts nobody else: whoever may not enter the state
        # directory must not read that Fermata was halted.
        if existing is not None and is_there(self._path):
            return existing
        words = redact_cut(reason, _LONGEST_REASON).text
        return self._write(Halt(by=by.id, reason=words or "no reason given", since=self._clock.now()))

    def insist(self, by: Actor, reason: str) -> Halt:
        """Halt, or add the reason to the halt that stands: whoever lifts that one must know of both.

        Raises:
            OperationalError: The halt file cannot be written.
        """
        standing = self.halt(by, reason)
        if reason in standing.reason:
            return standing
        return self._write(standing.model_copy(update={"reason": f"{standing.reason.rstrip('.')}. Besides, {reason}"}))

    def _write(self, halt: Halt) -> Halt:
        try:
            is_written = write_or_touch(self._path, json.dumps(halt.to_json()))
        except OSError as error:
            raise OperationalError(
                "The halt file could not be written",
                why=f"{self._path}: {error.strerror}",
                do="Stop the Fermata process"
                # Nobody's hand writes to what is mounted read-only.
                + ("" if error.errno == errno.EROFS else f", or create the file by hand: touch {self._path}"),
            ) from error
        return halt if is_written else halt.model_copy(update={"is_written": False})

    def resume(self) -> Halt | None:
        """Remove the file; return the halt that was in force, or `None`."""
        existing = self.find()
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise OperationalError(
                "The halt file could not be removed",
                why=f"{self._path}: {error.strerror}",
                do="Executions stay halted until the file is gone",
            ) from error
        return existing

    def refuse(self, again: str = "") -> None:
        """Do nothing, or refuse because executions are halted.

        Args:
            again: What to do after the resume, behind "then", where what is refused does not go on by itself.

        Raises:
            GuardRefused: `halt` is in force.
        """
        halt = self.find()
        if halt is not None:
            raise GuardRefused(
                "halt",
                "Nothing is executed while Fermata is halted",
                why=describe_halt(halt),
                do=f"Run `fermata resume`, then {again}" if again else "Run `fermata resume`",
            )


def halt_after_loss(switch: HaltSwitch, seen: int, found: int) -> None:
    """Halt because the store went back to an earlier state: it does not know any more what was done since.

    A halt that stands says so from then on, too.

    Args:
        seen: The number of the journal's last entry, as this process saw it.
        found: The one it ends with now.

    Raises:
        OperationalError: The halt file cannot be written.
    """
    halt = switch.insist(
        FERMATA,
        f"the store went back: its journal ended with entry {seen}, and now ends with another, {found}. What was "
        "decided and done since is not in it: a standby that lagged was promoted, or a backup restored. Compare with "
        "the world, then resume",
    )
    _log.error("store.went_back", seen=seen, found=found, halted_by=halt.by, halt_reason=halt.reason)


def describe_halt(halt: Halt) -> str:
    """Say who halted, since when and why, in one sentence; and when others cannot read it."""
    since: datetime | None = halt.since
    moment = f" since {since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if since else ""
    return f"halted by {halt.by}{moment}: {halt.reason}{'' if halt.is_written else _UNWRITTEN}"


def tell_halt(halt: Halt) -> str:
    """Say the same as the beginning of a sentence."""
    text = describe_halt(halt)
    return f"{text[0].upper()}{text[1:]}"
