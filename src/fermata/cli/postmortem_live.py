"""`fermata postmortem draft INCIDENT`: drafts from what was heard and what systems tell, and saves it beside edits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fermata.cli.opening import get_actor, with_house
from fermata.cli.output import print_json, say
from fermata.cli.postmortem_editing import tell_conflicts
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.domain.postmortem import Postmortem
    from fermata.flows.postmortem.keeping import Generated


def draft_live(name: str, template: str | None, output: Path | None, *, as_json: bool, offline: bool = False) -> None:
    """Draft an incident's post-mortem, save it, and print it or write it to a new file.

    Args:
        name: The incident's id, the end of it, an alert's name, or `latest`.
        offline: Ask no model.

    Raises:
        UserError: No such incident, or the file exists.
    """
    if output is not None and output.exists():
        raise UserError(
            f"{output} was not written",
            why="it exists, and may hold edits",
            do="Name another file",
        )

    async def work(house: House) -> Generated:
        from fermata.flows.postmortem.keeping import generate_postmortem

        incident = await house.readings.find_incident(name)
        context = replace(house.context, models=None) if offline else house.context
        return await generate_postmortem(context, incident.id, get_actor(house), template)

    generated = with_house(work)
    postmortem, merged = generated.postmortem, generated.merged
    for gap in postmortem.gaps:
        say(f"fermata: {gap}", err=True)
    if output is not None:
        _write_new(output, postmortem)
        say(f"Written to {output}.", err=True)
    told = "your edits stay" if merged is not None else "nobody has edited it"
    say(f"Saved as version {postmortem.version} of {postmortem.incident_id}; {told}.", err=True)
    if merged is not None:
        tell_conflicts(len(merged.conflicts), merged.diff, say_line=lambda line: say(line, err=True))
    if as_json:
        print_json(_to_json(generated))
    elif output is None:
        say(postmortem.text)


def _to_json(generated: Generated) -> dict[str, object]:
    postmortem, merged = generated.postmortem, generated.merged
    return {
        **generated.drafted.to_json(),
        "document": postmortem.text,
        "version": postmortem.version,
        "gaps": list(postmortem.gaps),
        "conflicts": len(merged.conflicts) if merged else 0,
        "diff": merged.diff if merged else "",
    }


def _write_new(path: Path, postmortem: Postmortem) -> None:
    """Write the text with its drawings beside it. The file is nobody's yet; drawings of an older one are replaced."""
    from fermata.cli.replacing import write_new
    from fermata.flows.postmortem.illustrating import illustrate
    from fermata.kit.unwritable import describe_unwritable

    shown = illustrate(postmortem, path.stem)
    try:
        for name, drawing in shown.files.items():
            target = path.parent / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(drawing, encoding="utf-8")
        write_new({path: shown.text})  # Last: it is refused where it is there, and so says that all of it is.
    except OSError as error:
        raise describe_unwritable(path, error) from error
