"""People: ids that can stand in a list and on a line."""

import pytest
from pydantic import ValidationError

from fermata.domain.person import FERMATA, Person


@pytest.mark.parametrize("value", ["ada", "ada.brandt", "ada@shop.example", "ada-2", "a_b+c", "Ñandú"])
def test_ordinary_name_is_an_id(value):
    """Addresses and names of any script are fine."""
    assert Person(id=value, name="Ada").id == value


@pytest.mark.parametrize("value", ["", " ", "ada,bob", "ada bob", "ada\nbob", "ada;", "ada\u200b", "a/b"])
def test_id_that_could_be_read_as_two_is_refused(value):
    """Ids are written with commas between them, and on lines of their own."""
    with pytest.raises(ValidationError, match="cannot be a person's id"):
        Person(id=value, name="Ada")


def test_fermata_is_an_actor_and_no_person():
    """What Fermata does by itself is told apart from what people do."""
    assert FERMATA.kind == "fermata"
    assert FERMATA.channel == ""
