"""`fermata postmortem draft INCIDENT`: printed, saved beside what people wrote, and honest about what is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from fermata.domain.heard import HeardMessage
from fermata.domain.person import FERMATA
from fermata.domain.trail import Curve
from fermata.flows.observe import Watch
from fermata.flows.postmortem import keeping
from fermata.flows.postmortem.keeping import find_postmortem, save_edit


def test_incident_is_drafted_printed_and_saved(desk, incident):
    """People get the document on stdout, machines all of it and no version more; what is missing goes to stderr."""
    page, data = desk.run("postmortem", "draft", "latest"), desk.run("postmortem", "draft", incident, "--json")

    assert (page.code, data.code) == (0, 0), (page.err, data.err)
    assert page.out.startswith(f'---\ncase: "{incident}"')
    assert "Checkout is down, customers get errors" in page.out
    assert "slack C1: what was said while nobody listened is not known" in page.err
    assert f"Saved as version 1 of {incident}; nobody has edited it." in page.err
    assert (data.json["version"], data.json["conflicts"], data.json["document"]) == (1, 0, page.out[:-1])
    assert data.json["gaps"] == ["slack C1: what was said while nobody listened is not known"]


def test_edit_stays_and_what_stands_in_its_way_is_shown(desk, incident):
    """The generated words for an edited place come as a diff, and the person's are printed."""
    desk.run("postmortem", "draft", incident)

    async def edit(house, engine):
        found = await find_postmortem(house.context, incident)
        line = next(line for line in found.text.split("\n") if "Checkout is down" in line)
        await save_edit(house.context, found, found.text.replace(line, f"{line} MINE"), FERMATA)
        message = HeardMessage(
            platform="slack",
            room="C1",
            id="0.0",
            at=found.generated_at,
            user="U1",
            text="checkout is down for everybody, customers get errors",
            edited_at=found.generated_at,
        )
        await Watch(house.context).hear(message)

    desk.play(edit)
    result = desk.run("postmortem", "draft", incident)

    assert "MINE" in result.out
    assert "your edits stay" in result.err
    assert "+" in result.err
    assert "for everybody" in result.err


def test_draft_goes_to_a_new_file_only(desk, incident, tmp_path):
    """A file that is there may hold edits; then nothing is drafted either."""
    target = tmp_path / "draft.md"

    first, second = (desk.run("postmortem", "draft", incident, "-o", target) for _ in range(2))
    nowhere = desk.run("postmortem", "draft", incident, "-o", tmp_path / "none" / "draft.md")

    assert (first.code, first.out) == (0, "")
    assert target.read_text().startswith("---\ncase: ")
    assert second.code == 2
    assert "may hold edits" in second.err
    assert nowhere.code == 2
    assert f"there is no folder {tmp_path / 'none'}" in nowhere.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Nothing was named"),
        (("inc-none",), "No incident matches"),
        (("latest", "--bundle", "x"), "both were named"),
        (("latest",), "There is no incident yet"),
        (("latest", "--update"), "--update is for a bundle's file"),
        (("latest", "--only", "#inc-1"), "--only is about a chat's export"),
        (("latest", "--dropped"), "fermata postmortem show --dropped"),
        ((str(Path(__file__)),), "Add --bundle before"),
    ],
)
def test_what_cannot_be_drafted_is_said(desk, arguments, words):
    """With what to do instead."""
    result = desk.run("postmortem", "draft", *arguments)

    assert result.code == 2
    assert words in result.err


def test_drawings_lie_beside_the_file(desk, incident, tmp_path, monkeypatch):
    """What was measured is drawn where the document tells it."""
    metric = Curve("q1", "checkout errors", list(range(0, 6000, 60)), [float(n > 30) * 40 for n in range(100)], "/s")
    read = keeping.read_incident

    async def read_with_metric(context, incident_id):
        told = await read(context, incident_id)
        start = told.trail.messages[0].at.timestamp() - 1800
        curve = replace(metric, times=[start + at for at in metric.times])
        return replace(told, trail=replace(told.trail, curves=[curve]))

    # No system of this desk measures anything.
    monkeypatch.setattr(keeping, "read_incident", read_with_metric)
    target = tmp_path / "draft.md"

    result = desk.run("postmortem", "draft", incident, "-o", target)

    assert result.code == 0, result.err
    assert "![checkout errors](plots/draft-checkout-errors.svg)" in target.read_text()
    assert (tmp_path / "plots" / "draft-checkout-errors.svg").read_text().startswith("<svg")
