"""The frame of one gathering."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import NOON, SAMPLES

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope

SCOPE = next(record for record in SAMPLES if isinstance(record, Scope))


@pytest.mark.parametrize("ends_at", [NOON, NOON - timedelta(seconds=1)])
def test_empty_window_is_refused(ends_at):
    """Nothing could be found in it."""
    with pytest.raises(ValidationError, match="must end after it starts"):
        Scope.from_json(SCOPE.to_json() | {"window_start": NOON.isoformat(), "window_end": ends_at.isoformat()})


def test_names_are_distinct_and_keep_their_order():
    """Most specific first, each once."""
    refs = ("supervisor:process/checkout", "service/shop", "service/checkout")
    scope = SCOPE.model_copy(update={"entities": tuple(Entity.parse(ref) for ref in refs)})

    assert scope.list_names() == ("checkout", "shop")
