"""How cards look in the terminal."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class When(StrEnum):
    """When to do something that only some terminals bear."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class ConsoleSettings(BaseModel):
    """The section `console`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    colour: When = When.AUTO
    """`auto`: only when the stream is a terminal, so that a log file stays free of codes. `always`, `never`."""
    width: int = Field(default=100, ge=40, le=400)
    """Columns to wrap at. 100: fits half a screen, and the longest line of most diffs."""
