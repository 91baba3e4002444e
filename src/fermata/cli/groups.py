"""How a group of commands lists them in its help."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class WholeHelp(TyperGroup):
    """Shows the first sentence of each command whole: half of one, with dots behind it, helps nobody to choose."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands; a sentence that is longer than the line goes on below itself."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(limit=1000)) for name, one in commands if one and not one.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)
