"""What a journey is for, by its name."""

import pytest

from fermata.rules.weakness.purposes import Purpose, tell_purpose


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("checkout", Purpose.CHANGE),
        ("check out", Purpose.CHANGE),
        ("placeOrder", Purpose.CHANGE),
        ("cancel and refund", Purpose.CHANGE),
        ("user registration", Purpose.CHANGE),
        ("browse_products", Purpose.LOOK),
        ("order history", Purpose.CHANGE),
        ("see an order", Purpose.LOOK),
        ("search, then book", Purpose.LOOK),
        ("log in", Purpose.LOOK),
        ("sign in", Purpose.LOOK),
        ("sign up", Purpose.CHANGE),
        ("cart", Purpose.UNKNOWN),
        ("J-17", Purpose.UNKNOWN),
        ("", Purpose.UNKNOWN),
    ],
)
def test_purpose_is_that_of_the_first_word_that_says_one(name, purpose):
    """A thing that only sounds like a deed is mistaken for one: nothing but a likelihood hangs on it."""
    assert tell_purpose(name) is purpose
