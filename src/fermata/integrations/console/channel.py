"""Cards to the terminal. Decisions come back through the command line, not through here."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TextIO

from fermata.domain.card import Card
from fermata.integrations.console.render import render_text
from fermata.integrations.console.settings import ConsoleSettings, When
from fermata.kit.digest import compute_bytes_digest
from fermata.kit.errors import TransientError


class ConsoleChannel:
    """Writes each card to a stream, stderr unless told otherwise.

    What is printed cannot be changed: a card that changed is printed again below, one that did not is not. After a
    crash between printing and remembering the receipt it is printed twice: delivery is at least once.
    """

    name = "console"

    def __init__(self, settings: ConsoleSettings, stream: TextIO | None = None) -> None:
        self._settings = settings
        self._stream = stream
        self._writing = threading.Lock()

    async def deliver(self, card: Card, *, key: str, receipt: str | None, room: str = "") -> str:  # noqa: ARG002 - a terminal is one room
        """Print the card unless it is the one the receipt stands for. The receipt is the digest of key and text.

        Raises:
            OperationalError: The stream is closed or cannot be written.
        """
        text = render_text(card, width=self._settings.width)
        printed = compute_bytes_digest(f"{key}\n{text}".encode(errors="replace"))
        if printed != receipt:
            # A terminal that is held (Ctrl-S) blocks the writer; it must not block the server.
            await asyncio.to_thread(self._write, card)
        return printed

    def _write(self, card: Card) -> None:
        # Looked up at each delivery: whoever runs us may have put another stream there since.
        stream = self._stream if self._stream is not None else sys.stderr
        try:
            text = render_text(card, width=self._settings.width, colour=self._wants_colour(stream))
            # A terminal of another encoding gets escapes for what it cannot show, not half a card.
            encoding = stream.encoding or "utf-8"
            text = text.encode(encoding, "backslashreplace").decode(encoding)
            with self._writing:
                stream.write(f"\n{text}\n")
                stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed.
            raise TransientError(
                "The card could not be printed",
                why=f"The console cannot be written: {error}",
                do="Start Fermata with its standard error on a terminal or a file, or use another channel",
                key=str(card.incident_id),
            ) from error

    def _wants_colour(self, stream: TextIO) -> bool:
        if self._settings.colour is When.AUTO:
            return stream.isatty()
        return self._settings.colour is When.ALWAYS
