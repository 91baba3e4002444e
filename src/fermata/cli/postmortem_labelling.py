"""Who labels what rules are unsure of, for `fermata postmortem draft --bundle`: the models that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fermata.cli.output import say
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.domain.trail import PostmortemDraft, Trail
    from fermata.flows.postmortem.labelling import Label, Labelling


def find_label(*, offline: bool) -> Label | None:
    """Return whoever asks the models, or `None` where none are to be asked: the only thing that needs settings.

    The same draft is asked about once, however often it is written.

    Args:
        offline: Ask no model, and read no settings.
    """
    if offline:
        return None
    from fermata.cli.opening import load, with_house

    try:
        targets = load().settings.models.targets
    except UserError as error:
        say(f"fermata: no model is asked: {error.what}", err=True)
        return None
    if not targets:
        return None
    from fermata.flows.postmortem.labelling import label_draft

    known: list[tuple[PostmortemDraft, Labelling]] = []

    def label(trail: Trail, draft: PostmortemDraft) -> Labelling:
        for asked, labelling in known:
            if asked == draft:
                return labelling
        labelling = with_house(lambda house: label_draft(house.context, trail, draft))
        known.append((draft, labelling))
        return labelling

    return label
