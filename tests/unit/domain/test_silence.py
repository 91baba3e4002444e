"""Silences that can be written."""

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import LATER

from fermata.domain.silence import Silence


@pytest.mark.parametrize("changes", [{"match": {}}, {"id": ""}, {"reason": ""}])
def test_silence_of_everything_or_without_words_is_refused(changes):
    """An empty match would silence every alert there is."""
    with pytest.raises(ValidationError):
        Silence(**({"id": "s", "match": {"service": "checkout"}, "until": LATER, "reason": "work"} | changes))
